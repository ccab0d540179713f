"""The main job as its people do it: office, a unit's contact, the lines, an owner; and the board in the end."""
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from tenants import clock
from tests.browser.conftest import Enter

pytestmark = pytest.mark.browser
NEXT_YEAR = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
LINES = ("customer-service", "market", "enterprise", "it", "network")


def issue_next_year(office: Page) -> None:
    office.goto("/programmes")
    office.fill("input[name=year]", "2027")
    office.click("form:has(input[name=year]) button")
    office.wait_for_url(re.compile(r"/programmes/[0-9a-f-]+$"))
    office.goto(office.url + "/preview")
    office.click("form[action$='/issue'] button, button[data-dialog]")
    if office.locator("dialog[open]").count():
        office.click("dialog[open] button.primary, dialog[open] button.danger, dialog[open] [value=yes]")
    office.wait_for_url(re.compile(r"/programmes/[0-9a-f-]+$"))


def fill_plan(contact: Page) -> str:
    """Begin, fill in what is not known yet, submit; the plan's address."""
    contact.goto("/filings")
    contact.click(".next button")
    contact.wait_for_url(re.compile(r"/filings/[0-9a-f-]+$"))
    contact.fill("textarea[name=mechanism]", "一把手牵头，每月例会研究，逐项督办。")
    contact.fill("textarea[name=team]", "各条线负责人组成项目团队，客服部门统筹。")
    contact.evaluate("""() => {
        const put = (selector, value) => document.querySelectorAll(selector).forEach(e => { e.value = value; });
        put('input[name$=".start"]', '2027-02-01');
        put('textarea[name$=".measure"]', '由条线负责人按月推进，按成果核对。');
        document.querySelectorAll('select[name$=".owner"]').forEach(e => { if (!e.value) e.selectedIndex = 1; });
    }""")
    contact.click("button[value=submit]")
    contact.wait_for_selector(".state.blue")
    return contact.url


def approve(page: Page, plan: str, line: str) -> None:
    page.goto(f"{plan}/review?line={line}")
    page.uncheck("input[name=next][type=checkbox]")
    page.click("button[name=verdict][value=approve]")
    page.wait_for_load_state()


def cell(page: Page) -> str:
    """Guangdong's cell of the second milestone on its own board: light, and how many of how many are closed."""
    page.goto("/board")
    return page.locator("tbody tr a[href*='unit=guangdong'][href*='milestone=sorting']").first.inner_text()


def test_from_the_programme_to_the_board(enter: Enter) -> None:
    with clock.standing_at(NEXT_YEAR):
        issue_next_year(enter("office"))
        contact = enter("contact.guangdong")
        plan = fill_plan(contact)

        market = enter("market")
        market.goto(f"{plan}/review")
        market.locator("textarea[name^='remark.']").first.fill("请说明由谁牵头。")
        market.uncheck("input[name=next][type=checkbox]")
        market.click("button[name=verdict][value=return]")
        market.wait_for_load_state()

        contact.goto(f"{plan}?returned=1")
        assert contact.locator(".note-remark").count() == 1
        contact.locator("tr.returned textarea[name$='.measure']").fill("由市场部牵头，按月推进。")
        contact.click("button[value=submit]")
        contact.wait_for_selector(".state.blue")

        market.goto(f"{plan}/review")
        assert market.locator(".was").count() == 1                       # what changed is marked, and nothing else
        approve(market, plan, "market")
        for line in LINES:
            if line != "market":
                approve(enter(line), plan, line.replace("-", "_"))
        contact.goto(plan)
        assert contact.locator(".next.green").count() == 1

        before = cell(contact)
        owner = enter("market.guangdong")
        owner.goto("/assignments?year=2027&milestone=sorting&line=market")
        owner.click("a.row-link >> nth=0")
        task = owner.url
        owner.fill("input[name=percent]", "60")
        owner.fill("textarea[name=text]", "已完成清单初稿。")
        owner.click("form[action$='/progress'] button.primary")
        owner.wait_for_load_state()
        owner.goto(task)
        owner.fill("textarea[name=text]", "清单已印发。")
        owner.click("button[formaction$='/hand-in']")
        owner.wait_for_load_state()

        market.goto(task)
        market.locator("form[action$='/verify'] button[value=close]").first.click()
        market.wait_for_load_state()
        after = cell(contact)
        assert before != after and re.search(r"1\s*/\s*", after), (before, after)


def test_a_draft_without_script(enter: Enter) -> None:
    """Everything works by plain forms: begin, save, check, and the faults stand at their fields."""
    page = enter("contact.tibet", script=False)
    page.goto("/filings")
    page.click(".next button")
    page.fill("textarea[name=mechanism]", "机制")
    page.click("button[value=save]:not(.unseen)")
    page.wait_for_selector("textarea[name=mechanism]")
    assert page.input_value("textarea[name=mechanism]") == "机制"
    page.click("button[value=check]")
    page.wait_for_selector(".faults")
    assert page.locator(".faults a[href='#team']").count() == 1


def test_what_is_typed_is_saved_as_one_goes(enter: Enter) -> None:
    page = enter("contact.tibet")
    page.goto("/filings")
    page.click(".next button")
    page.wait_for_url(re.compile(r"/filings/[0-9a-f-]+$"))
    page.type("textarea[name=mechanism]", "边填边存")
    page.wait_for_selector("[data-autosave-status][data-state=saved]")
    page.reload()
    assert page.input_value("textarea[name=mechanism]") == "边填边存"
