"""Enter in a field: it saves, and does nothing that one has not pressed."""
import pytest
from flask import Flask

from portal.filings import queries, service
from tenants.db import db
from tests.browser.conftest import Enter
from tests.browser.looking import breaches
from tests.conftest import As, Superuser
from tests.factories.plans import draft

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False])
def test_enter_in_a_percent_field_saves_all_and_hands_in_nothing(enter: Enter, superuser: Superuser, script: bool) -> None:
    page = enter("market.guangdong", script=script)
    page.goto("/assignments/progress")
    assert not script or breaches(page, "/assignments/progress") == []
    field = page.locator("input[name^='percent.']").nth(1)
    key = (field.get_attribute("name") or "").removeprefix("percent.")
    field.fill("35")
    with page.expect_navigation():
        field.press("Enter")
    assert superuser.execute("SELECT state, percent FROM assignment WHERE id = %s", (key,)).fetchone() == ("open", 35)
    assert superuser.execute("SELECT count(*) FROM assignment WHERE state = 'handed_in'").fetchone() == (0,)


def test_enter_beneath_a_missing_colleague_adds_the_colleague(app: Flask, acting: As, enter: Enter, superuser: Superuser) -> None:
    with acting("contact.guangdong") as actor:
        key = draft(actor).id
        db.session.commit()
    page = enter("contact.guangdong", script=False)
    page.goto(f"/filings/{key}")
    page.locator("#new_name").locator("xpath=ancestor::details").locator("summary").click()
    page.fill("#new_name", "示例 新人")
    page.fill("#new_email", "new@guangdong.example")
    with page.expect_navigation():
        page.press("#new_email", "Enter")
    assert superuser.execute("SELECT name FROM person WHERE email = 'new@guangdong.example'").fetchone() == ("示例 新人",)
    assert page.locator("select[name='contacts.contact'] option", has_text="示例 新人").count() == 1


def test_enter_beneath_a_plan_under_review_gives_no_verdict(app: Flask, acting: As, enter: Enter, superuser: Superuser) -> None:
    with acting("contact.guangdong") as actor:
        key = draft(actor).id
        db.session.commit()
    with acting("contact.guangdong") as actor:
        service.submit(queries.one(actor, key), actor=actor)
        db.session.commit()
    page, sent = enter("market"), []
    page.goto(f"/filings/{key}/review")
    page.on("request", lambda request: sent.append(request.method))
    page.press("input[name=next]", "Enter")
    page.goto("/desk")
    assert "POST" not in sent
    assert superuser.execute("SELECT count(*) FROM filing_review").fetchone() == (0,)
