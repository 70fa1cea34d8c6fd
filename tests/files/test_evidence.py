import csv
import re
from math import sqrt

import pandas as pd
import pytest

from hipext.files.checks import PlanError
from hipext.files.evidence import (
    EVIDENCE,
    check_sources,
    cite,
    read_evidence,
    search_evidence,
)
from hipext.files.io import data_dir

SHIPPED = data_dir() / "evidence.csv"
GOOD_ROW = {
    **dict.fromkeys(EVIDENCE.names, ""),
    "id": "E07-002",
    "topic": "deload",
    "claim": "Weeks between deloads",
    "value": "5.6",
    "kind": "consensus",
    "authors": "Rogerson D, Nolan D",
    "status": "VERIFIED",
}


@pytest.fixture
def evidence():
    return read_evidence()


@pytest.fixture
def write_rows(tmp_path):
    def write(*rows, columns=EVIDENCE.names):
        path = tmp_path / "sources.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [columns, *(list(row.values()) for row in rows)]
            )
        return path

    return write


def row_of(evidence, source_id):
    return evidence.set_index("id").loc[source_id]


def test_the_table_has_the_columns_that_are_declared_all_of_them_text(evidence):
    assert tuple(evidence.columns) == EVIDENCE.names
    assert {*evidence.dtypes} == {pd.Series(dtype="str").dtype}
    assert evidence.map(type).eq(str).all(axis=None)
    assert isinstance(evidence.index, pd.RangeIndex)
    assert not evidence.isna().to_numpy().any()


def test_each_id_stands_once_and_rows_are_sorted_by_id(evidence):
    assert evidence["id"].is_unique
    assert evidence["id"].is_monotonic_increasing


def test_the_file_is_utf_8_with_line_feeds_and_quotes_only_where_needed():
    raw = SHIPPED.read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b',"",' not in raw


@pytest.mark.parametrize(
    "pattern",
    [
        r"https?:",
        r"www\.",
        r"\.(?:com|org|net|edu|uk)\b",
        r"(?:^|[\s\"(])(?:/(?:home|work|tmp|users)|[a-z]:\\)",
        r"memory",
        r"github",
        r"stored cop",
        r"find_string",
        r"excerpt",
        r"\bblog",
        r"seen at",
        r"confidence on",
    ],
)
def test_no_cell_tells_how_a_figure_was_found(evidence, pattern):
    found = evidence.apply(lambda cells: cells.str.contains(f"(?i){pattern}")).any(
        axis="columns"
    )
    assert evidence.loc[found, "id"].tolist() == []


def test_no_cell_holds_a_dash_for_nothing_or_space_at_its_ends(evidence):
    assert not evidence.isin(["-", "n/a", "NA", "nan"]).to_numpy().any()
    stripped = evidence.apply(lambda cells: cells.str.strip())
    pd.testing.assert_frame_equal(evidence, stripped)


def test_every_verified_measured_row_names_authors_or_says_they_were_not_seen(
    evidence,
):
    rows = evidence[evidence["status"].eq("VERIFIED") & evidence["kind"].eq("measured")]
    named = rows["authors"].str.contains(r" [A-Z]{1,4}(?:,|$)")
    unseen = rows["authors"].eq("authors not seen")
    assert rows.loc[~(named | unseen), "id"].tolist() == []


def test_a_row_says_how_it_was_read_unless_it_was_recalled(evidence):
    recalled = evidence["status"] == "RECALLED"
    assert set(evidence.loc[recalled, "reading"]) == {""}
    assert set(evidence.loc[~recalled, "reading"]) == {"paper", "secondary"}
    assert evidence.loc[recalled, "note"].str.contains("to be checked").all()


def test_the_table_counts_its_rows_by_status(evidence):
    literature = evidence[evidence["id"].str.startswith("E")]
    counts = literature["status"].value_counts().to_dict()
    assert counts == {"VERIFIED": 189, "RECALLED": 28, "CONFLICT": 12}
    secondary = literature["reading"].eq("secondary")
    assert (secondary & literature["status"].eq("VERIFIED")).sum() == 48


def test_a_doi_is_a_bare_doi(evidence):
    dois = evidence.loc[evidence["doi"] != "", "doi"]
    assert dois.str.fullmatch(r"10\.\d{4,5}/\S+").all()


@pytest.mark.parametrize(
    ("source_id", "value", "unit", "spread"),
    [
        ("E01-003", "75.41", "%MVIC (mean)", "SD 18.49; study range 49.2-105"),
        ("E04-018", "p > 0.40", "p value", ""),
        ("E05-006", "lambda = 2/(N+1); N = 7 and 28", "formula", ""),
        ("E06-001", "+0.023 ES; +0.37 % muscle size", "per set", "p=0.002"),
        ("E06-006", "2-10", "% load", "when 1-2 repetitions above target are possible"),
        ("E07-001", "6.4", "days", "SD 1.7"),
        ("E07-002", "5.6", "weeks", "SD 2.3"),
        ("E09-001", "2", "points (0-10)", "SEM 1.02"),
        ("E11-001", "-5.4", "mm (0-100)", "95 % CI -8.9 to -1.8"),
        ("E11-002", "-2.9", "points", "95 % CI -5.6 to -0.1"),
        ("E12-009", "-3.42", "%", "95 % CI -5.54 to -1.31"),
        ("T01-003", "66.2 to 123.1", "kg", "SD 22.3 to 21.8"),
        ("T01-004", "37.8 to 70.7", "kg", "SD 7.0 to 12.2"),
        ("T02-003", "80", "% of the load of the week before", ""),
        ("T03-002", "+9.2", "%", "SD 7.4"),
        ("T03-011", "+64.6", "%", "SD 33.0"),
    ],
)
def test_headline_figures_stand_as_published(evidence, source_id, value, unit, spread):
    row = row_of(evidence, source_id)
    assert [row["value"], row["unit"], row["spread"]] == [value, unit, spread]


def test_smoothing_factors_in_the_note_follow_from_two_over_n_plus_one(evidence):
    note = row_of(evidence, "E05-006")["note"]
    assert re.findall(r"0\.\d+", note) == [f"{2 / 8:.2f}", f"{2 / 29:.4f}"]


def test_detectable_changes_in_the_notes_follow_from_the_standard_errors(evidence):
    rows = evidence[evidence["id"].isin(["E10-003", "E10-004"])]
    sem_s = rows["value"].str.extract(r"SEM ([\d.]+) s")[0].astype(float)
    stated_s = rows["note"].str.extract(r"= (\d+) s")[0].astype(int)
    assert (1.96 * sqrt(2) * sem_s).round().tolist() == stated_s.tolist()


def test_deadlift_increments_alone_do_not_explain_the_gain_of_the_men(evidence):
    note = row_of(evidence, "T01-002")["note"]
    assert f"{19 * 2.27:.1f} kg" in note
    assert f"{123.1 - 66.2:.1f} kg" in note


def test_a_caller_cannot_change_the_shipped_table(evidence):
    evidence.loc[0, "value"] = "999"
    assert read_evidence().loc[0, "value"] == "53.10"


@pytest.mark.parametrize(
    ("source_id", "citation"),
    [
        (
            "E07-001",
            "Rogerson et al. (2024), Sports Med Open 10, "
            "doi:10.1186/s40798-024-00691-y",
        ),
        (
            "E01-041",
            "McGill and Marshall (2012), J Strength Cond Res 26:16-27, "
            "doi:10.1519/JSC.0b013e31823a4063",
        ),
        ("E10-001", "Biering-Sorensen (1984), Spine 9:106-119"),
        (
            "E07-006",
            "Bell et al. (2023), Sports Med Open 9:87, doi:10.1186/s40798-023-00633-0",
        ),
        ("E04-003", "convention, performance management chart"),
    ],
)
def test_a_citation_holds_authors_year_place_and_doi_as_far_as_known(
    source_id, citation
):
    assert cite(source_id) == citation


@pytest.mark.parametrize(
    ("source_id", "status"), [("E03-012", "RECALLED"), ("E11-007", "CONFLICT")]
)
def test_only_a_verified_row_can_be_cited(source_id, status):
    with pytest.raises(
        ValueError,
        match=f"{source_id} is {status}, not VERIFIED; it cannot be cited as a source",
    ):
        cite(source_id)


def test_an_unknown_id_suggests_the_nearest_one():
    with pytest.raises(ValueError, match=r"'e07-002' is not .* mean 'E07-002'\?"):
        cite("e07-002")


def test_all_sources_that_do_not_hold_are_named_at_once():
    with pytest.raises(ValueError, match=r"sources of deload\.every_weeks do not hold"):
        check_sources(["E07-007"], name="deload.every_weeks")
    with pytest.raises(ValueError, match=r"'E99-001' is not .*E07-007 is RECALLED"):
        check_sources(["E07-001", "E99-001", "E07-007"], name="deload.every_weeks")


def test_sources_that_hold_pass_in_silence():
    assert check_sources(["E07-001", "E07-002"], name="deload.every_weeks") is None


def test_a_search_joins_topic_words_and_status(evidence):
    found = search_evidence(
        evidence, topic="deload", words="WEEK training", status="VERIFIED"
    )
    assert found["id"].tolist() == ["E07-005"]


def test_a_search_takes_the_characters_of_a_word_as_they_are(evidence):
    found = search_evidence(evidence, words="2/(N+1)")
    assert found["id"].tolist() == ["E05-006"]


def test_rows_are_found_by_their_ids_in_the_order_of_the_table(evidence):
    found = search_evidence(evidence, ids=["E07-002", "E07-001"])
    assert found["id"].tolist() == ["E07-001", "E07-002"]


def test_ids_and_other_conditions_hold_together(evidence):
    found = search_evidence(evidence, ids=["E07-001", "E01-001"], topic="deload")
    assert found["id"].tolist() == ["E07-001"]


def test_unknown_ids_are_reported_at_once(evidence):
    with pytest.raises(ValueError, match=r"'E7-001' is not .* 'E07-001'\? 'x' is not"):
        search_evidence(evidence, ids=["E7-001", "E07-002", "x"])


def test_a_search_without_conditions_finds_every_row(evidence):
    pd.testing.assert_frame_equal(search_evidence(evidence), evidence)


def test_a_search_that_finds_nothing_returns_an_empty_table_to_search_again(evidence):
    nothing = search_evidence(evidence, words="zzzz")
    assert nothing.empty
    assert tuple(search_evidence(nothing, words="deload").columns) == EVIDENCE.names


def test_an_unknown_topic_suggests_the_nearest_one(evidence):
    with pytest.raises(ValueError, match=r"got 'delaod'. Did you mean 'deload'\?"):
        search_evidence(evidence, topic="delaod")


def test_an_unknown_status_lists_the_known_ones(evidence):
    with pytest.raises(ValueError, match=r"status must be one of 'VERIFIED'.*verified"):
        search_evidence(evidence, status="verified")


def test_a_file_reports_all_its_problems_at_once(write_rows):
    path = write_rows(
        {**GOOD_ROW, "topic": "deloads", "kind": "survey", "value": ""},
        {**GOOD_ROW, "id": "7", "status": "verified", "reading": "web"},
        {**GOOD_ROW, "authors": ""},
    )
    with pytest.raises(PlanError, match=r"sources\.csv has 8 problem") as raised:
        read_evidence(path)
    message = "\n".join(raised.value.problems)
    assert "E07-002: value is empty; a row needs topic, claim, value" in message
    assert "got 'deloads'. Did you mean 'deload'?" in message
    assert "E07-002: kind must be one of 'measured', 'consensus'" in message
    assert "7: id must look like 'E07-002'; got '7'." in message
    assert "got 'verified'. Did you mean 'VERIFIED'?" in message
    assert "7: reading must be one of 'paper', 'secondary'; got 'web'." in message
    assert "E07-002: authors is empty" in message
    assert "E07-002: the id stands in 2 rows" in message


def test_a_row_cut_by_a_comma_is_reported_with_its_number_of_cells(write_rows):
    path = write_rows({**GOOD_ROW, "extra": "cell"})
    with pytest.raises(PlanError, match="E07-002: the row has 16 cells instead of 15"):
        read_evidence(path)


@pytest.mark.parametrize("columns", [["id", "value"], []])
def test_a_file_with_other_columns_names_what_it_has(write_rows, columns):
    found = ", ".join(columns) or "nothing"
    with pytest.raises(PlanError, match=f"the columns must be .*the file has {found}"):
        read_evidence(write_rows(columns=columns))


def test_a_file_of_the_user_is_read_like_the_shipped_one(write_rows):
    own = read_evidence(write_rows(GOOD_ROW))
    assert own["value"].tolist() == ["5.6"]
    assert tuple(own.columns) == EVIDENCE.names
