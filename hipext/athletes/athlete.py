"""The athlete who trains: baselines, habits and history, read from a file."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hipext.files.checks import InputError
from hipext.files.io import check_kind, find_file, read_toml
from hipext.files.schema import FileValue, Line, Text, check_values, mass
from hipext.plans.exercises import Exercise, Fraction, exercise_named, read_exercises
from hipext.plans.plan import MAX_WEEKS

STATUSES = ("untrained", "novice", "intermediate", "trained")


def _canonical_lift(name: str) -> str:
    return exercise_named(name, read_exercises()).id


Status = Literal[STATUSES]
Lift = Annotated[str, AfterValidator(_canonical_lift)]
OneRmKg = mass(gt=0, lt=1000)
BodyMassKg = mass(ge=30, le=250)
WeekNumber = Annotated[int, Field(ge=1, le=MAX_WEEKS)]


class Sides(FileValue):
    """A measurement of the left and of the right side."""

    left: float = Field(ge=-30, le=200)
    """Left side."""
    right: float = Field(ge=-30, le=200)
    """Right side."""


class Legs(FileValue):
    """Response of either leg to training."""

    left: float = Field(ge=0, le=5)
    """Left leg, as a factor on the `response` of the athlete."""
    right: float = Field(ge=0, le=5)
    """Right leg, likewise."""


class Recovery(FileValue):
    """Habits between sessions."""

    sleep_h: float = Field(ge=3, le=12)
    """Usual sleep, hours a night."""
    nutrition: Fraction
    """How well usual food covers needs, 0 to 1; self-rated."""
    hydration: Fraction
    """How well usual drinking covers needs, 0 to 1; self-rated."""
    stress: Fraction
    """Usual stress outside training, 0 (none) to 1; self-rated."""


class FlareUp(FileValue):
    """Back pain with another cause than training: a long drive, a bad night."""

    week: WeekNumber
    """Week, from 1, on whose Monday it begins; it fades in days."""
    pain: float = Field(gt=0, le=10)
    """Points of pain that it adds."""


class Athlete(FileValue):
    """An athlete. Those shipped are invented; none is a patient or a real athlete."""

    format: Literal[1]
    """Version of the file format."""
    name: Line = Field(min_length=1, examples=['"Kim, novice"'])
    """Name shown in tables and reports."""
    description: Text = ""
    """The athlete in a sentence or two."""
    body_mass_kg: BodyMassKg = Field(examples=["70"])
    """Body mass in kg, or with its unit: "154 lb"."""
    training_status: Status
    """Experience of strength training."""
    activity: Literal["daily_life", "desk_work", "running", "field_sport", "lifting"]
    """Main activity besides the plan."""
    other_sessions_per_week: int = Field(default=0, ge=0, le=14)
    """Runs, matches or other training a week besides the plan."""
    one_rm_kg: dict[Lift, OneRmKg] = Field(examples=["{ romanian_deadlift = 60 }"])
    """1RM in kg, or as "185 lb", per implement by exercise; others are estimated."""
    hip_extension_deg: Sides = Field(examples=["{ left = 12, right = 14 }"])
    """Hip-extension range of either side, in degrees."""
    single_leg_bridge_reps: Sides = Field(examples=["{ left = 18, right = 20 }"])
    """Repetitions of the single-leg bridge test."""
    biering_sorensen_s: float = Field(ge=0, le=600, examples=["90"])
    """Hold of the Biering-Sørensen test, in seconds."""
    technique: Fraction = 0.5
    """Rated quality of the hip hinge at the start, 0 to 1."""
    pain_nprs: float = Field(default=0.0, ge=0, le=10)
    """Usual low-back pain, numeric rating 0 to 10."""
    recovery: Recovery = Field(
        examples=["{ sleep_h = 7.5, nutrition = 0.8, hydration = 0.8, stress = 0.3 }"]
    )
    """Habits between sessions."""
    stance_width: Literal["narrow", "hip", "wide"] = "hip"
    """Stance that suits the athlete's build."""
    foot_angle_deg: float = Field(default=10.0, ge=-10, le=60)
    """Foot angle that suits the athlete's build, degrees outwards."""

    response: float = Field(default=1.0, ge=0, le=5)
    """Response to training; 1 is average. A trait of the athlete."""
    legs: Legs = Legs(left=1.0, right=1.0)
    """Response of either leg, as a factor on `response`."""
    familiarity: dict[Lift, Fraction] = Field(default_factory=dict)
    """Familiarity with lifts, 0 (new) to 1. Default: by training status."""
    attendance: float = Field(default=1.0, gt=0, le=1)
    """Probability of attending a training day."""
    missed_weeks: tuple[WeekNumber, ...] = ()
    """Weeks, from 1, without any session: holiday, illness."""
    flare_ups: tuple[FlareUp, ...] = ()
    """Pain with another cause than the plan."""

    @property
    def weaker_side(self) -> str:
        """Side with the lower single-leg bridge test; "both" if they are equal."""
        test = self.single_leg_bridge_reps
        if test.left == test.right:
            return "both"
        return "left" if test.left < test.right else "right"


def read_athlete(name_or_path: str | Path) -> Athlete:
    """Read an athlete from a file.

    Parameters
    ----------
    name_or_path : name of a shipped athlete (``"novice"``) or path of a TOML file

    Raises
    ------
    FileNotFoundError
        If there is no such athlete or file.
    PlanError
        With all problems of the file at once.

    Examples
    --------
    >>> read_athlete("novice").training_status
    'novice'
    """
    path = find_file(name_or_path, "athletes")
    return check_athlete(read_toml(path), source=str(path))


def check_athlete(values: Mapping, *, source: str) -> Athlete:
    """Return the values of a file as an athlete; PlanError with all problems."""
    check_kind(values, "athlete", source=source)
    problems = [*_doubled_lifts(values.get("one_rm_kg"))]
    return check_values(Athlete, values, source=source, more_problems=problems)


@dataclass(frozen=True, kw_only=True)
class OneRm:
    """A 1RM per implement, measured or estimated: ``kg = ratio * measured_kg``."""

    kg: float
    is_measured: bool
    basis: str  # origin in words
    measured_kg: float  # 1RM of the measured lift
    ratio: float


def one_rm_of(
    athlete: Athlete, exercise: str, exercises: Mapping[str, Exercise]
) -> OneRm:
    """Return the 1RM of an athlete in one exercise; InputError if there is none."""
    # The links of the catalogue lead from lift to lift until one was measured; their
    # ratios multiply. The last link of every chain is a lift that athletes test.
    ratio, lift, chain = 1.0, exercise, [exercise]
    while lift not in athlete.one_rm_kg:
        link = exercises[lift].one_rm_from
        if link is None:
            raise InputError(
                f"{athlete.name} has no 1RM for {exercise}, nor for a lift that it "
                f"could be estimated from ({', '.join(chain)}); measured are "
                f"{', '.join(athlete.one_rm_kg) or 'none'}. "
                f"Add '{lift} = ...' to one_rm_kg."
            )
        ratio, lift = ratio * link.ratio, link.exercise
        chain.append(lift)
    measured_kg = athlete.one_rm_kg[lift]
    is_measured = lift == exercise
    estimate = f"{ratio:.2f} x {exercises[lift].name} ({measured_kg:g} kg)"
    return OneRm(
        kg=ratio * measured_kg,
        is_measured=is_measured,
        basis="measured" if is_measured else estimate,
        measured_kg=measured_kg,
        ratio=ratio,
    )


def _doubled_lifts(one_rm_kg: object) -> Iterator[str]:
    """Yield lifts that are there under several of their names."""
    exercises = read_exercises()
    names: dict[str, list[str]] = {}
    for name in one_rm_kg if isinstance(one_rm_kg, Mapping) else ():
        with suppress(InputError):  # unknown names are reported by the model
            lift = exercise_named(str(name), exercises).id
            names.setdefault(lift, []).append(repr(name))
    for lift, given in names.items():
        if len(given) > 1:
            yield (
                f"one_rm_kg: {' and '.join(given)} are the same lift, {lift}. "
                "Keep one of them."
            )
