"""Three issues as their people have them: raised, handed over, declined twice, ruled, solved, confirmed. Somebody who is no
party looks in after each step, and finds nothing anywhere."""
import io
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from openpyxl import load_workbook
from playwright.sync_api import APIRequestContext, Page

from portal.accounts import service as accounts
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests.browser.conftest import Enter
from tests.conftest import Superuser
from tests.factories import people
from tests.factories.exchange import campaign

pytestmark = pytest.mark.browser
TITLE = "退订按钮点击无响应"


@dataclass(frozen=True)
class Story:
    """Who launched what; who raises, owns, is handed it; who outside looks in. `ruled` is whose it is in the end."""
    launcher: str
    lands: tuple[str, ...] | None
    product: str | None
    raiser: str
    owner: str
    goes_to: tuple[str, str]
    receiver: str
    ruled: tuple[str, str]
    solver: str
    outside: str
    why: str


STORIES = {
    "headquarters": Story("hq", None, "migu", "market.guangdong", "market", ("migu", "market"), "market.migu", ("migu", "market"),
                          "market.migu", "contact.tibet", "this line launched"),
    "province": Story("guangdong", ("guangdong",), "terminal", "contact.guangdong", "market.guangdong", ("terminal", "market"),
                      "market.terminal", ("terminal", "market"), "market.terminal", "contact.migu", "this province launched"),
    "company": Story("migu", ("guangdong", "tibet"), None, "market.tibet", "market.migu", ("hq", "network"), "network",
                     ("migu", "market"), "market.migu", "contact.beijing", "this company launched"),
}


class Outside:
    """Somebody who is no party, with a browser and a token."""

    def __init__(self, page: Page, app: Flask, name: str, *, sees_campaign: bool) -> None:
        self.page, self.sees_campaign = page, sees_campaign
        with app.app_context(), acting_as(Scope(None, (), Lane.SIGN_IN)):
            self.token = accounts.make_token(people.key(name), 1)
            db.session.commit()

    def sees_nothing(self, url: str, file: str, about: str) -> None:
        """No list, count, search, export, page, file, notice, campaign's panel, answer of the API; the same as for what is
        not there."""
        ask, nothing = self.page.request, "00000000-0000-7000-8000-000000000000"
        key, attached = url.rsplit("/", 1)[1], file.rsplit("/", 1)[1]
        for path in ("/issues", "/desk", "/notices", "/campaigns", f"/campaigns/{about}"):
            assert TITLE not in ask.get(path).text(), path
        for words in ("", TITLE, "退订", key):
            answer = ask.get("/issues", params={"q": words})
            assert answer.status == 200 and f"/issues/{key}" not in answer.text(), words
            assert counted(answer.text()) == 0, words
            assert f"/issues/{key}" not in (found := ask.get("/search", params={"q": words}).text()) and "/issues?q=" not in found
        assert exported(ask) == []
        page = ask.get(f"/campaigns/{about}")
        assert page.status == (200 if self.sees_campaign else 404)
        if self.sees_campaign:
            assert counted(page.text().partition('id="issues"')[2]) == 0 and f"/issues?campaign={about}" not in page.text()
        for there, nowhere in ((f"/issues/{key}", f"/issues/{nothing}"), (file, f"/files/{nothing}")):
            assert ask.get(there).status == ask.get(nowhere).status == 404, there
        header = {"Authorization": f"Bearer {self.token}"}
        assert ask.get("/api/v1/issues", headers=header).json()["items"] == []
        for path in ("/issues/{}", "/issues/{}/history", "/issues/{}/comments", "/issues/{}/related", "/issues/{}/files",
                     "/files/{}"):
            thing = attached if path.startswith("/files") else key
            there, nowhere = (ask.get("/api/v1" + path.format(k), headers=header) for k in (thing, nothing))
            assert (there.status, there.text()) == (nowhere.status, nowhere.text()) == (404, there.text()), path


def counted(page: str) -> int:
    """What the first head of a page or panel says how many there are."""
    found = re.search(r'<span class="count"[^>]*>([\d,]+)</span>', page)
    assert found, page[:500]
    return int(found[1].replace(",", ""))


def exported(ask: APIRequestContext) -> list[object]:
    """The titles in the list's workbook."""
    sheet = load_workbook(io.BytesIO(ask.get("/issues.xlsx").body())).worksheets[0]
    return [row[1] for row in sheet.iter_rows(min_row=3, values_only=True)]


def act(page: Page, url: str, action: str, **fields: str) -> None:
    """Open the action in place, fill it in, send it; the page says what it did."""
    page.goto(url)
    form = page.locator(f"main form[action$='/{action.replace('_', '-')}']").first
    folded = page.locator(f"details#{action}:not([open]) > summary")
    if folded.count():
        folded.click()
    for name, value in fields.items():
        control = form.locator(f"[name={name}]")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    with page.expect_navigation():
        form.locator("button").click()
    assert page.locator(".error").count() == 0, page.locator(".error").first.inner_text()


def raised(page: Page, name: str) -> str:
    """With a script: type, choose, see the route and why before sending; one file goes along."""
    page.goto("/issues/new")
    page.locator("#campaign-q").press_sequentially("Spr", delay=10)
    page.locator("#choices .choice", has_text="Spring data pack").locator("input").check()
    page.locator("#route", has_text=name).wait_for()
    page.locator("input[name=severity][value=high]").check()
    page.fill("#title", TITLE)
    page.fill("#description", "客户在掌厅点退订，页面无任何提示。")
    page.set_input_files("#files", [{"name": "截图说明.txt", "mimeType": "text/plain", "buffer": "退订页面说明".encode()}])
    page.locator("button[name=do][value=send]").click()
    page.wait_for_url("**/issues/*-*")
    return page.url


@pytest.mark.long
@pytest.mark.parametrize("name", ["company", "headquarters", "province"])
def test_the_three_stories(app: Flask, enter: Enter, superuser: Superuser, name: str) -> None:
    story = STORIES[name]
    about = str(campaign(superuser, story.launcher, lands=story.lands, product=story.product))
    raiser = enter(story.raiser, language="en")
    url = raised(raiser, story.why)
    file = raiser.locator("#files a[href^='/files/']").first.get_attribute("href") or ""
    assert raiser.request.get(file).body().decode() == "退订页面说明"
    assert exported(raiser.request) == [TITLE] and counted(raiser.request.get("/issues").text()) == 1  # a party sees it
    desk = {who: enter(who, script=False, language="en") for who in {story.owner, story.receiver, story.solver, "market"}}
    outside = Outside(enter(story.outside, script=False), app, story.outside, sees_campaign=story.lands is None)
    outside.sees_nothing(url, file, about)

    unit, line = story.goes_to
    act(desk[story.owner], url, "accept")
    for _ in range(2):
        act(desk[story.owner], url, "hand_over", unit=unit, line=line, reason="原因不在我方。")
        outside.sees_nothing(url, file, about)
        act(desk[story.receiver], url, "decline", reason="与我方产品无关。")
    desk[story.owner].goto(url)
    assert desk[story.owner].locator(".state", has_text="ruling due").count() == 1
    assert desk[story.owner].locator("details#accept, details#hand_over, details#resolve").count() == 0      # only a ruling now
    act(desk["market"], url, "rule", unit=story.ruled[0], line=story.ruled[1], reason="以产品归属裁定。")
    outside.sees_nothing(url, file, about)

    act(desk[story.solver], url, "accept")
    assert desk[story.solver].locator("details#decline, details#hand_over").count() == 0                     # binding
    act(desk[story.solver], url, "resolve", root_cause="接口超时。", solution="已修复并回访客户。")
    raiser.goto(url)
    assert raiser.locator("#timeline li").count() >= 8 and raiser.locator("#why .hands li").count() >= 3
    act(raiser, url, "confirm")
    assert raiser.locator(".state", has_text="closed").first.is_visible()
    outside.sees_nothing(url, file, about)
