"""An owner who leaves: said beside the name wherever it stands, and the unit's contact is asked to name another."""
import re
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people
from tests.services.plan_turns import CONTACT, GD, Opened, judge, key, opened, submit
from tests.services.test_ended import end
from tests.web.browsing import Enter
from tests.web.filing_pages import form_of
from tests.web.test_assignments import count_of, version, words
from tests.web.test_desk import desk, panel

__all__ = ["key", "opened"]                            # fixtures

OWNER = f"market.{GD}"
TASK = re.compile(r"(\d+) assignments have an owner who has left: name another")
MARKED = f"示例 {OWNER} has left"


def leaves(superuser: Superuser, name: str = OWNER) -> None:
    superuser.execute("UPDATE person SET left_on = '2026-03-10' WHERE id = %s", (people.key(name),))


def approve(opened: Opened) -> None:
    for line in Line:
        judge(opened, line)


@pytest.fixture
def in_force(opened: Opened, superuser: Superuser) -> None:
    """A plan approved while its owner, who owns every row, was still there."""
    submit(opened)
    approve(opened)
    leaves(superuser)


def test_who_reviews_sees_that_an_owner_has_left_since(opened: Opened, key: UUID, superuser: Superuser, enter: Enter) -> None:
    submit(opened)
    review, plan = enter("market"), enter(CONTACT)
    assert "has left" not in words(review.get(f"/filings/{key}/review").text) + words(plan.get(f"/filings/{key}").text)
    leaves(superuser)
    assert MARKED in words(review.get(f"/filings/{key}/review").text)
    assert MARKED in words(plan.get(f"/filings/{key}").text)


def test_the_form_says_so_in_its_choices(key: UUID, superuser: Superuser, enter: Enter) -> None:
    contact = enter(CONTACT)
    leaves(superuser)
    page = contact.get(f"/filings/{key}")
    chosen = re.search(r'<select[^>]*name="items\.[^"]+\.owner".*?</select>', page.text, re.S)
    assert chosen
    said = re.findall(r"<option[^>]*>([^<]*has left[^<]*)</option>", chosen[0])
    assert said == [f"示例 {OWNER} · has left"]
    assert str(people.key(OWNER)) in form_of(page).values()                  # it stays chosen until another is


@pytest.mark.usefixtures("in_force")
def test_the_contact_has_one_task_that_opens_just_those_rows(app: Flask, superuser: Superuser, enter: Enter) -> None:
    one = superuser.execute("UPDATE assignment SET owner_id = %s WHERE unit_id = 20 AND code = '05-M' RETURNING id",
                            (people.key(f"member.{GD}"),)).fetchone()
    assert one
    contact = enter(CONTACT)
    page = contact.get("/desk")
    said = TASK.findall(panel(page, "mine"))
    link = re.search(r'<li data-href="([^"]*owner_left=1[^"]*)".*?</li>', page.text, re.S)
    assert len(said) == 1 and link and "programme of 2026" in words(link[0])
    rows = contact.get(unescape(link[1]))
    assert count_of(rows.text) == int(said[0]) > 20 and str(one[0]) not in rows.text
    assert "owner has left" in words(rows.text) and MARKED in words(rows.text)
    for name in (f"head.{GD}", f"network.{GD}", "contact.tibet", "market", "office"):
        assert not TASK.search(panel(desk(app, name), "mine")), name


@pytest.mark.usefixtures("in_force")
def test_each_row_leads_to_where_the_contact_names_another(superuser: Superuser, enter: Enter) -> None:
    contact = enter(CONTACT)
    before = TASK.search(panel(contact.get("/desk"), "mine"))
    to = re.search(r'href="(/assignments/([0-9a-f-]{36}))#name-owner"', contact.get("/assignments?owner_left=1").text)
    assert before and to
    page = contact.get(to[1]).text
    assert MARKED in words(page) and 'id="name-owner"><details class="more body" open>' in page
    assert f"Waits for Guangdong · 示例 {OWNER}" not in words(page)
    sent = {"version": version(superuser, to[2]), "owner": str(people.key(f"member.{GD}"))}
    assert contact.post(f"{to[1]}/owner", sent).status_code == 303
    assert "has left" not in words(contact.get(to[1]).text)
    after = TASK.search(panel(contact.get("/desk"), "mine"))
    assert after and int(after[1]) == int(before[1]) - 1
    assert "#name-owner" not in enter("office").get("/assignments?owner_left=1").text          # who names nobody


@pytest.mark.usefixtures("in_force")
def test_where_nobody_can_be_named_any_more_nobody_is_asked(superuser: Superuser, enter: Enter, acting: As) -> None:
    superuser.execute("UPDATE assignment SET state = 'handed_in', percent = 100, handed_in_on = '2026-03-10'"
                      " WHERE unit_id = 20 AND code <> '05-M'")
    contact = enter(CONTACT)
    said = TASK.search(panel(contact.get("/desk"), "mine"))
    assert said and said[1] == "1"
    end(acting)
    assert not TASK.search(panel(contact.get("/desk"), "mine"))


def test_who_works_elsewhere_now_has_left_too(opened: Opened, superuser: Superuser, enter: Enter) -> None:
    submit(opened)
    approve(opened)
    contact = enter(CONTACT)
    assert not TASK.search(panel(contact.get("/desk"), "mine"))
    superuser.execute("UPDATE appointment SET unit_id = (SELECT id FROM unit WHERE code = 'tibet') WHERE person_id = %s",
                      (people.key(OWNER),))
    assert TASK.search(panel(contact.get("/desk"), "mine"))
    assert MARKED in words(contact.get("/assignments?owner_left=1").text)


def test_the_work_on_systems_is_given_to_another_as_well(opened: Opened, superuser: Superuser, enter: Enter) -> None:
    """It arises from the plan, owned by the counterpart of its line, and has no agreed start."""
    submit(opened)
    approve(opened)
    leaves(superuser, f"it.{GD}")
    contact = enter(CONTACT)
    said = TASK.search(panel(contact.get("/desk"), "mine"))
    found = superuser.execute("SELECT id FROM assignment WHERE unit_id = 20 AND template_kind = 'system' AND owner_id = %s",
                              (people.key(f"it.{GD}"),)).fetchall()
    assert said and len(found) > 1 and int(said[1]) == len(found)
    at, sent = f"/assignments/{found[0][0]}", {"owner": str(people.key(f"member.{GD}"))}
    assert contact.post(f"{at}/owner", {**sent, "version": version(superuser, str(found[0][0]))}).status_code == 303
    assert f"member.{GD}" in words(contact.get(at).text)
    left = TASK.search(panel(contact.get("/desk"), "mine"))
    assert left and int(left[1]) == len(found) - 1
