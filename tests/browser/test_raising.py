"""Raising an issue with a script: choices while one types, the route at once, numbers of people shown masked."""
import pytest

from tests.browser.conftest import Enter
from tests.conftest import Superuser
from tests.factories.exchange import campaign

pytestmark = pytest.mark.browser


def test_the_route_follows_each_choice(enter: Enter, superuser: Superuser) -> None:
    campaign(superuser, "migu", lands=["guangdong", "tibet"])
    page = enter("contact.guangdong", language="en")
    page.goto("/issues/new")
    page.locator("#campaign-q").press_sequentially("Spr", delay=20)
    page.locator("#choices .choice", has_text="Spring data pack").locator("input").check()
    page.locator("#route", has_text="Goes to Migu · market").wait_for()
    page.locator("#also-field summary").click()
    page.get_by_label("Tibet").check()
    page.locator("#route", has_text="Tibet").wait_for()
    medium = page.locator("#route time").last.get_attribute("datetime")
    page.locator("input[name=severity][value=critical]").check()
    page.wait_for_function("t => document.querySelectorAll('#route time')[1].dateTime !== t", arg=medium)
    page.fill("#title", "Cancelling fails")
    page.fill("#description", "A customer, 13812345678, presses cancel in vain.")
    page.locator("text=138****5678").first.wait_for()
    page.locator("button", has_text="Send").click()
    page.wait_for_url("**/issues/*-*")
    assert page.locator("#parties").inner_text().count("Tibet") == 1
    assert "13812345678" not in page.content()
