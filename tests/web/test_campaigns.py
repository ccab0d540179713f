"""Campaigns as a browser without script sees them."""
import io
import re
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook

from portal import i18n
from portal.campaigns import queries, service
from tenants.db import db
from tenants.messages import N_
from tests.conftest import As, Superuser
from tests.factories.campaigns import checked, content, live
from tests.services.test_campaigns import caution_for
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements
from tests.web.test_assignments import NASTY, count_of, signed_in, words

FORM: dict[str, str | list[str]] = {
    "code": "W-1", "name": "Summer pack", "unit": "guangdong", "line": "market", "starts": "2026-05-01", "ends": "2026-08-31",
    "scope": "units", "lands_in": ["guangdong"], "segment": "C", "business": "new", "product_owner": "migu", "configured": "",
    "notice_text": "The pack renews by itself until you cancel it.", "rules_text": "One a month.", "training_on": ""}


def register(browser: Browser, **more: str | list[str]) -> str:
    browser.get("/campaigns/new")
    answer = browser.post("/campaigns/new", {**FORM, **more})
    assert answer.status_code == 303, words(answer.text)
    return str(answer.headers["Location"]).rsplit("/", 1)[-1]


def version(superuser: Superuser, key: str) -> str:
    row = superuser.execute("SELECT version FROM campaign WHERE id = %s", (key,)).fetchone()
    assert row
    return str(row[0])


def test_registered_found_opened_changed(app: Flask, superuser: Superuser) -> None:
    browser = signed_in(app, "market.guangdong", "/campaigns")
    assert "还没有" in browser.get("/campaigns").text or count_of(browser.get("/campaigns").text) == 0
    key = register(browser)
    page = browser.get("/campaigns").text
    assert count_of(page) == 1 and f'href="/campaigns/{key}"' in page
    shown = words(browser.get(f"/campaigns/{key}").text)
    assert "Summer pack" in shown and "W-1" in shown
    form = browser.get(f"/campaigns/{key}/edit")
    assert form.status_code == 200 and 'value="W-1"' in form.text
    sent = {**FORM, "name": "Autumn pack", "version": version(superuser, key)}
    assert browser.post(f"/campaigns/{key}/edit", sent).status_code == 303
    again = browser.post(f"/campaigns/{key}/edit", {**sent, "name": "Winter pack"})
    assert again.status_code == 412 and "Winter pack" in again.text and "Autumn pack" in again.text
    assert count_of(browser.get("/campaigns?q=autumn").text) == 1 and count_of(browser.get("/campaigns?q=winter").text) == 0
    for who, status in (("contact.migu", 200), ("contact.tibet", 404), ("office", 200), ("auditor", 200), ("admin", 404)):
        assert signed_in(app, who).get(f"/campaigns/{key}").status_code == status
    assert signed_in(app, "contact.migu").get(f"/campaigns/{key}/edit").status_code == 403


def test_headquarters_line_gives_it_to_another_launcher(app: Flask, superuser: Superuser) -> None:
    """By a form of its own; the launcher's own people are offered, and may send, only units for which they register."""
    own = signed_in(app, "market.guangdong", "/campaigns")
    key = register(own)
    form = own.get(f"/campaigns/{key}/edit").text
    launchers = form.split('name="unit"')[1].split("</select>")[0]
    assert 'value="guangdong"' in launchers and 'value="migu"' not in launchers
    refused = own.post(f"/campaigns/{key}/edit", {**FORM, "unit": "migu", "version": version(superuser, key)})
    assert refused.status_code == 403 and faults_beside(refused, "unit")
    assert f"/campaigns/{key}/move" not in own.get(f"/campaigns/{key}").text
    lead = signed_in(app, "market", "/campaigns")
    assert f"/campaigns/{key}/move" in lead.get(f"/campaigns/{key}").text
    wrong = lead.post(f"/campaigns/{key}/move", {"unit": "tibet", "version": version(superuser, key)})
    assert wrong.status_code == 422 and 'href="#move-unit"' in wrong.text
    assert lead.post(f"/campaigns/{key}/move", {"unit": "migu", "version": version(superuser, key)}).status_code == 303
    assert signed_in(app, "market.migu").get(f"/campaigns/{key}/edit").status_code == 200


def test_what_is_typed_is_kept_and_told_at_its_field(app: Flask) -> None:
    browser = signed_in(app, "market.guangdong", "/campaigns/new")
    answer = browser.post("/campaigns/new", {**FORM, "code": "", "name": NASTY, "starts": "yesterday", "ends": "2026-02-30",
                                             "lands_in": ["tibet", "nowhere"], "line": "cooking", "product_owner": "guangxi"})
    assert answer.status_code == 422 and "<script>alert(1)</script>" not in answer.text and "alert(1)" in answer.text
    for name in ("starts", "ends", "line", "lands_in"):
        assert faults_beside(answer, name), name
    assert 'value="yesterday"' in answer.text
    answer = browser.post("/campaigns/new", {**FORM, "code": "", "lands_in": ["tibet"]})
    assert answer.status_code == 422 and faults_beside(answer, "code") and faults_beside(answer, "lands_in")
    register(browser)
    answer = browser.post("/campaigns/new", FORM)
    assert answer.status_code == 422 and faults_beside(answer, "code")
    assert browser.post("/campaigns/new", {**FORM, "unit": "tibet", "lands_in": ["tibet"]}).status_code == 403
    assert browser.post("/campaigns/new", {}).status_code == 422
    for who in ("head.guangdong", "office", "auditor", "member.guangdong"):
        assert signed_in(app, who).get("/campaigns/new").status_code == 403


def test_the_launch_says_what_is_missing(app: Flask, acting: As, superuser: Superuser) -> None:
    with acting("market.guangdong") as actor:
        key = str(checked(actor, content(training_on=None)).id)
        db.session.commit()
    browser = signed_in(app, "market.guangdong", f"/campaigns/{key}")
    page = browser.get(f"/campaigns/{key}").text
    assert "5 项中 4 项达标" in words(page)
    answer = browser.post(f"/campaigns/{key}/go-live", {"version": version(superuser, key)})
    assert answer.status_code == 409 and i18n.translate(N_("There is no date of training."), "zh") in words(answer.text)
    sent = {"element": "training", "verdict": "not_applicable", "reason": "", "version": version(superuser, key)}
    answer = browser.post(f"/campaigns/{key}/checks", sent)
    assert answer.status_code == 422 and faults_beside(answer, "training-reason")
    assert browser.post(f"/campaigns/{key}/checks", {**sent, "reason": "sold by nobody"}).status_code == 303
    sent["version"] = version(superuser, key)
    assert browser.post(f"/campaigns/{key}/checks", {**sent, "reason": "I say so again"}).status_code == 409
    second = signed_in(app, "contact.guangdong", f"/campaigns/{key}")
    assert second.post(f"/campaigns/{key}/checks", sent).status_code == 303
    answer = second.post(f"/campaigns/{key}/go-live", {"version": version(superuser, key)})
    assert answer.status_code == 303
    assert second.post(f"/campaigns/{key}/pause", {"version": version(superuser, key)}).status_code == 422
    assert signed_in(app, "head.guangdong", "/campaigns").post(f"/campaigns/{key}/pause", {"reason": "x"}).status_code == 403
    why = "the page shows an old price"
    assert second.post(f"/campaigns/{key}/pause", {"version": version(superuser, key), "reason": why}).status_code == 303
    head = signed_in(app, "head.guangdong", "/campaigns").get(f"/campaigns/{key}").text
    assert why in head.partition('class="next')[2].partition('class="actions')[0]                      # at the top, for everybody


def test_the_office_confirms_from_its_desk_what_does_not_apply(app: Flask, acting: As, superuser: Superuser) -> None:
    with acting("market") as me:
        campaign = checked(me, content("hq", lands_in="network", training_on=None))
        service.check(campaign, "training", "not_applicable", "all were trained for the last one", actor=me)
        key = str(campaign.id)
        db.session.commit()
    office = signed_in(app, "office", "/desk")
    assert f'href="/campaigns/{key}#checks"' in office.get("/desk").text
    page = office.get(f"/campaigns/{key}").text
    assert "轮到您：由第二人确认不适用" in words(page) and page.count(f'action="/campaigns/{key}/checks"') == 1
    sent = {"element": "training", "verdict": "not_applicable", "version": version(superuser, key)}
    assert office.post(f"/campaigns/{key}/checks", {**sent, "verdict": "pass", "reason": "x"}).status_code == 403
    assert office.post(f"/campaigns/{key}/checks", sent).status_code == 303
    assert f"/campaigns/{key}" not in office.get("/desk").text
    assert f'action="/campaigns/{key}/checks"' not in office.get(f"/campaigns/{key}").text
    lead = signed_in(app, "market", f"/campaigns/{key}")
    assert lead.post(f"/campaigns/{key}/go-live", {"version": version(superuser, key)}).status_code == 303


def test_news_is_acknowledged_and_chased(app: Flask, acting: As) -> None:
    with acting("market.terminal") as actor:
        key = str(live(actor, content("terminal", lands_in=["guangdong", "tibet"])).id)
        db.session.commit()
    contact = signed_in(app, "contact.guangdong", f"/campaigns/{key}")
    assert count_of(contact.get("/campaigns?receipts=1").text) == 1
    assert f'action="/campaigns/{key}/receipt"' in contact.get(f"/campaigns/{key}").text
    assert contact.post(f"/campaigns/{key}/receipt").status_code == 303
    assert contact.post(f"/campaigns/{key}/receipt").status_code == 409
    assert count_of(contact.get("/campaigns?receipts=1").text) == 0
    launcher = signed_in(app, "market.terminal", f"/campaigns/{key}")
    assert launcher.post(f"/campaigns/{key}/chase", {"text": "please"}).status_code == 303
    page = words(launcher.get(f"/campaigns/{key}").text)
    assert "西藏" in page and "催办 1 次" in page
    assert signed_in(app, "contact.tibet", "/campaigns").post(f"/campaigns/{key}/chase").status_code == 403


def test_warnings_are_answered(app: Flask, acting: As, superuser: Superuser) -> None:
    with acting("market.guangdong") as actor:
        campaign = live(actor, content())
        key, unit = campaign.id, campaign.unit_id
        db.session.commit()
    asked = caution_for(superuser, key, unit)
    browser = signed_in(app, "market.guangdong", "/cautions")
    assert "Are the rules clear?" in browser.get("/cautions").text
    answer = browser.post(f"/cautions/{asked}", {"version": "1", "affected": "perhaps", "finding": "looked"})
    assert answer.status_code == 422 and "looked" in answer.text
    assert browser.post(f"/cautions/{asked}", {"version": "7", "affected": "no", "finding": "looked"}).status_code == 412
    assert browser.post(f"/cautions/{asked}", {"version": "1", "affected": "no", "finding": "looked"}).status_code == 303
    assert browser.post(f"/cautions/{asked}", {"version": "2", "affected": "no", "finding": "again"}).status_code == 409
    assert "looked" in signed_in(app, "market", "/cautions").get("/cautions").text
    stranger = signed_in(app, "contact.tibet", "/cautions")
    assert "Are the rules clear?" not in stranger.get("/cautions").text
    assert stranger.post(f"/cautions/{asked}", {"affected": "no", "finding": "x"}).status_code == 404
    assert signed_in(app, "admin").get("/cautions").status_code == 403


def many(acting: As, number: int) -> None:
    with acting("market.migu") as actor:
        for n in range(number):
            starts = date(2026, 4, 1 + n % 20)
            service.register(content("migu", lands_in=["guangdong"], code=f"M-{n:03}", starts=starts), actor=actor)
        db.session.commit()


def test_a_long_list_pages_and_costs_the_same(app: Flask, acting: As) -> None:
    many(acting, 5)
    office = signed_in(app, "office", "/campaigns")
    with statements(app) as few:
        office.get("/campaigns")
    many_more = 60
    with acting("contact.guangdong") as actor:
        for n in range(many_more):
            service.register(content(code=f"G-{n:03}"), actor=actor)
        db.session.commit()
    with statements(app) as more:
        page = office.get("/campaigns").text
    assert len(more) == len(few) <= 16, more
    found = re.search(r'rel="next" href="([^"]+)"', page)
    assert found and count_of(page) == 65
    rest = office.get(found[1].replace("&amp;", "&")).text
    both = re.findall(r'<tr data-href="/campaigns/([0-9a-f-]+)"', page + rest)
    assert len(both) == len(set(both)) == 65
    for made_up in ("x", "~", "2026-01-01~x", "%00"):
        assert office.get(f"/campaigns?cursor={made_up}").status_code == 200


def test_the_page_of_a_campaign_costs_the_same_whatever_it_carries(app: Flask, acting: As) -> None:
    with acting("market") as actor:
        first = live(actor, content("hq", lands_in="network")).id
        db.session.commit()
    office = signed_in(app, "office", "/campaigns")
    office.get(f"/campaigns/{first}")
    with statements(app) as few:
        office.get(f"/campaigns/{first}")
    with acting("market") as actor:
        campaign = queries.one(actor, first)
        service.pause(campaign, "why", actor=actor)
        service.go_live(campaign, actor=actor)
        db.session.commit()
    with statements(app) as more:
        assert office.get(f"/campaigns/{first}").status_code == 200
    assert abs(len(more) - len(few)) <= 1 and len(more) <= 28, more


def test_the_list_goes_home_as_a_workbook(app: Flask, acting: As) -> None:
    many(acting, 3)
    for who, codes in (("office", 3), ("contact.guangdong", 3), ("contact.tibet", 0)):
        browser = signed_in(app, who, "/campaigns")
        sheet = load_workbook(io.BytesIO(browser.get("/campaigns.xlsx?q=M-").data)).worksheets[0]
        assert len(list(sheet.iter_rows(min_row=3, values_only=True))) == codes
    assert signed_in(app, "admin").get("/campaigns.xlsx").status_code == 403


@pytest.mark.parametrize("query", ["q=%00", "state=x", "launcher=' OR 1=1", "lands=%F0%9F%99%82", "segment=",
                                   "business=new&line=market",
                                   "receipts=1&q=" + "x" * 500, "product_owner=hq"])
def test_filters_take_anything(app: Flask, query: str) -> None:
    assert signed_in(app, "contact.guangdong").get(f"/campaigns?{query}").status_code == 200


def test_keys_that_are_none(app: Flask) -> None:
    browser = signed_in(app, "contact.guangdong", "/campaigns")
    for key in ("x", str(UUID(int=7)), "%00", "0" * 36):
        assert browser.get(f"/campaigns/{key}").status_code == 404
        assert browser.get(f"/campaigns/{key}/edit").status_code == 404
        assert browser.post(f"/campaigns/{key}/go-live").status_code == 404
        assert browser.get(f"/campaigns/import/{key}").status_code == 404
