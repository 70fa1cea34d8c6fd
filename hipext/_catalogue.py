"""What has to hold between the exercises of a catalogue."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from hipext._checks import did_you_mean
from hipext._exercise import ANCHORS, Exercise


def comparable(name: str) -> str:
    """Return a name as it is compared: small letters, one underscore per gap."""
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()


def words_for(exercise: Exercise) -> set[str]:
    """Return everything an exercise is called, as it is compared."""
    return {
        comparable(name) for name in (exercise.id, exercise.name, *exercise.aliases)
    }


def disagreements(exercises: tuple[Exercise, ...]) -> list[str]:
    """Return a sentence for everything that does not fit between exercises."""
    return [
        *_shared_words(exercises),
        *_unknown_ids(exercises),
        *_one_way_steps(exercises),
        *_unanchored(exercises),
        *_circle(_order(exercises), "prerequisites and progress steps"),
        *_circle(_estimates(exercises), "one_rm_from"),
    ]


def _shared_words(exercises: Iterable[Exercise]) -> Iterator[str]:
    owners = defaultdict(list)
    for exercise in exercises:
        for word in sorted(words_for(exercise)):
            owners[word].append(exercise.id)
    for word, ids in owners.items():
        if len(ids) > 1:
            yield f"{word!r} names more than one exercise: {', '.join(ids)}."


def _unknown_ids(exercises: Iterable[Exercise]) -> Iterator[str]:
    known = [exercise.id for exercise in exercises]
    for exercise in exercises:
        for field, other in _references(exercise):
            if other not in known:
                yield (
                    f"{exercise.id}, {field}: {other!r} is not in the catalogue."
                    f"{did_you_mean(other, known)}"
                )


def _references(exercise: Exercise) -> Iterator[tuple[str, str]]:
    for other in exercise.prerequisites:
        yield "prerequisites", other
    for field in ("regress", "progress", "swap"):
        for step in getattr(exercise, field):
            yield field, step.to
    if exercise.one_rm_from:
        yield "one_rm_from", exercise.one_rm_from.exercise


def _one_way_steps(exercises: Iterable[Exercise]) -> Iterator[str]:
    steps = {
        (exercise.id, field, other)
        for exercise in exercises
        for field, other in _references(exercise)
    }
    back = {"progress": "regress", "regress": "progress"}
    for here, field, there in sorted(steps):
        if field in back and (there, back[field], here) not in steps:
            yield f"{here}, {field}: {there} lacks the {back[field]} back to {here}."


def _unanchored(exercises: Iterable[Exercise]) -> Iterator[str]:
    by_id = {exercise.id: exercise for exercise in exercises}
    for exercise in exercises:
        source = exercise.one_rm_from and by_id.get(exercise.one_rm_from.exercise)
        if source and not (source.one_rm_from or source.id in ANCHORS):
            yield (
                f"{exercise.id}, one_rm_from: {source.id} has no 1RM; estimates must "
                f"end at one of {', '.join(ANCHORS)}."
            )


def _order(exercises: Iterable[Exercise]) -> dict[str, set[str]]:
    """Return what comes before each exercise: prerequisites and easier ones."""
    before = {exercise.id: set(exercise.prerequisites) for exercise in exercises}
    for exercise in exercises:
        for step in exercise.progress:
            before.setdefault(step.to, set()).add(exercise.id)
    return before


def _estimates(exercises: Iterable[Exercise]) -> dict[str, set[str]]:
    return {
        exercise.id: {exercise.one_rm_from.exercise}
        for exercise in exercises
        if exercise.one_rm_from
    }


def _circle(before: Mapping[str, set[str]], of_what: str) -> Iterator[str]:
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        yield f"{of_what} go round in a circle: {' -> '.join(error.args[1])}."
