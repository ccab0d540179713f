"""Reviewing plans in the browser: a line's part, what changed in it, the next unit, questions and answers."""
import re
from html import unescape
from uuid import uuid4

from flask import Flask

from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories.plans import draft
from tests.services.delivering import deliver
from tests.web.browsing import faults_beside
from tests.web.filing_pages import (
    CONTACT,
    NASTY,
    Signed,
    form_of,
    key,
    legible,
    signed,
    stored,
    submit,
    submitted,
    value,
    words,
)

__all__ = ["key", "signed", "submitted"]               # fixtures


def test_review_return_correct_and_what_changed_is_marked(signed: Signed, submitted: str, superuser: Superuser, app: Flask) -> None:
    at, market, unit = f"/filings/{submitted}", signed("market"), signed(CONTACT)
    assert "/review?line=market" in market.get(at).text
    page = market.get(f"{at}/review")
    fields = form_of(page, "review")
    first = next(k for k in fields if k.startswith("remark."))
    for bad, place in (({"verdict": "return"}, "remark"), ({}, "remark"), ({"verdict": "approve", first: "who?"}, "remark"),
                       ({"verdict": "return", first: "x" * 2001}, first),
                       ({"verdict": "return", "remark": "x" * 3_000_000}, "remark")):
        refused = market.post(f"{at}/review", {**fields, **bad})
        assert refused.status_code == 422 and faults_beside(refused, place)
        typed = form_of(refused, "review")
        assert all(typed[k] == v for k, v in bad.items() if k != "verdict")
    assert stored(superuser, "state") == "submitted"
    market.post(f"{at}/review", {**fields, "verdict": "return", first: NASTY, "remark": "<u>whole</u>"})
    assert stored(superuser, "state") == "returned"
    # the unit reads it where it belongs, and may look at just that
    page = unit.get(f"{at}?returned=1")
    mended = f"items.{first.removeprefix('remark.')}.measure"
    few = form_of(page)
    assert [k for k in few if k.endswith(".measure")] == [mended]
    assert NASTY in unescape(page.text) and not re.search("<script>alert|<u>whole|<b>示例", page.text)
    stale = unit.post(at, {**few, "version": "1", "base": "", mended: "by <b>two</b>"})
    assert stale.status_code == 412 and len([k for k in form_of(stale) if k.endswith(".measure")]) > 20
    assert all(v for k, v in form_of(stale).items() if k.endswith(".measure"))           # rows not shown are not emptied
    unit.post(at, {**few, mended: "by <b>two</b>", "action": "submit"})
    assert stored(superuser, "state") == "submitted"
    # an old page does not judge what it has not shown, and loses no word
    old = market.post(f"{at}/review", {**fields, "verdict": "approve", "remark": "fine by me"})
    assert old.status_code == 412 and form_of(old, "review")["remark"] == "fine by me"
    page = market.get(f"{at}/review")
    assert page.text.count('class="was"') == 1 and "as agreed" in page.text and "by &lt;b&gt;two" in page.text
    assert signed("network").get(f"{at}/review").text.count('class="was"') == 0           # nothing of theirs changed
    done = market.post(f"{at}/review", {**form_of(page, "review"), "verdict": "approve"})
    assert done.status_code == 303
    shut = market.get(f"{at}/review")
    assert 'name="verdict"' not in shut.text
    deliver(app)
    notices = unit.get("/notices")
    assert "示例" not in notices.text or not re.search("<script>alert|<b>示例", notices.text)
    for who in (market, unit, signed("auditor")):
        assert not re.search("<script>alert|<u>whole|<b>(two|示例)", who.get(at).text)


def test_a_line_that_has_judged_its_part_waits_for_the_others(signed: Signed, submitted: str) -> None:
    at, market, office = f"/filings/{submitted}", signed("market"), signed("office")
    for browser in (market, office):
        browser.client.set_cookie("language", "en")
    assert "Your turn" in words(market.get(at)) and "Your turn" in words(office.get(at))
    market.post(f"{at}/review", {**form_of(market.get(f"{at}/review"), "review"), "verdict": "approve"})
    page = market.get(at)
    assert "Your turn" not in words(page) and "Waits for headquarters" in words(page)
    assert f"{at}/review?line=market" in page.text                       # to read it again, or to answer
    page = office.get(at)                                                # stands in for the others still
    assert "Your turn" in words(page) and f'primary" href="{at}/review?line=market' not in page.text


def test_approve_all_and_the_next_unit(signed: Signed, acting: As, submitted: str, superuser: Superuser) -> None:
    with acting("contact.beijing") as contact:
        draft(contact)
        db.session.commit()
        other = str(value(superuser, f"SELECT id FROM filing WHERE id <> '{submitted}'"))
    submit(signed("contact.beijing"), other)
    it = signed("it")
    fields = form_of(it.get(f"/filings/{submitted}/review"), "review")
    for at, more in ((submitted, {"next": "1"}), (other, {})):
        told = it.post(f"/filings/{at}/review", {"line": "it", "round": fields["round"], "verdict": "approve", **more})
        assert told.location.startswith(f"/filings/{other}/review")
    assert it.get(f"/filings/{submitted}/review?line=market").status_code == 403
    assert it.get(f"/filings/{submitted}/review?line=nonsense").status_code == 404
    assert signed("office").get(f"/filings/{submitted}/review?line=market").status_code == 200
    assert signed(CONTACT).get(f"/filings/{submitted}/review").status_code == 403
    assert signed("leader").post(f"/filings/{submitted}/review", {"line": "it", "verdict": "approve"}).status_code == 403
    # another line returned it meanwhile: the words of this one are shown, and not taken
    network = signed("network")
    fields = form_of(network.get(f"/filings/{submitted}/review"), "review")
    market = signed("market")
    market.get(f"/filings/{submitted}/review")
    market.post(f"/filings/{submitted}/review", {"line": "market", "verdict": "return", "remark": "thin"})
    refused = network.post(f"/filings/{submitted}/review", {**fields, "verdict": "return", "remark": "my <i>words</i>"})
    assert refused.status_code == 409 and "my &lt;i&gt;words" in refused.text
    network.client.set_cookie("language", "en")
    approved = network.post(f"/filings/{submitted}/review", {**fields, "verdict": "approve"})
    assert "This plan is not under review now." in approved.text and "“return”" not in approved.text


def test_questions_and_answers(signed: Signed, key: str, submitted: str, superuser: Superuser, app: Flask) -> None:
    at, unit = f"/filings/{submitted}", signed(CONTACT)
    row = str(value(superuser, "SELECT id FROM filing_item WHERE line = 'network' LIMIT 1"))
    unit.get(at)
    refused = unit.post(f"{at}/ask", {"item": row, "text": "?" * 2001})
    assert refused.status_code == 422 and "?" * 2001 in refused.text and faults_beside(refused, f"say-{row}")
    assert unit.post(f"{at}/ask", {"item": row, "text": NASTY, "back": "//evil.example"}).location.endswith(at)
    assert unit.post(f"{at}/ask", {"item": str(uuid4()), "text": "x"}).status_code == 404
    network = signed("network")
    page = network.get(f"{at}/review")
    assert NASTY in unescape(page.text) and "<script>alert" not in page.text
    empty = network.post(f"{at}/answer", {"item": row, "text": " \0 "})
    assert empty.status_code == 422 and faults_beside(empty, f"say-{row}")
    said = {"item": row, "text": "like <b>this</b>", "back": f"{at}/review?line=network"}
    assert network.post(f"{at}/answer", said).status_code == 303
    assert "like &lt;b&gt;this" in unit.get(at).text
    assert "like &lt;b&gt;" not in signed("market").get(at).text                     # another line's item
    deliver(app)
    for browser, sign in ((unit, "like"), (network, "alert")):
        seen = browser.get("/notices").text
        assert sign in seen and not re.search("<script>alert|<b>", seen)
    # while it is being written the questions have their own place
    superuser.execute("UPDATE filing SET state = 'returned'")
    unit.get(at)
    assert faults_beside(unit.post(f"{at}/ask", {"item": "", "text": " "}), "text")
    assert unit.post(f"{at}/ask", {"item": "", "text": "when?", "back": f"{at}#questions"}).location == f"{at}#questions"


def test_a_lines_words_on_its_whole_part_stand_with_it_and_are_its_own(signed: Signed, submitted: str) -> None:
    at = f"/filings/{submitted}"
    for line in ("enterprise", "customer-service"):
        lead = signed(line)
        page = lead.get(f"{at}/review")
        lead.post(f"{at}/review", {**form_of(page, "review"), "verdict": "return", "remark": f"thin words of {line}"})
        if line == "enterprise":
            unit = signed(CONTACT)
            parts = _panels(unit.get(at).text)
            assert "thin words" in parts["assignments"] and "thin words" not in parts["general"]
            submit(unit, submitted)
    for who, sees in ((CONTACT, "both"), ("market.guangdong", ""), ("enterprise.guangdong", "enterprise"),
                      ("office", "both"), ("market", ""), ("enterprise", "enterprise")):
        parts = _panels(signed(who).get(at).text)
        whole = "".join(parts.values())
        assert ("thin words of enterprise" in parts["assignments"]) is (sees in ("both", "enterprise")), who
        assert ("thin words of enterprise" in whole) is (sees in ("both", "enterprise")), who
        assert ("thin words of customer-service" in parts.get("general", "")) is ("general" in parts), who
        assert "thin words of enterprise" not in parts.get("general", ""), who
    for line, sees in (("enterprise", "enterprise"), ("customer_service", "customer-service")):
        page = signed("office").get(f"{at}/review?line={line}").text
        notes = re.findall(r'<ul class="notes">(.*?)</ul>', page, re.S)
        assert [re.findall("thin words of ([a-z-]+)", found) for found in notes] == [[sees]], line


def _panels(page: str) -> dict[str, str]:
    """Section → what stands in it."""
    return dict(re.findall(r'<section class="panel[^"]*" id="([a-z]+)"(.*?)</section>', page, re.S))


def test_a_verdict_whose_session_had_ended_shows_the_words_and_not_what_the_form_carries(signed: Signed, submitted: str) -> None:
    at, market = f"/filings/{submitted}", signed("market")
    fields = form_of(market.get(f"{at}/review"), "review")
    market.client.delete_cookie("portal")
    market.post(f"{at}/review", {**fields, "verdict": "return", "remark": "say who and when"})
    market.sign_in("market", next="/resume")
    shown = legible(market.get("/resume"))
    assert "say who and when" in shown and not shown & {str(fields["round"]), "market"}
