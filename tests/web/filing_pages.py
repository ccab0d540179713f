"""A plan's pages from a browser without script: what a form would send, who signs in, a plan in each state."""
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories.plans import draft
from tests.web.browsing import Browser

CONTACT = "contact.guangdong"
NASTY = "<script>alert(1)</script><b>示例</b> \" ' & \U0001f600"
Fields = dict[str, str | list[str]]
Signed = Callable[[str], Browser]


class _Form(HTMLParser):
    """What a browser would send of the form with an id."""

    def __init__(self, ident: str) -> None:
        super().__init__()
        self.ident, self.inside, self.fields = ident, False, dict[str, list[str]]()
        self._name, self._first, self._area = "", False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.inside = a.get("id") == self.ident
        name = a.get("name", "") if self.inside and a.get("form", self.ident) == self.ident else ""
        if tag == "input" and name and (a.get("type") not in ("checkbox", "radio") or "checked" in dict(attrs)):
            self.fields.setdefault(name, []).append(a.get("value", ""))
        elif tag in ("select", "textarea"):
            self._name, self._area = name, tag == "textarea"
            if name:
                self.fields.setdefault(name, []).append("")
        elif tag == "option" and self._name and "selected" in dict(attrs):
            self.fields[self._name][-1] = a.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag in ("select", "textarea"):
            self._name, self._area = "", False

    def handle_data(self, data: str) -> None:
        if self._area and self._name:
            self.fields[self._name][-1] += data


def form_of(page: TestResponse, ident: str = "plan") -> Fields:
    parser = _Form(ident)
    parser.feed(page.text)
    assert parser.fields, page.text[:500]
    return {k: [v.removeprefix("\n") for v in vs] if len(vs) > 1 else vs[0].removeprefix("\n")
            for k, vs in parser.fields.items() if k != "csrf_token"}


@pytest.fixture
def signed(app: Flask) -> Signed:
    def made(name: str) -> Browser:
        app.extensions["portal.limiter"].reset()
        browser = Browser(app)
        browser.enter(name)
        return browser
    return made


@pytest.fixture
def key(acting: As) -> str:
    """A draft without a fault."""
    with acting(CONTACT) as contact:
        made = str(draft(contact).id)
        db.session.commit()
        return made


@pytest.fixture
def submitted(key: str, signed: Signed) -> str:
    submit(signed(CONTACT), key)
    return key


def submit(browser: Browser, key: str, **changed: str) -> None:
    fields = form_of(browser.get(f"/filings/{key}"))
    answer = browser.post(f"/filings/{key}", {**fields, **changed, "action": "submit"})
    assert answer.status_code == 303 and "check" not in answer.location


def item(fields: Fields, name: str = "measure", n: int = 0) -> str:
    return [k for k in fields if k.startswith("items.") and k.endswith(f".{name}")][n]


def stored(superuser: Superuser, column: str = "team") -> object:
    return value(superuser, f"SELECT {column} FROM filing")


def value(superuser: Superuser, statement: str) -> object:
    row = superuser.execute(statement).fetchone()
    assert row is not None
    return row[0]


def words(page: TestResponse) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def legible(page: TestResponse) -> set[str]:
    """What the page of an interrupted form says that one had typed."""
    return {unescape(said) for said in re.findall(r'<div class="wide text"><dt>.*?</dt><dd>(.*?)</dd>', page.text, re.S)}
