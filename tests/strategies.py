"""Hypothesis strategies: legal plans, and messy but legal texts of plan files."""

import json
import re
from random import Random

from hypothesis import strategies as st

from hipext.athletes.athlete import check_athlete
from hipext.files.checks import LINE_PATTERN, TEXT_PATTERN
from hipext.files.tables import SET_KINDS, WEEKDAYS
from hipext.intensity.relations import RELATIONS
from hipext.plans.exercises import read_exercises
from hipext.plans.notation import parse_sets
from hipext.plans.plan import TESTS
from hipext.plans.plan_file import check_plan

EXERCISES = read_exercises()
MOST_REPS = int(RELATIONS["epley"].max_reps)
TEMPOS = ("3-1-1-0", "2-0-1-0", "3-0-3-0", "4-2-1-1", "0-0-1-2")
PHASES = ("foundation", "hinge", "light", "moderate")
SESSIONS = ("A", "B", "upper & lower", "Tag 3: Hüfte")
BLOCKS = ("warm-up", "closing", "cool.down")
ROOTS = tuple(x.id for x in EXERCISES.values() if x.needs_one_rm and not x.one_rm_from)
STATUSES = ("untrained", "novice", "intermediate", "trained")

characters = st.characters(exclude_categories=["Cs"]).filter(
    re.compile(TEXT_PATTERN).fullmatch
)
texts = st.text(characters, max_size=12)
lines = texts.filter(re.compile(LINE_PATTERN).fullmatch)


def _as_range(low, high):
    return f"{low}" if low == high else f"{low}-{high}"


def _effort(random, exercise, low):
    """Return an effort that fits, and its percentage if it is one."""
    pct, rir = random.randint(30, 95), random.randint(0, min(4, MOST_REPS - low))
    if exercise.is_loaded and exercise.measure == "hold":
        return f" @{pct / 40:g}kg", None
    if not exercise.is_loaded:
        return random.choice(["", f" @RIR{rir}"]), None
    written = [(f" @{pct}%", pct), (f" @RIR{rir}", None), (f" @{pct / 40:g}kg", None)]
    return random.choice(written)


def _load_step(random, exercise):
    if not exercise.is_loaded:
        return {}
    in_kg = {"add_kg": exercise.increment_kg * random.randint(1, 3)}
    step = random.choice([in_kg, {"add_pct": random.randint(10, 100) / 10}])
    after = {"after": random.randint(1, 3)}
    cut = {"drop_pct": float(random.randint(1, 20))}
    on_fail = random.choice([None, {}, after, cut, after | cut])
    return step if on_fail is None else {**step, "on_fail": on_fail}


def _kinds_of_rule(exercise, has_range, pct):
    """Return the names of the rules that fit; None for leaving the rule out."""
    kinds = [None, "none"]
    kinds += ["linear", "step"] if exercise.is_loaded else []
    kinds += ["double"] if has_range else []
    kinds += ["wave"] if pct and not exercise.rates_body_mass else []
    kinds += ["hold"] if has_range and exercise.measure == "hold" else []
    kinds += ["tempo"] if exercise.measure == "reps" else []
    return kinds


def _rule(random, exercise, kind, pct):
    """Return a rule of a kind that fits."""
    rule = {"rule": kind}
    if kind in ("linear", "step", "double"):
        rule |= _load_step(random, exercise)
    if kind == "wave":
        rule["pct"] = [pct, *random.sample(range(40, 96), random.randint(1, 3))]
        rule |= random.choice(
            [{}, {"reps": random.sample(range(1, 9), len(rule["pct"]))}]
        )
    if kind == "tempo":
        rule["tempos"] = random.sample(TEMPOS, random.randint(1, 2))
    number = random.randint(1, 3)
    counts = {
        "linear": ["every_sessions"],
        "step": ["every_weeks"],
        "double": ["add_reps", "after"],
        "hold": ["add_s"],
        "tempo": ["after"],
    }
    named = [key for key in counts.get(kind, []) if random.random() < 0.5]
    return rule | dict.fromkeys(named, number)


def _slot(random, exercise):
    """Return the values of a slot that fits its exercise."""
    is_hold = exercise.measure == "hold"
    low = random.randint(1, 90 if is_hold else MOST_REPS)
    high = random.choice([low, min(low + random.randint(1, 4), 100)])
    n_sets = random.randint(1, 4)
    sets = _as_range(n_sets, random.choice([n_sets, n_sets + 1]))
    effort, pct = _effort(random, exercise, 1 if is_hold else low)
    unit = "s" if is_hold else ""
    side = random.choice(["", "/side"]) if exercise.is_unilateral else ""
    kind = random.choice(_kinds_of_rule(exercise, low < high, pct))
    options = {
        "rest_s": random.randint(0, 1800) / 10,
        "kind": random.choice(SET_KINDS),
        "group": random.choice("ab"),
        "side_first": random.choice(["weaker", "left", "right", "alternate"]),
        "increment_kg": random.choice([0.5, 1.25, 2.27, 5.0]),
        "note": random.choice(['Say "up"', "Hüfte zurück\n\tund \\ vor", "#1 = [x]"]),
        **({} if is_hold else {"tempo": random.choice(TEMPOS)}),
    }
    named = random.sample(sorted(options), random.randint(0, 3))
    rule = {"progress": _rule(random, exercise, kind, pct)} if kind else {}
    return {
        "exercise": exercise.id,
        "sets": f"{sets}x{_as_range(low, high)}{unit}{side}{effort}",
        **_with_ladder(random, exercise, rule, side + effort),
        **{key: options[key] for key in named},
    }


def _with_ladder(random, exercise, rule, ending):
    """Return a rule, at times with a ladder of exercises that fit the sets as well."""
    kind = rule.get("progress", {}).get("rule")
    fitting = [
        one.id
        for one in EXERCISES.values()
        if one.measure == exercise.measure
        and (one.is_unilateral or "/side" not in ending)
        and ("RIR" in ending or one.is_loaded == exercise.is_loaded)
        and (one.is_loaded <= exercise.is_loaded or one.measure == "reps")
        and one != exercise
    ]
    if kind not in ("double", "hold") or not fitting or random.random() < 0.5:
        return rule
    steps = {"add_kg", "add_pct"}
    bare = {key: rule["progress"][key] for key in rule["progress"].keys() - steps}
    n_rungs = random.randint(1, min(len(fitting), 5))
    return {"progress": bare, "ladder": random.sample(fitting, n_rungs)}


def _slots(n_each):
    """Return slots of every exercise, simple ones first: drawing one is fast."""
    random = Random(2024)
    exercises = [exercise for exercise in EXERCISES.values() for _ in range(n_each)]
    return sorted((_slot(random, exercise) for exercise in exercises), key=_length)


def _length(slot):
    return len(repr(slot))


slots = st.sampled_from(_slots(n_each=25))


def _some(draw, **options):
    """Return some of the values that the strategies give."""
    chosen = draw(st.sets(st.sampled_from(sorted(options)), max_size=3))
    return {key: draw(options[key]) for key in options if key in chosen}


def _fraction(*, most=1):
    return st.integers(0, most * 100).map(lambda whole: whole / 100)


def _days(draw):
    return draw(st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=4))


def _sessions(draw, *, names, blocks, has_days):
    sessions = []
    for name in names:
        session = {"name": name}
        days = _days(draw)
        if days or not has_days:
            session["days"] = days or ["sat"]
        for part in ("begin_with", "end_with"):
            used = draw(
                st.lists(st.sampled_from(blocks), max_size=2) if blocks else st.just([])
            )
            session |= {part: used} if used else {}
        n_least = 0 if len(session.keys() & {"begin_with", "end_with"}) else 1
        found = draw(st.lists(slots, min_size=n_least, max_size=3))
        session |= {"slot": found} if found else {}
        sessions.append(session)
    return sessions


def _gate(draw):
    return _some(
        draw,
        technique_min=_fraction(),
        over_sessions=st.integers(1, 5),
        pain_max=st.integers(0, 10).map(float),
        range_min_deg=_fraction(most=20),
        asymmetry_max_deg=_fraction(most=10),
        max_extra_weeks=st.integers(0, 4),
    )


def _deload(draw, n_weeks):
    return _some(
        draw,
        every_weeks=st.integers(0, 6),
        weeks=st.lists(st.integers(1, n_weeks), unique=True, max_size=3),
        sets_fraction=_fraction(),
        load_fraction=_fraction(),
        sets=st.sampled_from(["2x8", "3x10"]),
        reactive=st.just({"pain_above": 5.0, "min_weeks_between": 2}),
    )


def _assessment(draw, n_weeks):
    tests = st.lists(st.sampled_from(TESTS), min_size=1, max_size=3, unique=True)
    regular = _some(
        draw,
        every_weeks=st.integers(0, 6),
        weeks=st.lists(st.integers(1, n_weeks), unique=True, max_size=3),
    )
    return {**regular, "tests": draw(tests)}


@st.composite
def plan_values(draw, *, max_phases=4, max_weeks=4):
    """Return the values of a good plan file, names and notation as plans keep them."""
    n_phases = draw(st.integers(1, max_phases))
    names = draw(st.permutations(SESSIONS))
    n_shared = draw(st.integers(0, 1))
    days = _days(draw)
    blocks = draw(st.lists(st.sampled_from(BLOCKS), unique=True, max_size=2))
    plan = {"format": 1, "name": draw(lines) or "a plan"}
    plan |= {"days": days} if days else {}
    plan |= _some(draw, description=texts, assumptions=st.lists(texts, max_size=2))
    if blocks:
        plan["block"] = [
            {"name": name, "slot": draw(st.lists(slots, min_size=1, max_size=2))}
            for name in blocks
        ]
    if n_shared:
        plan["session"] = _sessions(
            draw, names=names[:1], blocks=blocks, has_days=bool(days)
        )
    plan["phase"] = []
    for name in PHASES[:n_phases]:
        phase = {"name": name, "weeks": draw(st.integers(1, max_weeks))}
        phase |= _some(draw, aim=texts, guide=st.just(["G1", "G26"]))
        phase |= {"advance": _gate(draw)} if draw(st.booleans()) else {}
        own = names[n_shared : n_shared + draw(st.integers(1, 2))]
        phase["session"] = _sessions(
            draw, names=own, blocks=blocks, has_days=bool(days)
        )
        plan["phase"].append(phase)
    n_weeks = sum(phase["weeks"] for phase in plan["phase"])
    plan |= {"deload": _deload(draw, n_weeks)} if draw(st.booleans()) else {}
    plan |= {"assessment": _assessment(draw, n_weeks)} if draw(st.booleans()) else {}
    return plan


def plans(**limits):
    """Return a strategy for good plans; `limits` are those of `plan_values`."""
    return plan_values(**limits).map(lambda values: check_plan(values, source="drawn"))


def messy_toml(values, random, *, comments=False):
    """Return the values of a plan as a legal TOML text with a layout of no order.

    Comments, if any, read ``# note 1``, ``# note 2`` and so on.
    """
    return _Messy(random, comments).text(values)


class _Messy:
    def __init__(self, random: Random, comments: bool) -> None:
        self.random, self.has_comments, self.n_comments = random, comments, 0

    def text(self, values):
        lines = [*self.table(values, ()), *self.lines_above()]
        ending = self.random.choice(["\n", "\r\n"])
        return self.random.choice(["", "\ufeff"]) + ending.join([*lines, ""])

    def comment(self):
        self.n_comments += 1
        return f"# note {self.n_comments}#"

    def lines_above(self):
        notes = [self.comment()] if self.has_comments and self.chance(6) else []
        return [self.indent() + note for note in notes] + [""] * self.chance(6)

    def line_end(self):
        return f" {self.comment()}" if self.has_comments and self.chance(6) else ""

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def indent(self):
        return self.random.choice(["", "", "  ", "\t"])

    def table(self, values, path):
        keys = sorted(values)
        self.random.shuffle(keys)
        inner = {key for key in keys if self.gets_header(values[key])}
        for key in keys:
            if key not in inner:
                yield from self.pair([key], values[key])
        for key in keys:
            if key in inner:
                yield from self.headed(values[key], (*path, key))

    def gets_header(self, value):
        is_tables = isinstance(value, list) and value and isinstance(value[0], dict)
        return (isinstance(value, dict) or is_tables) and not self.chance(4)

    def headed(self, value, path):
        brackets = ("[[", "]]") if isinstance(value, list) else ("[", "]")
        for one in value if isinstance(value, list) else [value]:
            yield from self.lines_above()
            name = self.random.choice([".", " . "]).join(map(self.key, path))
            yield self.indent() + name.join(brackets) + self.line_end()
            yield from self.table(one, path)

    def pair(self, keys, value):
        if isinstance(value, dict) and value and self.chance(3):
            for key in value:  # a.b = 1
                yield from self.pair([*keys, key], value[key])
            return
        yield from self.lines_above()
        equals = self.random.choice(["=", " = ", "  ="])
        start = self.indent() + ".".join(map(self.key, keys)) + equals
        if isinstance(value, list) and self.chance(2):
            yield start + "[" + self.line_end()
            for item in value:
                yield from self.lines_above()
                yield f"{self.indent()}{self.value(item)},{self.line_end()}"
            yield from self.lines_above()
            yield "]" + self.line_end()
        else:
            yield start + self.value(value) + self.line_end()

    def key(self, key):
        return self.random.choice([key, key, key, f'"{key}"', f"'{key}'"])

    def value(self, value):
        if isinstance(value, dict):
            pairs = [f"{self.key(key)}={self.value(value[key])}" for key in value]
            self.random.shuffle(pairs)
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, list):
            return (
                "["
                + self.random.choice([",", " , "]).join(map(self.value, value))
                + "]"
            )
        if isinstance(value, str):
            return self.string(value)
        return json.dumps(value)

    def string(self, text):
        is_plain = text.isprintable() and "'" not in text
        forms = [json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")]
        forms += [f"'{text}'", f"'''{text}'''"] if is_plain else []
        forms += [f'"""\n{forms[0][1:-1]}"""']
        return self.random.choice(forms)


# --- what the day loop is tried with: short plans, and people of all kinds ---

_TRAINING_DAYS = (["mon"], ["mon", "thu"], ["tue", "wed", "sun"], [*WEEKDAYS])
_GATES = (
    *[None] * 4,
    {"technique_min": 0.6, "pain_max": 3.0, "max_extra_weeks": 1},
    {"technique_min": 0.9, "over_sessions": 3, "max_extra_weeks": 0},
    {"range_min_deg": 5.0, "asymmetry_max_deg": 2.0, "max_extra_weeks": 1},
)
_DELOADS = (
    *[None] * 4,
    {"every_weeks": 2},
    {"weeks": [1], "load_fraction": 0.5, "sets_fraction": 0.25},
    {"every_weeks": 3, "sets": "2x8", "load_fraction": 1.0},
    {"every_weeks": 2, "reactive": {"pain_above": 2.0, "min_weeks_between": 2}},
    {"every_weeks": 3, "reactive": {"pain_above": 0.5, "min_weeks_between": 2}},
    {"reactive": {"pain_above": 0.5, "min_weeks_between": 1}},
)
_ASSESSMENTS = (
    None,
    {"every_weeks": 1, "tests": ["hip_extension_range", "single_leg_bridge"]},
    {"every_weeks": 2, "tests": [*TESTS]},
    {"every_weeks": 1, "tests": ["strength_check"]},
)


def _moves_on(slot):
    """Return whether a slot is work that can be done and has a rule to move it on."""
    scheme, kind = parse_sets(slot["sets"]), slot.get("kind", "work")
    is_work = kind == "work" and EXERCISES[slot["exercise"]].is_counted
    most = MOST_REPS * (100 / (scheme.pct_1rm or 50) - 1)
    is_doable = scheme.low + 2 <= (40 if scheme.is_hold else most)
    return is_work and is_doable and "progress" in slot and scheme.rir != 0


def _training_slots():
    """Return slots that move on, as many with each rule."""
    found = [slot for slot in _slots(n_each=60) if _moves_on(slot)]
    by_rule = {slot["progress"]["rule"]: [] for slot in found}
    for slot in found:
        by_rule[slot["progress"]["rule"]].append(slot)
    by_rule["ladder"] = [slot for slot in found if "ladder" in slot]
    return [slot for of_rule in by_rule.values() for slot in of_rule[:60]]


training_slots = st.sampled_from(_training_slots())
ladder_slots = st.sampled_from([one for one in _training_slots() if "ladder" in one])


@st.composite
def training_values(draw, *, own_slots=training_slots | slots, max_weeks=4):
    """Return the values of a plan of few weeks, fast to draw and to live through."""
    lengths = draw(st.sampled_from([[1], [2], [3], [1, 1], [1, 2], [4]]))
    lengths = [weeks for weeks in lengths if weeks <= max_weeks]
    phases = []
    for name, weeks in zip(PHASES, lengths, strict=False):
        days = draw(st.sampled_from(_TRAINING_DAYS))
        found = draw(st.lists(own_slots, min_size=1, max_size=3))
        gate = draw(st.sampled_from(_GATES))
        session = {"name": "A", "days": days, "slot": found}
        phase = {"name": name, "weeks": weeks, "session": [session]}
        phases.append(phase | ({"advance": gate} if gate else {}))
    deload = draw(st.sampled_from(_DELOADS))
    assessment = draw(st.sampled_from(_ASSESSMENTS))
    return {
        "format": 1,
        "name": "drawn",
        "phase": phases,
        **({"deload": deload} if deload else {}),
        **({"assessment": assessment} if assessment else {}),
    }


def training_plans(**options):
    """Return a strategy for short plans; `options` are those of `training_values`."""
    return training_values(**options).map(
        lambda values: check_plan(values, source="drawn")
    )


def _sides(random, least, most, usual):
    """Return a measure of both sides: usual ones mostly, now and then an extreme."""
    return {
        side: random.choice([least, most, *[float(random.randint(*usual))] * 30])
        for side in ("left", "right")
    }


def _person(random):
    """Return the values of a legal person, from usual to extreme."""
    lifts = {lift: random.choice([1.0, 999.0, *[60.0, 97.5] * 15]) for lift in ROOTS}
    others = random.sample(("romanian_deadlift", "leg_press", "split_squat"), 1)
    share = random.choice([0.0, 0.5, 1.0])
    options = {
        "response": random.choice([0.0, 0.3, 2.0, 5.0]),
        "legs": {side: random.choice([0.0, 0.8, 1.2]) for side in ("left", "right")},
        "familiarity": {random.choice(ROOTS): share},
        "attendance": random.choice([0.05, 0.6, 0.9]),
        "missed_weeks": random.choice([[1], [2, 3], [3], [5]]),
        "flare_ups": [
            {"week": random.randint(1, 4), "pain": float(random.randint(1, 10))}
        ],
    }
    named = random.sample(sorted(options), random.choice([0, 0, 1, 2]))
    pains = [0.0, 0.0, 1.0] if random.random() < 0.6 else [0.0, 2.5, 4.0, 6.0, 10.0]
    return {
        "format": 1,
        "name": "drawn",
        "body_mass_kg": random.choice([30.0, 250.0, *[62.5, 80.0] * 9]),
        "training_status": random.choice(STATUSES),
        "activity": "running",
        "other_sessions_per_week": random.choice([0, 2, 14]),
        "one_rm_kg": lifts | dict.fromkeys(others, 30.0),
        "hip_extension_deg": _sides(random, -30.0, 200.0, (-2, 20)),
        "single_leg_bridge_reps": _sides(random, 0.0, 200.0, (5, 30)),
        "biering_sorensen_s": random.choice([0.0, 600.0, *[60.0, 95.0, 130.0] * 4]),
        "technique": random.choice([0.0, 0.3, 0.55, 0.7, 0.8, 0.9, 1.0]),
        "pain_nprs": random.choice(pains),
        "recovery": {
            "sleep_h": random.choice([3.0, 6.5, 7.5, 9.0, 12.0]),
            **{
                habit: random.choice([0.0, 0.5, 0.8, 1.0])
                for habit in ("nutrition", "hydration", "stress")
            },
        },
        **{key: options[key] for key in named},
    }


def _people(n):
    """Return the values of people, plain ones first."""
    random = Random(2024)
    return sorted((_person(random) for _ in range(n)), key=_length)


athlete_values = st.sampled_from(_people(300))


def athletes():
    """Return a strategy for legal people, from usual to extreme."""
    return athlete_values.map(lambda values: check_athlete(values, source="drawn"))
