"""Give hostile and odd input to every reader and command; keep what goes wrong.

    python tests/reference/fuzz.py --minutes 10 [--kinds plan,series] [--seed 0]

Each input is an argument list with its files, run in a worker process. It passes if the
command ends in time, with 0 or with one message and code 2 (1 where it compares), and
has then left no file behind. Inputs that fail are appended to fuzz_cases.json; the
tests replay that file.
"""

import argparse
import contextlib
import copy
import faulthandler
import json
import math
import multiprocessing
import os
import random
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from pkgutil import resolve_name

import tomlkit
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from commands import hipext  # noqa: E402

PLAN = "deadlift_5x5_10wk"  # short
CASES = Path(__file__).with_name("fuzz_cases.json")
LIMIT_S = 5.0  # of processor time: the machine may be busy with other things
KILLED_AFTER_S = 60.0
COMPARING = ("reproduce", "lint", "fmt")  # these answer with code 1
FAULT = "This is a fault of hipext"


def listed(text):
    """Return the words of a text."""
    return text.split()


ODD = [
    *(0, 1, -1, 2, 100, 10**6, 2**31, 2**63 - 1, 2**63, 10**40, -(10**40), 10**400),
    *(0.0, -0.0, 0.5, 1e-320, 1e-9, 1e9, 1e308, -1e308, math.inf, -math.inf, math.nan),
    *(True, False, "", " ", "a\nb", "a\tb", "\x00", "\x1b[31m", "\u202e", "\u2028"),
    *("\U0001f3cb", "e\u0301", "a" * 300, "$\\frac{x}$", "100 %", "2 lb", "999999 lb"),
    *([], [[]], {}, {"a": 1}, [0], [1, 1], [[[[1]]]], ["a", 1], [None]),
    *listed(r"""
        x 0 nan true =1+1 - ' " ]]> <&> $x {} {0} %s .. / a/b ~ @RPE8
    """),
    *("3x8", "20x100", "3x8 @RIR2", "1x1 @100%", "20x1s", "1x7200s", "9-1-9-1"),
    *["mon", "deadlift", "plank", "kettlebell_swing", "E07-002"],
]
CELLS = ["", "\x00", "\uff11", '"' + "a" * 150_000]
CELLS += listed(r"""
    0 1 -1 -5 0.1 nan inf 1e400 1e-400 2024-02-30 2024-01-31 1,5 x a;b =1 " "a 999999999
""")


# --- inputs ---


def leaves(values, path=()):
    """Return the path of every value in nested values."""
    items = values.items() if isinstance(values, dict) else ()
    items = enumerate(values) if isinstance(values, list) else items
    found = []
    for key, inner in items:
        found += [(*path, key), *leaves(inner, (*path, key))]
    return found


def at(values, path):
    for key in path:
        values = values[key]
    return values


def mutated(values, schema, pick, n):
    """Return values with `n` changes; with a schema, mostly to what it allows."""
    values = copy.deepcopy(values)
    for _ in range(n):
        paths = leaves(values)
        if not paths:
            break
        *above, key = pick.choice(paths)
        inside = at(values, above)
        kind = pick.random()
        if schema is not None and kind < 0.75:
            allow(inside, schema, pick) if isinstance(inside, dict) else None
        elif kind < 0.82:
            del inside[key]
        elif kind < 0.88 and isinstance(inside, list):
            inside.insert(key, copy.deepcopy(inside[key]))
        elif kind < 0.92:
            inside[key] = copy.deepcopy(at(values, pick.choice(paths)))
        elif kind < 0.94 and isinstance(inside, dict):
            inside[str(pick.choice(ODD))] = inside.pop(key)
        else:
            inside[key] = copy.deepcopy(pick.choice(ODD))
    return values


def allow(table, schema, pick):
    """Set one key of a table to an extreme or usual value that its schema allows."""
    homes = [schema, *schema.get("$defs", {}).values()]
    homes = [one["properties"] for one in homes if "properties" in one]
    fitting = [one for one in homes if set(table) <= set(one)]
    if fitting:
        fields = pick.choice(fitting)
        key = pick.choice([*fields])
        with contextlib.suppress(LookupError):
            table[key] = allowed(fields[key], schema, pick)


def allowed(node, schema, pick):
    """Return a value that a node of a JSON Schema allows."""
    if "$ref" in node:
        return allowed(schema["$defs"][node["$ref"].rpartition("/")[2]], schema, pick)
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        real = [one for one in options if one.get("type") != "null"]
        return allowed(pick.choice(real), schema, pick)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return pick.choice(node["enum"])
    if node.get("examples") and pick.random() < 0.3:
        example = node["examples"][0]
        with contextlib.suppress(Exception):
            return tomlkit.parse(f"x = {example}").unwrap()["x"]
    kind = node.get("type")
    if kind in ("integer", "number"):
        low = node.get("minimum", node.get("exclusiveMinimum", -(10**9)))
        high = node.get("maximum", node.get("exclusiveMaximum", 10**9))
        if kind == "integer":
            return pick.choice([low, high, pick.randint(int(low), int(high))])
        return pick.choice([low, high, pick.uniform(low, high), low + 1e-9])
    if kind == "boolean":
        return pick.random() < 0.5
    if kind == "array":
        n = max(node.get("minItems", 0), pick.choice([0, 1, 2]))
        return [allowed(node.get("items", {}), schema, pick) for _ in range(n)]
    if kind == "object" and "properties" in node:
        names = [
            name
            for name in node["properties"]
            if name in node.get("required", ()) or pick.random() < 0.3
        ]
        return {x: allowed(node["properties"][x], schema, pick) for x in names}
    return pick.choice([one for one in ODD if isinstance(one, str)])


def toml_text(values, pick):
    """Return values as TOML, sometimes with damage to the text itself."""
    try:
        text = tomlkit.dumps(without_none(values))
    except Exception:
        text = "".join(f"{key} = {value!r}\n" for key, value in values.items())
    return damaged(text, pick) if pick.random() < 0.15 else text


def without_none(value):
    if isinstance(value, dict):
        return {str(key): without_none(x) for key, x in value.items() if x is not None}
    if isinstance(value, list):
        return [without_none(x) for x in value if x is not None]
    return value


def damaged(text, pick):
    """Return a text with a line, a letter or a run of letters changed."""
    lines = text.split("\n")
    for _ in range(pick.choice([1, 1, 2, 5])):
        place = pick.randrange(len(lines))
        line = lines[place]
        match pick.randrange(6):
            case 0:
                lines.insert(place, line)
            case 1:
                lines[place] = ""
            case 2:
                lines[place] = line[: pick.randrange(len(line) + 1)]
            case 3:
                spot = pick.randrange(len(line) + 1)
                odd = pick.choice(["\x00", "\u202e", "é", '"', "[" * 600, "9" * 5000])
                lines[place] = line[:spot] + odd + line[spot:]
            case 4:
                lines[place] = re.sub(
                    r"\d+", lambda _: str(pick.choice(ODD[:20])), line
                )
            case _:
                pick.shuffle(lines)
    return "\n".join(lines)


def shipped(folder):
    """Return the values of the shipped files of a folder, small ones first."""
    paths = sorted(
        (ROOT / "data" / folder).glob("*.toml"), key=lambda x: x.stat().st_size
    )
    return [tomlkit.parse(path.read_text()).unwrap() for path in paths]


def schema_of(kind):
    from hipext.cli.schema import SCHEMAS

    return SCHEMAS[kind]()


SHIPPED = {
    kind: shipped(folder)
    for kind, folder in {
        "plan": "plans",
        "athlete": "athletes",
        "population": "populations",
        "sweep": "sweeps",
        "search": "searches",
    }.items()
}


def one_of(commands, pick, *values):
    """Return one of the commands as arguments, with values where it has a number."""
    chosen = pick.choice(commands.splitlines()).split()
    # Split first: a value with spaces is one argument.
    return [re.sub(r"\{(\d)\}", lambda x: str(values[int(x[1])]), x) for x in chosen]


def plan_case(pick, drawn):
    base = drawn if pick.random() < 0.5 else pick.choice(SHIPPED["plan"])
    schema = schema_of("plan") if pick.random() < 0.7 else None
    text = toml_text(mutated(base, schema, pick, pick.choice([0, 1, 1, 2, 4])), pick)
    commands = """lint p.toml
        lint p.toml --json
        fmt p.toml
        run p.toml --seed {0}
        run p.toml --open-loop --explain 1
        simulate p.toml novice
        simulate p.toml lifter"""
    return one_of(commands, pick, pick.randrange(10)), {"p.toml": text}


def athlete_case(pick, _):
    base = pick.choice(SHIPPED["athlete"])
    schema = schema_of("athlete") if pick.random() < 0.75 else None
    text = toml_text(mutated(base, schema, pick, pick.choice([1, 2, 4, 8])), pick)
    commands = f"""athletes a.toml --json
        lint {PLAN} -a a.toml
        run {PLAN} -a a.toml
        simulate {PLAN} a.toml
        simulate guide_16wk a.toml"""
    return one_of(commands, pick), {"a.toml": text}


def population_case(pick, _):
    base = pick.choice(SHIPPED["population"])
    schema = schema_of("population") if pick.random() < 0.75 else None
    text = toml_text(mutated(base, schema, pick, pick.choice([1, 2, 4])), pick)
    commands = f"""populations o.toml
        compare {PLAN} --vary load_step=2 --athletes 3 --population o.toml"""
    return one_of(commands, pick), {"o.toml": text}


def study_case(kind):
    def case(pick, _):
        base = copy.deepcopy(pick.choice(SHIPPED[kind]))
        base["plan"] = PLAN
        base["n_athletes"] = 2
        if kind == "search":
            base["search"] = {"trials": 4, "generation": 2}
        elif base.get("design", {}).get("n"):
            base["design"]["n"] = 2
        else:
            base["vary"] = dict([*base["vary"].items()][:1])
        schema = schema_of(kind) if pick.random() < 0.6 else None
        values = mutated(base, schema, pick, pick.choice([0, 0, 1, 1, 2]))
        for name in ("vary", "goals", "limits"):
            if pick.random() < 0.05:
                values[name] = pick.choice(ODD)
        large = values.get("n_athletes", 1)
        if isinstance(large, int) and 50 < large < 10**9:
            values["n_athletes"] = 3  # allowed, and takes its time
        size = values.get("search", {})
        if isinstance(size, dict) and isinstance(size.get("trials"), int):
            size["trials"] = min(size["trials"], 4)
        design = values.get("design", {})
        if isinstance(design, dict) and isinstance(design.get("n"), int):
            design["n"] = design["n"] if design["n"] > 10**7 else min(design["n"], 4)
        return [kind, "s.toml", "--out", "o"], {"s.toml": toml_text(values, pick)}

    return case


MODELS = listed(r"""
    one_component banister fitness_delay variable_dose saturated_dose kalman kalman x
""")
FIT_OPTIONS = """
--missing rest
--convention same_day
--level 1.5
--level 1e-9
--level nan
--bound fitness_tau=5,1
--bound fitness_tau=40,40
--bound fitness_tau=nan,inf
--bound baseline=-1e308,1e308
--start fitness_tau=40
--start fitness_tau=1e400
--load performance
--day x
--exercise deadlift
--seed 9223372036854775808
--bootstrap 1000000000"""


def series_case(pick, _):
    model = pick.choice(MODELS)
    n = pick.choice([0, 5, 30, 30, 30, 60, 60, 60])
    rows = [["day", "training_load", "performance"]]
    scale = pick.choice([1, 1, 1, 1, 1e6, 1e6, 1e-25, 1e-25, 1e-300, 1e300, 0])
    for day in range(n):
        load = pick.choice([0, 50, 100]) * scale
        test = f"{pick.gauss(100, 3) * pick.choice([1, scale]):.6g}"
        rows.append([str(day), f"{load:g}", pick.choice(["", test, test])])
    for _ in range(pick.choice([0, 0, 0, 0, 1, 3])):
        row = pick.choice(rows)
        row[pick.randrange(3)] = pick.choice(CELLS)
    text = "\n".join(",".join(row) for row in rows)
    text = damaged(text, pick) if pick.random() < 0.1 else text
    command = ["fit", "s.csv", "-m", model, "--bootstrap", "2"]
    command += one_of(FIT_OPTIONS, pick) if pick.random() < 0.3 else []
    return command, {"s.csv": text}


_sets = ""


def sets_case(pick, _):
    global _sets
    if not _sets:
        import hipext as package
        from hipext.files.io import csv_bytes

        run = package.simulate(package.read_plan(PLAN), package.read_athlete("novice"))
        _sets = csv_bytes(run.sets).decode()
    lines = [line.split(",") for line in _sets.splitlines()]
    lines = lines[: pick.choice([1, 20, *(len(lines),) * 6])]
    for _ in range(pick.choice([0, 0, 1, 2])):
        row = pick.choice(lines)
        row[pick.randrange(len(row))] = pick.choice(CELLS)
    text = "\n".join(map(",".join, lines))
    text = damaged(text, pick) if pick.random() < 0.1 else text
    command = ["fit", "sets.csv", "-m", "one_component", "--bootstrap", "0"]
    command += ["--exercise", "deadlift"] if pick.random() < 0.9 else []
    command += ["--load", pick.choice(["tut_s", "x"])] if pick.random() < 0.2 else []
    return command, {"sets.csv": text}


_records = {}


def record_case(pick, _):
    if not _records:
        with tempfile.TemporaryDirectory() as folder:
            series = "day,training_load,performance\n"
            series += "".join(f"{x},{x % 7},{100 + x % 3}\n" for x in range(20))
            (Path(folder) / "s.csv").write_text(series)
            plan = PLAN
            for args in (
                ("run", plan),
                ("run", plan, "--open-loop"),
                ("fit", "s.csv", "-m", "one_component", "--bootstrap", "0"),
                ("compare", plan, "--vary", "load_step=2", "--athletes", "2"),
                ("compare", plan, plan + "2", "--athletes", "2"),
                ("search", "q.toml"),
                ("sweep", "w.toml"),
            ):
                one = json.loads(json.dumps(SHIPPED))
                small = {"plan": plan, "n_athletes": 2}
                search = one["search"][0] | small
                search["search"] = {"trials": 4, "generation": 2}
                (Path(folder) / "q.toml").write_text(tomlkit.dumps(search))
                sweep = one["sweep"][0] | small
                sweep["vary"] = {"load_step": [1, 2]}
                sweep.pop("design", None)
                (Path(folder) / "w.toml").write_text(tomlkit.dumps(sweep))
                hipext(*args, cwd=folder)
            for path in Path(folder, "out").rglob("record.json"):
                _records[path.parent.name] = json.loads(path.read_text())
    values = copy.deepcopy(_records[pick.choice(sorted(_records))])
    n = pick.choice([1, 1, 1, 2, 4])
    if pick.random() < 0.5:  # near the top, where the record itself is read
        for _ in range(n):
            inside, depth = values, pick.choice([0, 0, 1, 1, 2])
            for _ in range(depth):
                keys = [
                    key
                    for key in (
                        inside if isinstance(inside, dict) else range(len(inside))
                    )
                    if isinstance(inside[key], dict | list) and inside[key]
                ]
                if keys:
                    inside = inside[pick.choice(keys)]
            if isinstance(inside, dict) and inside:
                key = pick.choice([*inside])
                inside[key] = pick.choice([*ODD, None])
                if pick.random() < 0.3:
                    del inside[key]
    else:
        values = mutated(values, None, pick, n)
    text = json.dumps(values, ensure_ascii=pick.random() < 0.5, default=str)
    if pick.random() < 0.1:
        text = damaged(text, pick)
    engine = pick.choice([[], [], ["--engine", "plain"], ["--engine", "x"], ["--json"]])
    return ["reproduce", ".", *engine], {"record.json": text}


def table_case(pick, _):
    kind = pick.choice(["evidence", "parameters", "exercises", "charts"])
    files = {"evidence": "evidence.csv", "parameters": "parameters.toml"}
    files |= {"exercises": "exercises.toml", "charts": "rpe_charts.csv"}
    text = (ROOT / "data" / files[kind]).read_text()
    if files[kind].endswith("toml") and pick.random() < 0.6:
        values = mutated(tomlkit.parse(text).unwrap(), None, pick, pick.choice([1, 2]))
        text = toml_text(values, pick)
    else:
        text = damaged(text, pick)
    return [f"read_{kind}", "f"], {"f": text}


VALUES = ["a\nb", "'=1+1'", "\x1b", " ", "9" * 400, "9" * 5000, "[" * 700]
VALUES += ["0x" + "F" * 500]
VALUES += listed(r"""
    0 1 -1 0.5 3 1e308 1e999 nan inf "" true [] [1,2] {a=1} "x 1979-05-27 x é 1,2,3 1,,2
    5,1
""")
PATHS = listed(r"""
    name days weeks order tempo exercise load_step session_frequency deload phase
    athlete parameter x deload.every_weeks deload.reactive phase.1.sessions
    phase.1.weeks phase.999999999999.weeks phase.-1.weeks phase.1.session.1.slot.1.sets
    athlete.response athlete.one_rm_kg.deadlift parameter.muscle.gain parameter.x [ a][
""")
PATHS.append("")
WORDS = ["", " ", "\x1b[31m", "a" * 5000, "\udcff", "a\nb", "hip thurst"]
WORDS += listed(r"""
    guide_16wk novice novices light_weeks less_time deadlift x . .. / ~ - -- é p.toml
    /dev/null /proc/self/mem out E07-002 01
""")
# {0} path, {1} value, {2} athletes, {3} seed, {4} word, {5} word, {6} level
COMMANDS = f"""run {PLAN} --set {{0}}={{1}}
run {PLAN} --seed {{3}}
run {PLAN} -a {{4}}
run {PLAN} --explain {{1}}
run {PLAN} --out {{4}}
run {{4}}
compare {PLAN} --vary {{0}}={{1}} --athletes {{2}}
compare {PLAN} --vary {{0}}={{1}} --athletes {{2}} --seed {{3}}
compare {PLAN} {{4}} --athletes {{2}}
compare {PLAN} --vary load_step=2 --athletes {{2}} --level {{6}}
compare maintenance_2day_13wk --athletes {{2}} -a novice
exercises {{4}}
evidence {{4}} --search {{5}}
evidence --topic {{4}} --status {{5}}
athletes {{4}}
populations {{4}}
studies {{4}}
schema {{4}}
sweep {{4}} --threads {{2}}
search {{4}}
sensitivity {{4}}
reproduce {{4}}
fmt {{4}} --check
handouts {{4}}
assignments {{4}} --points {{2}}
fit {{4}}
fit s.csv --bound {{0}}={{1}} --bootstrap 0
fit s.csv --start {{0}}={{1}} --bootstrap 0"""
GOOD = listed("""
    deload.every_weeks=0 deload.every_weeks=0,3 load_step=0.5,2 phase.1.weeks=1 days=[]
    name=x athlete.response=0.2,1.5 parameter.muscle.gain=0.3 session_frequency=1
    deload.reactive=true exercise=deadlift athlete.one_rm_kg.deadlift=120
""")
FITTING = {"run": PLAN, "compare": PLAN, "fmt": PLAN, "exercises": "deadlift"}
FITTING |= {"evidence": "E07-002", "athletes": "novice", "populations": "novices"}
FITTING |= {"studies": "less_time", "schema": "plan", "fit": "s.csv"}
LONG = {"less_time", "light_weeks", "01"}  # shipped studies take their time


def command_case(pick, _):
    words = [one for one in WORDS if one not in LONG]
    path, value = pick.choice(PATHS), pick.choice(VALUES)
    if pick.random() < 0.6:
        path, value = pick.choice(GOOD).split("=")
    command = one_of(
        COMMANDS,
        pick,
        path,
        value,
        pick.choice(["1", "2", "2", "3", "0", str(10**12), "x"]),
        pick.choice(["0", "7", "12", str(2**63 - 1), "-1", str(10**40), "x"]),
        "{4}",
        pick.choice(["deload", "pain", *words]),
        pick.choice(["0.5", "0.9", "0.999", "1", "-1", "nan", "1e-300"]),
    )
    fitting = FITTING.get(command[0], "x")
    word = fitting if pick.random() < 0.6 else pick.choice(words)
    command = [word if one == "{4}" else one for one in command]
    series = "day,training_load,performance\n"
    series += "".join(f"{x},{x % 7},{100 + x % 3}\n" for x in range(20))
    return command, {"s.csv": series, "p.toml": "format = 1\n"}


SAID = ("3x8 @RIR2", "2x5 @80%", "3-1-2-0", "2 lb", "20kg", "deadlift", "wave")


def api_case(pick, drawn):
    text = pick.choice([*WORDS, *VALUES, *(x for x in ODD if isinstance(x, str))])
    text = damaged(text, pick) if pick.random() < 0.5 else text
    text = pick.choice([text, *SAID])
    value = copy.deepcopy(pick.choice([*ODD, None, text, 1, 2, 3, 0.9]))
    deep = pick.choice([value, value, {"a": value}, [value]])
    number = pick.choice([one for one in ODD if isinstance(one, int | float)])
    whole = pick.choice([one for one in ODD if isinstance(one, int)])
    call = pick.choice(
        [
            ["plans.notation:parse_sets", text],
            ["plans.notation:parse_tempo", text],
            ["plans.plan_file:format_text", text],
            ["files.schema:as_kg", text],
            ["files.evidence:cite", text],
            ["intensity:set_scheme", text],
            ["intensity:pct_from_chart", number, number],
            ["intensity:rpe_from_chart", number, 5],
            ["vary", {pick.choice([*PATHS, text]): deep}],
            ["scenario_of", {pick.choice([*PATHS, text]): deep}],
            ["one_change", pick.choice(PATHS), deep],
            *(["check_plan", drawn], ["check_plan", {"format": 1, text: deep}]),
            *(["cohort", value], ["cohort", 2, text]),
            *(["search_evidence", text], ["exercise_named", text], ["ladder", text]),
            *(["simulate_seed", value], ["explain", whole], ["compare_seeds", [whole]]),
            *(["compare_level", number], ["parameters_changed", {text: value}]),
        ]
    )
    return ["api", *call], {}


KINDS = {
    "plan": plan_case,
    "athlete": athlete_case,
    "population": population_case,
    "sweep": study_case("sweep"),
    "search": study_case("search"),
    "series": series_case,
    "sets": sets_case,
    "record": record_case,
    "table": table_case,
    "command": command_case,
    "api": api_case,
}


# --- the worker ---


def call_api(name, *given):
    """Call a function of the package that reads what a user wrote."""
    import hipext as package
    from hipext.files.parameters import parameters_changed
    from hipext.plans.exercises import exercise_named, ladder
    from hipext.plans.plan_file import check_plan, format_plan
    from hipext.studies.comparison import compare, variations
    from hipext.studies.scenarios import scenario_of

    plan = package.read_plan(PLAN)
    athlete = package.read_athlete("novice")
    quiet = {"progress": False, "engine": "plain"}

    def explain(week):
        return package.open_loop(plan, athlete).explain(week=week)

    def constants(changes):
        with parameters_changed(changes):
            return package.open_loop(plan, athlete)

    functions = {
        "vary": lambda changes: format_plan(package.vary(plan, changes)),
        "scenario_of": lambda changes: scenario_of(plan, changes),
        "one_change": lambda path, value: variations(plan, {path: [value]}),
        "check_plan": lambda values: format_plan(check_plan(values, source="mine")),
        "cohort": lambda n, who="novices": package.cohort(n, who)[0],
        "search_evidence": lambda text: package.search_evidence(
            package.read_evidence(), words=text
        ),
        "exercise_named": lambda text: exercise_named(text, package.read_exercises()),
        "ladder": lambda text: ladder(text, package.read_exercises()),
        "simulate_seed": lambda seed: package.simulate(plan, athlete, seed=seed),
        "explain": explain,
        "compare_seeds": lambda seeds: compare([plan], athlete, seeds=seeds, **quiet),
        "compare_level": lambda level: compare([plan], athlete, level=level, **quiet),
        "parameters_changed": constants,
    }
    function = functions.get(name) or resolve_name(f"hipext.{name}")
    return function(*given)


def call_reader(name, path):
    import hipext as package
    from hipext.files.parameters import read_parameters

    readers = {
        "read_evidence": package.read_evidence,
        "read_parameters": read_parameters,
        "read_exercises": package.read_exercises,
        "read_charts": package.intensity.read_chart,
    }
    return readers[name](path)


def simulated(plan, athlete):
    """Run a plan in both loops, with everything but figures."""
    import hipext as package
    from hipext.simulation.simulation import table_files

    plan, athlete = package.read_plan(plan), package.read_athlete(athlete)
    package.lint_plan(plan, athlete=athlete)
    for run in (package.simulate(plan, athlete), package.open_loop(plan, athlete)):
        table_files(run)
        for week in range(1, len(run.weekly) + 1):
            run.explain(week=week)


def outcome_of(command, folder, *, debug=False):
    """Return code, output and processor time of a command, or of a call."""
    from hipext.files.checks import InputError

    start = time.process_time()
    if command[0] not in ("api", "simulate") and not command[0].startswith("read_"):
        done = hipext(*command, *(["--debug"] if debug else []), cwd=folder)
        return done.returncode, done.stdout + done.stderr, time.process_time() - start
    code, text = 0, ""
    try:
        with contextlib.chdir(folder):
            if command[0] == "api":
                call_api(*command[1:])
            elif command[0] == "simulate":
                simulated(*command[1:])
            else:
                call_reader(*command)
    except (InputError, OSError) as error:
        code, text = 2, str(error)
    except TypeError as error:
        # A wrong type is the caller's fault where hipext says so in a sentence.
        is_told = str(error).endswith(".")
        code, text = (2, str(error)) if is_told else (1, trace_of(error))
    except Exception as error:
        code, text = 1, trace_of(error)
    return code, text, time.process_time() - start


def trace_of(error):
    import traceback

    return f"{FAULT}\n" + "".join(traceback.format_exception(error))


def problem_of(command, files):
    """Run a case in a new folder; return what is wrong with its end, time and code."""
    folder = Path(tempfile.mkdtemp(prefix="hipext-fuzz-"))
    try:
        for name, text in files.items():
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            code, text, used_s = outcome_of(command, folder)
            if code == 1 and FAULT in text and "Traceback" not in text:
                _, text, _ = outcome_of(command, folder, debug=True)
                return f"fault\n{text}", used_s, code
        except ValueError as error:  # an argument that no system passes on
            if "null" not in str(error):
                raise
            return "", 0.0, 2
        left = {path.name for path in folder.iterdir()} - set(files)
        return fault_in(command, code, text, left, used_s), used_s, code
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fault_in(command, code, text, left, used_s):
    allowed_codes = (0, 1, 2) if command[0] in COMPARING else (0, 2)
    if "Traceback" in text:
        return f"fault\n{text}"
    if FAULT in text or code not in allowed_codes:
        return f"code {code}\n{text[-3000:]}"
    if "Warning:" in text:
        return f"warning\n{text[-3000:]}"
    if code == 2 and left - {"__pycache__"}:
        return f"left behind {sorted(left)}\n{text[-500:]}"
    if code == 2 and not text.strip():
        return "no message"
    if code == 2 and re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text):
        return f"message with control characters\n{text!r}"
    if used_s > LIMIT_S:
        return f"slow: {used_s:.1f} s"
    return ""


def work(connection):
    """Answer cases until the other end is closed."""
    os.environ["MPLBACKEND"] = "agg"
    warnings.simplefilter("always", RuntimeWarning)
    faulthandler.enable()
    while True:
        try:
            command, files = connection.recv()
        except EOFError:
            return
        try:
            connection.send(problem_of(command, files))
        except BaseException as error:
            connection.send((trace_of(error), 0.0, 1))


class Worker:
    """A process that runs cases, and is replaced when one does not end."""

    def __init__(self):
        self.process = None

    def result(self, command, files):
        if self.process is None:
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=work, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
        self.pipe.send((command, files))
        try:
            if self.pipe.poll(KILLED_AFTER_S):
                return self.pipe.recv()
            problem = f"hang: nothing for {KILLED_AFTER_S:g} s"
        except (EOFError, ConnectionError):
            problem = "the process died"
        self.stop()
        return problem, KILLED_AFTER_S, 1

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None


def name_of(problem):
    """Return what tells one fault from another: its kind and the line it arose in."""
    head, _, text = problem.partition("\n")
    places = re.findall(r'hipext/(\S+\.py)", line (\d+)', text)
    place = ":".join(places[-1]) if places else ""
    errors = re.findall(
        r"^(?:\w+\.)*(\w+(?:Error|Exception|Warning)\b.{,60})", text, re.M
    )
    return " ".join(filter(None, [head[:60], place, (errors or [""])[-1]]))


# --- the run ---


def drawn_plans(seed, n=300):
    """Return the values of plans that the schema allows."""
    from strategies import plan_values

    plans = []
    quick = {"database": None, "deadline": None, "phases": [Phase.generate]}

    @seeded(seed)
    @settings(max_examples=n, suppress_health_check=[*HealthCheck], **quick)
    @given(plan_values(max_phases=2, max_weeks=3))
    def draw(values):
        plans.append(values)

    draw()
    return plans


def fuzz(minutes, kinds, seed):
    """Run cases of all kinds in turn for some minutes; return what failed, by name."""
    until = time.monotonic() + 60 * minutes
    worker, counts, refused, slowest, found = Worker(), Counter(), Counter(), {}, {}
    pick, plans = random.Random(seed), drawn_plans(seed)
    while time.monotonic() < until:
        kind = kinds[sum(counts.values()) % len(kinds)]
        command, files = KINDS[kind](pick, copy.deepcopy(pick.choice(plans)))
        problem, used_s, code = worker.result(command, files)
        counts[kind] += 1
        refused[kind] += code == 2
        slowest[kind] = max(slowest.get(kind, 0.0), used_s)
        if problem:
            name = name_of(problem)
            if name not in found:
                found[name] = [0, kind, command, files, problem]
                print(f"[{kind}] {name}\n    {str(command)[:200]}", flush=True)
            found[name][0] += 1
    worker.stop()
    for kind in kinds:
        print(
            f"{kind:<12}{counts[kind]:>7} inputs, {refused[kind]:>6} refused, "
            f"slowest {slowest.get(kind, 0):.1f} s"
        )
    print(
        f"{'together':<12}{counts.total():>7} inputs, {refused.total():>6} refused, "
        f"{len(found)} faults"
    )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--report", type=Path, help="write all faults into this file")
    given_args = parser.parse_args()
    seed = given_args.seed
    seed = int(time.time()) % 10**6 if seed is None else seed
    print(f"seed {seed}", flush=True)
    found = fuzz(given_args.minutes, given_args.kinds.split(","), seed)
    if given_args.report:
        given_args.report.write_text(json.dumps(found, indent=1))
    if found:
        known = json.loads(CASES.read_text()) if CASES.exists() else []
        known += [
            {"name": name, "command": command, "files": files}
            for name, (_, _, command, files, _) in found.items()
        ]
        CASES.write_text(json.dumps(known, indent=1) + "\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
