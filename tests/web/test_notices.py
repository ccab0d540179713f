"""Reading what was said: marked by POST only, one's own only, in one's language."""
import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from psycopg.types.json import Jsonb

from portal.app import create_app
from portal.config import Mode
from tests.conftest import Superuser
from tests.factories import people, world
from tests.web.browsing import Browser
from tests.web.counting import statements

WORDS = "Closed by headquarters: %(title)s"


@pytest.fixture
def browser(app: Flask) -> Browser:
    made = Browser(app)
    made.enter("market")
    return made


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    superuser.execute("DELETE FROM notice; DELETE FROM mail")


def say(superuser: Superuser, count: int = 1, *, name: str = "market", read: bool = False, url: str = "/desk",
        title: object = None, first: int = 0) -> list[str]:
    """Notices of a person, the later the newer; their keys."""
    keys = [str(uuid4()) for _ in range(count)]
    for n, key in enumerate(keys, first):
        at = world.NOW - timedelta(days=30) + timedelta(minutes=n)
        superuser.execute("INSERT INTO notice VALUES (%s, 1, %s, gen_random_uuid(), %s, %s, %s, %s, %s)",
                          (key, people.key(name), at, WORDS, Jsonb({"title": title or f"number {n}"}), url, at if read else None))
    return keys


def is_read(superuser: Superuser, key: str) -> bool:
    return superuser.execute("SELECT read_at FROM notice WHERE id = %s", (key,)).fetchone() != (None,)


def badge(page: str) -> str:
    found = re.search(r'<span class="badge">([^<]+)</span>', page)
    return found[1] if found else ""


def test_nothing_yet(browser: Browser) -> None:
    page = browser.get("/notices")
    assert page.status_code == 200 and 'class="empty' in page.text and badge(page.text) == ""


def test_unread_stand_first_and_the_bell_counts_them(browser: Browser, superuser: Superuser) -> None:
    say(superuser, 2, title="old and unread")
    say(superuser, 3, read=True, title="new and read", first=10)
    page = browser.get("/notices").text
    assert badge(page) == "2"
    assert re.findall(r"(old and unread|new and read)</(?:button|a)>", page) == ["old and unread"] * 2 + ["new and read"] * 3


def test_opening_marks_as_read_and_leads_on(browser: Browser, superuser: Superuser) -> None:
    [key] = say(superuser, url="/assignments?x=1")
    assert f'action="/notices/{key}/open"' in browser.get("/notices").text
    answer = browser.post(f"/notices/{key}/open")
    assert (answer.status_code, answer.location) == (303, "/assignments?x=1")
    assert is_read(superuser, key) and badge(browser.get("/notices").text) == ""


def test_reading_changes_nothing(browser: Browser, superuser: Superuser) -> None:
    [key] = say(superuser)
    browser.get("/notices")
    assert browser.get(f"/notices/{key}/open").status_code == 405
    assert browser.post(f"/notices/{key}/open", token=False).status_code == 400
    assert not is_read(superuser, key)


def test_all_at_once(browser: Browser, superuser: Superuser) -> None:
    keys, [others] = say(superuser, 3), say(superuser, name="network")
    browser.get("/notices")
    assert browser.post("/notices/read").location == "/notices"
    assert all(is_read(superuser, key) for key in keys) and not is_read(superuser, others)


def test_all_that_the_filter_shows(browser: Browser, superuser: Superuser) -> None:
    about, other = say(superuser, 2)
    superuser.execute("UPDATE notice SET kind = 'issue' WHERE id = %s", (about,))
    assert '<input type="hidden" name="kind" value="issue">' in browser.get("/notices?kind=issue").text
    assert browser.post("/notices/read", {"kind": "issue", "about": ""}).location == "/notices?kind=issue"
    assert is_read(superuser, about) and not is_read(superuser, other)


@pytest.mark.parametrize("key", ["", "x", "00000000-0000-0000-0000-000000000000", "%00", "1' OR 1=1"])
def test_of_another_of_nothing_malformed(browser: Browser, superuser: Superuser, key: str) -> None:
    [others] = say(superuser, name="network")
    browser.get("/notices")
    answers = [browser.post(f"/notices/{k}/open") for k in (others, key or others)]
    assert {a.status_code for a in answers} == {404} and not is_read(superuser, others)


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_to_our_own_pages_only(browser: Browser, superuser: Superuser, url: str) -> None:
    [key] = say(superuser, url=url)
    assert "evil.example" not in (page := browser.get("/notices").text) and "javascript:" not in page
    assert browser.post(f"/notices/{key}/open").location == "/notices"


def test_page_by_page(browser: Browser, superuser: Superuser) -> None:
    say(superuser, 60)
    say(superuser, 70, read=True, first=100)
    seen: list[str] = []
    path: str | None = "/notices"
    pages = 0
    while path:
        page = browser.get(path).text
        seen += re.findall(r"number (\d+)</(?:button|a)>", page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = (more[1].replace("&amp;", "&") if more else None), pages + 1
    assert pages == 3 and seen == [str(n) for n in [*range(59, -1, -1), *range(169, 99, -1)]]


@pytest.mark.parametrize("cursor", ["", "u", "x", "u2026-13-01_x", "u2026-03-01T00:00:00_" + "0" * 32, "%00", "u" * 3000])
def test_a_broken_cursor_begins_anew(browser: Browser, superuser: Superuser, cursor: str) -> None:
    say(superuser)
    page = browser.get(f"/notices?cursor={cursor}")
    assert page.status_code == 200 and "number 0" in page.text


def test_in_the_readers_language_and_escaped(browser: Browser, superuser: Superuser) -> None:
    say(superuser, title={"en": "<b>Lists</b>", "zh": "<b>清单</b>"})
    assert "总部已" in (chinese := browser.get("/notices").text) or "&lt;b&gt;清单" in chinese
    browser.client.set_cookie("language", "en")
    english = browser.get("/notices").text
    assert "Closed by headquarters: &lt;b&gt;Lists&lt;/b&gt;" in english and "<b>Lists" not in english + chinese


def test_pinned_queries(app: Flask, browser: Browser, superuser: Superuser) -> None:
    """The person, the terms and units of the frame, the list, the bell: the same for one notice and for fifty."""
    say(superuser, 1)
    browser.get("/notices")
    with statements(app) as few:
        browser.get("/notices")
    say(superuser, 49, first=1)
    with statements(app) as many:
        browser.get("/notices")
    assert len(few) == len(many) <= 8, many
    assert sum("FROM notice" in s for s in many) == 2 and sum("count(" in s and "notice" in s for s in many) == 1


def test_letters_in_a_demonstration(browser: Browser, superuser: Superuser) -> None:
    for name in ("market", "network"):
        superuser.execute("INSERT INTO mail VALUES (gen_random_uuid(), 1, %s, gen_random_uuid(), %s, %s, 'a <subject>', %s)",
                          (people.key(name), world.NOW, people.email(name), f"of {people.email(name)}"))
    page = browser.get("/mail").text
    assert "a &lt;subject&gt;" in page and f"of {people.email('market')}" in page and people.email("network") not in page


def test_no_letters_are_shown_in_production(app: Flask) -> None:
    settings = replace(app.config["PORTAL"], mode=Mode.PRODUCTION)
    real = Browser(create_app(settings))
    real.enter("market")
    assert real.get("/notices").status_code == 200
    assert real.get("/mail").status_code == 404
    assert 'href="/mail"' not in real.get("/notices").text


def test_a_stranger_signs_in_first(app: Flask) -> None:
    for path in ("/notices", "/mail"):
        assert Browser(app).get(path).location.startswith("/login")
