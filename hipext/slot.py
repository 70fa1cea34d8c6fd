"""A slot of a plan: one exercise in a session, as a checked value."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from hipext._schema import FileValue
from hipext._units import mass
from hipext.exercises import Exercise, exercise_named
from hipext.intensity import RELATIONS
from hipext.notation import SetScheme, parse_sets, parse_tempo
from hipext.rules import NoRule, Rule
from hipext.tables import SET_KINDS

_KIND_OF_ROLE = {
    "strength": "work",
    "control": "work",
    "mobility": "mobility",
    "soft_tissue": "recovery",
    "breathing": "recovery",
    "warm_up": "warm_up",
}
LADDER_RULES = ("double", "hold")  # the rules that reach a top


def _canonical_sets(text: str) -> str:
    return str(parse_sets(text))


def _canonical_tempo(text: str) -> str:
    parse_tempo(text)
    return text


def _canonical_exercise(name: str, info: ValidationInfo) -> str:
    return exercise_named(name, info.context["exercises"]).id


SetsText = Annotated[str, AfterValidator(_canonical_sets)]
TempoText = Annotated[str, AfterValidator(_canonical_tempo)]
IncrementKg = mass(gt=0, le=20)
ExerciseId = Annotated[str, AfterValidator(_canonical_exercise)]


class Slot(FileValue):
    """One exercise in a session: how much, how hard, how slow, and what comes next."""

    exercise: ExerciseId = Field(examples=['"romanian_deadlift"'])
    """Id or alias of an exercise in the catalogue."""
    sets: SetsText = Field(examples=['"3x8-10 @RIR3"'])
    """Set notation: 3x8, 3x8-10 @RIR3, 2x8/side, 3x10s, 4x6 @75%, 3x8 @RPE7."""
    tempo: TempoText | None = Field(default=None, examples=['"3-1-1-0"'])
    """Seconds: eccentric-pause-concentric-pause. Default: that of the exercise."""
    rest_s: float = Field(default=60.0, ge=0, le=900)
    """Rest after each set, in seconds."""
    kind: Literal[SET_KINDS] | None = None
    """Only 'work' counts as work. Default: by the role of the exercise."""
    group: str = Field(default="", max_length=20)
    """Slots of one group are done in turn, round by round: a pair or a circuit."""
    side_first: Literal["weaker", "left", "right", "alternate"] | None = None
    """Which side starts in a unilateral exercise. Default: left, by no policy."""
    increment_kg: IncrementKg | None = None
    """Smallest load step in kg or as "5 lb", where that of the exercise differs."""
    progress: Rule = NoRule(rule="none")
    """How the slot moves on from session to session."""
    ladder: tuple[ExerciseId, ...] = Field(default=(), max_length=5)
    """Harder exercises in turn, once the top of the range is mastered; closed loop."""
    note: str = ""
    """A cue for whoever does it."""

    @property
    def scheme(self) -> SetScheme:
        """What `sets` says."""
        return parse_sets(self.sets)

    @model_validator(mode="after")
    def _fits_the_exercise(self, info: ValidationInfo) -> "Slot":
        exercises = info.context["exercises"]
        faults = [*_faults(self, exercises[self.exercise]), *_ladder_faults(self)]
        known = {*faults}  # what the slot's own exercise lacks is told once
        for number, name in enumerate(self.ladder, start=1):
            found = [one for one in _faults(self, exercises[name]) if one not in known]
            faults += [f"ladder {number} ({name}): {one}" for one in found]
        if faults:
            raise ValueError(" ".join(faults))
        return self


def slot_kind(slot: Slot, exercise: Exercise) -> str:
    """Return what the sets of a slot count as: one of `tables.SET_KINDS`."""
    return slot.kind or _KIND_OF_ROLE[exercise.role]


def step_of(slot: Slot, exercise: Exercise) -> float:
    """Return the smallest load step of a slot, in kg per implement."""
    return slot.increment_kg or exercise.increment_kg


def _faults(slot: Slot, exercise: Exercise) -> Iterator[str]:
    """Yield what does not fit: the slot's exercise, or one of its ladder."""
    yield from _scheme_faults(slot, exercise)
    yield from _rule_faults(slot, exercise)


def _ladder_faults(slot: Slot) -> Iterator[str]:
    rule, names = slot.progress.rule, (slot.exercise, *slot.ladder)
    if slot.ladder and rule not in LADDER_RULES:
        yield (
            f"a ladder needs rule 'double' or 'hold', which reach a top; got {rule!r}. "
            "Change the rule, or leave out ladder."
        )
    if slot.ladder and rule == "double" and slot.progress.has_step:
        yield (
            "with a ladder the harder exercise is the step at the top of the range; "
            f"leave out {'add_kg' if slot.progress.add_kg else 'add_pct'}."
        )
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield (
            f"ladder: {name} is there {names.count(name)} times, the slot's own "
            f"exercise counted; got {list(slot.ladder)}. Name each exercise once."
        )


def _scheme_faults(slot: Slot, exercise: Exercise) -> Iterator[str]:
    scheme, name = slot.scheme, exercise.id
    if scheme.is_hold and exercise.measure == "reps":
        yield f"{name} is counted in repetitions; got {slot.sets!r}. Write '3x10'."
    if not scheme.is_hold and exercise.measure == "hold":
        yield f"{name} is held for a time; got {slot.sets!r}. Write '3x20s'."
    if scheme.is_per_side and not exercise.is_unilateral:
        yield f"{name} works both sides at once; leave out '/side' in {slot.sets!r}."
    if scheme.is_hold and slot.tempo:
        yield f"a hold has no tempo; leave out tempo = {slot.tempo!r}."
    if exercise.is_loaded and scheme.rir is not None:
        most = RELATIONS["epley"].max_reps
        if scheme.is_hold:
            yield f"the load of a hold needs kg; got {slot.sets!r}. Write '... @20kg'."
        elif scheme.low + scheme.rir > most:
            yield (
                f"a load can be derived for at most {most:g} repetitions with those in "
                f"reserve; got {slot.sets!r}. Write '... @20kg'."
            )
    if exercise.is_loaded:
        if scheme.pct_1rm is scheme.rir is scheme.load_kg is None:
            yield (
                f"{name} needs a load; got {slot.sets!r}. "
                f"Write how hard: '{slot.sets} @RIR2', '... @70%' or '... @20kg'."
            )
    elif scheme.pct_1rm is not None or scheme.load_kg is not None:
        yield (
            f"{name} has no external load to set; got {slot.sets!r}. "
            "Write the effort as @RIR2, or nothing."
        )


def _rule_faults(slot: Slot, exercise: Exercise) -> Iterator[str]:
    scheme, rule = slot.scheme, slot.progress.rule
    needs_load = rule in ("linear", "step")
    if (needs_load or rule == "wave") and not exercise.is_loaded:
        yield f"rule {rule!r} adds load, but {exercise.id} has none. Use 'double'."
    has_step = getattr(slot.progress, "has_step", False)
    needs_step = needs_load or (rule == "double" and not slot.ladder)
    if exercise.is_loaded and needs_step and not has_step:
        step_kg = step_of(slot, exercise)
        yield f"rule {rule!r} needs a step. Write add_kg = {step_kg:g}."
    if rule == "double" and has_step and not (exercise.is_loaded or slot.ladder):
        yield f"{exercise.id} has no external load; leave out add_kg and add_pct."
    if rule == "double" and scheme.low == scheme.high:
        yield f"rule 'double' needs a range; got {slot.sets!r}. Write '3x8-10'."
    if rule == "hold" and not (scheme.is_hold and scheme.low < scheme.high):
        yield f"rule 'hold' needs a range; got {slot.sets!r}. Write '3x10-30s'."
    if rule == "tempo" and scheme.is_hold:
        yield f"a hold has no tempo to progress; got {slot.sets!r}. Use rule 'hold'."
    if rule == "wave" and exercise.is_loaded and exercise.rates_body_mass:
        yield f"a wave is for barbells, machines and cables, not for {exercise.id}."
    if rule == "wave" and scheme.pct_1rm != slot.progress.pct[0]:
        yield (
            f"a wave starts at its first percentage; got {slot.sets!r}. "
            f"Write '... @{slot.progress.pct[0]:g}%'."
        )
