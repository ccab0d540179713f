"""Administration is closed to everybody else, whatever an address says; its pages answer, whatever is asked of them."""
import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask_admin import Admin, BaseView
from flask_admin.model import BaseModelView

from portal.admin.views import Index
from portal.admin.views.base import Closed, Records
from portal.web.access import declare
from tenants.permissions import Permission
from tests.conftest import Superuser
from tests.crossings import few
from tests.factories import people
from tests.web.browsing import Browser, faults_beside

VIEWS = ("units", "people", "appointments", "delegations", "duties", "focus", "terms", "lights", "legends")
MODELS = {"units": "unit", "people": "person", "appointments": "appointment", "duties": "responsibility", "focus": "focus",
          "terms": "term", "legends": "unit WHERE id > 1"}
STRANGERS = ("office", "leader", "market", "auditor", "contact.guangdong", "member.tibet")


@pytest.fixture
def admin(app: Flask) -> Browser:
    browser = Browser(app)
    browser.enter("admin")
    browser.get("/admin/")
    return browser


def admin_of(app: Flask) -> Admin:
    found: Admin = app.extensions["admin"][0]
    return found


def rules(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(method, address, endpoint) of all that stands below /admin."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule, rule.endpoint


def test_every_view_derives_from_the_closed_one(app: Flask) -> None:
    views = admin_of(app)._views
    assert {v.endpoint for v in views} == {"admin", *(f"admin_{name}" for name in VIEWS)}
    for view in views:
        mro = type(view).__mro__
        assert isinstance(view, Closed) and mro.index(Closed) < mro.index(BaseView)
        assert type(view).is_accessible is Closed.is_accessible           # nobody loosens it on the way
        assert type(view)._handle_view is BaseView._handle_view
    assert BaseModelView.is_accessible is BaseView.is_accessible


def test_every_endpoint_below_admin_is_declared_and_a_views(app: Flask) -> None:
    found = list(rules(app))
    assert len(found) > 25
    owned = {v.endpoint for v in admin_of(app)._views}
    for method, address, endpoint in found:
        assert app.extensions["portal.declared"][endpoint] is Permission.ADMINISTER, (method, address)
        assert endpoint.partition(".")[0] in owned
        assert not endpoint.endswith((".static", ".delete_view", ".action_view", ".export", ".ajax_lookup", ".ajax_update"))


@pytest.mark.parametrize("name", few(3, STRANGERS))
def test_strangers_are_refused_everywhere(app: Flask, name: str) -> None:
    browser = Browser(app)
    browser.enter(name)
    for method, address, _ in rules(app):
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert answer.status_code == 403, (method, address, answer.status_code)


def test_a_stranger_to_everybody_signs_in_first(app: Flask) -> None:
    for method, address, _ in rules(app):
        browser = Browser(app)
        answer = browser.get(address) if method == "GET" else browser.post(address, token=False)
        assert (answer.status_code, (answer.location or "").partition("?")[0]) == (303, "/login"), (method, address)


def test_the_second_lock_holds_where_the_door_stood_open(app: Flask) -> None:
    """Were a page declared for everybody by mistake, Flask-Admin itself would refuse."""
    declare(app, "admin.index", Permission.DESK_READ)
    try:
        browser = Browser(app)
        browser.enter("office")
        assert browser.get("/admin/").status_code == 403
    finally:
        declare(app, "admin.index", Permission.ADMINISTER)
    assert issubclass(Index, Closed) and issubclass(Records, Closed)


def test_an_administrators_other_function_opens_nothing(app: Flask, superuser: Superuser) -> None:
    other = "aaaaaaaa-0000-7000-8000-000000000002"
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, deputy, valid_from, version)"
                      " SELECT %s, %s, id, 'unit_contact', false, '2026-01-01', 1 FROM unit WHERE code = 'beijing'",
                      (other, people.key("admin")))
    browser = Browser(app)
    browser.enter("admin")
    assert browser.get("/admin/").status_code == 200
    browser.post("/act-as", {"appointment": other})
    assert browser.get("/admin/").status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_answers_the_administrator(admin: Browser, superuser: Superuser, language: str) -> None:
    admin.client.set_cookie("language", language)
    new = [f"/admin/{name}/new/" for name in ("units", "people", "appointments")]
    for page in ("/admin/", *(f"/admin/{name}/" for name in VIEWS), *new):
        answer = admin.get(page)
        assert answer.status_code == 200, page
        assert not re.search(r"\son\w+=|\sstyle=|<script(?![^>]*src=)|bootstrap", answer.text), page
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    for name, table in MODELS.items():
        row = superuser.execute(f"SELECT id FROM {table} LIMIT 1").fetchone()
        assert row
        for way in ("details", "edit") if name in ("units", "people", "appointments") else ("edit",):
            assert admin.get(f"/admin/{name}/{way}/?id={row[0]}").status_code == 200, (name, way)


@pytest.mark.parametrize("given", few(7, [
    "abc", "", "0", "-1", "99999999999999999999", "2147483648", "1'--", "%00", "1.5", "٣", "Ⅳ",
    "00000000-0000-0000-0000-000000000000", "../units", "x" * 5_000]))
def test_what_names_nothing_is_not_found(admin: Browser, given: str) -> None:
    for name in MODELS:
        for way in ("details", "edit"):
            assert admin.get(f"/admin/{name}/{way}/?id={given}").status_code == 404, (name, way)
        assert admin.post(f"/admin/{name}/edit/?id={given}").status_code == 404
    for action in ("units/close", "people/access", "appointments/end", "delegations/end"):
        assert admin.post(f"/admin/{action}/?id={given}").status_code == 404, action


def test_what_is_not_offered_is_not_there(admin: Browser) -> None:
    for name in MODELS:
        for way in ("delete", "action", "ajax/update"):
            assert admin.post(f"/admin/{name}/{way}/").status_code in (404, 405), (name, way)
        for way in ("export/csv", "ajax/lookup"):
            assert admin.get(f"/admin/{name}/{way}/").status_code == 404, (name, way)
    assert admin.get("/admin/static/admin/js/actions.js").status_code == 404
    for name in ("duties", "focus", "terms"):
        assert admin.get(f"/admin/{name}/new/").status_code == 404
    assert admin.get("/admin/lights/edit/?id=1").status_code == 404


def rows(text: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'class="row-link"[^>]*>([^<]*)</a>', text)]


def test_a_list_is_searched_filtered_sorted_and_paged(admin: Browser) -> None:
    assert rows(admin.get("/admin/units/?search=guangdong").text) == ["广东公司"]
    assert len(rows(admin.get("/admin/units/?kind=specialised_company").text)) == 7
    assert admin.get("/admin/units/?kind=nonsense").status_code == 200
    first, last = (rows(admin.get(f"/admin/units/?sort=1&desc={d}").text) for d in ("", "1"))
    assert (first[0], last[0]) == ("安徽公司", "浙江公司")
    everybody = admin.get("/admin/people/")
    assert len(rows(everybody.text)) == 50
    second = re.search(r'rel="next" href="([^"]*)"', admin.get("/admin/people/?state=here&search=example").text)
    assert second
    page = unescape(second[1])
    assert "state=here" in page and "search=example" in page
    assert rows(admin.get(page).text) and rows(admin.get(page).text) != rows(everybody.text)
    assert rows(admin.get("/admin/people/?unit=tibet&search=contact").text) == ["示例 contact.tibet"]
    assert len(rows(admin.get("/admin/appointments/?role=unit_head").text)) == 6
    assert "100%" not in rows(admin.get("/admin/units/?search=100%25").text)


@pytest.mark.parametrize("query", few(8, [
    "page=-5", "page=999999999999999999999", "page=abc", "sort=99", "sort=-1", "sort=x", "desc=x", "page_size=100000", "search=%00",
    "search=" + "x" * 3_000, "search=%25%5C_'\"<b>", "kind=%00", "flt0_0=x", "_scheme=javascript&_external=1&endpoint=x&_anchor=y",
    "state=open&state=closed", "when=\u2028", "id=1&url=//evil.example"]))
def test_an_address_that_was_made_up_is_no_fault(admin: Browser, query: str) -> None:
    for name in VIEWS:
        answer = admin.get(f"/admin/{name}/?{query}")
        assert answer.status_code == 200, (name, query)
        assert not re.search(r'(href|action)="?//|<b>', answer.text)


def test_the_index_counts_and_leads_on(admin: Browser) -> None:
    page = admin.get("/admin/").text
    for name in VIEWS:
        assert f'href="/admin/{name}/' in page
    assert re.search(r"admin/units/\?state=open.*?figure\">39<", page, re.S)
    missing = re.search(r"admin/units/\?contact=none.*?figure\">(\d+)<", page, re.S)
    assert missing and len(rows(admin.get("/admin/units/?contact=none").text)) == int(missing[1]) == 39 - len(people.STAFFED) - 1


@pytest.mark.parametrize("role", ["hq_office", "auditor", "hq_leader", "member"])
def test_nobody_appoints_himself(admin: Browser, superuser: Superuser, role: str) -> None:
    answer = admin.post("/admin/appointments/new/", {"person": str(people.key("admin")), "unit": "hq", "role": role})
    assert answer.status_code == 422 and "请由其他管理员任命您。" in answer.text and faults_beside(answer, "person")
    own = people.appointment_key("admin")
    edit = admin.post(f"/admin/appointments/edit/?id={own}", {"version": "1", "valid_from": "2025-01-01"})
    assert edit.status_code == 422 and faults_beside(edit, "valid_from")
    assert superuser.execute("SELECT count(*) FROM appointment WHERE person_id = %s", (people.key("admin"),)).fetchone() == (1,)


def test_nor_does_his_delegate_appoint_him(admin: Browser, superuser: Superuser) -> None:
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until)"
                      " VALUES (gen_random_uuid(), %s, %s, '2026-01-01', '2026-12-31')",
                      (people.appointment_key("office"), people.key("admin")))
    answer = admin.post("/admin/appointments/new/", {"person": str(people.key("office")), "unit": "hq", "role": "hq_leader"})
    assert answer.status_code == 422 and faults_beside(answer, "person")
