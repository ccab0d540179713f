"""Reporting on many at once: rows judged one by one, stored together or not at all, nothing typed is lost."""
import re
from html import unescape

import pytest
from flask import Flask

from tests.conftest import Superuser
from tests.factories import people
from tests.web.browsing import Browser, Fields
from tests.web.test_assignments import GD, count_of, handed_in, keys, reports, signed_in, stored, version

PAGE = "/assignments/progress"


@pytest.fixture
def rows(superuser: Superuser) -> list[str]:
    """Guangdong's open assignments of the market line."""
    return keys(superuser)


def filled(superuser: Superuser, rows: list[str], **typed: tuple[str, str]) -> dict[str, str | list[str]]:
    """The form as the page gives it, with (percent, words) typed into some rows: `r0`, `r1` …"""
    fields: dict[str, str | list[str]] = {"row": rows}
    for n, key in enumerate(rows):
        percent, text = typed.get(f"r{n}", (str(stored(superuser, key)[1]), ""))
        fields |= {f"percent.{key}": percent, f"text.{key}": text, f"was.{key}": str(stored(superuser, key)[1]),
                   f"version.{key}": version(superuser, key)}
    return fields


def sent(browser: Browser, fields: Fields) -> str:
    answer = browser.post(PAGE, fields)
    assert (answer.status_code, answer.location) == (303, PAGE), answer.text
    return browser.get(PAGE).text


def test_the_page_holds_what_one_reports_on(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    assert count_of(signed_in(app, "market.guangdong").get(PAGE).text) == len(rows)
    all_open = superuser.execute("SELECT count(*) FROM assignment a JOIN unit u ON u.id = unit_id WHERE u.code = %s"
                                 " AND template_kind <> 'plan_filing'", (GD,)).fetchone()
    contact = signed_in(app, "contact.guangdong")
    assert all_open == (count_of(contact.get(PAGE).text),)
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("contact.guangdong"), rows[0]))
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("member.guangdong"), rows[1]))
    assert count_of(contact.get(f"{PAGE}?owner=me").text) == 1
    member = signed_in(app, "member.guangdong").get(PAGE).text
    assert count_of(member) == 1 and f'value="{rows[1]}"' in member


def test_who_reports_nothing_is_told_so(app: Flask) -> None:
    for who, status in (("auditor", 403), ("leader", 403), ("admin", 403), ("head.guangdong", 200), ("market", 200)):
        assert signed_in(app, who).get(PAGE).status_code == status, who


def test_changed_rows_are_reported_and_the_others_are_not(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner = signed_in(app, "market.guangdong", PAGE)
    page = sent(owner, filled(superuser, rows, r0=("30", ""), r1=("0", "just words"), r2=(" 0 ", " ")))
    assert [reports(superuser, k) for k in rows[:3]] == [[(30, "")], [(0, "just words")], []]
    assert superuser.execute("SELECT count(*) FROM progress_report").fetchone() == (2,)
    assert "just words" in page and f'data-put="text.{rows[1]}"' in page                  # last words, one click away
    assert superuser.execute("SELECT count(*) FROM audit_entry WHERE action = 'report'").fetchone() == (2,)


def test_nothing_changed_is_nothing_reported(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    sent(signed_in(app, "market.guangdong", PAGE), filled(superuser, rows))
    assert superuser.execute("SELECT count(*) FROM progress_report").fetchone() == (0,)


def test_a_fault_stands_at_its_row_and_nothing_is_stored_or_lost(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner = signed_in(app, "market.guangdong", PAGE)
    long = "长" * 10_000
    answer = owner.post(PAGE, filled(superuser, rows, r0=("30", "good words"), r1=("x", "kept"), r2=("5", long), r3=("101", "")))
    assert answer.status_code == 422
    for place in (f"percent.{rows[1]}", f"text.{rows[2]}", f"percent.{rows[3]}"):
        assert f'id="{place}-fault"' in answer.text and f'href="#{place}"' in answer.text, place
    assert f'id="percent.{rows[0]}-fault"' not in answer.text
    for typed in ("good words", "kept", long, 'value="30"', 'value="x"', 'value="101"'):
        assert typed in answer.text
    assert superuser.execute("SELECT count(*) FROM progress_report").fetchone() == (0,)


def test_one_row_is_handed_in_and_the_others_are_saved_with_it(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner = signed_in(app, "market.guangdong", PAGE)
    sent(owner, {**filled(superuser, rows, r0=("30", ""), r1=("80", "all there")), "hand_in": rows[1]})
    assert stored(superuser, rows[0]) == ("open", 30) and stored(superuser, rows[1]) == ("handed_in", 100)
    assert reports(superuser, rows[1]) == [(100, "all there")]


def test_who_was_overtaken_sees_the_others_words_and_can_send_again(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner, contact = (signed_in(app, f"{who}.guangdong", PAGE) for who in ("market", "contact"))
    opened = filled(superuser, rows, r0=("20", "mine"), r1=("40", "also mine"))
    sent(contact, filled(superuser, rows, r0=("70", "theirs"), r2=("10", "untouched by the other")))
    answer = owner.post(PAGE, opened)
    assert answer.status_code == 412
    assert f'id="version.{rows[0]}"' in answer.text and f'id="version.{rows[2]}"' not in answer.text
    for shown in ("theirs", "mine", "also mine", 'value="20"'):
        assert shown in answer.text
    assert reports(superuser, rows[1]) == []
    again = {**opened, **{f"{name}.{k}": found for name in ("version", "was") for k in rows
                          if (found := _hidden(answer.text, f"{name}.{k}"))}}
    sent(owner, again)
    assert reports(superuser, rows[0]) == [(70, "theirs"), (20, "mine")] and reports(superuser, rows[1]) == [(40, "also mine")]


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    return found[1] if found else ""


def test_a_row_that_was_handed_in_meanwhile_keeps_the_words_in_sight(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner = signed_in(app, "market.guangdong", PAGE)
    fields = filled(superuser, rows, r0=("20", "too late"), r1=("10", ""))
    handed_in(superuser, rows[0])
    answer = owner.post(PAGE, fields)
    assert answer.status_code == 422 and "too late" in answer.text and f'id="state.{rows[0]}"' in answer.text
    untouched = filled(superuser, rows, r1=("10", ""))
    sent(owner, untouched)                               # a closed row that nobody touched is in nobody's way
    assert reports(superuser, rows[1]) == [(10, "")]


def test_a_replayed_page_reports_once(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner = signed_in(app, "market.guangdong", PAGE)
    fields = filled(superuser, rows, r0=("0", "once"))
    sent(owner, fields)
    assert owner.post(PAGE, fields).status_code == 412
    assert reports(superuser, rows[0]) == [(0, "once")]


def test_rows_of_others_cannot_be_slipped_in(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner = signed_in(app, "market.guangdong", PAGE)
    tibets, network = keys(superuser, unit="tibet")[0], keys(superuser, "network")[0]
    for foreign in (tibets, network, "x", "00000000-0000-0000-0000-000000000000"):
        bad: Fields = {"row": [rows[0], foreign], f"percent.{foreign}": "50", f"was.{foreign}": "0", f"version.{foreign}": "1"}
        assert owner.post(PAGE, bad).status_code == 404, foreign
    member = signed_in(app, "member.guangdong", PAGE)
    assert member.post(PAGE, filled(superuser, rows[:1], r0=("50", ""))).status_code == 403
    assert superuser.execute("SELECT count(*) FROM progress_report").fetchone() == (0,)


def test_a_figure_of_the_desk_opens_exactly_its_rows(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    presses = next(k for (k,) in superuser.execute("SELECT id::text FROM assignment WHERE milestone = 'sorting'") if k in rows)
    superuser.execute("UPDATE assignment SET due = '2026-03-12' WHERE id = %s", (presses,))
    owner = signed_in(app, "market.guangdong")
    owner.client.set_cookie("language", "en")
    desk = unescape(owner.get("/desk").text)
    figures = re.findall(rf'href="({PAGE}\?[^"]+)">Progress of (\d+) assignments', desk)
    assert f"{PAGE}?year=2026&milestone=sorting&later=1" in [address for address, _n in figures]
    for address, number in figures:
        page = owner.get(address).text
        assert count_of(page) == int(number) == page.count('name="row"') and f'value="{presses}"' not in page
        assert unescape(page).count(f'action="{address}"') == 1
    every = owner.get(PAGE).text
    assert count_of(every) == len(rows)
    assert count_of(owner.get(f"{PAGE}?milestone=nonsense").text) == 0


def test_what_was_typed_stays_where_the_row_fits_the_filter_no_more(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    owner, contact = (signed_in(app, f"{who}.guangdong", PAGE) for who in ("market", "contact"))
    fields = filled(superuser, rows, r0=("20", "my words"), r1=("x", ""))
    superuser.execute("UPDATE assignment SET due = '2026-03-01' WHERE id = ANY(%s::uuid[])", (rows,))
    assert contact.get(f"{PAGE}?later=1&line=market").text.count('name="row"') == 0
    answer = owner.post(f"{PAGE}?later=1", fields)
    assert answer.status_code == 422 and "my words" in answer.text and count_of(answer.text) == 2
    assert owner.post(f"{PAGE}?later=1", {**fields, f"percent.{rows[1]}": "5"}).location == f"{PAGE}?later=1"


def test_milestones_of_one_day_stand_apart(app: Flask, superuser: Superuser, rows: list[str]) -> None:
    superuser.execute("UPDATE assignment SET milestone_due = '2026-06-30' WHERE id = ANY(%s::uuid[])", (rows,))
    superuser.execute("UPDATE assignment SET milestone = 'sorting' WHERE id = ANY(%s::uuid[])", (rows[::2],))
    superuser.execute("UPDATE assignment SET milestone = 'systems_built' WHERE id = ANY(%s::uuid[])", (rows[1::2],))
    page = signed_in(app, "market.guangdong").get(PAGE).text
    parts = page.split('<tr class="group">')[1:]
    assert [set(re.findall(r'name="row" value="([^"]+)"', part)) for part in parts] == [set(rows[::2]), set(rows[1::2])]
