"""Writing a plan in the browser: from nothing to submitted, two at once, too much, too late; nothing typed is lost."""
import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask

from portal.assignments import queries
from portal.assignments import service as assignments
from portal.filings.forms import Sheet
from tenants import clock
from tenants.db import db
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.plans import draft
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements
from tests.web.filing_pages import (
    CONTACT,
    NASTY,
    Signed,
    form_of,
    item,
    key,
    legible,
    signed,
    stored,
    submit,
    words,
)

__all__ = ["key", "signed"]                            # fixtures


def test_the_whole_form_from_nothing_to_submitted(signed: Signed, superuser: Superuser) -> None:
    browser = signed(CONTACT)
    begin = re.search(r'name="programme" value="([^"]+)"', browser.get("/filings").text)
    assert begin
    opened = browser.post("/filings", {"programme": begin[1]})
    assert opened.status_code == 303
    assert browser.post("/filings", {"programme": begin[1]}).location == opened.location          # gone to, not made twice
    page = browser.get(opened.location)
    fields = form_of(page)
    assert fields["contacts.contact"] == str(people.key(CONTACT)) and fields[item(fields, "owner")]
    refused = browser.post(opened.location, {**fields, "action": "submit"})
    assert refused.location.endswith("?check=1") and stored(superuser, "state") == "draft"
    checked = browser.get(refused.location)
    for place in ("mechanism", "team", item(fields, "start"), item(fields)):
        assert faults_beside(checked, place) and f'href="#{place}"' in checked.text
    fields |= {"mechanism": "led\r\nby the head", "team": NASTY, "readiness.marketing": "campaign_launch",
               **{k: "2026-02-01" for k in fields if k.endswith(".start")},
               **{k: "by hand" for k in fields if k.endswith(".measure")}}
    done = browser.post(opened.location, {**fields, "action": "submit"})
    assert done.status_code == 303 and stored(superuser, "state") == "submitted"
    assert stored(superuser) == NASTY and stored(superuser, "mechanism") == "led\nby the head"
    read = browser.get(done.location)
    assert "<script>alert" not in read.text and NASTY in unescape(read.text) and 'id="plan"' not in read.text
    # replayed: it has been submitted, and what was typed is shown
    again = browser.post(opened.location, {**fields, "team": "another team", "action": "submit"})
    assert again.status_code == 409 and "another team" in again.text and stored(superuser) == NASTY


def test_autosave_answers_in_json(signed: Signed, key: str, superuser: Superuser) -> None:
    browser, at = signed(CONTACT), f"/filings/{key}"
    fields, quiet = form_of(browser.get(at)), {"X-Autosave": "1"}
    first = browser.post(at, {**fields, "team": "typed"}, headers=quiet)
    assert first.status_code == 200 and first.get_json()["said"] and stored(superuser) == "typed"
    assert first.get_json()["faults"] == {}
    second = browser.post(at, {**fields, "team": "", "version": str(first.get_json()["version"])}, headers=quiet)
    assert list(second.get_json()["faults"]) == ["team"]
    second = browser.post(at, {**fields, "team": "more", "version": str(second.get_json()["version"])}, headers=quiet)
    assert second.get_json()["version"] > first.get_json()["version"]
    for bad, status in (({"team": "stale"}, 412), ({"team": "x" * 30_000, "version": str(second.get_json()["version"])}, 422)):
        answer = browser.post(at, {**fields, **bad}, headers=quiet)
        assert answer.status_code == status and answer.get_json()["said"]
    assert list(answer.get_json()["faults"]) == ["team"]
    submit(browser, key)
    late = browser.post(at, {**fields, "team": "late"}, headers=quiet)
    assert late.status_code == 409 and late.get_json()["said"] and stored(superuser) == "more"


def test_two_people_at_one_plan_lose_nothing(signed: Signed, key: str, superuser: Superuser) -> None:
    mine, theirs, at = signed(CONTACT), signed("deputy.guangdong"), f"/filings/{key}"
    fields = form_of(mine.get(at))
    row, day = item(fields), item(fields, "due")
    theirs.post(at, {**form_of(theirs.get(at)), "team": "<i>their</i> team", row: "their way", "readiness.marketing": ""})
    both = mine.post(at, {**fields, "team": "my team", day: "tomorrow"})
    assert both.status_code == 412 and stored(superuser) == "<i>their</i> team"
    shown = form_of(both)
    assert (shown["team"], shown[row], shown[day]) == ("my team", "their way", "tomorrow")      # what one has not touched is theirs
    assert ("<i>their" not in both.text and "<i>their</i> team" in words(both).replace("&lt;", "<")) or "their" in words(both)
    assert re.findall(r'id="([^"]+)-theirs"', both.text) == ["team"] == re.findall(r'href="#([^"]+)-theirs"', both.text)
    # a date that cannot be read does not make an old form a new one
    again = mine.post(at, {**shown, day: "soon"})
    assert again.status_code == 422 and faults_beside(again, day)
    theirs.post(at, {**form_of(theirs.get(at)), "team": "third"})
    assert mine.post(at, {**form_of(again), day: ""}).status_code == 412
    last = mine.post(at, {**form_of(mine.post(at, {**form_of(again), day: ""})), "team": "my team"})
    assert last.status_code == 303 and stored(superuser) == "my team"


def test_two_people_in_different_fields_are_not_in_each_others_way(signed: Signed, key: str, superuser: Superuser) -> None:
    mine, theirs, at, quiet = signed(CONTACT), signed("deputy.guangdong"), f"/filings/{key}", {"X-Autosave": "1"}
    fields = form_of(mine.get(at))
    row = item(fields)
    theirs.post(at, {**form_of(theirs.get(at)), "mechanism": "their mechanism", "readiness.marketing": ""})
    saved = mine.post(at, {**fields, "team": "mine", row: "my way"}, headers=quiet).get_json()
    fields |= {"team": "mine", row: "my way", "version": str(saved["version"]), "base": saved["base"]}
    saved = mine.post(at, {**fields, "team": ""}, headers=quiet).get_json()              # the page still has the old mechanism
    fields |= {"team": "", "version": str(saved["version"]), "base": saved["base"]}
    assert mine.post(at, {**fields, row: "as agreed"}).status_code == 303                # as it was at first: that is meant
    now = form_of(mine.get(at))
    assert (now["mechanism"], now["team"], now[row]) == ("their mechanism", "", "as agreed") and "readiness.marketing" not in now
    for broken in ("", "[]", "{", '{"team": 1}'):                                        # then nothing is taken for untouched
        assert mine.post(at, {**fields, "base": broken, "version": "1"}).status_code == 412


def test_what_others_saved_and_what_came_too_late_is_said_as_the_form_says_it(signed: Signed, key: str) -> None:
    mine, theirs, at = signed(CONTACT), signed("deputy.guangdong"), f"/filings/{key}"
    fields, two = form_of(mine.get(at)), [str(people.key(CONTACT)), str(people.key("head.guangdong"))]
    other = {"readiness.marketing": ["campaign_launch", "promotion"], "contacts.contact": two}
    theirs.post(at, {**form_of(theirs.get(at)), **other})
    both = mine.post(at, {**fields, "readiness.marketing": "order_handling", "contacts.contact": two[1]})
    said = dict(re.findall(r'id="([^"]+)-theirs">.*?<span class="text">(.*?)</span>', both.text))
    names = dict(re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>([^<]+)</option>', both.text))
    assert both.status_code == 412 and said["readiness.marketing"] == "营销上线，推广销售"
    assert said["contacts.contact"] == f"{names[two[0]]}，{names[two[1]]}"
    submit(theirs, key)
    late = mine.post(at, {**fields, "readiness.marketing": "order_handling", "contacts.contact": list(reversed(two))})
    kept = re.findall(r'<dd class="text">(.*?)</dd>', late.text, re.S)
    assert late.status_code == 409 and {"业务办理", f"{names[two[1]]}，{names[two[0]]}"} <= {unescape(k) for k in kept}


def test_a_number_that_is_masked_while_one_types_is_nobody_elses_text(signed: Signed, key: str, superuser: Superuser) -> None:
    first, second, at, quiet = signed(CONTACT), signed(CONTACT), f"/filings/{key}", {"X-Autosave": "1"}
    fields, typed = form_of(first.get(at)), "call 13800138000"
    saved = first.post(at, {**fields, "team": typed}, headers=quiet).get_json()
    fields |= {"version": str(saved["version"]), "base": saved["base"]}
    assert stored(superuser) == "call 138****8000"
    second.post(at, {**form_of(second.get(at)), "mechanism": "another field"})
    typed += " by day"
    saved = first.post(at, {**fields, "team": typed}, headers=quiet)
    assert saved.status_code == 200
    assert (stored(superuser), stored(superuser, "mechanism")) == ("call 138****8000 by day", "another field")
    # and what a colleague makes of it is not written over by who typed it and goes on elsewhere
    fields |= {"team": typed, "version": str(saved.get_json()["version"]), "base": saved.get_json()["base"]}
    second.post(at, {**form_of(second.get(at)), "team": "call the desk"})
    saved = first.post(at, {**fields, item(fields): "by hand"}, headers=quiet)
    assert saved.status_code == 200 and "X-Masked" not in saved.headers and stored(superuser) == "call the desk"


@pytest.mark.parametrize(("name", "typed"), [
    ("mechanism", "x" * 3_000_000), ("team", "名" * 20_001), ("measure", "x" * 2_001), ("due", "31.12.2026"), ("due", "2026-02-30"),
    ("start", "\U0001f600"), ("owner", "nobody"), ("owner", "01890a5d-ac96-774b-bcce-b302099a8057"), ("contacts.deputy", "%00")])
def test_what_cannot_be_kept_is_told_beside_the_field_and_still_there(signed: Signed, key: str, name: str, typed: str,
                                                                     superuser: Superuser) -> None:
    browser, at = signed(CONTACT), f"/filings/{key}"
    fields = form_of(browser.get(at))
    place = name if name in fields else item(fields, name)
    sent = {**fields, "readiness.marketing": "customer_insight", place: typed, item(fields, n=3): "typed as well"}
    answer = browser.post(at, sent)
    assert answer.status_code == 422 and faults_beside(answer, place), words(answer)[:300]
    shown = form_of(answer)
    assert shown[item(fields, n=3)] == "typed as well"
    assert shown[place] == (typed if name not in ("owner", "contacts.deputy") else "")      # a choice that is none
    assert stored(superuser) == "a team of five"


def test_every_fault_of_one_sending_is_told_at_once(signed: Signed, key: str, superuser: Superuser) -> None:
    """What cannot be read, what cannot be kept, who is unknown here; and where it was to be submitted, what is missing, too."""
    browser, at = signed(CONTACT), f"/filings/{key}"
    fields = form_of(browser.get(at))
    bad = {item(fields, "start"): "soon", "team": "x" * 3_000_000, item(fields, "owner"): str(people.key("contact.tibet")),
           item(fields): "x" * 10_000, "contacts.deputy": str(people.key("contact.tibet")), "new_name": "New", "new_email": "none"}
    missing = {"mechanism": "", item(fields, "deliverable", 2): ""}
    for action, told in (("save", bad), ("submit", bad | missing)):
        answer = browser.post(at, {**fields, **bad, **missing, "action": action})
        shown = form_of(answer)
        beside = {f for f in re.findall(r'class="error" id="([^"]+)-fault"', answer.text) if f != "new"}      # the script's pattern
        assert answer.status_code == 422 and beside == told.keys() - {"new_name"}
        assert all(shown[k] == v for k, v in bad.items() if k not in (item(fields, "owner"), "contacts.deputy"))
    assert stored(superuser) == "a team of five" and superuser.execute("SELECT 1 FROM person WHERE name = 'New'").fetchall() == []


def test_faults_of_dates_do_not_keep_a_draft_from_being_kept(signed: Signed, key: str) -> None:
    browser, at = signed(CONTACT), f"/filings/{key}"
    fields = form_of(browser.get(at))
    a, b = item(fields, "due"), item(fields, "due", 1)
    sent = {**fields, a: "2026-01-02", b: "2031-01-01", item(fields): "a\0b\u202e" + NASTY, "readiness.marketing": "",
            "action": "check"}
    page = browser.get(browser.post(at, sent).location)
    assert faults_beside(page, a) and "2026-" in faults_beside(page, b)
    kept = form_of(page)
    assert (kept[a], kept[b]) == ("2026-01-02", "2031-01-01") and "readiness.marketing" not in kept
    assert str(kept[item(fields)]).startswith("ab") and str(kept[item(fields)]).endswith(NASTY)


def test_a_person_is_added_in_the_form(signed: Signed, key: str, superuser: Superuser) -> None:
    browser, at = signed(CONTACT), f"/filings/{key}"
    fields = {**form_of(browser.get(at)), "team": "typed before", "action": "add_person"}
    for name, mail, place in (("", "new@guangdong.example", "new_name"), ("名" * 10_000, "new@guangdong.example", "new_name"),
                              ("New", "no address", "new_email"), ("New", "contact@tibet.example", "new_email")):
        answer = browser.post(at, {**fields, "new_name": name, "new_email": mail})
        assert answer.status_code == 422 and faults_beside(answer, place)
        assert (form_of(answer)["new_name"], form_of(answer)["team"]) == (name, "typed before")
    assert stored(superuser) == "a team of five"
    assert browser.post(at, {**fields, "new_name": NASTY, "new_email": "new@guangdong.example"}).status_code == 303
    page = browser.get(at)
    found = re.search(r'<option value="([^"]+)">&lt;script&gt;alert', page.text)
    assert found and "<script>alert" not in page.text and form_of(page)["team"] == "typed before"
    fields = form_of(page)
    assert browser.post(at, {**fields, item(fields, "owner"): found[1]}).status_code == 303


def test_other_plans_and_none_are_one_answer(signed: Signed, key: str) -> None:
    browser = signed("contact.tibet")
    browser.get("/filings")
    bad = [key, str(uuid4()), "x", "0", "%00", "a" * 2000, "%F0%9F%98%80"]

    found = set()
    for k in bad:
        for method, end in (("GET", ""), ("POST", ""), ("GET", "/review"), ("POST", "/review"), ("POST", "/ask"),
                            ("POST", "/answer")):
            path = f"/filings/{k}{end}"
            answer = browser.get(path) if method == "GET" else browser.post(path, {"team": "mine"})
            found.add((answer.status_code, re.sub(r'(content|value|href)="[^"]*"', "", answer.text)))
    assert [status for status, _ in found] == [404]


def test_a_session_that_ends_in_mid_form(signed: Signed, key: str, superuser: Superuser) -> None:
    browser, at = signed(CONTACT), f"/filings/{key}"
    fields = {**form_of(browser.get(at)), "team": "typed for an hour", "readiness.marketing": "campaign_launch",
              "action": "save"}
    browser.client.delete_cookie("portal")
    assert browser.post(at, fields).location == "/login?next=/resume"
    browser.sign_in(CONTACT, next="/resume")
    page = browser.get("/resume")
    assert legible(page) == {v for k, v in fields.items() if k in ("mechanism", "team") or k.endswith(
        (".start", ".due", ".deliverable", ".measure"))} | {"营销上线"}        # and nothing of what the form carries besides
    kept = re.search(rf'<form[^>]*action="{at}"[^>]*>(.*?)</form>', page.text, re.S)
    assert kept
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', kept[1]):
        sent.setdefault(unescape(name), []).append(unescape(value))
    sent.pop("csrf_token", None)
    assert browser.post(at, sent).status_code == 303 and stored(superuser) == "typed for an hour"


def test_the_deadline_passes_while_the_form_is_open(signed: Signed, key: str, superuser: Superuser) -> None:
    with clock.standing_at(datetime(2026, 4, 30, 15, 59, tzinfo=UTC)):
        browser = signed(CONTACT)
        fields = form_of(browser.get(f"/filings/{key}"))
    with clock.standing_at(datetime(2026, 4, 30, 16, 1, tzinfo=UTC)):
        done = browser.post(f"/filings/{key}", {**fields, "action": "submit"})
        assert done.status_code == 303 and stored(superuser, "state") == "submitted"
        assert re.search("逾期 ?1 ?天", words(browser.get(done.location)))
        late = re.search(rf'<tr data-href="/filings/{key}">.*?</tr>', signed("office").get("/filings?late=1").text, re.S)
        assert late and re.search("1 ?天", late[0])


def test_what_was_cancelled_is_shown_and_neither_counted_nor_filled_in(signed: Signed, acting: As, key: str) -> None:
    unit, at = signed(CONTACT), f"/filings/{key}"
    before = form_of(unit.get(at))
    gone = item(before).split(".")[1]
    total = sum(1 for k in before if k.endswith(".measure"))
    assert f"{total} / {total}" in words(unit.get(at))
    with acting("office") as office:
        assignments.cancel(queries.one(office, UUID(gone)), "does not apply here", actor=office)
        db.session.commit()
    page = unit.get(at)
    assert f"{total - 1} / {total - 1}" in words(page)
    assert not [k for k in form_of(page) if gone in k]
    assert words(page).count("已取消") >= 1 and f"/assignments/{gone}?waive=1" not in page.text
    submit(unit, key)
    lead = signed("office")
    lines = [line for line in Line if f"remark.{gone}" in lead.get(f"{at}/review?line={line.value}").text]
    assert lines == []


def test_the_way_to_say_that_it_does_not_apply_is_open_where_it_leads(signed: Signed, acting: As, key: str) -> None:
    unit, at = signed(CONTACT), f"/filings/{key}"
    links = re.findall(r'href="(/assignments/[^"]+waive=1)#ask-waiver"', unit.get(at).text)
    assert len(links) > 20
    assert re.search(r'id="ask-waiver"><details[^>]* open>', unit.get(links[0]).text)
    with acting(CONTACT) as contact:
        asked = UUID(links[0].split("/")[2].partition("?")[0])
        assignments.ask_waiver(queries.one(contact, asked), "no such product", actor=contact)
        db.session.commit()
    assert links[0] not in unit.get(at).text


def test_how_many_statements_a_page_sends(app: Flask, signed: Signed, acting: As, key: str, superuser: Superuser) -> None:
    """However many items and units there are; for the frame of a page see test_frame."""
    counted: dict[str, int] = {}

    def count(name: str, browser: Browser, path: str) -> None:
        browser.get(path)
        with statements(app) as sent:
            page = browser.get(path)
        ids = re.findall(r'\sid="([^"]+)"', page.text)
        assert page.status_code == 200 and sorted(ids) == sorted(set(ids))
        counted[name] = len(sent)
    office, unit, at = signed("office"), signed(CONTACT), f"/filings/{key}"
    count("list of one", office, "/filings")
    count("form", unit, at)
    submit(unit, key)
    for name in ("beijing", "tibet"):
        with acting(f"contact.{name}") as contact:
            draft(contact)
            db.session.commit()
    count("list", office, "/filings")
    count("read", unit, at)
    count("review", signed("market"), f"{at}/review")
    assert counted.pop("list of one") + 1 == counted["list"]                          # the lines that have yet to judge
    assert counted == {"list": 11, "form": 17, "read": 20, "review": 20}


def test_what_is_too_long_for_its_field_is_not_looked_through() -> None:
    """That takes its time; it is refused for its length."""
    number = " 13800138000"
    long, short = number * 200, number * 2
    typed = {"items.x.measure": [long], "team": [long], "items.x.deliverable": [short], "items.x.owner": [short]}
    kept = Sheet(typed).kept().values
    assert kept["items.x.measure"] == [long.strip()] and kept["items.x.owner"] == [short]
    assert "13800138000" not in kept["team"][0] + kept["items.x.deliverable"][0]
