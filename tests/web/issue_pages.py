"""What tests of issue pages share: signing in, raising by form, reading what a page says."""
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web.browsing import Browser

Signed = Callable[[str], Browser]
FORM = {"title": "The pack cannot be cancelled", "description": "Customers press cancel; nothing happens.", "severity": "high",
        "stage": "ordering", "element": "order_success", "complaint_count": "3", "do": "send"}
_STEP = re.compile(r'<div class="next[^"]*"[^>]*>\s*<div class="what"><strong>(.*?)</strong>', re.S)


@pytest.fixture
def signed(app: Flask) -> Signed:
    """English pages, each person in a browser of their own that stays."""
    browsers: dict[str, Browser] = {}

    def made(name: str) -> Browser:
        if name not in browsers:
            app.extensions["portal.limiter"].reset()
            browsers[name] = Browser(app)
            browsers[name].enter(name)
            browsers[name].client.set_cookie("language", "en")
        return browsers[name]
    return made


def words(page: str) -> str:
    """A page as text, blanks made one."""
    body = re.sub(r"^[^>]*>", "", page.split("<main", 1)[-1].split("</main>")[0])
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", body, flags=re.S)))).strip()


def next_step(page: str) -> str:
    found = _STEP.search(page)
    assert found, "no next step"
    return words(f"<main>{found[1]}</main>")


def actions(page: str) -> set[str]:
    """What the page offers: forms of this issue."""
    return set(re.findall(r'<form[^>]*action="/issues/[0-9a-f-]{36}/([a-z-]+)"', page))


def key_of(answer: TestResponse) -> str:
    assert answer.status_code == 303, words(answer.text)[:600]
    return answer.headers["Location"].split("/issues/")[1]


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def act(browser: Browser, key: object, action: str, **fields: str) -> TestResponse:
    """As the page would: with the version that it shows."""
    page = browser.get(f"/issues/{key}").text
    return browser.post(f"/issues/{key}/{action}", {"version": version(page), **fields})
