"""The ladder's pages, and the task that begins the sweeps."""
import re

from flask import Flask

from tenants import clock
from tests.conftest import Superuser
from tests.factories import standing
from tests.web.test_assignments import signed_in


def form_of(page: str) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="(seen)" value="([^"]*)"', page))
    for name, chosen in re.findall(r'<select[^>]*name="([a-z]+-\d+)"[^>]*>(.*?)</select>', page, re.S):
        picked = re.search(r'<option value="([^"]*)" selected', chosen)
        found[name] = picked[1] if picked else ""
    found |= {name: value for value, name in re.findall(r'<input type="number" value="([^"]*)" id="[^"]*" name="(step-\d+)"', page)}
    found |= dict.fromkeys(re.findall(r'<input type="checkbox" value="1" id="[^"]*" name="(rooms-\d+)"[^>]*checked', page), "1")
    return found


def test_a_step_too_far_is_told_the_range(app: Flask) -> None:
    office = signed_in(app, "office")
    office.client.set_cookie("language", "en")
    sent = form_of(office.get("/reminders").text)
    for step in ("9999", "-251", "9" * 60):
        far = office.post("/reminders", {**sent, "step-0": step})
        assert far.status_code == 422 and "At most 250 steps before or after." in far.text and "whole number" not in far.text


def test_the_office_reads_changes_and_looks_ahead(app: Flask, superuser: Superuser) -> None:
    office = signed_in(app, "office")
    sent = form_of(office.get("/reminders").text)
    count = superuser.execute("SELECT count(*) FROM reminder_rung").fetchone()
    assert count and sum(name.startswith("kind-") and bool(value) for name, value in sent.items()) == count[0]
    wrong = office.post("/reminders", {**sent, "step-0": "soon"})
    assert wrong.status_code == 422 and "soon" in wrong.text and "aria-invalid" in wrong.text
    assert office.post("/reminders", {**sent, "remove-0": "1"}).status_code == 303
    assert superuser.execute("SELECT count(*) FROM reminder_rung").fetchone() == (count[0] - 1,)
    assert office.post("/reminders", sent).status_code == 412
    assert office.get("/reminders/tomorrow").status_code == 200
    for who in ("market", "leader", "admin", "contact.guangdong"):
        assert signed_in(app, who).get("/reminders").status_code == 403, who


def test_which_way_a_step_takes_and_whether_rooms_hear(app: Flask, superuser: Superuser) -> None:
    office = signed_in(app, "office")
    sent = form_of(office.get("/reminders").text)
    row = next(n for n in range(100) if f"rooms-{n}" not in sent)
    assert office.post("/reminders", {**sent, f"rooms-{row}": "1", f"channel-{row}": "in_app"}).status_code == 303
    changed = superuser.execute("SELECT channel, rooms FROM reminder_rung WHERE (kind, step, span, whom) = (%s, %s, %s, %s)",
                                [sent[f"{name}-{row}"] for name in ("kind", "step", "span", "whom")]).fetchone()
    assert changed == ("in_app", True)
    again = form_of(office.get("/reminders").text)
    assert {k: v for k, v in again.items() if k != "seen"} == {
        **{k: v for k, v in sent.items() if k != "seen"}, f"rooms-{row}": "1", f"channel-{row}": "in_app"}
    told = superuser.execute("SELECT changes->'rooms' FROM audit_entry WHERE subject_kind = 'reminder_rung'").fetchall()
    assert told == [([False, True],)]


def test_tomorrow_in_a_year_half_done(app: Flask, superuser: Superuser) -> None:
    standing.shuffle(superuser, 3)
    office = signed_in(app, "office")
    with clock.standing_at(standing.NOW):
        assert "/assignments/" in office.get("/reminders/tomorrow").text


def test_tomorrow_is_shown_also_where_one_thing_cannot_be_read(app: Flask, superuser: Superuser) -> None:
    standing.shuffle(superuser, 3)
    row = superuser.execute("UPDATE assignment SET due = '0001-01-01' WHERE id = (SELECT id FROM assignment WHERE state = 'open'"
                            " AND template_kind = 'task' LIMIT 1) RETURNING id").fetchone()
    office = signed_in(app, "office")
    with clock.standing_at(standing.NOW):
        page = office.get("/reminders/tomorrow")
    assert row and page.status_code == 200 and str(row[0]) not in page.text
    assert "/assignments/" in page.text and "1 项事项无法读取。" in page.text
