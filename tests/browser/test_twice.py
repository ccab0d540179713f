"""Pressed twice, it is done once, with script and without; several are acknowledged by keyboard alone."""
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.conftest import As, Superuser
from tests.factories.bulletins import bulletin
from tests.factories.exchange import campaign, raised
from tests.web.test_acknowledging import acknowledged, launched

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False])
def test_a_button_pressed_twice(enter: Enter, acting: As, superuser: Superuser, script: bool) -> None:
    key = raised(acting, "contact.guangdong", campaign(superuser, "migu", lands=["guangdong"]))
    page = enter("contact.guangdong", language="en", script=script)
    page.goto(f"/issues/{key}")
    form = page.locator(f'form[action="/issues/{key}/comment"]')
    page.locator("details", has=form).last.locator("> summary").click()
    form.locator("textarea").fill("Seen again today.")
    form.get_by_role("button").dblclick()
    expect(page.get_by_text("Seen again today.").first).to_be_visible()
    assert superuser.execute("SELECT count(*) FROM issue_comment WHERE text = 'Seen again today.'").fetchone() == (1,)


@pytest.mark.parametrize("script", [True, False])
def test_several_are_acknowledged_without_a_mouse(enter: Enter, acting: As, superuser: Superuser, script: bool) -> None:
    news, issued = launched(acting, "M-1", "guangdong"), bulletin(acting, "guangdong")
    launched(acting, "M-2", "guangdong")
    page = enter("contact.guangdong", language="en", script=script)
    page.goto("/desk")
    for what in ("M-1 Pack M-1", "Read and acknowledge bulletin"):
        page.get_by_label(f"Pick {what}").focus()
        page.keyboard.press("Space")
    if script:
        expect(page.locator("#acknowledging [data-picked]")).to_have_text("2")
    page.get_by_role("button", name="Acknowledge those picked").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Acknowledged: 2.").first).to_be_visible()
    assert set(acknowledged(superuser)) == {news, issued}
    expect(page.locator("[data-pick]")).to_have_count(1)
