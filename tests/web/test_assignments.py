"""One assignment and the list of them, as a browser without script sees them."""
import re
from datetime import datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event

from portal.assignments.views import listing
from tenants import clock
from tenants.db import db
from tests.conftest import Superuser
from tests.factories import people, world
from tests.web.browsing import Browser, faults_beside

GD = "guangdong"
WORK = {"report", "hand_in"}
NASTY = "<script>alert(1)</script> “” & 🙂 \u202e"


@pytest.fixture
def key(superuser: Superuser) -> str:
    """An open assignment of Guangdong's market line."""
    return keys(superuser)[0]


def keys(superuser: Superuser, line: str = "market", unit: str = GD) -> list[str]:
    rows = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = %s AND line = %s"
                             " AND template_kind = 'task' ORDER BY due, a.id", (unit, line)).fetchall()
    return [str(r[0]) for r in rows]


def signed_in(app: Flask, name: str, path: str = "/assignments") -> Browser:
    app.extensions["portal.limiter"].reset()
    browser = Browser(app)
    browser.enter(name)
    browser.get(path)
    return browser


def version(superuser: Superuser, key: str) -> str:
    row = superuser.execute("SELECT version FROM assignment WHERE id = %s", (key,)).fetchone()
    assert row is not None
    return str(row[0])


def stored(superuser: Superuser, key: str) -> tuple[str, int]:
    row = superuser.execute("SELECT state, percent FROM assignment WHERE id = %s", (key,)).fetchone()
    assert row is not None
    return row[0], row[1]


def handed_in(superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET state = 'handed_in', percent = 100, handed_in_on = '2026-03-09' WHERE id = %s", (key,))


def reports(superuser: Superuser, key: str) -> list[tuple[int, str]]:
    return [(r[0], r[1]) for r in superuser.execute(
        "SELECT percent, text FROM progress_report WHERE assignment_id = %s ORDER BY id", (key,)).fetchall()]


def words(text: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def count_of(page: str) -> int:
    found = re.search(r'class="count"[^>]*>([\d,]+)<', page)
    assert found is not None
    return int(found[1].replace(",", ""))


# --- the list ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("who", "count"), [
    ("contact.guangdong", "u.code = 'guangdong'"), ("market.guangdong", "u.code = 'guangdong' AND line = 'market'"),
    ("member.guangdong", "u.code = 'guangdong' AND line = 'market'"), ("network", "line = 'network'"), ("office", "true"),
    ("auditor", "true")])
def test_the_count_is_what_the_person_may_read(app: Flask, superuser: Superuser, who: str, count: str) -> None:
    row = superuser.execute(f"SELECT count(*) FROM assignment JOIN unit u ON u.id = unit_id WHERE {count}").fetchone()
    assert row is not None
    assert count_of(signed_in(app, who).get("/assignments").text) == row[0]


def test_who_has_no_list_is_refused_and_strangers_sign_in(app: Flask, key: str) -> None:
    admin = signed_in(app, "admin")
    assert admin.get("/assignments").status_code == 403
    assert admin.get(f"/assignments/{key}").status_code == 404
    assert Browser(app).get("/assignments?line=it").location == "/login?next=/assignments?line%3Dit"


def test_filters_live_in_the_address_and_are_told_as_chips(app: Flask, superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-03-02' WHERE id = %s", (key,))
    office = signed_in(app, "office")
    address = "/assignments?unit=guangdong&milestone=sorting&counted=1&light=red"
    page = office.get(address).text
    assert count_of(page) == 1 and f'href="/assignments/{key}"' in page
    assert 'href="/assignments?unit=guangdong&amp;milestone=sorting&amp;counted=1"' in page          # without the light
    superuser.execute("UPDATE assignment SET state = 'cancelled' WHERE id = %s", (key,))
    assert count_of(office.get(address).text) == 0
    superuser.execute("UPDATE assignment SET state = 'open', owner_id = %s WHERE id = %s", (people.key("office"), key))
    for query in ("overdue=1", "owner=me", "owner=office@hq.example", f"owner={people.key('office')}"):
        assert count_of(office.get(f"/assignments?{query}").text) == 1, query


def test_filters_that_nothing_fits_say_why_the_list_is_empty(app: Flask) -> None:
    office = signed_in(app, "office")
    for query in ("line=sales", "year=99999999999999999999", "year=x", "programme=x", "unit=%00x", "owner=x", "light=purple",
                  "owner=nobody@nowhere.example", f"programme={uuid4()}", "q=" + "x" * 10_000, "state=%F0%9F%99%82",
                  "q=<script>alert(1)</script>", "q=%25", "q=%5C"):
        answer = office.get(f"/assignments?{query}")
        assert answer.status_code == 200 and count_of(answer.text) == 0, query
        assert 'class="empty"' in answer.text and "<script>alert" not in answer.text


def test_pages_hold_every_row_once_and_a_made_up_cursor_begins_anew(app: Flask) -> None:
    office = signed_in(app, "office")
    address, seen = "/assignments?milestone=improvement&line=market", []
    while address:
        page = office.get(address).text
        seen += re.findall(r'<tr data-href="/assignments/([0-9a-f-]{36})"', page)
        again = office.get(address).text
        assert re.findall(r'<tr data-href="([^"]+)"', again) == re.findall(r'<tr data-href="([^"]+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(found[1]) if found else ""
    assert len(seen) == len(set(seen)) == count_of(page) > 100
    for cursor in ("x", "2026-01-01~x", "9999-99-99~" + str(uuid4()), "%00", "2026-01-01"):
        assert office.get(f"/assignments?milestone=improvement&line=market&cursor={cursor}").status_code == 200


def test_the_list_asks_the_database_as_often_for_many_rows_as_for_one(app: Flask) -> None:
    office = signed_in(app, "office")
    office.get("/assignments")
    counted: list[int] = []
    for query in ("unit=guangdong&milestone=kick_off", "", "light=amber"):
        statements: list[str] = []

        def note(*args: object, into: list[str] = statements) -> None:
            into.append(str(args[2]))
        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        assert office.get(f"/assignments?{query}").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 13 and counted[2] <= counted[1] + 2, counted


# --- several chased at once --------------------------------------------------------------------------------------

def test_several_are_chased_and_the_list_stays_as_it_was_filtered(app: Flask, superuser: Superuser) -> None:
    lead = signed_in(app, "market", "/assignments?milestone=sorting")
    picked = keys(superuser)[:2] + keys(superuser, unit="tibet")[:1]
    answer = lead.post("/assignments/chase?milestone=sorting", {"pick": picked, "text": "please"})
    assert (answer.status_code, answer.location) == (303, "/assignments?milestone=sorting")
    assert superuser.execute("SELECT count(*) FROM assignment WHERE chase_count = 1").fetchone() == (3,)
    assert superuser.execute("SELECT count(*) FROM audit_entry WHERE action = 'chase'").fetchone() == (3,)
    page = lead.get("/assignments?unit=guangdong&milestone=sorting").text
    assert "催办" in page or "time" in page


def test_where_one_may_not_be_chased_nobody_is(app: Flask, superuser: Superuser) -> None:
    lead = signed_in(app, "market")
    mine, own = keys(superuser)[0], keys(superuser, unit="hq")[0]
    refused = lead.post("/assignments/chase?unit=guangdong", {"pick": [mine, own], "text": NASTY})
    assert refused.status_code == 403
    assert re.search(rf'value="{mine}"[^>]*checked', refused.text) and "<script>alert" not in refused.text
    assert 'href="/assignments?' in refused.text
    assert lead.get("/assignments/chase?unit=guangdong").location == "/assignments?unit=guangdong"
    other = keys(superuser, "network")[0]
    assert lead.post("/assignments/chase", {"pick": [mine, other]}).status_code == 404
    assert lead.post("/assignments/chase", {"pick": [mine, "x"]}).status_code == 404
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id = %s", (keys(superuser)[1],))
    assert lead.post("/assignments/chase", {"pick": keys(superuser)[:2]}).status_code == 409
    assert lead.post("/assignments/chase", {}).status_code == 422
    assert superuser.execute("SELECT count(*) FROM assignment WHERE chase_count > 0").fetchone() == (0,)
    contact = signed_in(app, "contact.guangdong")
    assert 'name="pick"' not in contact.get("/assignments").text
    assert contact.post("/assignments/chase", {"pick": [mine]}).status_code == 403


def test_all_of_a_filter_are_chased_on_every_page_of_it(app: Flask, superuser: Superuser) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-02-01' WHERE line = 'market' AND milestone = 'sorting'")
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id = (SELECT id FROM assignment WHERE line = 'market' AND"
                      " milestone = 'sorting' ORDER BY id DESC LIMIT 1)")
    lead, red = signed_in(app, "market"), "milestone=sorting&kind=province&light=red"
    button = re.search(r'name="all"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="all"', lead.get(f"/assignments?{red}").text)
    assert button
    number = int(button[1] or button[2])
    assert number > 50
    gone = lead.post(f"/assignments/chase?{red}", {"all": str(number + 1), "text": "please"})
    assert gone.status_code == 409 and str(number) in gone.text
    assert signed_in(app, "contact.guangdong").post(f"/assignments/chase?{red}", {"all": "1"}).status_code == 403
    assert superuser.execute("SELECT count(*) FROM assignment WHERE chase_count > 0").fetchone() == (0,)
    assert lead.post(f"/assignments/chase?{red}", {"all": str(number), "text": "please"}).status_code == 303
    chased = superuser.execute("SELECT count(*), count(DISTINCT a.unit_id), bool_and(u.kind = 'province' AND a.line = 'market' AND"
                               " a.milestone = 'sorting' AND a.chased_at IS NOT NULL) FROM assignment a JOIN unit u ON"
                               " u.id = a.unit_id WHERE chase_count = 1").fetchone()
    assert chased is not None and chased[0] == number and chased[1] > 20 and chased[2]
    told = superuser.execute("SELECT unit_id, payload->>'roles', payload->>'people' FROM outbox_message"
                             " WHERE payload->>'text' LIKE 'Headquarters chases%%'").fetchall()
    assert len(told) == len(set(told)) and len({row for row in told if "unit_contact" in row[1]}) == chased[1]  # once each
    listed = signed_in(app, "contact.guangdong").get("/assignments?unit=guangdong&chased=1").text
    theirs = superuser.execute("SELECT a.id::text FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE chase_count = 1"
                               " AND u.code = 'guangdong'").fetchall()
    assert set(re.findall(r'data-href="/assignments/([^"]+)"', listed)) == {row[0] for row in theirs} != set()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "MOST_CHASED", 20)
        assert lead.post(f"/assignments/chase?{red}", {"all": str(number)}).status_code == 422
        assert 'name="all"' not in lead.get(f"/assignments?{red}").text


# --- one assignment: who sees and does what ----------------------------------------------------------------------

@pytest.mark.parametrize(("who", "offers"), [
    ("contact.guangdong", WORK), ("deputy.guangdong", WORK), ("market.guangdong", WORK), ("head.guangdong", set()),
    ("member.guangdong", set()), ("market", {"chase", "cancel"}), ("office", {"chase", "cancel"}), ("leader", {"chase"}),
    ("auditor", set()), ("network", None), ("network.guangdong", None), ("contact.tibet", None), ("admin", None)])
def test_the_page_offers_what_will_be_granted(app: Flask, superuser: Superuser, key: str, who: str,
                                              offers: set[str] | None) -> None:
    browser = signed_in(app, who)
    shown = browser.get(f"/assignments/{key}")
    assert shown.status_code == (404 if offers is None else 200)
    addresses = {"report": "progress", "hand_in": "hand-in", "chase": "chase", "cancel": "cancel"}
    fields = {"percent": "10", "text": "words", "reason": "why", "version": version(superuser, key)}
    for action, tail in addresses.items():
        assert (f'action="/assignments/{key}/{tail}"' in shown.text) == (action in (offers or ())), action
        answer = browser.post(f"/assignments/{key}/{tail}", {**fields, "version": version(superuser, key)})
        expected = 404 if offers is None else 303 if action in offers else 403
        assert answer.status_code == expected, action
        superuser.execute("UPDATE assignment SET state = 'open' WHERE id = %s", (key,))


@pytest.mark.parametrize(("who", "status"), [
    ("market", 303), ("office", 303), ("leader", 403), ("contact.guangdong", 403), ("auditor", 403), ("network", 404)])
def test_who_verifies(app: Flask, superuser: Superuser, key: str, who: str, status: int) -> None:
    handed_in(superuser, key)
    browser = signed_in(app, who)
    page = browser.get(f"/assignments/{key}").text
    assert ('name="verdict"' in page) == (status == 303)
    answer = browser.post(f"/assignments/{key}/verify", {"verdict": "close", "version": version(superuser, key)})
    assert answer.status_code == status
    assert stored(superuser, key)[0] == ("closed" if status == 303 else "handed_in")


def test_malformed_unknown_and_invisible_are_one_page(app: Flask, key: str) -> None:
    tibet = signed_in(app, "contact.tibet")
    paths = [f"/assignments/{k}" for k in (key, str(uuid4()), "x" * 36, "0")]
    assert len({words(tibet.get(path).text.replace(path, "")) for path in paths}) == 1


def test_the_loop_as_one_clicks_it(app: Flask, superuser: Superuser, key: str) -> None:
    owner = signed_in(app, "market.guangdong", f"/assignments/{key}")
    base = f"/assignments/{key}"
    back = owner.post(f"{base}/progress", {"percent": "40 %", "text": NASTY, "version": version(superuser, key)})
    assert (back.status_code, back.location) == (303, base)
    page = owner.get(base).text
    assert "40 %" in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page
    owner.post(f"{base}/hand-in", {"percent": "40", "text": "done", "version": version(superuser, key)})
    assert stored(superuser, key) == ("handed_in", 100)
    lead = signed_in(app, "market", "/assignments/verify")
    assert count_of(lead.get("/assignments/verify").text) == 1
    faulty = lead.post(f"{base}/verify", {"verdict": "return", "remark": " ", "version": version(superuser, key),
                                          "next": "/assignments/verify"})
    assert faulty.status_code == 422 and faults_beside(faulty, f"remark-{key}")
    sent = lead.post(f"{base}/verify", {"verdict": "return", "remark": "evidence", "version": version(superuser, key),
                                        "next": "/assignments/verify"})
    assert (sent.status_code, sent.location) == (303, "/assignments/verify")
    assert stored(superuser, key) == ("open", 40)
    owner.post(f"{base}/hand-in", {"text": "with evidence", "version": version(superuser, key)})
    lead.post(f"{base}/verify", {"verdict": "close", "version": version(superuser, key), "next": "https://evil.example/"})
    assert stored(superuser, key) == ("closed", 100)
    assert 'name="percent"' not in owner.get(base).text
    assert superuser.execute("SELECT count(*) FROM app.audit_broken()").fetchone() == (0,)


def test_only_lines_and_office_have_verdicts_to_give(app: Flask) -> None:
    assert signed_in(app, "contact.guangdong").get("/assignments/verify").status_code == 403
    assert signed_in(app, "auditor").get("/assignments/verify").status_code == 403
    assert signed_in(app, "market").get("/assignments/verify").status_code == 200


def test_nobody_finds_his_own_among_what_he_verifies(app: Flask, superuser: Superuser, key: str) -> None:
    handed_in(superuser, key)
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("market"), key))
    lead = signed_in(app, "market", "/assignments/verify")
    assert count_of(lead.get("/assignments/verify").text) == 0
    assert lead.post(f"/assignments/{key}/verify", {"verdict": "close", "version": version(superuser, key)}).status_code == 403
    assert count_of(signed_in(app, "office").get("/assignments/verify").text) == 1


# --- bad input ---------------------------------------------------------------------------------------------------

def test_a_figure_that_is_none_stands_beside_its_field_with_the_words_kept(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    for percent in ("", "x", "-1", "101", "5.5", "１０１", "²", "9" * 400, "\0"):
        answer = contact.post(f"/assignments/{key}/progress", {"percent": percent, "text": "kept words",
                                                               "version": version(superuser, key)})
        assert answer.status_code == 422 and faults_beside(answer, "percent") and "kept words" in answer.text, percent
    assert reports(superuser, key) == []


def test_ten_thousand_characters_are_kept_and_not_stored(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    long = "长" * 10_000
    for tail in ("progress", "hand-in"):
        answer = contact.post(f"/assignments/{key}/{tail}", {"percent": "5", "text": long, "version": version(superuser, key)})
        assert answer.status_code == 422 and faults_beside(answer, "text") and long in answer.text
    office = signed_in(app, "office", f"/assignments/{key}")
    for tail, name, place in (("chase", "text", "chase-text"), ("cancel", "reason", "reason")):
        answer = office.post(f"/assignments/{key}/{tail}", {name: long, "version": version(superuser, key)})
        assert answer.status_code == 422 and faults_beside(answer, place) and long in answer.text
    assert stored(superuser, key) == ("open", 0)


def test_control_characters_are_dropped_and_emoji_stay(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    contact.post(f"/assignments/{key}/progress", {"percent": "５", "text": "a\0\x07b\r\n🙂", "version": version(superuser, key)})
    assert reports(superuser, key) == [(5, "ab\n🙂")]


def test_a_replayed_form_reports_once(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    fields = {"percent": "0", "text": "once", "version": version(superuser, key)}
    assert contact.post(f"/assignments/{key}/progress", fields).status_code == 303
    assert contact.post(f"/assignments/{key}/progress", fields).status_code == 412
    assert reports(superuser, key) == [(0, "once")]


def test_a_version_that_is_not_the_present_one_is_stale(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    for stale in ("", "0", "x", "-1", "99999999999999999999", "²"):
        assert contact.post(f"/assignments/{key}/progress", {"percent": "7", "version": stale}).status_code == 412, stale
    assert stored(superuser, key) == ("open", 0)


def test_who_was_overtaken_sees_both_and_can_send_again(app: Flask, superuser: Superuser, key: str) -> None:
    contact, owner = (signed_in(app, f"{w}.guangdong", f"/assignments/{key}") for w in ("contact", "market"))
    opened = version(superuser, key)
    owner.post(f"/assignments/{key}/progress", {"percent": "70", "text": "theirs", "version": opened})
    answer = contact.post(f"/assignments/{key}/progress", {"percent": "30", "text": "mine", "version": opened})
    assert answer.status_code == 412
    assert "theirs" in answer.text and ">\nmine</textarea>" in answer.text and 'value="30"' in answer.text
    found = re.search(r'name="version" value="(\d+)"', answer.text)
    assert found is not None
    assert contact.post(f"/assignments/{key}/progress", {"percent": "30", "text": "mine", "version": found[1]}).status_code == 303
    assert reports(superuser, key) == [(70, "theirs"), (30, "mine")]


def test_words_typed_for_what_was_handed_in_meanwhile_are_not_lost(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    handed_in(superuser, key)
    fields = {"percent": "30", "text": "my long words", "version": version(superuser, key)}
    answer = contact.post(f"/assignments/{key}/progress", fields)
    assert answer.status_code == 409 and "my long words" in answer.text


def test_without_a_token_nothing_happens(app: Flask, superuser: Superuser, key: str) -> None:
    contact = signed_in(app, "contact.guangdong", f"/assignments/{key}")
    answer = contact.post(f"/assignments/{key}/progress", {"percent": "7", "version": version(superuser, key)}, token=False)
    assert answer.status_code == 400 and stored(superuser, key) == ("open", 0)


# --- what the page says ------------------------------------------------------------------------------------------

def test_a_moved_due_date_keeps_the_first_one_in_sight(app: Flask, superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-06-01' WHERE id = %s", (key,))
    page = signed_in(app, "contact.guangdong").get(f"/assignments/{key}").text
    assert re.search(r'<time datetime="2026-06-01">06-01</time>\s*<s[^>]*>.*?06-30</s>', page)


def test_a_due_day_ends_at_midnight_in_shanghai(app: Flask, superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-03-10', percent = 100 WHERE id = %s", (key,))
    contact = signed_in(app, "contact.guangdong")
    for moment, light in ((datetime(2026, 3, 10, 15, 59, tzinfo=world.NOW.tzinfo), "grey"),
                          (datetime(2026, 3, 10, 16, 1, tzinfo=world.NOW.tzinfo), "red")):
        with clock.standing_at(moment):
            assert f'class="light {light}"' in contact.get(f"/assignments/{key}").text


def test_the_plans_own_task_leads_to_the_plan(app: Flask, superuser: Superuser) -> None:
    row = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong'"
                            " AND template_kind = 'plan_filing'").fetchone()
    assert row is not None
    page = signed_in(app, "contact.guangdong").get(f"/assignments/{row[0]}").text
    assert 'name="percent"' not in page and "/filings?unit=guangdong" in page


def test_late_stays_visible_after_it_was_handed_in(app: Flask, superuser: Superuser, key: str) -> None:
    handed_in(superuser, key)
    superuser.execute("UPDATE assignment SET due = '2026-03-01' WHERE id = %s", (key,))
    with clock.standing_at(world.NOW + timedelta(days=3)):
        page = words(signed_in(app, "office").get(f"/assignments/{key}").text)
    assert "8" in page and ("逾期8天" in page or "8 days late" in page)
