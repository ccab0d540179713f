"""A plan that saves itself while one types: a person is never told to have been in one's own way."""
import time

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from tenants.db import db
from tests.browser.conftest import Enter
from tests.browser.looking import breaches
from tests.conftest import As, Superuser
from tests.factories.plans import draft

pytestmark = pytest.mark.browser


@pytest.fixture
def contact(app: Flask, acting: As, enter: Enter) -> Page:
    with acting("contact.guangdong") as actor:
        key = draft(actor).id
        db.session.commit()
    page = enter("contact.guangdong")
    page.goto(f"/filings/{key}")
    return page


def slow(route: Route) -> None:
    """What saves itself takes a while to be answered."""
    if "x-autosave" not in route.request.headers:
        route.continue_()
        return
    answer = route.fetch()
    time.sleep(1)
    route.fulfill(response=answer)


def test_saving_by_hand_waits_for_what_saves_itself(contact: Page, superuser: Superuser) -> None:
    contact.route("**/filings/*", slow)
    with contact.expect_request(lambda r: "x-autosave" in r.headers):
        contact.fill("textarea[name=team]", "saved by itself")
    contact.fill("textarea[name=team]", "saved by hand")
    with contact.expect_navigation():
        contact.click("button.btn[name=action][value=save]")
    assert contact.locator(".theirs").count() == 0
    assert contact.input_value("textarea[name=team]") == "saved by hand"
    assert superuser.execute("SELECT team FROM filing").fetchone() == ("saved by hand",)


def test_a_fault_stands_beside_the_field_that_one_has_left(contact: Page) -> None:
    """The milestone's day is told where a later date is typed; what is mended loses its mark, and nothing else is marked."""
    due, team = contact.locator("input[name$='.due']").first, contact.locator("textarea[name=team]")
    before = due.input_value()
    due.fill("2026-12-31")
    fault = contact.locator("td .error")
    fault.wait_for()
    assert due.get_attribute("max") in fault.inner_text() and due.get_attribute("aria-invalid") == "true"
    assert due.get_attribute("aria-describedby") == fault.get_attribute("id")
    assert contact.locator("tr.faulty").count() == 1 and breaches(contact, "with a fault") == []
    team.fill("")
    team.blur()
    contact.locator("#team-fault").wait_for()
    assert "team-help" in (team.get_attribute("aria-describedby") or "") and contact.locator(".error").count() == 2
    due.fill(before)
    team.fill("a team of six")
    expect(contact.locator(".error, [aria-invalid], tr.faulty")).to_have_count(0, timeout=20_000)
    assert team.get_attribute("aria-describedby") == "team-help"


def test_what_cannot_be_saved_is_marked_while_one_types(contact: Page, superuser: Superuser) -> None:
    contact.fill("textarea[name=team]", "x" * 100_000)
    contact.locator("#team-fault").wait_for()
    assert contact.locator("[data-autosave-status]").get_attribute("data-state") == "fault"
    assert superuser.execute("SELECT team FROM filing").fetchone() != ("x" * 100_000,)


def standing(contact: Page) -> list[str]:
    """What the page says of how far the plan is: next step, facts, head of the assignments, foot."""
    places = (".next .what", ".panel .facts", "#assignments header", ".submit-bar span.muted")
    return [contact.locator(at).inner_text() for at in places]


def test_how_far_the_plan_is_is_true_without_loading_it_again(contact: Page) -> None:
    """For the eye; the one thing that is read aloud is that it was saved."""
    whole = standing(contact)
    for field in ("textarea[name=team]", "textarea[name$='.measure'] >> nth=0", "textarea[name$='.measure'] >> nth=1"):
        contact.fill(field, "")
    expect(contact.locator(".submit-bar span.muted")).to_contain_text("3", timeout=20_000)
    wanting = standing(contact)
    assert contact.locator("[role=status]:not(:empty), [aria-live]:not(:empty)").all_inner_texts() == [
        contact.locator("[data-autosave-status]").inner_text()]
    contact.reload()
    assert standing(contact) == wanting != whole
