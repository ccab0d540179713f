"""The table of who may, complete and in words, and the answer to "why may I not?"."""
from urllib.parse import urlencode

import pytest
from flask import Flask

from portal.permissions import rules
from tenants.access import Appointment, Identity, Subject, permits
from tenants.permissions import TABLE, Permission, Relation, grants
from tenants.vocabulary import Line, Role
from tests.conftest import Superuser
from tests.factories import people
from tests.web.browsing import Browser
from tests.web.test_units import counted, page


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


def test_every_action_and_relation_has_words() -> None:
    assert set(rules.ACTIONS) == set(Permission) and set(rules.RELATIONS) == set(Relation)
    assert sum(len(group) for _, group in rules.GROUPS) == len(Permission)


def test_the_cells_are_the_table() -> None:
    drawn = {(role, relation): frozenset(p for p in Permission if relation in rules.cell(p, role))
             for role in Role for relation in Relation}
    assert {k: v for k, v in drawn.items() if v} == {k: v for k, v in TABLE.items() if v}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Permission))
def test_an_explanation_never_differs_from_the_decision(role: Role, action: Permission) -> None:
    me = people.key("market.guangdong")
    a = Appointment(me, role, 1 if role.value.startswith("hq") else 20, "x", me, Line.MARKET)
    who = Identity(me, "m", "m", (a,))
    for subject in (None, Subject(1, Line.MARKET), Subject(20, Line.MARKET, me), Subject(20, Line.IT), Subject(33, Line.MARKET)):
        said = rules.explain(who, action, subject)
        assert said.allowed == bool(permits(who, action, subject)) == any(v.granted for v in said.verdicts)
        assert {role for role, _ in said.would} == {role for role, _ in grants(action)}


def ask(browser: Browser, who: str, **question: str) -> str:
    return page(browser, f"/permissions?{urlencode(question)}", who)


def test_the_page_shows_each_action_for_each_role(browser: Browser) -> None:
    text = page(browser, "/permissions")
    assert text.count('href="/permissions?action=') == len(Permission)
    assert 'class="state' not in text                        # nothing was asked yet


def test_why_i_may(browser: Browser) -> None:
    text = ask(browser, "contact.guangdong", action="filing.draft", unit="guangdong")
    assert 'class="note green"' in text and 'class="state green"' in text


def test_why_i_may_not_and_whom_to_ask(browser: Browser) -> None:
    text = ask(browser, "market.guangdong", action="filing.draft", unit="guangdong")
    assert 'class="note amber"' in text and "contact@guangdong.example" in text and "contact@migu.example" not in text


def test_nobody_verifies_what_is_their_own(browser: Browser) -> None:
    question = {"action": "assignment.verify", "unit": "guangdong", "line": "market"}
    assert 'class="note green"' in ask(browser, "market", **question)
    assert 'class="note amber"' in ask(browser, "market", **question, own="1")


def test_some_actions_need_a_unit_to_be_judged(browser: Browser) -> None:
    text = ask(browser, "contact.guangdong", action="filing.draft")
    assert 'class="note amber"' in text and 'class="state' not in text


@pytest.mark.parametrize(("who", "others"), [("admin", True), ("office", True), ("auditor", True), ("market", False),
                                             ("contact.guangdong", False)])
def test_the_question_for_somebody_else_is_for_some(browser: Browser, who: str, others: bool) -> None:
    text = ask(browser, who, person="contact@tibet.example", action="filing.draft", unit="tibet")
    assert ('name="person"' in text) == others
    assert ("示例 contact.tibet" in text.split('id="table"')[0].split('class="note')[1][:300]) == others


def test_who_may_ask_about_oneself_only_is_told_whom_the_answer_is_about(browser: Browser) -> None:
    question = {"action": "filing.draft", "unit": "guangdong"}
    browser.client.set_cookie("language", "en")
    text = ask(browser, "contact.guangdong", person="contact@tibet.example", **question)
    assert "about yourself only: the answer is about 示例 contact.guangdong." in text and "contact.tibet" not in text
    for who, person in (("contact.guangdong", "Contact@guangdong.example"), ("contact.guangdong", " "),
                        ("office", "contact@tibet.example")):
        assert "about yourself only" not in ask(browser, who, person=person, **question)


def test_delegated_functions_are_judged_too(browser: Browser, superuser: Superuser) -> None:
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) "
                      "VALUES (gen_random_uuid(), %s, %s, '2026-03-01', '2026-03-31')",
                      (people.appointment_key("contact.tibet"), people.key("market.guangdong")))
    text = ask(browser, "office", person="market@guangdong.example", action="filing.draft", unit="tibet")
    assert 'class="note green"' in text and text.count('class="state green"') == 1 and 'class="state grey"' in text


@pytest.mark.parametrize("question", [
    {"person": "nobody@x.example", "action": "filing.draft"}, {"action": "nonsense"},
    {"action": "filing.draft", "unit": "\x00", "line": "x"}, {"person": "\x00<b>", "unit": "x" * 5000}])
def test_nonsense_is_answered_calmly(browser: Browser, question: dict[str, str]) -> None:
    assert "<b>" not in ask(browser, "office", **question)


def test_the_page_takes_few_statements(app: Flask, browser: Browser) -> None:
    browser.enter("office")
    path = "/permissions?person=contact@tibet.example&action=filing.review&unit=tibet"
    browser.get(path)
    with counted(app) as statements:
        assert browser.get(path).status_code == 200
    assert len(statements) <= 14, "\n".join(statements)
