"""A session that ended in mid-form, and a broker that is away."""
import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask

from portal import embedded
from portal.app import create_app
from tests.conftest import settings
from tests.factories import people
from tests.web.browsing import Browser

FORM = {"appointment": str(people.appointment_key("office")), "person": str(people.key("leader")), "valid_from": "2026-04-01",
        "valid_until": "2026-04-30", "note": "<b>typed</b> & \"quoted\"\r\nsecond line 😀", "many": ["a", "b"]}


@pytest.fixture(autouse=True)
def unlimited(app: Flask) -> None:
    """What another test has tried in vain does not count here."""
    app.extensions["portal.limiter"].reset()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Of somebody whose session has just ended."""
    made = Browser(app)
    made.sign_in("office")
    made.get("/account")
    made.client.delete_cookie("portal")
    return made


def hidden(page: str) -> list[tuple[str, str]]:
    form = re.search(r'<form method="post" action="/account/delegations">(.*?)</form>', page, re.S)
    assert form
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[1])
    return [(unescape(k), unescape(v)) for k, v in fields if k != "csrf_token"]


def test_nothing_typed_is_lost(browser: Browser) -> None:
    refused = browser.post("/account/delegations", FORM)
    assert (refused.status_code, refused.location) == (303, "/login?next=/resume")
    assert browser.sign_in("office", next="/resume").location == "/resume"
    page = browser.get("/resume")
    assert page.status_code == 200 and "<b>typed</b>" not in page.text
    sent = hidden(page.text)
    assert [v for k, v in sent if k == "many"] == ["a", "b"]
    assert dict(sent)["note"] == FORM["note"]
    again = browser.post("/account/delegations", {k: v for k, v in sent if k not in ("many", "note")})
    assert again.status_code == 303 and "/account#delegations" in again.location
    assert "/account/delegations" not in browser.get("/resume").text        # it has arrived, so it is offered no more


def test_a_part_without_a_name_is_passed_over(browser: Browser) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    sent = part % (b"note", b"typed") + (part % (b"", b"{}")).replace(b'; name=""', b"") + b"--x--\r\n"
    answer = browser.client.post("/account/delegations", data=sent, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, answer.location) == (303, "/login?next=/resume")
    browser.sign_in("office", next="/resume")
    assert ("note", "typed") in hidden(browser.get("/resume").text)


def test_another_person_does_not_see_it(browser: Browser) -> None:
    browser.post("/account/delegations", FORM)
    browser.sign_in("market", next="/resume")
    assert "/account/delegations" not in browser.get("/resume").text
    browser.post("/logout")
    browser.sign_in("office")
    assert "/account/delegations" not in browser.get("/resume").text         # forgotten for good


def test_kept_also_where_nobody_can_be_known(browser: Browser) -> None:
    browser.client.delete_cookie("portal-person")
    browser.post("/account/delegations", FORM)
    browser.sign_in("office")
    assert "/account/delegations" in browser.get("/resume").text


def test_a_forged_cookie_names_nobody(browser: Browser) -> None:
    browser.client.set_cookie("portal-person", str(people.key("market")))
    browser.post("/account/delegations", FORM)
    browser.sign_in("market")
    assert "/account/delegations" in browser.get("/resume").text             # as if the cookie were not there


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_is_not_kept(browser: Browser, header: dict[str, str]) -> None:
    browser.post("/account/delegations", FORM, headers=header)
    browser.sign_in("office")
    assert "/account/delegations" not in browser.get("/resume").text


def test_one_may_let_it_go(browser: Browser) -> None:
    browser.post("/account/delegations", FORM)
    browser.sign_in("office")
    browser.get("/resume")
    assert browser.post("/resume").location == "/desk"
    assert "/account/delegations" not in browser.get("/resume").text


def test_a_mere_button_leads_back_to_its_page(browser: Browser) -> None:
    refused = browser.post("/act-as", {}, headers={"Referer": "http://localhost/account?x=1"})
    assert refused.location == "/login?next=/account?x%3D1"
    assert browser.post("/act-as", {}, headers={"Referer": "https://evil.example/"}).location == "/login?next=/desk"


def test_too_much_to_keep_is_told(browser: Browser) -> None:
    answer = browser.post("/account/delegations", {"note": "x" * 3_000_000})
    assert answer.status_code == 400


def test_a_part_of_a_page_is_led_there_too(browser: Browser) -> None:
    answer = browser.post("/account/delegations", FORM, headers={"HX-Request": "true"})
    assert answer.status_code == 401 and answer.headers["HX-Redirect"] == "/login?next=/resume"


def test_passwords_are_never_kept(browser: Browser) -> None:
    browser.post("/account/password", {"password": people.PASSWORD, "new_password": "x", "new_password_confirm": "x"})
    browser.sign_in("office")
    assert people.PASSWORD not in browser.get("/resume").text


@pytest.fixture
def without_broker(app: Flask, server: embedded.Server, database: str) -> Browser:
    return Browser(create_app(settings(server, database, "unix:///nonexistent/valkey.sock")))


def test_without_the_broker_pages_say_so(without_broker: Browser) -> None:
    for path in ("/login", "/account", "/desk", "/nothing/here"):
        answer = without_broker.get(path)
        assert answer.status_code == 503, path
        assert "Traceback" not in answer.text and "<h1" in answer.text
    without_broker.client.set_cookie("portal", "any")
    assert without_broker.post("/login", {"email": people.email("office"), "password": people.PASSWORD}).status_code == 503


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/static/favicon.svg", "/api/v1/me"])
def test_without_the_broker_the_rest_goes_on(without_broker: Browser, path: str) -> None:
    answer = without_broker.get(path)
    assert answer.status_code != 503 and "Set-Cookie" not in answer.headers


def test_behind_https_the_cookies_insist_on_it(app: Flask, server: embedded.Server, database: str, valkey: embedded.Valkey) -> None:
    secure = create_app(replace(settings(server, database, valkey.url), base_url="https://portal.example"))
    client = secure.test_client()
    page = client.get("/login", base_url="https://portal.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    said = client.post("/login", base_url="https://portal.example", headers={"Referer": "https://portal.example/login"}, data={
        "csrf_token": token[1], "email": people.email("office"), "password": people.PASSWORD}).headers.getlist("Set-Cookie")
    ours = [c for c in said if "portal" in c]
    assert len(ours) == 2
    for cookie in ours:
        assert cookie.startswith("__Host-portal") and "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk", base_url="https://portal.example").text)
    assert token
    chosen = client.post("/language", base_url="https://portal.example", environ_overrides={"wsgi.url_scheme": "http"}, data={
        "csrf_token": token[1], "language": "en"}).headers.getlist("Set-Cookie")
    assert [("Secure" in c) for c in chosen if c.startswith("language=")] == [True]      # though the proxy speaks http with us


def test_a_form_older_than_the_session(app: Flask) -> None:
    """Signed in anew in another window, while the form stood open in this one."""
    browser = Browser(app)
    browser.sign_in("office")
    browser.get("/account")
    browser.post("/logout")
    browser.sign_in("office")
    stale = {**FORM, "csrf_token": "of-an-earlier-session"}
    for elsewhere in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert browser.post("/account/delegations", stale, token=False, headers=elsewhere).status_code == 400
    refused = browser.post("/account/delegations", stale, token=False, headers={"Origin": "http://localhost"})
    assert refused.location == "/resume"
    page = browser.get("/resume")
    assert dict(hidden(page.text))["note"] == FORM["note"] and "of-an-earlier-session" not in page.text
    without = browser.post("/account/delegations", FORM, token=False, headers={"Origin": "http://localhost"})
    assert without.status_code == 400
