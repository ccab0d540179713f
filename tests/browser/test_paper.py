"""On paper: the board of all units on one page, in letters that can be read; black on white whatever the screen shows."""
import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Enter
from tests.conftest import As, Superuser
from tests.factories.exchange import campaign, raised

pytestmark = pytest.mark.browser
POINT = 96 / 72                                        # CSS pixels
_SIZES = """[...document.querySelectorAll("main *")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".unseen"))
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
  .map(e => parseFloat(getComputedStyle(e).fontSize))"""


def pages(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_board_of_all_units_fits_one_page(enter: Enter, superuser: Superuser, language: str) -> None:
    superuser.execute("UPDATE assignment SET state = 'cancelled' WHERE id = (SELECT min(id::text)::uuid FROM assignment)")
    page = enter("office", language=language)
    page.goto("/board?as_of=2026-01-05")              # with all that may stand above the rows: another day asked, some cancelled
    assert page.locator(".matrix tbody tr").count() > 40
    assert page.locator(".note").count() == 1 and page.locator("p.body a[href*=cancelled]").count() == 1
    assert pages(page) == 1
    page.emulate_media(media="print")
    assert min(page.evaluate(_SIZES)) >= 7 * POINT - 0.01


def test_lists_and_plans_are_no_slivers(enter: Enter) -> None:
    """No column so narrow that its words stand letter under letter; paper is white by night as well."""
    page = enter("office", dark=True)
    page.goto("/assignments")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1050, "height": 740})               # what a page on its side is wide
    narrowest = page.evaluate("Math.min(...[...document.querySelectorAll('.table tbody th')].map(e => e.clientWidth))")
    assert narrowest > 120
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("[data-pick-all]").is_hidden()


def test_charts_stand_side_by_side(enter: Enter, acting: As, superuser: Superuser) -> None:
    """A page on its side has room for two, whatever the browser asks rules for narrow screens with (the upright page's width)."""
    raised(acting, "contact.guangdong", campaign(superuser))
    page = enter("office")
    page.goto("/flows")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1040})
    left, right = (page.locator(panel).bounding_box() for panel in ("#bars", "#weeks"))
    assert left and right and left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
