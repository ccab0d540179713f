"""Numbers of people never reach the database with what one writes, and the writer hears of it."""
from urllib.parse import unquote

from flask import Flask

from tests.api.conftest import Call, call
from tests.conftest import Superuser
from tests.web.filing_pages import CONTACT, Signed, form_of, key, signed, stored
from tests.web.test_assignments import reports, signed_in, version

__all__ = ["call", "key", "signed"]                    # fixtures
WRITTEN = "请找张三 139 1234 5678，证 360426199101010071，再打 13912345678"
STORED = "请找张三 139 **** 5678，证 360***********0071，再打 139****5678"


def market_key(superuser: Superuser) -> str:
    found = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = unit_id WHERE u.code = 'guangdong'"
                              " AND line = 'market' ORDER BY a.id").fetchone()
    assert found
    return str(found[0])


def test_the_writer_of_a_form_is_told_on_the_next_page(app: Flask, superuser: Superuser) -> None:
    a = market_key(superuser)
    browser = signed_in(app, "market.guangdong", f"/assignments/{a}")
    sent = {"percent": "30", "text": WRITTEN, "version": version(superuser, a)}
    answer = browser.post(f"/assignments/{a}/progress", {**sent, "percent": "130"})
    assert answer.status_code == 422 and "X-Masked" not in answer.headers              # nothing was stored
    answer = browser.post(f"/assignments/{a}/progress", sent)
    assert answer.status_code == 303 and reports(superuser, a) == [(30, STORED)]
    page = browser.get(answer.location).text
    assert "已屏蔽 2 个个人号码：电话号码，身份证号" in page and "12345678" not in page
    assert "已屏蔽" not in browser.get(answer.location).text                              # told once
    trail = superuser.execute("SELECT string_agg(changes::text, '') FROM audit_entry WHERE action = 'report'").fetchone()
    assert trail and "139****5678" in trail[0] and "13912345678" not in trail[0]


def test_who_autosaves_is_told_where_it_says_saved(signed: Signed, key: str, superuser: Superuser) -> None:
    browser = signed(CONTACT)
    fields = form_of(browser.get(f"/filings/{key}")) | {"team": WRITTEN}
    answer = browser.post(f"/filings/{key}", fields, headers={"X-Autosave": "1"})
    assert answer.status_code == 200 and stored(superuser) == STORED
    assert unquote(answer.headers["X-Masked"]) == "已屏蔽 2 个个人号码：电话号码，身份证号"
    assert "X-Masked" not in browser.post(f"/filings/{key}", form_of(browser.get(f"/filings/{key}"))).headers


def test_a_program_is_told_by_a_header(call: Call, superuser: Superuser) -> None:
    a = market_key(superuser)
    answer = call("market.guangdong", "POST", f"/assignments/{a}/progress", json={"percent": 20, "text": WRITTEN})
    assert answer.status_code < 300 and answer.headers["Masked"] == "phone, identity_card"
    assert reports(superuser, a) == [(20, STORED)]
    assert "Masked" not in call("market.guangdong", "POST", f"/assignments/{a}/progress", json={"percent": 20, "text": "x"}).headers
