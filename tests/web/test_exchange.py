"""The rules of the exchange: what a change would do is shown before it is saved, and nothing else is saved than was shown."""
import io
import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy.orm import joinedload
from werkzeug.test import TestResponse

from portal.accounts import service as accounts
from portal.assignments import queries as assignments
from portal.exchange import queries, rules
from portal.issues import queries as issues
from portal.units import service as units
from tenants import clock, directory
from tenants.db import db
from tenants.models import Appointment, Unit
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.exchange import campaign, raised, unit
from tests.services.delivering import deliver
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements
from tests.web.issue_pages import Signed, signed, words

__all__ = ["signed"]


def fields(page: str) -> dict[str, str]:
    """What the form of a page would send as it stands."""
    found: dict[str, str] = {}
    form = page.split('action="/exchange/', 1)[1].split("</form>", 1)[0]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{a}="([^"]*)"', tag) for a in (" name", " value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found[name] = unescape(text)
    return found


def row_of(sent: dict[str, str], **wanted: str) -> str:
    """The number of the row in which these values stand."""
    return next(n for n in (key.rpartition("-")[2] for key in sent if "-" in key)
                if all(sent.get(f"{name}-{n}") == value for name, value in wanted.items()))


def rehearse(browser: Browser, part: str, **changed: str) -> TestResponse:
    """The form as it stands with some fields changed, up to the rehearsal."""
    sent = fields(browser.get(f"/exchange/{part}").text)
    return browser.post(f"/exchange/{part}", {**sent, **changed, "do": "rehearse"})


def totals(page: str) -> list[int]:
    """Issues that change; another deadline; overdue from now on; no longer; somebody else answers."""
    return [int(figure) for figure in re.findall(r'class="figure">(\d+)<', page)]


def limit_fields(browser: Browser, severity: str, stage: str, **values: str) -> dict[str, str]:
    n = row_of(fields(browser.get("/exchange/limits").text), severity=severity, stage=stage)
    return {f"{name}-{n}": value for name, value in values.items()}


def test_a_shorter_limit_is_rehearsed_then_saved(signed: Signed, superuser: Superuser, acting: As) -> None:
    about = campaign(superuser, "hq", product="migu")
    with clock.standing_at(world.NOW - timedelta(hours=1)):        # 9:00: due to be accepted at 11:00
        key = raised(acting, "contact.guangdong", about, severity="high", stage="ordering")
        raised(acting, "contact.tibet", about, severity="low", stage="ordering")
    office = signed("office")
    page = words(office.get("/exchange").text)
    assert "2 h" in page and "around the clock" in page and "Nothing has been changed yet" in page and "2026" in page
    shown = rehearse(office, "limits", **limit_fields(office, "high", "", respond="30"))
    assert shown.status_code == 200 and totals(shown.text) == [1, 1, 1, 0, 0]
    said = words(shown.text)
    assert "Q-2026-guangdong-1" in said and "Q-2026-tibet-1" not in said and "Headquarters · market" in said
    assert "accept in 2 h, solve in 16 h accept in 30 min, solve in 16 h" in said
    assert "today 11:00 today 09:30" in said and "from now on" in said
    assert issues_of(acting, key) is False                         # nothing is saved yet
    sheet = load_workbook(io.BytesIO(office.post("/exchange/limits", {**fields(shown.text), "do": "excel"}).data)).worksheets[0]
    assert sheet.max_row == 3 and sheet.cell(3, 1).value == "Q-2026-guangdong-1"
    without = office.post("/exchange/limits", {**fields(shown.text), "reason": " ", "do": "save"})
    assert without.status_code == 422 and "required" in faults_beside(without, "reason")
    saved = office.post("/exchange/limits", {**fields(without.text), "reason": "Call 13812345678: faster", "do": "save"})
    assert saved.status_code == 303 and saved.headers["Location"] == "/exchange"
    page = words(office.get("/exchange").text)
    assert "30 min" in page and "****" in page and "13812345678" not in page
    assert "示例 office" in page and "Time limits: changed" in page
    assert issues_of(acting, key) is True


def issues_of(acting: As, key: UUID) -> bool:
    """Whether the issue is overdue, as everything else reads it."""
    with acting("office") as actor:
        return issues.clock(issues.one(actor, key)).overdue


def test_only_what_was_shown_is_saved(signed: Signed, superuser: Superuser, acting: As) -> None:
    office = signed("office")
    shown = fields(rehearse(office, "limits", **limit_fields(office, "high", "", respond="30")).text)
    n = row_of(shown, severity="high", stage="")
    other = office.post("/exchange/limits", {**shown, f"respond-{n}": "31", "reason": "slipped in", "do": "save"})
    assert other.status_code == 409 and "not what was shown" in words(other.text) and "accept in 31 min" in words(other.text)
    for mark in ("", "x", shown["mark"][:-2], shown["mark"].replace(".", "")):
        assert office.post("/exchange/limits", {**shown, "mark": mark, "reason": "r", "do": "save"}).status_code == 409
    with clock.standing_at(world.NOW + timedelta(hours=2)):
        assert office.post("/exchange/limits", {**shown, "reason": "too late", "do": "save"}).status_code == 409
    again = office.post("/exchange/limits", {**shown, "reason": "still thinking", "do": "change"})
    assert again.status_code == 200 and fields(again.text)[f"respond-{n}"] == "30"
    assert fields(office.post("/exchange/limits", {**fields(again.text), "do": "rehearse"}).text)["reason"] == "still thinking"
    assert "Nothing has been changed yet" in words(office.get("/exchange").text)


def test_a_change_meanwhile_shows_both_versions(signed: Signed, superuser: Superuser, acting: As) -> None:
    office = signed("office")
    mine = fields(rehearse(office, "hours", **{"begin-0": "09:00"}).text)
    theirs = fields(rehearse(office, "hours", **{"begin-0": "08:00"}).text)
    assert office.post("/exchange/hours", {**theirs, "reason": "earlier", "do": "save"}).status_code == 303
    late = office.post("/exchange/hours", {**mine, "reason": "later", "do": "save"})
    said = words(late.text)
    assert late.status_code == 412 and "08:00–12:00, 13:30–18:00 09:00–12:00, 13:30–18:00" in said
    sent = fields(late.text)
    assert sent["begin-0"] == "09:00" and sent["reason"] == "later"
    shown = office.post("/exchange/hours", {**sent, "do": "rehearse"})
    assert shown.status_code == 200 and "08:00–12:00, 13:30–18:00 09:00–12:00" in words(shown.text)
    assert office.post("/exchange/hours", {**fields(shown.text), "do": "save"}).status_code == 303
    history = words(office.get("/exchange").text)
    assert history.index("later") < history.index("earlier")


def test_days_off_move_deadlines_and_lights(signed: Signed, superuser: Superuser, acting: As) -> None:
    raised(acting, "contact.guangdong", campaign(superuser, "hq"), severity="high", stage="ordering")
    office = signed("office")
    shown = rehearse(office, "calendar", **{"day-0": "2026-03-11", "works-0": "0"})
    assert totals(shown.text) == [1, 1, 0, 0, 0] and "2026-03-11: as announced day off" in words(shown.text)
    assert office.post("/exchange/calendar", {**fields(shown.text), "reason": "anniversary", "do": "save"}).status_code == 303
    page = words(office.get("/exchange").text)
    assert "2026-03-11 day off" in page and "2026-03-11 · Worked: no" in page and "is not announced yet" in page
    with acting("office"):
        assert not assignments.calendar().is_workday(world.NOW.date() + timedelta(days=1))
    back = rehearse(office, "calendar", **{"day-0": ""})
    assert "2026-03-11: day off as announced" in words(back.text)


def test_a_desk_is_served_by_another_line(signed: Signed, superuser: Superuser, acting: As) -> None:
    key = raised(acting, "contact.guangdong", campaign(superuser, "migu", lands=["guangdong"]))
    office = signed("office")
    shown = rehearse(office, "desks", **{"unit-0": "migu", "line-0": "market", "served-0": "network"})
    said = words(shown.text)
    assert totals(shown.text) == [1, 0, 0, 0, 1] and "示例 market.migu" in said and "示例 network.migu" in said
    assert office.post("/exchange/desks", {**fields(shown.text), "reason": "on leave", "do": "save"}).status_code == 303
    assert "accept" in signed("network.migu").get(f"/issues/{key}").text
    again = rehearse(office, "desks", **{"remove-0": "1"})
    assert totals(again.text) == [1, 0, 0, 0, 1]
    assert office.post("/exchange/desks", {**fields(again.text), "reason": "back", "do": "save"}).status_code == 303
    page = words(office.get("/exchange").text)
    assert "Every line of every unit serves its own desk" in page and "Desks served by another line: removed" in page


def test_the_rehearsal_and_the_database_agree_on_desks(acting: As, superuser: Superuser) -> None:
    migu = unit(superuser, "migu")
    superuser.execute("INSERT INTO desk_exception VALUES (gen_random_uuid(), %s, 'it', 'market', 1)", (migu,))
    superuser.execute("UPDATE appointment SET valid_until = '2026-03-09' WHERE unit_id = %s AND line = 'network'", (migu,))
    superuser.execute("UPDATE unit SET closed_on = '2026-03-01' WHERE code = 'terminal'")
    with acting("office"):
        found = queries.in_force_now()
        for u in directory.units():
            for line in Line:
                assert rules.answers(found.world, (u.id, line)) == directory.desk(u.id, line), (u.code, line)


BAD = (
    ("hours", {"end-0": "25:00"}, "end-0", "hours and minutes"),
    ("hours", {"begin-1": "11:00"}, "begin-1", "before the period above"),
    ("hours", {"end-1": "09:00", "begin-1": "13:00"}, "end-1", "ends before it begins"),
    ("hours", {"end-1": ""}, "end-1", "hours and minutes"),
    ("hours", {"begin-0": "", "end-0": "", "begin-1": "", "end-1": ""}, "begin-0", "From one to 4"),
    ("calendar", {"day-0": "2026-02-30"}, "day-0", "year-month-day"),
    ("calendar", {"day-0": "soon"}, "day-0", "year-month-day"),
    ("calendar", {"day-0": "1026-02-03"}, "day-0", "2020 to 2100"),
    ("calendar", {"day-0": "2026-05-06", "works-0": "x"}, "works-0", "Choose"),
    ("calendar", {"day-0": "2026-05-06", "day-1": "2026-05-06", "works-1": "1"}, "day-1", "another row"),
    ("limits", {"respond-0": "-5"}, "respond-0", "whole number of minutes"),
    ("limits", {"respond-0": "0"}, "respond-0", "from 1"),
    ("limits", {"respond-0": "600", "resolve-0": "480"}, "resolve-0", "Not shorter"),
    ("limits", {"resolve-0": "1e9"}, "resolve-0", "whole"),
    ("limits", {"severity-90": "high", "respond-90": "1", "resolve-90": "2"}, "stage-12", "in another row"),
    ("limits", {"severity-90": "awful", "stage-90": "billing", "respond-90": "1", "resolve-90": "2"}, "severity-12", "Choose"),
    ("desks", {"unit-0": "migu", "line-0": "market", "served-0": "market"}, "served-0", "another line"),
    ("desks", {"unit-0": "nowhere", "line-0": "market", "served-0": "it"}, "unit-0", "Choose"),
    ("desks", {"unit-0": "migu", "line-0": "<b>", "served-0": ""}, "line-0", "Choose"),
)


def test_bad_input_stands_beside_its_field(signed: Signed) -> None:
    office = signed("office")
    forms = {part: fields(office.get(f"/exchange/{part}").text) for part in rules.PARTS}
    for part, changed, field, says in BAD:
        answer = office.post(f"/exchange/{part}", {**forms[part], **changed, "do": "rehearse"})
        assert answer.status_code == 422 and says in faults_beside(answer, field), (part, changed, words(answer.text)[:900])
        assert f'href="#{field}"' in answer.text


def test_the_limit_for_all_stages_cannot_be_removed(signed: Signed) -> None:
    office = signed("office")
    assert 'name="remove-0"' not in office.get("/exchange/limits").text
    answer = rehearse(office, "limits", **limit_fields(office, "low", "", remove="1"))
    assert answer.status_code == 422 and "Every severity needs a limit" in words(answer.text)
    added = rehearse(office, "limits", **{"severity-90": "low", "stage-90": "launch", "respond-90": "60", "resolve-90": "600"})
    assert added.status_code == 200 and "as all stages accept in 1 h, solve in 10 h" in words(added.text)
    assert office.post("/exchange/limits", {**fields(added.text), "reason": "launches", "do": "save"}).status_code == 303
    removed = rehearse(office, "limits", **limit_fields(office, "low", "launch", remove="1"))
    assert "as all stages" in words(removed.text)
    assert office.post("/exchange/limits", {**fields(removed.text), "reason": "no", "do": "save"}).status_code == 303
    unchanged = rehearse(office, "limits")
    assert unchanged.status_code == 409 and "Nothing would change" in words(unchanged.text)
    assert len(fields(office.post("/exchange/limits", {**fields(office.get("/exchange/limits").text), "do": "rows"}).text)) > \
        len(fields(office.get("/exchange/limits").text))


def test_nobody_else_sees_or_changes_them(signed: Signed) -> None:
    for name in ("leader", "auditor", "admin", "contact.guangdong"):
        for path in ("", "/limits"):                           # the matrix asks for the others
            assert signed(name).get(f"/exchange{path}").status_code == 403
        assert signed(name).post("/exchange/hours", {"begin-0": "08:00", "end-0": "09:00", "do": "save"}).status_code == 403
        assert 'href="/exchange"' not in signed(name).get("/desk" if name != "admin" else "/admin/").text
    assert 'href="/exchange"' in signed("office").get("/desk").text


@pytest.mark.parametrize("how", ["ended", "changed"])
def test_the_office_hears_whose_desks_fall_to_somebody_else(
        app: Flask, signed: Signed, superuser: Superuser, acting: As, how: str) -> None:
    """Not which issues lie there, nor who has gone; on the day, once."""
    with acting("admin") as admin:
        row = db.session.get_one(Appointment, people.appointment_key("market.migu"), options=[joinedload(Appointment.unit)])
        if how == "ended":
            accounts.end_appointment(row, world.NOW.date(), version=row.version, actor=admin)
        else:
            accounts.change_appointment(row, row.deputy, row.valid_from, world.NOW.date(), version=row.version, actor=admin)
        member = db.session.get_one(Appointment, people.appointment_key("member.migu"))
        accounts.end_appointment(member, world.NOW.date() - timedelta(days=1), version=member.version, actor=admin)
        unit_ = db.session.get_one(Unit, unit(superuser, "tietong"))
        units.close_unit(unit_, world.NOW.date() + timedelta(days=1), version=unit_.version, actor=admin)
        db.session.commit()
    deliver(app)
    office = signed("office")
    assert "fall to somebody else" not in office.get("/notices").text
    with clock.standing_at(world.NOW + timedelta(days=1)):
        for _ in range(2):
            deliver(app)
            superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic IN ('unit.closed', 'appointment.ended')")
        page = words(office.get("/notices").text)
        assert "Migu: desks that fall to somebody else: market → unit contact" in page and "2 rows here" in page
        assert "Tietong: desks that fall to somebody else" in page and "network → nobody" in page
        assert "示例 market.migu" not in page
        assert "market" in words(office.get("/exchange").text.split('id="vacant"')[1])
    assert "fall to somebody else" not in signed("admin").get("/notices").text


def test_how_many_statements(app: Flask, signed: Signed, superuser: Superuser, acting: As) -> None:
    """As many for five issues as for one."""
    about, office, counted = campaign(superuser, "hq"), signed("office"), []
    for more in (["contact.guangdong"], ["contact.tibet", "contact.migu", "contact.beijing", "contact.tibet"]):
        for who in more:
            raised(acting, who, about, severity="high", stage="ordering")
        sent = fields(office.get("/exchange/hours").text)
        with statements(app) as seen:
            page = office.post("/exchange/hours", {**sent, "begin-0": "10:00", "do": "rehearse"})
        counted.append(len(seen))
    assert totals(page.text)[0] == 5 and counted[0] == counted[1] <= 14, counted
    with statements(app) as seen:
        office.get("/exchange")
    assert len(seen) <= 14, "\n".join(seen)
