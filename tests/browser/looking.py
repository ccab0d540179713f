"""What axe and our own eye for width find on pages, and the looks in which they are held against the rules."""
from collections.abc import Callable, Iterable, Mapping

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import AXE

# Both widths, themes and languages in each pair; the long ones are their other crossings: each language in each theme.
LOOKS = ((375, False, "zh"),
         *(pytest.param(*look, marks=pytest.mark.long) for look in (
             (1440, False, "zh"), (375, True, "en"), (1440, True, "en"), (375, True, "zh"), (1440, False, "en"))))
# What repeats breaks the same rules: of a long table or list its first rows stand for all.
_RULES = """\
axe.run({exclude: [['tbody > tr:nth-of-type(n+6)'], ['li:nth-of-type(n+9)']]}, {resultTypes: ['violations'], preload: false})"""
STATUSES = {"/nowhere": 404, "/audit?no": 403, "/act-as": 405}


def faults(page: Page, path: str) -> list[str]:
    """What axe and our own eye for width find on a page."""
    answer = page.goto(path)
    assert answer is not None
    if answer.status != STATUSES.get(path, 200):
        return [f"{path}: status {answer.status}"]
    return breaches(page, path)


def breaches(page: Page, path: str) -> list[str]:
    """The same of a page that stands there already."""
    found = []
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"{path}: scrolls sideways")
    if page.evaluate("typeof axe === 'undefined'"):            # `walk` has it loaded with each page, which is quicker
        page.evaluate(f"{AXE.read_text()}\n;null")            # else what it defines is handed over, all of it
    for v in page.evaluate(_RULES)["violations"]:
        found.append(f"{path}: {v['id']} at {v['nodes'][0]['target']}: {v['nodes'][0]['failureSummary']}"[:400])
    return found


def walk(enter: Callable[[str], Page], pages: Mapping[str, Iterable[str]], keys: Mapping[str, str],
         then: Mapping[str, Callable[[Page], list[str]]] | None = None) -> list[str]:
    """Everybody's pages, `<kind>` standing for a key; `then` is what else is looked at as somebody."""
    found: list[str] = []
    for name, paths in pages.items():
        page = enter(name)
        page.add_init_script(path=AXE)
        for path in paths:
            for kind, key in keys.items():
                path = path.replace(f"<{kind}>", key)
            found += faults(page, path)
        if then and name in then:
            found += then[name](page)
    return found
