"""The board as figures: each cell against counting the rows by hand, and who sees which."""
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from portal.assignments.rules import LightFacts, cell, light
from tests.api.conftest import Call, token_of
from tests.api.test_room import problem_of
from tests.conftest import Superuser
from tests.factories import people, standing

Row = Mapping[str, Any]
Board = Callable[..., list[dict[str, Any]]]
_COLUMNS = ("unit", "kind", "category", "milestone", "line", "owner", "state", "percent", "start", "due", "reported", "handed_in")


@pytest.fixture
def rows(superuser: Superuser, app: object) -> Iterator[list[Row]]:
    """Every assignment that counts, as it is stored."""
    standing.shuffle(superuser, 1)
    for who in ("office", *SEES):
        token_of(superuser, who, days=400)                              # still good in November
    found = superuser.execute(
        "SELECT u.code, u.kind, u.category, milestone, line, owner_id, state, percent, start, due, reported_on, handed_in_on"
        " FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE state <> 'cancelled'").fetchall()
    with standing.late_in_the_year():
        yield [dict(zip(_COLUMNS, row, strict=True)) for row in found]


@pytest.fixture
def board(call: Call) -> Board:
    def read(who: str, query: str = "") -> list[dict[str, Any]]:
        programme = call(who, "GET", "/programmes").get_json()["items"][0]["id"]
        answer = call(who, "GET", f"/programmes/{programme}/board{query}")
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["as_of"].startswith("2026-")
        cells: list[dict[str, Any]] = answer.get_json()["cells"]
        return cells
    return read


def lit(row: Row) -> str:
    facts = LightFacts(row["state"], row["percent"], row["start"], row["due"], row["reported"], row["handed_in"])
    return light(facts, standing.TODAY).code


def by_hand(rows: list[Row]) -> dict[tuple[str, str], tuple[int, int, int, str | None]]:
    of: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        of.setdefault((row["unit"], row["milestone"]), []).append(lit(row))
    return {k: (len(v), v.count("closed"), v.count("red"), cell(v)) for k, v in of.items()}


def as_shown(cells: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[int, int, int, str | None]]:
    return {(c["unit"], c["milestone"]): (c["total"], c["closed"], c["overdue"], c["light"]) for c in cells if c["total"]}


def test_each_cell_counts_its_rows(rows: list[Row], board: Board) -> None:
    cells = board("office")
    assert len(cells) == 39 * 6
    assert as_shown(cells) == by_hand(rows)
    assert all(c["light"] is None and not c["closed"] and not c["overdue"] for c in cells if not c["total"])
    assert {c["light"] for c in cells} > {None, "red", "amber"}             # the chance was wide enough


FILTERS: Mapping[str, Callable[[Row], bool]] = {
    "?line=network": lambda r: bool(r["line"] == "network"),
    "?kind=province": lambda r: bool(r["kind"] == "province"),
    "?category=market_expansion": lambda r: bool(r["category"] == "market_expansion"),
    "?line=it&kind=specialised_company": lambda r: bool(r["line"] == "it" and r["kind"] == "specialised_company"),
    "?kind=province&category=market_expansion": lambda _: False,
}


def test_a_filter_counts_anew(rows: list[Row], board: Board) -> None:
    for query, keeps in FILTERS.items():
        assert as_shown(board("leader", query)) == by_hand([r for r in rows if keeps(r)]), query


MEMBER = people.key("member.guangdong")
SEES: Mapping[str, Callable[[Row], bool]] = {
    "leader": lambda _: True, "auditor": lambda _: True, "market": lambda _: True,      # a line lead sees all boards
    "contact.guangdong": lambda r: bool(r["unit"] == "guangdong"),
    "head.migu": lambda r: bool(r["unit"] == "migu"),
    "network.guangdong": lambda r: bool(r["unit"] == "guangdong" and r["line"] == "network"),
    "member.guangdong": lambda r: bool(r["unit"] == "guangdong" and (r["line"] == "market" or r["owner"] == MEMBER)),
}


def test_each_sees_the_rows_of_their_function(rows: list[Row], board: Board) -> None:
    for who, sees in SEES.items():
        cells = board(who)
        assert as_shown(cells) == by_hand([r for r in rows if sees(r)]), who
        if "." in who:
            assert {c["unit"] for c in cells} == {who.partition(".")[2]}


def test_who_has_no_part_in_the_work_has_no_board(call: Call) -> None:
    programme = call("office", "GET", "/programmes").get_json()["items"][0]["id"]
    problem_of(call(None, "GET", f"/programmes/{programme}/board"), 401)
    problem_of(call("admin", "GET", f"/programmes/{programme}/board"), 404)


@pytest.mark.parametrize("query", ["?line=castle", "?kind=unit", "?category=x"])
def test_an_unknown_code_is_a_fault_of_the_query(call: Call, query: str) -> None:
    programme = call("office", "GET", "/programmes").get_json()["items"][0]["id"]
    problem_of(call("office", "GET", f"/programmes/{programme}/board{query}"), 422)


def test_a_closed_unit_stays_while_it_counts_and_a_new_one_shows_its_dashes(board: Board, superuser: Superuser) -> None:
    superuser.execute("UPDATE unit SET closed_on = '2026-01-01' WHERE code = 'tibet'")
    superuser.execute("UPDATE assignment SET state = 'cancelled' WHERE unit_id = (SELECT id FROM unit WHERE code = 'hainan')")
    cells = board("office")
    assert sum(c["total"] for c in cells if c["unit"] == "tibet") > 0
    assert {(c["total"], c["light"]) for c in cells if c["unit"] == "hainan"} == {(0, None)}
    superuser.execute("UPDATE unit SET closed_on = '2026-01-01' WHERE code = 'hainan'")
    assert "hainan" not in {c["unit"] for c in board("office")}
