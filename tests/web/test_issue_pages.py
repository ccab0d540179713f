"""Quality issues in a browser without script: raised, found, answered, disputed, solved; bad input, two at once, outsiders."""
import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.issues import forms
from portal.issues.rules import alike
from portal.issues.views import listing
from portal.web import labels
from tenants import clock
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.exchange import campaign, raised
from tests.web.browsing import faults_beside
from tests.web.counting import statements
from tests.web.issue_pages import FORM, Signed, act, actions, key_of, next_step, signed, version, words

__all__ = ["signed"]


def test_one_raises_with_the_route_in_sight(signed: Signed, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=["guangdong", "tibet"])
    browser = signed("contact.guangdong")
    page = browser.get("/issues/new").text
    assert "Type two characters of its name or code." in page and "Goes to" not in words(page)
    found = browser.post("/issues/new", {"do": "search", "q": "Spring", "title": "kept", "description": "kept too"})
    assert found.status_code == 200 and f'value="{about}"' in found.text
    assert 'value="kept"' in found.text and "kept too" in found.text
    shown = browser.post("/issues/new", {**FORM, "do": "route", "campaign": str(about), "also": "tibet"})
    assert shown.status_code == 200
    card = words(shown.text)
    assert "Goes to Migu · market" in card and "Respond by" in card and "because this company launched the campaign" in card
    assert "Tibet" in card and "it is named as affected" in card
    sent = browser.post("/issues/new", {**FORM, "campaign": str(about), "also": "tibet"})
    key = key_of(sent)
    page = browser.get(f"/issues/{key}").text
    said = words(page)
    assert "Raised as Q-2026-guangdong-1." in said and next_step(page) == "Waits for Migu · market to accept"
    assert "because this company launched the campaign" in said and "success of orders and cancellations" in said
    assert {"withdraw", "comment", "chase", "join", "pass-on"} <= actions(page) and "accept" not in actions(page)
    assert next_step(signed("market.migu").get(f"/issues/{key}").text) == "Your turn: accept it, or hand it to whom it belongs"
    assert signed("contact.beijing").get(f"/issues/{key}").status_code == 404


def test_a_campaign_that_cannot_be_found_goes_to_customer_service(signed: Signed, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=["guangdong"], name="Cloud night pack")
    browser = signed("contact.guangdong")
    refused = browser.post("/issues/new", {**FORM, "campaign": "unknown"})
    assert refused.status_code == 422 and "required" in faults_beside(refused, "campaign_words")
    key = key_of(browser.post("/issues/new", {**FORM, "campaign": "unknown", "campaign_words": "cloud night"}))
    desk = signed("customer-service")
    page = desk.get(f"/issues/{key}").text
    assert next_step(page) == "Your turn: find out which campaign is meant" and "Cloud night pack" in page
    assert act(desk, key, "identify", q="ab\0").status_code == 422
    vague = act(desk, key, "identify", q="no such")
    assert vague.status_code == 422 and "0 campaigns fit" in vague.text
    assert act(desk, key, "identify", campaign=str(about)).status_code == 303
    assert next_step(browser.get(f"/issues/{key}").text) == "Waits for Migu · market to accept"


@pytest.mark.parametrize(("fields", "field", "says"), [
    ({"campaign": ""}, "campaign", "Choose the campaign"),
    ({"campaign": "0192a000-0000-7000-8000-000000000000"}, "campaign", "no such campaign"),
    ({"title": " "}, "title", "required"), ({"title": "t" * 201}, "title", "At most 200"),
    ({"description": ""}, "description", "required"), ({"severity": "awful"}, "severity", "Choose one"),
    ({"complaint_count": "many"}, "complaint_count", "Between 0"), ({"complaint_count": "-3"}, "complaint_count", "Between 0"),
    ({"also": "beijing"}, "also", "no such unit"), ({"also": "nowhere"}, "also", "no such unit"),
])
def test_bad_input_stands_beside_its_field_and_nothing_is_lost(
        signed: Signed, superuser: Superuser, fields: dict[str, str], field: str, says: str) -> None:
    about = campaign(superuser, "guangdong", lands=["guangdong"])
    sent = {**FORM, "campaign": str(about), "description": "<b>half typed</b> & kept", **fields}
    answer = signed("contact.guangdong").post("/issues/new", sent)
    assert answer.status_code == 422
    assert says in faults_beside(answer, field) or says in words(answer.text), words(answer.text)[:500]
    if "description" not in fields:
        assert "&lt;b&gt;half typed&lt;/b&gt; &amp; kept" in answer.text
    assert 'class="faults"' in answer.text


def test_alike_issues_are_shown_and_joined_instead(signed: Signed, superuser: Superuser, acting: As) -> None:
    about = campaign(superuser, "hq")
    mine, theirs = raised(acting, "contact.guangdong", about), raised(acting, "contact.tibet", about)
    browser = signed("contact.guangdong")
    page = browser.post("/issues/new", {**FORM, "campaign": str(about), "do": "route"}).text
    assert f"/issues/{mine}/join" in page and str(theirs) not in page
    joined = browser.post(f"/issues/{mine}/join", {**FORM, "campaign": str(about)})
    assert joined.status_code == 303
    page = words(browser.get(f"/issues/{mine}").text)
    assert "Customers press cancel; nothing happens." in page and "Complaints 6" in page
    assert browser.post(f"/issues/{theirs}/join", FORM).status_code == 404
    none = browser.post(f"/issues/{mine}/join", {**FORM, "complaint_count": "", "text": "still typed"})
    assert none.status_code == 422 and "still typed" in none.text and "Between 1" in none.text


def test_from_desk_to_desk_with_what_is_offered(signed: Signed, superuser: Superuser, acting: As) -> None:
    about = campaign(superuser, "hq", product="migu")
    key = raised(acting, "contact.guangdong", about)
    owner, company, first = signed("market"), signed("market.migu"), signed("contact.guangdong")
    page = owner.get(f"/issues/{key}").text
    assert {"accept", "hand-over", "ask", "merge"} <= actions(page) and "decline" not in actions(page)
    assert act(owner, key, "hand-over", unit="migu", line="market", reason="the client is at fault").status_code == 303
    page = company.get(f"/issues/{key}").text
    assert "the client is at fault" in page and "decline" in actions(page) and "HQ" in words(page)
    assert act(company, key, "decline", reason="our logs show nothing").status_code == 303
    act(owner, key, "hand-over", unit="migu", line="market", reason="look again")
    assert act(company, key, "decline", reason="still nothing").status_code == 303
    page = company.get(f"/issues/{key}").text
    assert "ruling due" in words(page) and not actions(page) & {"accept", "decline", "hand-over", "resolve"}
    assert "to rule" in next_step(page)
    refused = act(owner, key, "hand-over", unit="migu", line="market", reason="typed in vain")
    assert refused.status_code == 409 and "typed in vain" in refused.text and "line decides" in words(refused.text)
    assert next_step(owner.get(f"/issues/{key}").text) == "Your turn: rule who owns it"
    act(owner, key, "rule", unit="migu", line="market", reason="the client swallows the key")
    page = company.get(f"/issues/{key}").text
    assert "accept" in actions(page) and not actions(page) & {"decline", "hand-over"}
    assert act(company, key, "accept").status_code == 303
    assert act(company, key, "ask", text="Which version?").status_code == 303
    assert next_step(first.get(f"/issues/{key}").text) == "Your turn: the owner asks you something"
    act(first, key, "answer", text="The newest.")
    unfinished = act(company, key, "resolve", root_cause="a missing test", solution=" ")
    assert unfinished.status_code == 422 and "a missing test" in unfinished.text
    assert "required" in faults_beside(unfinished, "resolve-solution")
    act(company, key, "resolve", root_cause="a missing test", solution="mended in 3.1")
    assert next_step(first.get(f"/issues/{key}").text).startswith("Your turn: is the solution")
    act(first, key, "reopen", reason="not for old phones")
    act(company, key, "resolve", root_cause="two missing tests", solution="mended in 3.2")
    assert act(first, key, "confirm").status_code == 303
    page = first.get(f"/issues/{key}").text
    said = words(page)
    assert "Closed" in next_step(page) and "mended in 3.2" in said and "reopened 1 time" in said
    told = ("confirmed: closed", "not for old phones", "the client swallows the key", "our logs show nothing")
    order = [said.index(w) for w in told]
    assert order == sorted(order)                              # newest first


def test_it_waits_since_the_question(signed: Signed, superuser: Superuser, acting: As) -> None:
    key, owner = raised(acting, "contact.guangdong", campaign(superuser, "hq", product="migu")), signed("market")
    act(owner, key, "accept")
    with clock.standing_at(world.NOW + timedelta(days=1)):
        assert act(owner, key, "ask", text="Which version?").status_code == 303
        assert "to reply" in next_step(page := owner.get(f"/issues/{key}").text) and "resolve" in actions(page)
    with clock.standing_at(world.NOW + timedelta(days=3)):
        page = signed("market.migu").get(f"/issues/{key}").text
    assert "to reply" in next_step(page) and "Since 03-11 10:00" in words(page)


def test_what_somebody_else_did_meanwhile_is_shown_beside_what_was_typed(signed: Signed, superuser: Superuser, acting: As) -> None:
    key = raised(acting, "contact.guangdong", campaign(superuser, "hq", product="migu"))
    owner, first = signed("market"), signed("contact.guangdong")
    old = version(owner.get(f"/issues/{key}").text)
    act(first, key, "chase", text="customers wait")
    late = owner.post(f"/issues/{key}/hand-over", {"version": old, "unit": "migu", "line": "market", "reason": "my long reason"})
    assert late.status_code == 412
    page = words(late.text)
    assert "Somebody else has changed" in page and "customers wait" in page and "my long reason" in late.text
    assert owner.post(f"/issues/{key}/accept", {"version": "x"}).status_code == 412
    assert act(owner, key, "hand-over", unit="migu", line="market", reason="my long reason").status_code == 303


def test_bad_input_in_actions(signed: Signed, superuser: Superuser, acting: As) -> None:
    key = raised(acting, "contact.guangdong", campaign(superuser, "guangdong", lands=["guangdong"], product="migu"))
    owner = signed("market.guangdong")
    for fields, says in (({"unit": "tibet", "line": "market", "reason": "r"}, "no such unit"),
                         ({"unit": "", "line": "market", "reason": "r"}, "no such unit"),
                         ({"unit": "migu", "line": "sales", "reason": "r"}, "Choose one"),
                         ({"unit": "migu", "line": "market", "reason": ""}, "required"),
                         ({"unit": "guangdong", "line": "market", "reason": "r"}, "owns it already")):
        answer = act(owner, key, "hand-over", **fields)
        assert answer.status_code == 422 and says in words(answer.text), fields
    assert act(owner, key, "merge", into="Q-2026-tibet-1").status_code == 422
    assert act(owner, key, "link", other="nothing").status_code == 422
    for action, field in (("link", "other"), ("merge", "into"), ("hand-over", "unit"), ("name-party", "unit")):
        assert act(owner, key, action, **{field: "a\0"}).status_code == 422, action
    outside = act(owner, key, "comment", text="hello", mentions="contact@tibet.example")
    assert outside.status_code == 422 and "no such person" in outside.text and "hello" in outside.text
    masked = act(owner, key, "comment", text="call 13812345678")
    assert masked.status_code == 303
    page = words(owner.get(f"/issues/{key}").text)
    assert "13812345678" not in page and "masked" in page
    assert owner.post(f"/issues/{key}/rule", {"unit": "migu"}).status_code == 403
    for bad in ("x", "0192a000-0000-7000-8000-000000000000", "%00"):
        assert owner.get(f"/issues/{bad}").status_code == 404


# of two open issues of Guangdong, one of them accepted: the filter, and how many fit
FILTERS = (
    ("severity=high", 1), ("severity=high&state=accepted", 0), ("q=fault 1", 1), ("q=%25", 0), ("owner=guangdong", 2),
    ("owner=tibet", 0), ("raiser=guangdong&line=market", 2), ("launcher=guangdong", 2), ("launcher=migu", 0), ("campaign=x", 0),
    ("state=nonsense", 0), ("todo=nonsense", 0), ("role=owner", 2), ("overdue=1", 0), ("since=2026-03-11", 0),
    ("until=2026-03-10", 2), ("since=nonsense", 2), ("stage=ordering", 2), ("owner_kind=province", 2),
    ("raiser_kind=headquarters", 0), ("responded=1", 1), ("resolved=1", 0), ("handed_over=1", 0), ("open=1", 2), ("q=%00", 2),
    ("role=<b>", 0))


def test_the_inbox_counts_what_one_has_to_do(signed: Signed, superuser: Superuser, acting: As) -> None:
    about = campaign(superuser, "guangdong", lands=["guangdong"])
    keys = [raised(acting, "contact.guangdong", about, title=f"Fault {n}", severity=s) for n, s in enumerate(("low", "high"))]
    browser = signed("market.guangdong")
    page = browser.get("/issues?todo=answer").text
    assert re.search(r"To accept <span class=\"count amber\">2</span>", page) and page.count("<tr data-href") == 2
    act(browser, str(keys[0]), "accept")
    page = browser.get("/issues?todo=solve").text
    assert page.count("<tr data-href") == 1 and "Fault 0" in page
    assert "Nothing here waits for you" in signed("market.migu").get("/issues?todo=answer").text
    for query, n in (*FILTERS, (f"campaign={about}", 2)):
        answer = browser.get(f"/issues?{query}")
        assert answer.status_code == 200 and answer.text.count("<tr data-href") == n, query
        assert n or "No issue fits these filters" in answer.text or "waits for you" in answer.text
    for kind in forms.TASKS:                                   # also those that can never be this person's
        assert signed("contact.tietong").get(f"/issues?todo={kind}").status_code == 200, kind
    unrelated = browser.get("/issues?q=zzz").text
    assert "Take one away, or show all" in unrelated
    assert "You see those that your unit raised" in signed("contact.tietong").get("/issues").text


def test_the_list_goes_on_by_cursor(signed: Signed, superuser: Superuser, acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    about = campaign(superuser, "hq")
    for n in range(3):
        raised(acting, "contact.guangdong", about, title=f"Fault {n}")
    monkeypatch.setattr(listing, "PAGE", 2)
    browser, seen = signed("contact.guangdong"), list[str]()
    path = "/issues?severity=high"
    for _ in range(2):
        page = browser.get(path).text
        seen += re.findall(r"Fault \d", page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(more[1]) if more else ""
    assert sorted(seen) == ["Fault 0", "Fault 1", "Fault 2"] and not path and "First page" in page
    assert browser.get("/issues?cursor=nonsense").text.count("<tr data-href") == 2


def test_a_file_that_is_not_what_it_says_keeps_the_issue_from_being_raised(signed: Signed, superuser: Superuser) -> None:
    about = campaign(superuser, "hq")
    browser = signed("contact.guangdong")

    def sent(name: str, content: bytes) -> TestResponse:
        return browser.post("/issues/new", {**FORM, "campaign": str(about), "files": (BytesIO(content), name)})
    refused = sent("report.pdf", b"MZ\x90\x00 a program")
    assert refused.status_code == 422 and faults_beside(refused, "files") and "Customers press cancel" in refused.text
    assert "<tr data-href" not in browser.get("/issues").text
    page = browser.get(f"/issues/{key_of(sent('说明.txt', '现象'.encode()))}").text
    assert "说明.txt" in page and "Q-2026-guangdong-1" in page


def test_pages_and_statements(app: Flask, signed: Signed, superuser: Superuser, acting: As) -> None:
    """As many for four issues as for one."""
    about, office, counted = campaign(superuser, "hq"), signed("office"), []
    for more in (["contact.guangdong"], ["contact.tibet", "contact.migu", "contact.beijing"]):
        keys = [raised(acting, who, about) for who in more]
        office.get("/issues")
        with statements(app) as sent:
            page = office.get("/issues")
        assert page.status_code == 200
        counted.append(len(sent))
    assert page.text.count("<tr data-href") == 4 and counted[0] == counted[1] <= 16, counted
    with statements(app) as sent:
        page = office.get(f"/issues/{keys[0]}")
    ids = re.findall(r'\sid="([^"]+)"', page.text)
    assert len(sent) <= 40 and sorted(ids) == sorted(set(ids)), "\n".join(sent)


def test_the_elements_that_go_with_a_warning_are_those_that_have_words() -> None:
    assert {code for of_stage in labels.ELEMENTS.values() for code in of_stage} == alike.ELEMENTS
