"""Filters kept under a name: one's own, of one list, found again on it."""
from collections.abc import Callable

import pytest
from flask import Flask

from tests.web.browsing import Browser

SignedIn = Callable[[str], Browser]


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    def made(name: str) -> Browser:
        app.extensions["portal.limiter"].reset()
        browser = Browser(app)
        browser.enter(name)
        browser.client.set_cookie("language", "en")
        return browser
    return made


def test_a_filter_is_kept_used_replaced_and_removed(signed_in: SignedIn) -> None:
    browser = signed_in("contact.guangdong")
    page = browser.get("/issues?state=routed&severity=high&cursor=x")
    assert 'name="name"' in page.text
    sent = {"page": "/issues", "query": "state=routed&severity=high&cursor=x", "name": " Urgent  示例 "}
    answer = browser.post("/saved", sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/issues?severity=high&state=routed")
    page = browser.get(answer.headers["Location"])
    assert "Kept as “Urgent  示例”." in page.text
    assert '<a href="/issues?severity=high&amp;state=routed" aria-current="true">' in page.text
    browser.post("/saved", {**sent, "query": "state=closed", "name": "Urgent  示例"})
    page = browser.get("/issues").text
    assert page.count("/issues?state=closed\"") == 1 and "severity=high" not in page
    key = page.split('action="/saved/')[1].split("/")[0]
    assert signed_in("market.guangdong").post(f"/saved/{key}/remove").status_code == 404
    browser.get("/issues")
    browser.post(f"/saved/{key}/remove", {"next": "/issues"})
    page = browser.get("/issues")
    assert "Removed: “Urgent  示例”." in page.text and "/issues?state=closed\"" not in page.text
    assert 'action="/saved"' in page.text                     # undo keeps it again


@pytest.mark.parametrize(("fields", "says"), [
    ({"page": "/issues", "query": "state=routed", "name": "  "}, "Give the filter a name"),
    ({"page": "/issues", "query": "state=routed", "name": "n" * 201}, "Give the filter a name"),
    ({"page": "/issues", "query": "cursor=1&state=", "name": "n"}, "No filter is set"),
    ({"page": "//evil.example", "query": "state=routed", "name": "n"}, "cannot be kept"),
    ({"page": "/issues", "query": "q=" + "x" * 2000, "name": "n"}, "cannot be kept"),
])
def test_what_cannot_be_kept_is_told(signed_in: SignedIn, fields: dict[str, str], says: str) -> None:
    browser = signed_in("contact.guangdong")
    browser.get("/issues")
    answer = browser.post("/saved", fields)
    assert answer.status_code == 303 and answer.headers["Location"].startswith(("/issues", "/desk"))
    page = browser.get(answer.headers["Location"])
    assert says in page.text


def test_there_is_an_end_of_keeping(signed_in: SignedIn) -> None:
    browser = signed_in("contact.tibet")
    browser.get("/issues")
    for n in range(21):
        browser.post("/saved", {"page": "/issues", "query": f"q={n}", "name": f"n{n}"})
    page = browser.get("/issues").text
    assert page.count('action="/saved/') == 20 and "Remove one first" in page
