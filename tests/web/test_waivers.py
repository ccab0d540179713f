"""“Not applicable” as a browser without script sees it: asked on the assignment, judged there or among what waits."""
import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Superuser
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements
from tests.web.test_assignments import NASTY, count_of, key, keys, signed_in, stored, version, words

__all__ = ["key"]
VERIFY = "/assignments/verify"


def request_of(superuser: Superuser, key: str) -> str:
    row = superuser.execute("SELECT id FROM waiver_request WHERE assignment_id = %s ORDER BY id DESC", (key,)).fetchone()
    assert row is not None
    return str(row[0])


def ask(browser: Browser, superuser: Superuser, key: str, reason: str = "no such platform here") -> TestResponse:
    return browser.post(f"/assignments/{key}/waiver", {"reason": reason, "version": version(superuser, key)})


@pytest.fixture
def asked(app: Flask, superuser: Superuser, key: str) -> str:
    assert ask(signed_in(app, "market.guangdong"), superuser, key).status_code == 303
    return key


def test_asked_shown_to_both_and_granted(app: Flask, superuser: Superuser, key: str) -> None:
    owner, base = signed_in(app, "market.guangdong"), f"/assignments/{key}"
    assert f'action="{base}/waiver"' in owner.get(base).text
    sent = ask(owner, superuser, key, NASTY)
    assert (sent.status_code, sent.location) == (303, base)
    mine = owner.get(base).text
    assert "&lt;script&gt;alert(1)" in mine and "<script>alert" not in mine
    assert f'action="{base}/waiver"' not in mine and f'action="{base}/waiver/withdraw"' in mine
    assert f'action="{base}/progress"' in mine                                        # work may go on
    assert 'name="verdict"' not in mine
    lead = signed_in(app, "market", base)
    assert 'value="grant"' in (page := lead.get(base).text) and "&lt;script&gt;alert(1)" in page
    verdict = {"waiver": request_of(superuser, key), "verdict": "grant", "remark": "agreed"}
    assert lead.post(f"{base}/waiver/verdict", verdict).location == base
    assert stored(superuser, key)[0] == "cancelled"
    assert lead.post(f"{base}/waiver/verdict", verdict).status_code == 409            # the same form once more
    after = owner.get(base).text
    assert "agreed" in after and f'action="{base}/waiver' not in after
    assert count_of(owner.get("/assignments?counted=1").text) == count_of(owner.get("/assignments").text) - 1


@pytest.mark.parametrize("reason", ["", " \0\n", "长" * 10_000])
def test_a_reason_that_is_none_stands_beside_its_field(app: Flask, superuser: Superuser, key: str, reason: str) -> None:
    answer = ask(signed_in(app, "contact.guangdong"), superuser, key, reason)
    assert answer.status_code == 422 and faults_beside(answer, "waiver-reason") and 'href="#waiver-reason"' in answer.text
    assert reason.strip(" \0\n") in answer.text and re.search(r"<details[^>]* open", answer.text)
    assert superuser.execute("SELECT count(*) FROM waiver_request").fetchone() == (0,)


def test_a_verdict_that_is_none_stands_where_it_was_given(app: Flask, superuser: Superuser, asked: str) -> None:
    lead, base, request = signed_in(app, "market", VERIFY), f"/assignments/{asked}", request_of(superuser, asked)
    for back, field in (("", "waiver-remark"), (VERIFY, f"remark-{asked}")):
        for verdict, remark in (("decline", " "), ("", "kept words"), ("decline", "长" * 10_000)):
            answer = lead.post(f"{base}/waiver/verdict", {"waiver": request, "verdict": verdict, "remark": remark, "next": back})
            assert answer.status_code == 422 and faults_beside(answer, field) and remark in answer.text, (back, verdict)
            assert f'href="#{field}"' in answer.text
    for stale in ("", "x", "0192a000-0000-7000-8000-00000000ffff"):
        typed = {"waiver": stale, "verdict": "decline", "remark": "kept words", "next": VERIFY}
        answer = lead.post(f"{base}/waiver/verdict", typed)
        assert answer.status_code == 412 and "kept words" in answer.text, stale
    assert stored(superuser, asked)[0] == "open"


def test_what_was_typed_for_a_request_answered_meanwhile_is_not_lost(app: Flask, superuser: Superuser, asked: str) -> None:
    lead, base, request = signed_in(app, "market"), f"/assignments/{asked}", request_of(superuser, asked)
    assert signed_in(app, "contact.guangdong").post(f"{base}/waiver/withdraw", {}).status_code == 303
    answer = lead.post(f"{base}/waiver/verdict", {"waiver": request, "verdict": "decline", "remark": "my long words"})
    assert answer.status_code == 409 and "my long words" in answer.text
    typed = {"waiver": request, "verdict": "decline", "remark": "my long words", "next": VERIFY}
    answer = lead.post(f"{base}/waiver/verdict", typed)
    assert answer.status_code == 409 and "my long words" in answer.text
    handed = {"reason": "my other words", "version": version(superuser, asked)}
    superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-09' WHERE id = %s", (asked,))
    answer = signed_in(app, "contact.guangdong").post(f"{base}/waiver", handed)
    assert answer.status_code == 409 and "my other words" in answer.text


def test_what_waits_is_listed_and_judged_in_place(app: Flask, superuser: Superuser, asked: str) -> None:
    lead = signed_in(app, "market", VERIFY)
    page = lead.get(VERIFY).text
    assert count_of(page) == 1 and "no such platform here" in page and f'id="a-{asked}"' in page
    verdict = {"waiver": request_of(superuser, asked), "verdict": "decline", "remark": "it applies to all", "next": VERIFY}
    assert lead.post(f"/assignments/{asked}/waiver/verdict", verdict).location == VERIFY
    assert count_of(lead.get(VERIFY).text) == 0
    assert "it applies to all" in signed_in(app, "contact.guangdong").get(f"/assignments/{asked}").text
    for who in ("network", "leader"):
        assert count_of(signed_in(app, who).get(VERIFY).text) == 0


def test_the_page_of_verdicts_asks_the_database_as_often_for_many_as_for_one(app: Flask, superuser: Superuser, asked: str) -> None:
    lead, contact, sent = signed_in(app, "market", VERIFY), signed_in(app, "contact.guangdong"), []
    for more in ([], keys(superuser)[1:4]):
        for other in more:
            ask(contact, superuser, other)
        with statements(app) as found:
            page = lead.get(VERIFY)
        sent.append(len(found))
    assert count_of(page.text) == 4 and sent[1] <= sent[0] + 1 <= 18, sent       # one more person's name


def test_the_list_can_be_narrowed_to_what_was_asked(app: Flask, superuser: Superuser, asked: str) -> None:
    for who, found in (("market", 1), ("contact.guangdong", 1), ("contact.tibet", 0), ("network", 0), ("auditor", 1)):
        assert count_of(page := signed_in(app, who).get("/assignments?requested=1").text) == found, who
    assert 'name="requested" value="1" checked' in page
    assert count_of(signed_in(app, "market").get("/assignments?requested=1&unit=tibet").text) == 0


def test_it_lies_on_the_desks_of_both(app: Flask, asked: str) -> None:
    here = f'href="/assignments/{asked}#waiver"'
    for who, shown in (("market", True), ("office", False), ("network", False), ("contact.guangdong", True),
                       ("market.guangdong", True), ("contact.tibet", False)):
        browser = signed_in(app, who)
        browser.client.set_cookie("language", "en")
        page = browser.get("/desk").text
        assert (here in page) == shown, who
        if shown:
            assert ("asks for “not applicable”" if who == "market" else "decides whether it applies") in words(page)
