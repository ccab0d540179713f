"""A plan that saves itself while one types: a person is never told to have been in one's own way."""
import time

import pytest
from flask import Flask
from playwright.sync_api import Page, Route

from tenants.db import db
from tests.browser.conftest import Enter
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
