"""What stands around every page, without script: language, theme, the way back, what the browser is told to allow."""
import re
import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, g
from jinja2 import DictLoader, Environment
from psycopg.types.json import Jsonb

from portal.notices import queries as notices
from portal.notices.rules import speaks_at
from portal.web import templating
from portal.web.security import POLICY
from portal.web.times import distance
from portal.worktime import CALENDAR
from tenants import clock
from tenants.messages import N_
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.web.browsing import Browser


@pytest.fixture
def browser(app: Flask) -> Browser:
    made = Browser(app)
    made.get("/login")
    return made


def test_chinese_first_and_english_by_a_form_that_returns(browser: Browser) -> None:
    assert '<html lang="zh-CN"' in browser.get("/login").text
    answer = browser.post("/language", {"language": "en", "next": "/login?next=/desk"})
    assert (answer.status_code, answer.location) == (303, "/login?next=/desk")
    assert '<html lang="en"' in browser.get("/login").text


def test_the_theme_is_kept_and_paper_stays_light(browser: Browser) -> None:
    assert 'id="dark" media="screen and (prefers-color-scheme: dark)"' in browser.get("/login").text
    assert browser.post("/theme", {"theme": "dark", "next": "/login"}).status_code == 303
    assert 'id="dark" media="screen"' in browser.get("/login").text
    browser.post("/theme", {"theme": "light", "next": "/login"})
    assert 'id="dark" media="not all"' in browser.get("/login").text


@pytest.mark.parametrize(("path", "fields"), [("/language", {"language": "fr"}), ("/theme", {"theme": "<b>"}), ("/theme", {})])
def test_what_is_not_offered_is_refused(browser: Browser, path: str, fields: dict[str, str]) -> None:
    assert browser.post(path, fields).status_code == 400


def test_a_choice_needs_the_token_and_leads_nowhere_else(browser: Browser) -> None:
    assert browser.post("/language", {"language": "en"}, token=False).status_code == 400
    assert browser.post("/language", {"language": "en", "next": "//evil.example"}).location == "/"


def test_a_forged_cookie_changes_nothing(app: Flask) -> None:
    browser = Browser(app)
    browser.client.set_cookie("language", "../../etc")
    browser.client.set_cookie("theme", "\"><script>")
    page = browser.get("/login").text
    assert '<html lang="zh-CN"' in page
    assert "<script>" not in page


@pytest.mark.parametrize("path", ["/login", "/no-such-page", "/desk"])
def test_every_answer_carries_the_policy(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers         # the portal's address is not https here


def test_navigation_offers_what_one_may_and_marks_where_one_is(browser: Browser) -> None:
    browser.enter("contact.guangdong")
    page = browser.get("/desk").text
    entries = dict(re.findall(r'<a href="(/[a-z]+/?)" class="[^"]*"( aria-current="page")?', page))
    assert entries["/desk"]
    assert {"/filings", "/assignments", "/board", "/responsibilities"} <= set(entries)
    assert "/audit" not in entries
    assert "/admin/" not in entries


def test_texts_from_below_are_translated_with_what_they_name(app: Flask) -> None:
    with app.test_request_context("/"):
        g.terms = {}
        assert templating.translate(N_("as of %(time)s", time=N_("today"))) == "截至 今天"
        assert templating.translate(N_("go to: %(page)s", page={"en": "Desk", "zh": "工作台"})) == "前往：工作台"
        assert templating.translate(N_("go to: %(page)s", page=Line.MARKET)) == "前往：market"     # a code without a name


def test_distances_count_working_days_ahead_and_calendar_days_late(app: Flask) -> None:
    with app.test_request_context("/", headers={"Cookie": "language=en"}):
        assert distance(clock.today()).words == "today"
        late = distance(clock.today() - timedelta(days=9))
        assert (late.words, late.tone, late.late_days) == ("9 days late", "red", 9)
        assert distance(clock.today() + timedelta(days=60)).tone == ""


def test_days_of_rest_that_the_office_has_set_count_everywhere(app: Flask, acting: As, superuser: Superuser) -> None:
    """On pages, and for when letters go out."""
    off = clock.today() + timedelta(days=1)
    superuser.execute("UPDATE setting SET value = %s WHERE name = %s", (Jsonb({off.isoformat(): False}), CALENDAR))
    with app.test_request_context("/", headers={"Cookie": "language=en"}), acting("contact.guangdong") as me:
        g.identity = me
        assert distance(off + timedelta(days=1)).words == "in 1 working day"
    with acting("contact.guangdong"):
        rule = notices.delivery_rules()
        assert clock.local(speaks_at(clock.at(off, 10), rule)).date() > off


@pytest.mark.parametrize("path", ["/login", "/language", "/filings", "/nowhere"])
def test_too_much_is_told_as_such(browser: Browser, app: Flask, path: str) -> None:
    """The page that refuses stands in a frame whose forms would look at what was sent."""
    sent = "x=" + "x" * app.config["MAX_CONTENT_LENGTH"]
    answer = browser.client.post(path, data=sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == (404 if path == "/nowhere" else 413)
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_compiled_templates_are_kept_for_the_next_start(app: Flask, browser: Browser, tmp_path: Path) -> None:
    """For this account alone; what has changed is compiled anew; where nothing can be kept pages are shown all the same."""
    kept = app.config["PORTAL"].data / "templates"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700 and {stat.S_IMODE(f.stat().st_mode) for f in kept.iterdir()} == {0o600}
    (tmp_path / "file").touch()
    for folder, files in ((tmp_path / "one" / "two", 1), (tmp_path / "file" / "below", 0)):
        for text in ("first {{ 1 + 1 }}", "second {{ 1 + 1 }}"):
            env = Environment(loader=DictLoader({"page": text}), autoescape=True)
            templating.keep_compiled(env, folder)
            assert env.get_template("page").render() == text.replace("{{ 1 + 1 }}", "2")
        assert len(list(folder.iterdir()) if folder.exists() else []) == files


@pytest.mark.parametrize("away", [shutil.rmtree, lambda folder: (shutil.rmtree(folder), folder.touch())])
def test_a_page_does_not_fail_where_what_is_compiled_can_no_longer_be_kept(
        tmp_path: Path, away: Callable[[Path], object]) -> None:
    env = Environment(loader=DictLoader({"one": "1", "two": "2"}), autoescape=True)
    templating.keep_compiled(env, tmp_path / "kept")
    assert env.get_template("one").render() == "1"
    away(tmp_path / "kept")
    assert env.get_template("two").render() == "2"


@pytest.mark.parametrize("left", [0, 1, 20, 40, 200])
def test_what_was_cut_off_is_compiled_anew(tmp_path: Path, left: int) -> None:
    def shown() -> str:
        env = Environment(loader=DictLoader({"one": "{{ 1 + 1 }}"}), autoescape=True)
        templating.keep_compiled(env, tmp_path)
        return env.get_template("one").render()
    assert shown() == "2"
    kept = next(tmp_path.iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(whole[:left])
    assert (shown(), kept.read_bytes()) == ("2", whole)


def test_what_was_compiled_in_another_way_is_not_used(tmp_path: Path) -> None:
    for escapes, shown in ((False, "<b>"), (True, "&lt;b&gt;")):
        env = Environment(loader=DictLoader({"one": "{{ '<b>' }}"}), autoescape=escapes)
        templating.keep_compiled(env, tmp_path)
        assert env.get_template("one").render() == shown
