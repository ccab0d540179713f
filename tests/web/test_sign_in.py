"""Sign-in, sign-out, change of password: through real requests, sessions on a real broker."""
import re

import pytest
import redis
from flask import Flask

from portal.accounts import sign_in
from tests.conftest import Superuser
from tests.factories import people
from tests.web.browsing import Browser, body, faults_beside

NEW = "vier blaue Elefanten tanzen"


@pytest.fixture(autouse=True)
def no_attempts_yet(app: Flask, store: "redis.Redis", worker_id: str) -> None:
    """Failures are counted in real time, over tests; each worker counts its own."""
    app.extensions["portal.limiter"]._key_prefix = worker_id
    for key in store.scan_iter(f"*/{worker_id}/*"):
        store.delete(key)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def store(app: Flask) -> "redis.Redis":
    client: redis.Redis = app.session_interface.client
    return client


def test_the_page_says_where_one_is_and_whom_to_ask(browser: Browser) -> None:
    page = browser.get("/login")
    assert page.status_code == 200
    assert "/logout" not in page.text
    assert "office@hq.example" in page.text and "demo-password" in page.text
    assert people.PASSWORD not in page.text


def test_signed_in_and_on_to_where_one_wanted(browser: Browser) -> None:
    refused = browser.get("/account?x=1")
    assert refused.status_code == 303
    assert refused.location == "/login?next=/account?x%3D1"
    assert browser.get(refused.location).status_code == 200
    entered = browser.sign_in("office", next="/account?x=1")
    assert (entered.status_code, entered.location) == (302, "/account?x=1")
    page = browser.get("/account")
    assert page.status_code == 200 and "office@hq.example" in page.text
    assert browser.get("/login").location.endswith("/desk")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "///evil.example",
                                       "javascript:alert(1)", "%09//evil.example"])
def test_never_on_to_another_site(browser: Browser, elsewhere: str) -> None:
    entered = browser.sign_in("office", next=elsewhere)
    assert entered.status_code == 302
    assert not re.match(r"^\s*([a-z]+:)?[/\\]{2}", entered.location) and "javascript" not in entered.location


def test_an_address_that_is_none_is_refused_politely(browser: Browser) -> None:
    assert browser.get("/login?next=http://[").status_code == 400


def test_the_cookies_flags(browser: Browser) -> None:
    said = browser.sign_in("office").headers.getlist("Set-Cookie")
    session = next(c for c in said if c.startswith("portal="))
    person = next(c for c in said if c.startswith("portal-person="))
    for cookie in (session, person):
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie
        assert "Secure" not in cookie                       # plain http here; https below
    assert str(people.key("office")) not in session


def test_wrong_and_unknown_read_the_same(browser: Browser, app: Flask) -> None:
    wrong = browser.sign_in("office", "not the password")
    unknown = Browser(app).sign_in("nobody@hq.example", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert body(wrong) == body(unknown)
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize(("email", "password"), [
    ("office@hq.example", "x\0y"), ("a\0b@hq.example", "x"), ("", ""), ("office", "x"), ("office@hq.example", "x" * 200_000),
    ("x" * 100_000 + "@hq.example", "x"), ("<script>@hq.example", "<script>"), ("office@hq.example", "😀"),
    ("示例@hq.example", "y")])
def test_whatever_is_typed(browser: Browser, email: str, password: str) -> None:
    answer = browser.sign_in(email or " @", password)
    assert answer.status_code == 422
    assert "<script>" not in answer.text


def test_letters_case_and_spaces_of_the_address_do_not_matter(browser: Browser) -> None:
    browser.get("/login")
    assert browser.post("/login", {"email": " Office@HQ.example ", "password": people.PASSWORD}).status_code == 302


def test_a_password_typed_on_another_keyboard(browser: Browser) -> None:
    full_width = people.PASSWORD.replace("correct", "ｃｏｒｒｅｃｔ")
    assert browser.sign_in("office", full_width).status_code == 302


def test_who_has_left_or_is_closed_is_refused_like_everybody(browser: Browser, app: Flask, superuser: Superuser) -> None:
    superuser.execute("UPDATE person SET left_on = '2026-03-01' WHERE email = 'head@tibet.example'")
    superuser.execute("UPDATE account SET active = false WHERE person_id = %s", (people.key("contact.tibet"),))
    wrong = body(browser.sign_in("office", "not the password"))
    assert body(Browser(app).sign_in("head.tibet")) == wrong
    assert body(Browser(app).sign_in("contact.tibet")) == wrong


def test_who_leaves_meanwhile_is_out_at_once(browser: Browser, superuser: Superuser) -> None:
    browser.sign_in("head.tibet")
    assert browser.get("/account").status_code == 200
    superuser.execute("UPDATE person SET left_on = '2026-03-10' WHERE email = 'head@tibet.example'")
    assert browser.get("/account").status_code == 303


def test_no_form_without_its_token(browser: Browser) -> None:
    browser.get("/login")
    fields = {"email": people.email("office"), "password": people.PASSWORD}
    assert browser.post("/login", fields, token=False).status_code == 400
    browser.sign_in("office")
    for path in ("/logout", "/account/password", "/act-as", "/account/delegations", "/resume"):
        assert browser.post(path, {}, token=False).status_code == 400, path
    assert browser.get("/account").status_code == 200         # still signed in


def test_a_new_number_at_sign_in_and_none_after_sign_out(browser: Browser, app: Flask, store: "redis.Redis") -> None:
    browser.get("/login")
    before = browser.cookie()
    browser.sign_in("office")
    after = browser.cookie()
    assert before and after and before != after
    assert store.get(f"session:{before}") is None and store.ttl(f"session:{after}") > 11 * 3600
    browser.get("/account")
    assert browser.post("/logout").location == "/login"
    assert browser.cookie() is None
    assert store.get(f"session:{after}") is None
    thief = Browser(app)
    for stolen in (before, after):
        thief.client.set_cookie("portal", stolen)
        assert thief.get("/account").status_code == 303


def test_a_number_of_ones_own_choice_is_not_taken(browser: Browser) -> None:
    browser.client.set_cookie("portal", "chosen-by-an-attacker")
    browser.sign_in("office")
    assert browser.cookie() != "chosen-by-an-attacker"


def test_a_slower_request_does_not_revive_an_ended_session(app: Flask, browser: Browser, store: "redis.Redis") -> None:
    browser.sign_in("office")
    sid = browser.cookie()
    keeping = app.session_interface
    with app.test_request_context("/account", headers={"Cookie": f"portal={sid}"}) as slow:
        slow.session["late"] = True
        store.delete(f"session:{sid}")
        keeping.save_session(app, slow.session, app.response_class())
    assert store.get(f"session:{sid}") is None


def test_code_in_the_store_is_not_run(app: Flask, browser: Browser, store: "redis.Redis") -> None:
    store.set("session:pickled", b"cos\nsystem\n(S'touch portal-was-here'\ntR.")
    browser.client.set_cookie("portal", "pickled")
    assert browser.get("/account").status_code == 303


def test_ten_failures_an_account_then_wait(browser: Browser, app: Flask) -> None:
    for _ in range(10):
        assert browser.sign_in("office", "not the password").status_code == 422
    other = Browser(app, address="10.0.0.9")
    for password in ("not the password", people.PASSWORD):
        limited = other.sign_in(" OFFICE@hq.example", password)
        assert limited.status_code == 429 and 0 < int(limited.headers["Retry-After"]) <= 61
    assert other.sign_in("market").status_code == 302         # another account from there is free
    for _ in range(10):
        assert browser.sign_in("nobody@hq.example", "x").status_code == 422
    assert browser.sign_in("nobody@hq.example", "x").status_code == 429       # an unknown one is counted alike


def test_success_is_not_counted(browser: Browser, app: Flask) -> None:
    for _ in range(12):
        assert Browser(app).sign_in("office").status_code == 302


def test_failures_from_one_address(browser: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_PER_ADDRESS", "5 per minute")
    for n in range(5):
        assert browser.sign_in(f"nobody{n}@hq.example", "x").status_code == 422
    assert browser.sign_in("office").status_code == 429
    assert Browser(app, address="10.0.0.9").sign_in("office").status_code == 302


def test_the_limits_are_sensible() -> None:
    assert sign_in.PER_ACCOUNT == "10 per minute; 100 per hour" and sign_in.PER_ADDRESS == "60 per minute"


@pytest.mark.parametrize("weak", ["short", "password1234", "aaaaaaaaaaaaaa", "office@hq.example", "qwertyuiop12", "示" * 9])
def test_a_weak_password_is_refused_beside_its_field(browser: Browser, weak: str) -> None:
    browser.sign_in("office")
    browser.get("/account/password")
    answer = browser.post("/account/password", {"password": people.PASSWORD, "new_password": weak, "new_password_confirm": weak})
    assert answer.status_code == 422
    assert faults_beside(answer, "new_password")


def test_the_present_password_is_asked_for_and_the_new_one_twice(browser: Browser) -> None:
    browser.sign_in("office")
    browser.get("/account/password")
    wrong = browser.post("/account/password", {"password": "x", "new_password": NEW, "new_password_confirm": NEW})
    assert wrong.status_code == 422 and faults_beside(wrong, "password")
    differs = browser.post("/account/password", {"password": people.PASSWORD, "new_password": NEW, "new_password_confirm": "other"})
    assert differs.status_code == 422 and faults_beside(differs, "new_password_confirm")
    same = browser.post("/account/password", {"password": people.PASSWORD, "new_password": people.PASSWORD,
                                              "new_password_confirm": people.PASSWORD})
    assert same.status_code == 422


def test_a_changed_password_ends_other_sessions(browser: Browser, app: Flask, superuser: Superuser) -> None:
    other = Browser(app)
    other.sign_in("office")
    browser.sign_in("office")
    before = browser.cookie()
    browser.get("/account/password")
    done = browser.post("/account/password", {"password": people.PASSWORD, "new_password": NEW, "new_password_confirm": NEW})
    assert (done.status_code, done.location) == (302, "/account")
    assert browser.cookie() != before
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert Browser(app).sign_in("office").status_code == 422
    assert Browser(app).sign_in("office", NEW).status_code == 302
    kept = superuser.execute("SELECT password FROM account WHERE person_id = %s", (people.key("office"),)).fetchone()
    assert kept and kept[0].startswith("$argon2id$") and NEW not in kept[0]


def test_the_password_page_is_for_who_is_signed_in(browser: Browser) -> None:
    assert browser.get("/account/password").location == "/login?next=/account/password"


def test_no_tokens_by_the_side_door(browser: Browser) -> None:
    browser.get("/login")
    answer = browser.client.post("/login?include_auth_token", json={"email": people.email("office"), "password": people.PASSWORD})
    assert answer.status_code == 400 and "authentication_token" not in answer.text


@pytest.mark.parametrize("spelling", ["of{}fice@hq.example", "office@hq.{}example", "{}office@hq.example", "OFFICE@HQ.EXAMPLE{}"])
def test_failures_are_counted_however_the_address_is_spelt(browser: Browser, spelling: str) -> None:
    """What is looked up as one address is counted as one; control characters are dropped by both."""
    for n in range(10):
        assert browser.sign_in(spelling.format(chr(1 + n % 8)), "not the password").status_code == 422
    assert browser.sign_in("office").status_code == 429


@pytest.mark.parametrize("sent", ['{"email": "office@hq.example", "password": "x"}', "[1]", "{"])
def test_only_the_form_signs_in(browser: Browser, sent: str) -> None:
    """The library reads JSON, whose address no limit counts."""
    browser.get("/login")
    answer = browser.client.post("/login", data=sent, headers={"X-CSRFToken": browser._token, "Content-Type": "application/json"})
    assert answer.status_code == 400
