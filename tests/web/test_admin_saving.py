"""What an administrator changes goes through the services: judged, checked, recorded, and never over somebody else's head."""
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tenants import clock
from tests.conftest import Superuser
from tests.factories import people, world
from tests.web.browsing import Browser, faults_beside

EVIL = '<script>alert(1)</script>"\'>'
LONG = "长" * 10_000


@pytest.fixture
def admin(app: Flask) -> Browser:
    browser = Browser(app)
    browser.enter("admin")
    browser.get("/admin/")
    return browser


def entries(superuser: Superuser, kind: str) -> list[tuple[str, dict[str, object]]]:
    """(action, changes) of the trail, each made by the administrator under his function."""
    found = superuser.execute("SELECT action, changes, by, role FROM audit_entry WHERE subject_kind = %s ORDER BY seq",
                              (kind,)).fetchall()
    assert all(row[2:] == (people.key("admin"), "administrator") for row in found)
    return [(row[0], row[1]) for row in found]


def form_of(page: TestResponse) -> dict[str, str]:
    """What a browser would send back of the page's main form, unchanged."""
    form = re.findall(r'<form method="post" class="form".*?</form>', page.text, re.S)[0]
    fields = {n: unescape(v) for n, v in re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', form)}
    for name, options in re.findall(r'<select[^>]*? name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.findall(r'<option selected value="([^"]*)"', options)
        fields[name] = unescape(chosen[0]) if chosen else ""
    del fields["csrf_token"], fields["once_token"]
    for name in re.findall(r'<input(?![^>]*checked)[^>]*? name="([^"]+)"[^>]*? type="checkbox"', form):
        fields.pop(name, None)
    return fields


def unit_key(superuser: Superuser, code: str) -> int:
    found = superuser.execute("SELECT id FROM unit WHERE code = %s", (code,)).fetchone()
    assert found
    return int(found[0])


UNIT = {"code": "new-unit", "kind": "specialised_company", "category": "product_support", "name_zh": "新公司", "short_zh": "新司",
        "name": "New company", "parent_id": "", "position": "40"}


# --- units -----------------------------------------------------------------------------------------------------------

def test_a_unit_is_created_changed_merged(admin: Browser, superuser: Superuser) -> None:
    made = admin.post("/admin/units/new/", UNIT)
    assert made.status_code == 303
    page = admin.get(made.location)
    assert "新公司" in page.text and "administrator" not in page.text
    key = unit_key(superuser, "new-unit")
    edit = f"/admin/units/edit/?id={key}"
    fields = form_of(admin.get(edit))
    assert fields == {**UNIT, "version": "1"}
    parent = str(unit_key(superuser, "migu"))
    assert admin.post(edit, {**fields, "name": "Newer company", "parent_id": parent}).status_code == 303
    assert "Newer company" in admin.get(made.location).text
    into = str(unit_key(superuser, "cloud"))
    closed = admin.post(f"/admin/units/close/?id={key}", {"version": "2", "closed_on": "2026-04-01", "into": into})
    assert closed.status_code == 303
    assert "云能力中心" in admin.get(made.location).text
    assert [action for action, _ in entries(superuser, "unit")] == ["create", "change", "merge"]
    assert entries(superuser, "unit")[1][1] == {"name": ["New company", "Newer company"], "parent_id": [None, int(parent)]}
    again = admin.post(f"/admin/units/close/?id={key}", {"version": "3", "closed_on": "2026-05-01", "into": ""})
    assert again.status_code == 409


@pytest.mark.parametrize(("field", "value"), [
    ("code", "Not A Code"), ("code", "guangdong"), ("code", ""), ("code", LONG), ("code", "a\0b c"), ("name", ""), ("name", LONG),
    ("name_zh", " \0 "), ("short_zh", "七个字的简称长"), ("kind", "headquarters"), ("kind", "nonsense"), ("category", ""),
    ("category", EVIL), ("parent_id", "99999999"), ("parent_id", "abc"), ("parent_id", "99999999999999999999"), ("position", "-1"),
    ("position", "1.5"), ("position", "1e3"), ("position", "99999999999"), ("position", ""), ("position", "٣")])
def test_faults_of_a_unit_stand_beside_their_fields(admin: Browser, superuser: Superuser, field: str, value: str) -> None:
    answer = admin.post("/admin/units/new/", {**UNIT, field: value})
    assert answer.status_code == 422
    assert faults_beside(answer, field), answer.text[:3_000]
    assert EVIL not in answer.text
    assert "New company" in answer.text or field == "name"               # nothing typed is lost
    assert superuser.execute("SELECT count(*) FROM unit").fetchone() == (39,)
    assert entries(superuser, "unit") == []


def test_every_fault_is_named_at_once(admin: Browser) -> None:
    answer = admin.post("/admin/units/new/", {**UNIT, "code": "A B", "short_zh": "", "position": "x"})
    assert all(faults_beside(answer, field) for field in ("code", "short_zh", "position"))
    wrong = {"near_days": "999", "behind_points": "0", "silent_days": "x"}
    answer = admin.post("/admin/lights/", {**wrong, "version": "1", "do": "save"})
    assert all(faults_beside(answer, field) for field in LIGHTS)


def test_what_was_typed_is_shown_as_text(admin: Browser, superuser: Superuser) -> None:
    made = admin.post("/admin/units/new/", {**UNIT, "name_zh": EVIL, "short_zh": "<b>x", "name": "tail\0 & 😀"})
    assert made.status_code == 303
    edit = f"/admin/units/edit/?id={unit_key(superuser, 'new-unit')}"
    for page in (made.location, "/admin/units/?search=script", "/units", "/admin/people/", edit):
        answer = admin.get(page)
        assert answer.status_code == 200 and "<script>alert" not in answer.text and "<b>x" not in answer.text
    assert superuser.execute("SELECT name FROM unit WHERE code = 'new-unit'").fetchone() == ("tail & 😀",)


@pytest.mark.parametrize(("fields", "status", "field"), [
    ({"closed_on": ""}, 422, "closed_on"), ({"closed_on": "soon"}, 422, "closed_on"),
    ({"closed_on": "9999999-01-01"}, 422, "closed_on"), ({"into": "abc"}, 422, "into"), ({"into": "4000"}, 422, "into"),
    ({"into": "itself"}, 422, "into"), ({"version": "0"}, 412, ""), ({"version": ""}, 412, ""), ({"version": "x"}, 412, ""),
    ({"version": "99999999999"}, 412, "")])
def test_a_unit_is_not_closed_by_mistake(
        admin: Browser, superuser: Superuser, fields: dict[str, str], status: int, field: str) -> None:
    key = unit_key(superuser, "tibet")
    sent = {"version": "1", "closed_on": "2026-06-01", "into": "", **fields}
    sent["into"] = str(key) if sent["into"] == "itself" else sent["into"]
    answer = admin.post(f"/admin/units/close/?id={key}", sent)
    assert answer.status_code == status
    assert not field or faults_beside(answer, field)
    assert superuser.execute("SELECT closed_on FROM unit WHERE id = %s", (key,)).fetchone() == (None,)


def test_headquarters_stays(admin: Browser) -> None:
    assert "units/close" not in admin.get("/admin/units/details/?id=1").text
    assert admin.post("/admin/units/close/?id=1", {"version": "1", "closed_on": "2026-06-01"}).status_code == 409


# --- two at once -----------------------------------------------------------------------------------------------------

def test_a_stale_form_overwrites_nothing_and_shows_both(app: Flask, admin: Browser, superuser: Superuser) -> None:
    edit = f"/admin/people/edit/?id={people.key('contact.guangdong')}"
    second = Browser(app)
    second.enter("admin")
    mine, theirs = form_of(admin.get(edit)), form_of(second.get(edit))
    assert second.post(edit, {**theirs, "phone": "020 1111"}).status_code == 303
    refused = admin.post(edit, {**mine, "name": "我的名字"})
    assert refused.status_code == 412
    assert all(words in refused.text for words in ("020 1111", "我的名字", "示例 contact.guangdong"))
    stored = superuser.execute("SELECT name, phone FROM person WHERE id = %s", (people.key("contact.guangdong"),)).fetchone()
    assert stored == ("示例 contact.guangdong", "020 1111")
    knowing = form_of(refused)
    assert (knowing["name"], knowing["version"]) == ("我的名字", "2")
    assert admin.post(edit, knowing).status_code == 303                  # having seen both
    assert admin.post(edit, knowing).status_code == 412                  # a form is sent once


@pytest.mark.parametrize(("page", "field", "value"), [
    ("duties", "segments", "C"), ("focus", "focus", "problem_response"), ("terms", "name", "x"), ("appointments", "deputy", "y")])
def test_every_form_knows_of_which_version_it_is(admin: Browser, superuser: Superuser, page: str, field: str, value: str) -> None:
    table = {"duties": "responsibility", "focus": "focus", "terms": "term", "appointments": "appointment"}[page]
    row = superuser.execute(f"SELECT id FROM {table} ORDER BY id LIMIT 1").fetchone()
    assert row
    edit = f"/admin/{page}/edit/?id={row[0]}"
    fields = form_of(admin.get(edit))
    superuser.execute(f"UPDATE {table} SET version = version + 1 WHERE id = %s", (row[0],))
    assert admin.post(edit, {**fields, field: value}).status_code == 412
    assert entries(superuser, table) == []
    assert admin.post(edit, {**fields, field: value, "version": "2"}).status_code == 303
    assert [action for action, _ in entries(superuser, table)] == ["change"]


# --- people ----------------------------------------------------------------------------------------------------------

PERSON = {"name": "新同事", "email": "New.Colleague@tibet.example", "phone": "0891 1", "language": "zh"}


def test_a_person_is_created_appointed_given_access_and_leaves(app: Flask, admin: Browser, superuser: Superuser) -> None:
    made = admin.post("/admin/people/new/", PERSON)
    assert made.status_code == 303
    key = made.location.rpartition("=")[2]
    form = admin.get(f"/admin/appointments/new/?person={key}&unit=tibet")
    assert form_of(form)["person"] == key and form_of(form)["unit"] == "tibet"
    appointed = admin.post("/admin/appointments/new/", {"person": key, "unit": "tibet", "role": "line_owner", "line": "it"})
    assert appointed.status_code == 303
    assert "西藏" in admin.get(made.location).text
    told = admin.post(f"/admin/people/access/?id={key}")
    assert told.status_code == 200 and told.headers["Cache-Control"] == "no-store"
    password = re.findall(r'id="password"[^>]*>([^<]+)<', told.text)[0]
    assert password not in admin.get(made.location).text                 # told once
    trail = superuser.execute("SELECT string_agg(changes::text, ' ') FROM audit_entry").fetchone()
    assert trail and password not in trail[0]
    colleague = Browser(app)
    assert colleague.sign_in("new.colleague@tibet.example", password).status_code == 302
    for page in ("/desk", "/account", "/assignments", "/units"):
        assert colleague.get(page).location == "/account/password", page  # nothing before a password of one's own
    assert colleague.post("/account/delegations", {}).status_code in (303, 400)
    colleague.get("/account/password")
    chosen = "four quiet yellow lanterns"
    changed = {"password": password, "new_password": chosen, "new_password_confirm": chosen}
    assert colleague.post("/account/password", changed).status_code == 302
    assert colleague.get("/account").status_code == 200
    again = Browser(app)
    assert again.sign_in("new.colleague@tibet.example", password).status_code == 422
    assert again.sign_in("new.colleague@tibet.example", chosen).status_code == 302
    assert again.get("/account").status_code == 200
    edit = f"/admin/people/edit/?id={key}"
    assert admin.post(edit, {**form_of(admin.get(edit)), "left_on": "2026-03-10"}).status_code == 303
    assert again.get("/account").status_code == 303
    assert admin.post(f"/admin/people/access/?id={key}").status_code == 409
    assert [action for action, _ in entries(superuser, "person")] == ["create", "access", "leave"]


def test_a_new_password_for_once_ends_what_was_open(app: Flask, admin: Browser) -> None:
    browser = Browser(app)
    browser.enter("contact.guangdong")
    assert browser.get("/account").status_code == 200
    told = admin.post(f"/admin/people/access/?id={people.key('contact.guangdong')}")
    assert browser.get("/account").location == "/login?next=/account"
    assert Browser(app).sign_in("contact.guangdong").status_code == 422
    password = re.findall(r'id="password"[^>]*>([^<]+)<', told.text)[0]
    assert Browser(app).sign_in("contact.guangdong", password).status_code == 302


def test_a_changed_address_is_the_sign_in(app: Flask, admin: Browser, superuser: Superuser) -> None:
    edit = f"/admin/people/edit/?id={people.key('contact.guangdong')}"
    assert admin.post(edit, {**form_of(admin.get(edit)), "email": " Renamed@Guangdong.example "}).status_code == 303
    assert Browser(app).sign_in("renamed@guangdong.example").status_code == 302
    assert Browser(app).sign_in("contact.guangdong").status_code == 422
    assert entries(superuser, "person") == [
        ("change", {"email": ["contact@guangdong.example", "renamed@guangdong.example"]})]


@pytest.mark.parametrize(("field", "value"), [
    ("name", ""), ("name", LONG), ("name", "\0"), ("email", "nonsense"), ("email", ""), ("email", "OFFICE@hq.example"),
    ("email", LONG + "@hq.example"), ("email", EVIL), ("phone", "1" * 10_000), ("language", "fr"), ("language", ""),
    ("left_on", "soon\0"), ("left_on", "2026-02-30"), ("left_on", "0000-00-00")])
def test_faults_of_a_person_stand_beside_their_fields(admin: Browser, superuser: Superuser, field: str, value: str) -> None:
    edit = f"/admin/people/edit/?id={people.key('member.tibet')}"
    pages = [(edit, form_of(admin.get(edit)))] + ([("/admin/people/new/", PERSON)] if field != "left_on" else [])
    for page, fields in pages:
        answer = admin.post(page, {**fields, field: value})
        assert answer.status_code == 422 and faults_beside(answer, field), page
        assert EVIL not in answer.text
    assert entries(superuser, "person") == []


def test_somebody_goes_on_administering(admin: Browser, superuser: Superuser) -> None:
    edit = f"/admin/people/edit/?id={people.key('admin')}"
    assert admin.post(edit, {**form_of(admin.get(edit)), "left_on": "2026-03-11"}).status_code == 409
    function = people.appointment_key("admin")
    assert admin.post(f"/admin/appointments/end/?id={function}", {"version": "1", "valid_until": "2026-12-31"}).status_code == 409
    assert admin.get("/admin/").status_code == 200
    assert entries(superuser, "person") == entries(superuser, "appointment") == []
    second = admin.post("/admin/appointments/new/", {"person": str(people.key("office")), "unit": "hq", "role": "administrator"})
    assert second.status_code == 303
    assert admin.post(f"/admin/appointments/end/?id={function}", {"version": "1", "valid_until": "2026-03-09"}).status_code == 303
    assert admin.get("/admin/").status_code == 403                       # at once


# --- appointments ----------------------------------------------------------------------------------------------------

APPOINT = {"person": str(people.key("member.tibet")), "unit": "tibet", "role": "line_owner", "line": "market",
           "valid_from": "2026-04-01", "valid_until": "2026-05-01"}


def test_an_appointment_is_made_moved_ended(app: Flask, admin: Browser, superuser: Superuser) -> None:
    made = admin.post("/admin/appointments/new/", {**APPOINT, "deputy": "y"})
    assert made.status_code == 303
    key = made.location.rpartition("=")[2]
    edit = f"/admin/appointments/edit/?id={key}"
    assert "deputy" in re.findall(r'checked[^>]*name="(\w+)"', admin.get(edit).text)
    assert admin.post(edit, {"version": "1", "valid_from": "2026-03-01", "valid_until": ""}).status_code == 303
    with app.app_context():
        assert len(world.identity("member.tibet").appointments) == 2
    assert admin.post(f"/admin/appointments/end/?id={key}", {"version": "2", "valid_until": "2026-03-10"}).status_code == 303
    with app.app_context(), clock.standing_at(world.NOW + timedelta(days=1)):
        assert len(world.identity("member.tibet").appointments) == 1
    found = entries(superuser, "appointment")
    assert [action for action, _ in found] == ["appoint", "change", "dismiss"]
    assert found[1][1] == {"deputy": [True, False], "valid_from": ["2026-04-01", "2026-03-01"], "valid_until": ["2026-05-01", None]}
    with clock.standing_at(world.NOW + timedelta(days=9)):
        assert admin.post(f"/admin/appointments/end/?id={key}", {"version": "3", "valid_until": "2026-06-01"}).status_code == 409


@pytest.mark.parametrize(("field", "change"), [
    ("person", {"person": ""}), ("person", {"person": "abc"}), ("person", {"person": str(people.key("nobody"))}),
    ("unit", {"unit": "atlantis"}), ("unit", {"unit": ""}), ("role", {"role": ""}), ("role", {"role": EVIL}),
    ("role", {"role": "hq_office"}), ("role", {"role": "auditor"}), ("line", {"line": ""}), ("line", {"line": "nonsense"}),
    ("line", {"role": "unit_head"}), ("role", {"role": "administrator", "line": ""}),
    ("role", {"role": "member", "valid_from": ""}), ("valid_until", {"valid_until": "2026-03-01"}),
    ("valid_from", {"valid_from": "x"}), ("valid_until", {"valid_until": LONG})])
def test_role_unit_and_line_fit_together(admin: Browser, superuser: Superuser, field: str, change: dict[str, str]) -> None:
    answer = admin.post("/admin/appointments/new/", {**APPOINT, **change})
    assert answer.status_code == 422 and faults_beside(answer, field)
    assert EVIL not in answer.text and entries(superuser, "appointment") == []


@pytest.mark.parametrize(("fields", "field"), [
    ({"valid_from": ""}, "valid_from"), ({"valid_from": "2026-05-01", "valid_until": "2026-04-01"}, "valid_until")])
def test_a_period_has_an_order(admin: Browser, fields: dict[str, str], field: str) -> None:
    edit = f"/admin/appointments/edit/?id={people.appointment_key('member.tibet')}"
    answer = admin.post(edit, {"version": "1", **fields})
    assert answer.status_code == 422 and faults_beside(answer, field)


# --- delegations -----------------------------------------------------------------------------------------------------

def test_anybodys_delegation_is_ended(app: Flask, admin: Browser, superuser: Superuser) -> None:
    key = "bbbbbbbb-0000-7000-8000-000000000001"
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until)"
                      " VALUES (%s, %s, %s, '2026-03-01', '2026-04-01')",
                      (key, people.appointment_key("contact.guangdong"), people.key("deputy.guangdong")))
    page = admin.get("/admin/delegations/?when=now")
    assert "示例 contact.guangdong" in page.text and key in page.text
    assert admin.post(f"/admin/delegations/end/?id={key}").status_code == 303
    with app.app_context():
        assert not [a for a in world.identity("deputy.guangdong").appointments if a.on_behalf_of]
    assert admin.post(f"/admin/delegations/end/?id={key}").status_code == 409
    assert [action for action, _ in entries(superuser, "delegation")] == ["end_delegation"]
    assert f"delegations/end/?id={key}" not in admin.get("/admin/delegations/").text


# --- duties, focus, names, lights ------------------------------------------------------------------------------------

def first(superuser: Superuser, table: str, more: str = "") -> str:
    row = superuser.execute(f"SELECT id FROM {table} {more} ORDER BY id LIMIT 1").fetchone()
    assert row
    return str(row[0])


@pytest.mark.parametrize(("page", "table", "field", "wrong", "right"), [
    ("duties", "responsibility", "duty", "nonsense", "support"), ("duties", "responsibility", "segments", LONG, "C, H"),
    ("focus", "focus", "focus", EVIL, "network_service"), ("terms", "term", "name", "", "another name"),
    ("terms", "term", "name_zh", LONG, "另一个名称"), ("terms", "term", "name", "\0", "<b>bold</b>")])
def test_reference_data_is_changed(
        admin: Browser, superuser: Superuser, page: str, table: str, field: str, wrong: str, right: str) -> None:
    edit = f"/admin/{page}/edit/?id={first(superuser, table)}"
    fields = form_of(admin.get(edit))
    refused = admin.post(edit, {**fields, field: wrong})
    assert refused.status_code == 422 and faults_beside(refused, field) and EVIL not in refused.text
    assert admin.post(edit, {**fields, field: right}).status_code == 303
    assert "<b>bold" not in admin.get(f"/admin/{page}/").text
    assert [action for action, _ in entries(superuser, table)] == ["change"]
    assert "示例 admin" in admin.get(edit).text                          # its history stands beside it


def test_a_name_is_what_pages_say(admin: Browser, superuser: Superuser) -> None:
    edit = f"/admin/terms/edit/?id={first(superuser, 'term', 'WHERE vocabulary = $$line$$ AND code = $$market$$')}"
    admin.post(edit, {**form_of(admin.get(edit)), "name_zh": "市场经营"})
    assert "市场经营" in admin.get("/responsibilities").text


LIGHTS = {"near_days": "10", "behind_points": "20", "silent_days": "5"}


def test_when_lights_turn_amber(admin: Browser, superuser: Superuser) -> None:
    fields = form_of(admin.get("/admin/lights/"))
    assert {k: fields[k] for k in LIGHTS} == LIGHTS
    shown = admin.post("/admin/lights/", {**fields, "behind_points": "5", "do": "preview"})
    assert shown.status_code == 200 and 'class="num changed"' in shown.text
    assert superuser.execute("SELECT value->>'behind_points' FROM setting WHERE name = 'light_thresholds'").fetchone() == ("20",)
    assert admin.post("/admin/lights/", {**fields, "behind_points": "5", "do": "save"}).status_code == 303
    saved = superuser.execute("SELECT value->>'behind_points', version FROM setting WHERE name = 'light_thresholds'").fetchone()
    assert saved == ("5", 2)
    assert entries(superuser, "setting") == [("change", {"behind_points": [20, 5]})]
    stale = admin.post("/admin/lights/", {**fields, "near_days": "3", "do": "save"})
    assert stale.status_code == 412 and form_of(stale)["version"] == "2"
    assert superuser.execute("SELECT value->>'near_days' FROM setting WHERE name = 'light_thresholds'").fetchone() == ("10",)


@pytest.mark.parametrize("do", ["save", "preview"])
@pytest.mark.parametrize(("field", "value"), [
    ("near_days", "251"), ("near_days", "-1"), ("near_days", ""), ("behind_points", "0"), ("behind_points", "101"),
    ("behind_points", "1.5"), ("behind_points", EVIL), ("silent_days", "0"), ("silent_days", "9" * 10_000), ("silent_days", "\0")])
def test_thresholds_that_are_none(admin: Browser, superuser: Superuser, field: str, value: str, do: str) -> None:
    answer = admin.post("/admin/lights/", {**LIGHTS, "version": "1", field: value, "do": do})
    assert answer.status_code == 422 and faults_beside(answer, field) and EVIL not in answer.text
    assert entries(superuser, "setting") == []


# --- around ----------------------------------------------------------------------------------------------------------

def test_without_the_token_nothing_is_done(admin: Browser, superuser: Superuser) -> None:
    for page in ("units/new", "people/new", "appointments/new", "lights", f"people/access/?id={people.key('office')}"):
        assert admin.post(f"/admin/{page}{'' if '?' in page else '/'}", PERSON, token=False).status_code == 400
    assert superuser.execute("SELECT count(*) FROM audit_entry WHERE role = 'administrator'").fetchone() == (0,)


def test_what_was_typed_survives_a_session_that_ended(app: Flask, admin: Browser) -> None:
    admin.client.delete_cookie("portal")
    answer = admin.post("/admin/people/new/", PERSON)
    assert answer.status_code == 303 and answer.location.startswith("/login")


def test_the_trail_stays_whole(admin: Browser, superuser: Superuser) -> None:
    admin.post("/admin/people/new/", PERSON)
    admin.post("/admin/units/new/", UNIT)
    assert superuser.execute("SELECT count(*) FROM app.audit_broken()").fetchone() == (0,)
