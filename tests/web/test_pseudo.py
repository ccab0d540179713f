"""Every page in a language in which each translated text stands in brackets: words outside of them are nobody's to translate.

The pages are those that the accessibility rules are held against, of which `test_looked_at` says that they are all."""
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import flask_babel
import pytest
from flask import Flask, render_template

from portal.web.errors import _PAGES as ERRORS
from portal.web.locale import LANGUAGES
from tests.browser import test_campaign_pages, test_further_pages, test_pages
from tests.browser.looking import STATUSES
from tests.browser.test_campaign_pages import keys as campaign_keys
from tests.browser.test_further_pages import keys as further_keys
from tests.browser.test_pages import keys as keys
from tests.conftest import Superuser
from tests.web.browsing import Browser

__all__ = ["campaign_keys", "further_keys", "keys"]
SHOWN = ("title", "aria-label", "placeholder", "alt", "data-label", "label")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Dates are written by the locale; what is typed, and what the history keeps of a change, are data.
SILENT = {"script", "style", "code", "pre", "kbd", "time", "textarea", "ins", "del"}
WORD = re.compile(r"[^\W\d_]{2,}")
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
WRITTEN = {"text", "code"}                                                  # classes of what people wrote, and of codes
CITED = re.compile("“[^“”⟦⟧]*”")
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}")
SAME = {"KB", "MB", "openapi", "json", *LANGUAGES.values()}                 # written the same in every language
CODE = re.compile(r"[a-z0-9_.:/-]+")
NAMES = ("name", "name_zh", "short_zh")                                     # columns in which a single small word is a name


class Pseudo:
    """A catalogue that translates by brackets."""

    def ugettext(self, text: str) -> str:
        return f"⟦{text}⟧" if WORD.search(text) else text

    def ungettext(self, one: str, many: str, n: int) -> str:
        return f"⟦{one if n == 1 else many}⟧"

    gettext, ngettext = ugettext, ungettext


class Texts(HTMLParser):
    """What a page shows of words outside brackets, with what stands around them."""

    def __init__(self, data: "Data") -> None:
        super().__init__()
        self.data, self.found, self.open = data, list[str](), list[tuple[str, bool, bool]]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        _, silent, foreign = self.open[-1] if self.open else ("", False, False)
        foreign = foreign or (tag != "html" and "lang" in a)
        silent = silent or foreign or tag in SILENT or a.get("translate") == "no" \
            or not WRITTEN.isdisjoint((a.get("class") or "").split())
        for name in SHOWN:
            if a.get(name) and not foreign:
                self.check(a[name] or "")
        if tag == "input" and a.get("type") in ("submit", "button"):
            self.check(a.get("value") or "")
        if tag not in VOID:
            self.open.append((tag, silent, foreign))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1][1]):
            self.check(data)

    def check(self, text: str) -> None:
        left = text
        while (less := MARKED.sub(" ", left)) != left:
            left = less
        if WORD.search(left) and self.data.remains(left):
            self.found.append(" ".join(text.split())[:120])


class Data:
    """What stands in the database as somebody's words: names, titles, what people wrote."""

    def __init__(self, superuser: Superuser) -> None:
        plain = {" ".join(t.split()) for t in self._texts(superuser) if WORD.search(t)}
        self.known = plain | {f"{t[0].upper()}{t[1:]}" for t in plain}         # as a name begins a line
        self.longest_first = sorted(self.known, key=len, reverse=True)
        self.seen: dict[str, bool] = {}

    @staticmethod
    def _texts(superuser: Superuser) -> Iterator[str]:
        columns = superuser.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema ="
                                    " 'public' AND data_type IN ('text', 'character varying', 'jsonb')").fetchall()
        for table, column in columns:
            for value, in superuser.execute(f"SELECT DISTINCT {column} FROM public.{table} WHERE {column} IS NOT NULL").fetchall():
                yield from (t for t in _leaves(value) if (table, column) == ("unit", "code") or column in NAMES
                            or not CODE.fullmatch(t))

    def remains(self, text: str) -> bool:
        """Whether words are left when the data are taken out."""
        plain = " ".join(CITED.sub(" ", KEY.sub(" ", text)).split())
        if plain not in self.seen:
            self.seen[plain] = plain not in self.known and self._left(plain)
        return self.seen[plain]

    def _left(self, plain: str) -> bool:
        for known in self.longest_first:
            if known in plain:
                plain = plain.replace(known, " ")
        return bool(set(WORD.findall(plain)) - SAME)


def _leaves(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: Pseudo())


def unmarked(app: Flask, name: str, paths: Iterable[str], data: Data) -> set[str]:
    browser, found = Browser(app), set[str]()
    browser.enter(name)
    browser.client.set_cookie("language", "en")
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == STATUSES.get(path, 200), path
        found |= {f"{path}: {text}" for text in in_page(answer.text, data)}
    return found


def in_page(html: str, data: Data) -> list[str]:
    texts = Texts(data)
    texts.feed(html)
    return texts.found


@pytest.mark.parametrize(("pages", "made"), [
    (test_pages, "keys"), (test_further_pages, "further_keys"), (test_campaign_pages, "campaign_keys")])
def test_no_page_has_words_of_its_own(app: Flask, superuser: Superuser, request: pytest.FixtureRequest, pages: ModuleType,
                                      made: str) -> None:
    keys = request.getfixturevalue(made)
    app.extensions["portal.limiter"].reset()
    data, found = Data(superuser), set[str]()
    for name in pages.PAGES:
        Browser(app).enter(name)                           # before the language changes
    request.getfixturevalue("pseudo")
    for name, paths in pages.PAGES.items():
        filled = [re.sub(r"<(\w+)>", lambda m: keys[m[1]], path) for path in paths]
        found |= unmarked(app, name, filled, data)
    assert found == set()


def test_no_page_for_everybody_has_words_of_its_own(app: Flask, superuser: Superuser, pseudo: None) -> None:
    """Signing in, the interface's documentation, refusals."""
    browser, data = Browser(app), Data(superuser)
    browser.client.set_cookie("language", "en")
    found = {f"{path}: {text}" for path in ("/login", "/api/v1/docs") for text in in_page(browser.get(path).text, data)}
    for name in ("expired", *map(str, sorted(ERRORS))):
        with app.test_request_context("/nowhere", headers={"Cookie": "language=en"}):
            html = render_template(f"errors/{name}.html", message="", path="/nowhere")
        found |= {f"{name}: {text}" for text in in_page(html, data)}
    assert found == set()


def test_words_outside_brackets_are_found(superuser: Superuser) -> None:
    page = ('<title>⟦Desk⟧ · Guangdong</title><p>⟦Due ⟦on %(day)s⟧⟧ Hard-coded</p><p translate="no" title="Hint">Example Name</p>'
            '<img alt="A picture"><input value="typed" placeholder="⟦Name⟧"><p lang="en" title="Given in English">English</p>')
    assert in_page(page, Data(superuser)) == ["⟦Due ⟦on %(day)s⟧⟧ Hard-coded", "Hint", "A picture"]
