"""A plan: phases, sessions, slots, light weeks and assessments, as checked values."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hipext._schema import FileValue
from hipext.evidence import check_sources
from hipext.notation import parse_sets
from hipext.slot import SetsText, Slot
from hipext.tables import WEEKDAYS

MAX_WEEKS = 104
TESTS = (
    "hip_extension_range",
    "single_leg_bridge",
    "biering_sorensen",
    "strength_check",
    "technique_rating",
)
Weekday = Literal[WEEKDAYS]
Weeks = Annotated[tuple[int, ...], Field(max_length=MAX_WEEKS)]


def _citable(sources: tuple[str, ...]) -> tuple[str, ...]:
    check_sources(sources, name="the plan")
    return sources


def _is_a_count(text: str) -> str:
    scheme = parse_sets(text)
    plain = f"{scheme.n_sets}x{scheme.low}"
    if text != plain:
        raise ValueError(
            f"is sets and repetitions alone, such as '3x10'; got {text!r}. The effort "
            "of a light week follows from load_fraction."
        )
    return text


def _is_fraction(share: float) -> float:
    if share > 1:
        raise ValueError(
            f"is a fraction between 0 and 1; got {share:g}. "
            f"Write {share / 100:g} for {share:g} %."
        )
    return share


LightSets = Annotated[SetsText, AfterValidator(_is_a_count)]
Fraction = Annotated[float, AfterValidator(_is_fraction), Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class Block(FileValue):
    """A named list of slots that sessions can begin or end with."""

    name: Name
    """Name by which sessions refer to it."""
    slot: tuple[Slot, ...] = Field(min_length=1)
    """Exercises, in order."""


class Session(FileValue):
    """One training occasion and the days of the week on which it happens."""

    name: Name
    """Short name: A, B, daily mobility."""
    days: tuple[Weekday, ...] = Field(default=(), examples=['["mon", "fri"]'])
    """Days of the week. Default: the `days` of the plan."""
    begin_with: tuple[str, ...] = ()
    """Names of blocks done first: warm-up, activation."""
    end_with: tuple[str, ...] = ()
    """Names of blocks done last: closing circuit, cool-down."""
    slot: tuple[Slot, ...] = ()
    """Exercises, in order."""


class Gate(FileValue):
    """What must be seen before a phase is left. The open loop assumes it is."""

    technique_min: float | None = Field(default=None, ge=0, le=1)
    """Lowest rated technique, 0 to 1."""
    over_sessions: int = Field(default=1, ge=1, le=20)
    """Sessions in a row over which it must hold."""
    pain_max: float | None = Field(default=None, ge=0, le=10)
    """Highest reported low-back pain, 0 to 10."""
    range_min_deg: float | None = Field(default=None, ge=-30, le=60)
    """Least hip-extension range of either side, in degrees."""
    asymmetry_max_deg: float | None = Field(default=None, ge=0, le=60)
    """Largest difference of range between the sides, in degrees."""
    max_extra_weeks: int = Field(default=4, ge=0, le=26)
    """Longest extension of the phase while the gate is closed."""


class Phase(FileValue):
    """Some weeks with one aim."""

    name: Name
    """Name of the phase."""
    weeks: int = Field(ge=1, le=MAX_WEEKS, examples=["2"])
    """Length in weeks."""
    aim: str = ""
    """What it is for, in a sentence."""
    guide: tuple[str, ...] = ()
    """Claims of the guide that it serves."""
    advance: Gate | None = None
    """What must be seen before the next phase."""
    session: tuple[Session, ...] = Field(min_length=1)
    """Sessions of every week of the phase."""


class Reactive(FileValue):
    """When signals call for a light week. It acts in the closed loop only."""

    pain_above: float = Field(ge=0, le=10)
    """Reported pain, 0 to 10, above which a light week follows."""
    min_weeks_between: int = Field(default=2, ge=1, le=26)
    """Least weeks between two light weeks."""


class Deload(FileValue):
    """Planned light weeks: fewer sets at less load, progression paused."""

    every_weeks: int = Field(default=0, ge=0, le=MAX_WEEKS)
    """Every so many weeks: 4 makes weeks 4, 8, 12, ... light; 0 for none."""
    weeks: Weeks = ()
    """Weeks, counted from 1, that are light besides."""
    sets_fraction: Fraction = 0.5
    """Share of the working sets that stay: rounded half up, at least one."""
    load_fraction: Fraction = 0.9
    """Share of the load last lifted that stays, rounded to what can be loaded."""
    sets: LightSets | None = None
    """Sets and repetitions instead, like '3x10'; holds keep a share of their sets."""
    reactive: Reactive | None = None
    """Light weeks after signals."""


class Assessment(FileValue):
    """Tests at the start and then every few weeks."""

    every_weeks: int = Field(default=0, ge=0, le=MAX_WEEKS)
    """Weeks from one assessment to the next; 0 for the start only."""
    weeks: Weeks = ()
    """Weeks, counted from 1, with an assessment besides."""
    tests: tuple[Literal[TESTS], ...] = Field(min_length=1)
    """Names of the tests."""


class Plan(FileValue):
    """A plan: what is asked for, week by week. Results are never written into it."""

    format: Literal[1] = Field(examples=["1"])
    """Version of the file format."""
    name: Name = Field(examples=['"Hips first, 8 weeks"'])
    """Name shown in tables and reports."""
    description: str = ""
    """What it is for and where it comes from."""
    assumptions: tuple[str, ...] = ()
    """What was filled in where the source is silent."""
    sources: Annotated[tuple[str, ...], AfterValidator(_citable)] = ()
    """Ids of VERIFIED rows of the evidence table: hipext evidence."""
    days: tuple[Weekday, ...] = Field(default=(), examples=['["mon", "wed", "fri"]'])
    """Training days, for the sessions that name none."""
    deload: Deload = Deload()
    """Planned light weeks."""
    assessment: Assessment | None = None
    """Tests every few weeks."""
    block: tuple[Block, ...] = ()
    """Named lists of slots that sessions can begin or end with."""
    session: tuple[Session, ...] = ()
    """Sessions of every week of the whole plan, like daily mobility."""
    phase: tuple[Phase, ...] = Field(min_length=1)
    """Phases, in order."""

    @property
    def n_weeks(self) -> int:
        """Length of the plan in weeks."""
        return sum(phase.weeks for phase in self.phase)

    def is_deload_week(self, week: int) -> bool:
        """Return whether a week, counted from 1, is light."""
        every = self.deload.every_weeks
        return week in self.deload.weeks or (every > 0 and week % every == 0)
