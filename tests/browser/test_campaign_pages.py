"""The pages of campaigns: no breach of accessibility rules, nothing on the console; the picker of units works with script."""
import io
from functools import partial

import pytest

from portal.campaigns import queries, service
from tenants.db import db
from tests.browser.conftest import Enter
from tests.browser.looking import walk
from tests.conftest import As, Superuser
from tests.factories.campaigns import checked, content, live
from tests.services.test_campaigns import caution_for
from tests.web.test_campaign_import import WRONG, made, rows

pytestmark = pytest.mark.browser
PAGES = {
    "market.guangdong": ("/campaigns", "/campaigns/new", "/campaigns/import", "/campaigns/import/<upload>", "/campaigns/<draft>",
                         "/campaigns/<live>", "/campaigns/<live>/edit", "/cautions", "/desk"),
    "office": ("/campaigns?state=live&q=pack", "/campaigns/<live>", "/campaigns/<network>", "/cautions")}


@pytest.fixture
def keys(acting: As, superuser: Superuser) -> dict[str, str]:
    """A draft, one that is live with news not acknowledged, a warning about it, one for the whole network, an upload."""
    with acting("market.guangdong") as actor:
        draft = checked(actor, content(code="C-0", training_on=None))
        service.check(draft, "training", "not_applicable", "nobody sells it by telephone", actor=actor)
        running = live(actor, content(product_owner="migu"))
        upload = service.upload(io.BytesIO(made(rows(30, WRONG))), "many.xlsx", actor=actor)
        found = {"draft": draft.id, "live": running.id, "upload": upload.id}
        unit = running.unit_id
        db.session.commit()
    with acting("market") as actor:
        found["network"] = live(actor, content("hq", lands_in="network")).id
        service.chase_receipts(queries.one(actor, found["network"]), "please", actor=actor)
        db.session.commit()
    caution_for(superuser, found["live"], unit)
    return {kind: str(key) for kind, key in found.items()}


@pytest.mark.timeout(300)
@pytest.mark.long
@pytest.mark.parametrize(("width", "dark", "language"), [(375, True, "zh"), (1440, False, "en")])
def test_no_page_breaks_the_rules(enter: Enter, keys: dict[str, str], width: int, dark: bool, language: str) -> None:
    assert walk(partial(enter, width=width, dark=dark, language=language), PAGES, keys) == []


def test_registered_judged_and_live_with_script(enter: Enter, acting: As, superuser: Superuser) -> None:
    page = enter("market.migu", language="en")
    page.goto("/campaigns/new")
    for name, value in (("code", "B-1"), ("name", "Browser pack"), ("starts", "2026-04-01"), ("ends", "2026-12-31")):
        page.fill(f"#{name}", value)
    page.click("#lands_in-ts-control")
    page.keyboard.type("Guangdong")
    page.locator(".ts-dropdown-content .option", has_text="Guangdong").click()
    page.get_by_role("button", name="Register", exact=True).click()
    page.wait_for_url("**/campaigns/0*")
    assert "Browser pack" in page.inner_text("h1") and "Guangdong" in page.inner_text("#facts")
    page.locator("#element-rules summary").click()
    page.locator("#element-rules").get_by_label("met", exact=True).check()
    page.locator("#element-rules").get_by_role("button", name="Keep the verdict").click()
    assert "Say what shows that it is met" in page.inner_text("#element-rules")       # neither words nor a file
    assert page.locator("#element-rules").get_by_label("met", exact=True).is_checked()
    page.fill("#rules-reason", "The rules of the offer were read by two of us.")
    page.locator("#element-rules").get_by_role("button", name="Keep the verdict").click()
    page.wait_for_selector("#element-rules .state.green")
