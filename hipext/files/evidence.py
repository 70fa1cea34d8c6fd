"""Evidence: every value taken from the literature, with who measured it and where.

A row of ``data/evidence.csv`` is one figure. Its ``kind`` says what sort of figure it
is, its ``status`` whether it may be cited: VERIFIED was read in the source or in a
page that quotes it (``reading``), RECALLED was not read, CONFLICT contradicts another
source or itself. Only VERIFIED rows are sources.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hipext.files.checks import InputError, PlanError, check_one_of, did_you_mean
from hipext.files.io import data_dir, parse_csv, read_text
from hipext.files.tables import table_of

if TYPE_CHECKING:
    import pandas as pd

TOPICS = (
    "emg",
    "spine_load",
    "repetition_maximum",
    "fitness_fatigue",
    "workload",
    "volume",
    "deload",
    "tempo_isometric",
    "pain",
    "assessment",
    "low_back_pain_outcomes",
    "recovery",
    "detraining_gain",
    "trial",
)
STATUSES = ("VERIFIED", "RECALLED", "CONFLICT")
EVIDENCE = table_of(
    "evidence",
    "one figure from the literature",
    """
    id | str | | E or T, topic or trial, number: E07-002
    topic | str | | one of TOPICS
    claim | str | | what the figure is, in plain words
    value | str | see unit | the figure, or the formula, as text
    unit | str | | unit of the value; empty for none
    spread | str | see unit | SD, interval, range or p value
    population | str | | who or what was studied
    kind | str | | 'measured', 'consensus' or 'assumption'
    authors | str | | names with initials, ', ' between
    year | str | | year of publication
    journal | str | | journal, volume and pages, or other place
    doi | str | | DOI without address; empty where not known
    status | str | | one of STATUSES
    reading | str | | 'paper', or 'secondary': quoted elsewhere
    note | str | | what to know before the figure is used
    """,
)
_REQUIRED = ("topic", "claim", "value", "kind", "status")
_VOCABULARIES = {
    "topic": TOPICS,
    "kind": ("measured", "consensus", "assumption"),
    "status": STATUSES,
    "reading": ("paper", "secondary"),  # empty where nothing was read: RECALLED
}
_ID = re.compile(r"[ET]\d\d-\d{3}")
_INITIALS = re.compile(r" [A-Z]{1,4}$")  # of "Rogerson D"


def read_evidence(path: str | Path | None = None) -> "pd.DataFrame":
    """Read and check the table of sources.

    Parameters
    ----------
    path : str or Path, optional
        A CSV file with the columns of `EVIDENCE`. Default: the shipped table.

    Returns
    -------
    pandas.DataFrame
        One row per figure, columns as in `EVIDENCE`; every cell is text, an empty one
        where nothing is known. It is a copy.

    Examples
    --------
    >>> evidence = read_evidence()
    >>> evidence.loc[evidence["id"] == "E07-002", ["value", "unit"]].values.tolist()
    [['5.6', 'weeks']]
    """
    rows = evidence_rows() if path is None else _read(Path(path))
    return EVIDENCE.from_rows([tuple(row.values()) for row in rows])


def search_evidence(
    table: "pd.DataFrame",
    *,
    topic: str | None = None,
    words: str | None = None,
    status: str | None = None,
    ids: Sequence[str] = (),
) -> "pd.DataFrame":
    """Return the rows of the table of sources that fit every condition given.

    Parameters
    ----------
    table : pandas.DataFrame
        Table of sources, as `read_evidence` returns it.
    topic : str, optional
        One of `TOPICS`.
    words : str, optional
        Words that all have to occur in the row, in any cell, order and case.
    status : str, optional
        One of `STATUSES`.
    ids : sequence of str, default ()
        Ids of single rows; none for all.

    Returns
    -------
    pandas.DataFrame
        The rows found, in the order of `table`, numbered from 0; maybe none.

    Raises
    ------
    InputError
        If the topic, the status or an id is not a known one.

    Examples
    --------
    >>> found = search_evidence(read_evidence(), topic="deload", words="survey weeks")
    >>> found["id"].tolist()
    ['E07-002', 'E07-007']
    """
    rows = table.to_dict("records")
    conditions = {"topic": topic, "words": words, "status": status, "ids": ids}
    return table.iloc[found_places(rows, **conditions)].reset_index(drop=True)


def found_places(
    rows: Sequence[Mapping[str, str]],
    *,
    topic: str | None = None,
    words: str | None = None,
    status: str | None = None,
    ids: Sequence[str] = (),
) -> list[int]:
    """Return the places, from 0, of the rows that `search_evidence` returns."""
    known = [row["id"] for row in rows]
    unknown = [_unknown(one, known) for one in ids if one not in known]
    if unknown:
        raise InputError(" ".join(unknown))
    wanted = {"topic": topic, "status": status}
    wanted = {name: given for name, given in wanted.items() if given is not None}
    for name, given in wanted.items():
        check_one_of(given, _VOCABULARIES[name], name=name)

    def fits(row: Mapping[str, str]) -> bool:
        text = " ".join(row.values()).lower()
        return (
            (not ids or row["id"] in ids)
            and all(row[name] == given for name, given in wanted.items())
            and all(word in text for word in (words or "").lower().split())
        )

    return [place for place, row in enumerate(rows) if fits(row)]


def cite(source_id: str) -> str:
    """Return the short citation of a source.

    Parameters
    ----------
    source_id : str
        Id of a VERIFIED row of the shipped table of sources, such as ``"E07-002"``.

    Returns
    -------
    str
        Authors, year, place and DOI, as far as they are known.

    Raises
    ------
    InputError
        If there is no such row, or it is not VERIFIED.

    Examples
    --------
    >>> cite("E07-002")
    'Rogerson et al. (2024), Sports Med Open 10, doi:10.1186/s40798-024-00691-y'
    """
    if problem := _problem(source_id):
        raise InputError(problem)
    row = _by_id()[source_id]
    doi = f"doi:{row['doi']}" if row["doi"] else ""
    year = f" ({row['year']})" if row["year"] else ""
    names = [_INITIALS.sub("", name) for name in row["authors"].split(", ")]
    if row["authors"] == "authors not seen":
        who = "Authors not known to us"
    elif len(names) <= 2 and names[-1] != "et al.":
        who = " and ".join(names)
    else:
        who = f"{names[0]} et al."
    return ", ".join(part for part in (who + year, row["journal"], doi) if part)


def check_sources(source_ids: Iterable[str], *, name: str) -> None:
    """Raise one InputError with all sources of `name` that cannot be cited."""
    problems = [problem for problem in map(_problem, source_ids) if problem]
    if problems:
        raise InputError(f"The sources of {name} do not hold: {' '.join(problems)}")


@cache
def evidence_rows() -> tuple[dict[str, str], ...]:
    """Return the shipped table of sources as rows, not to be changed."""
    return tuple(_read(data_dir() / "evidence.csv"))


@cache
def _by_id() -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in evidence_rows()}


def _read(path: Path) -> list[dict[str, str]]:
    # Not by pandas: a row with too few or too many cells is to be named by its id.
    header, *lines = [*parse_csv(read_text(path), source=str(path)), []]
    if tuple(header) != EVIDENCE.names:
        expected, found = ", ".join(EVIDENCE.names), ", ".join(header) or "nothing"
        problem = f"line 1: the columns must be {expected}; the file has {found}."
        raise PlanError(str(path), [problem])
    rows = [line for line in lines if line]
    problems = [
        f"{row[0] or 'a row without an id'}: {problem}"
        for row in rows
        for problem in _row_problems(row)
    ]
    counts = Counter(row[0] for row in rows)
    problems += [
        f"{source_id}: the id stands in {n} rows; give each row its own."
        for source_id, n in counts.items()
        if n > 1
    ]
    if problems:
        raise PlanError(str(path), problems)
    return [dict(zip(EVIDENCE.names, row, strict=True)) for row in rows]


def _row_problems(row: list[str]) -> Iterator[str]:
    """Yield what is wrong with one row, a sentence each."""
    if len(row) != len(EVIDENCE.names):
        yield (
            f"the row has {len(row)} cells instead of {len(EVIDENCE.names)}. "
            "Put a cell that contains a comma in double quotes."
        )
        return
    cells = dict(zip(EVIDENCE.names, row, strict=True))
    if not _ID.fullmatch(cells["id"]):
        yield f"id must look like 'E07-002'; got {cells['id']!r}."
    required = [*_REQUIRED, *(["authors"] if cells["status"] == "VERIFIED" else [])]
    for column in required:
        if not cells[column]:
            yield f"{column} is empty; a row needs {', '.join(required)}."
    # An empty cell has its own problem, where it is one.
    for column, allowed in _VOCABULARIES.items():
        try:
            check_one_of(cells[column] or allowed[0], allowed, name=column)
        except InputError as error:
            yield str(error)


def _problem(source_id: str) -> str:
    """Return why a source cannot be cited, in a sentence; empty if it can be."""
    rows = _by_id()
    if source_id not in rows:
        return _unknown(source_id, rows)
    status = rows[source_id]["status"]
    if status != "VERIFIED":
        return (
            f"{source_id} is {status}, not VERIFIED; it cannot be cited as a source. "
            "Cite a VERIFIED row, or call the number an assumption."
        )
    return ""


def _unknown(source_id: str, known: Collection[str]) -> str:
    guess = did_you_mean(source_id, known)
    return f"{source_id!r} is not in the table of sources.{guess}"
