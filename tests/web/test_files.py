"""Files on a page: added by a form without script, taken home as downloads, seen by who sees the thing."""
import re
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.attachments import storage
from tests.api.conftest import Call, call
from tests.api.test_room import problem_of
from tests.conftest import Superuser
from tests.factories.files import GIF, PDF, docx, xlsx
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements
from tests.web.test_assignments import keys, signed_in

__all__ = ["call"]                                     # a fixture


@pytest.fixture
def key(superuser: Superuser) -> str:
    return keys(superuser)[0]


def send(browser: Browser, key: str, *files: tuple[str, bytes], **fields: Any) -> TestResponse:
    sent: Any = {"file": [(BytesIO(content), name) for name, content in files], **fields}
    return browser.post(f"/assignments/{key}/files", sent, content_type="multipart/form-data")


def links(page: str) -> list[str]:
    return re.findall(r'href="(/files/[0-9a-f-]{36})" download', page)


def test_added_shown_taken_home_removed(app: Flask, key: str, superuser: Superuser) -> None:
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    answer = send(browser, key, ("..\\整改 证据13912345678.pdf", PDF), ("b.docx", docx()))
    assert (answer.status_code, answer.location) == (303, f"/assignments/{key}#files")
    page = browser.get(f"/assignments/{key}").text
    assert "整改 证据139xxxx5678.pdf" in page and "已屏蔽 1 个个人号码：电话号码" in page and len(links(page)) == 2
    first = links(page)[0]
    got = browser.get(first)
    assert got.status_code == 200 and got.data == PDF and got.headers["Content-Length"] == str(len(PDF))
    told = got.headers["Content-Disposition"]
    assert told.startswith("attachment; ") and unquote(told).endswith("filename*=UTF-8''整改 证据139xxxx5678.pdf")
    assert got.headers["Content-Type"] == "application/pdf" and got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"].startswith("sandbox") and got.headers["Cache-Control"] == "private, no-store"
    assert "添加了附件" in page and superuser.execute("SELECT count(*) FROM audit_entry WHERE action = 'attach'").fetchone() == (2,)
    # who reads it takes it home; who does not finds nothing; nobody without signing in
    for who, status in (("head.guangdong", 200), ("contact.guangdong", 200), ("market", 200), ("office", 200), ("auditor", 200),
                        ("network.guangdong", 404), ("contact.tibet", 404), ("market.migu", 404), ("network", 404), ("admin", 404)):
        other = signed_in(app, who)
        assert other.get(first).status_code == status, who
        refusal = 403 if status == 200 else 404
        assert other.post(f"{first}/remove").status_code == (303 if who == "contact.guangdong" else refusal), who
        if who == "contact.guangdong":
            superuser.execute("UPDATE attachment SET removed_at = NULL")
    assert Browser(app).get(first).status_code == 303
    assert browser.post(f"{first}/remove").location == f"/assignments/{key}#files"
    assert browser.get(first).status_code == 404 and links(browser.get(f"/assignments/{key}").text) != []
    assert "removed_at" not in browser.get(f"/assignments/{key}").text


@pytest.mark.parametrize(("name", "content", "said"), [
    ("report.pdf", b"MZ" + bytes(300), "程序文件"), ("a.gif", b"GIF89a<script>alert(1)</script>", "脚本或 HTML"),
    ("a.xlsx", xlsx()[:200], "不符|损坏"), ("a.svg", b"<svg/>", "不接收"), ("", b"", "请先选择文件")])
def test_refusals_are_told_on_the_page(app: Flask, key: str, superuser: Superuser, name: str, content: bytes, said: str) -> None:
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    answer = send(browser, key, ("good.gif", GIF), (name, content)) if name else send(browser, key)
    assert answer.location == f"/assignments/{key}#files"
    page = browser.get(f"/assignments/{key}").text
    assert re.search(said, page) and links(page) == []                           # all or none
    assert superuser.execute("SELECT count(*) FROM audit_entry WHERE action = 'attach'").fetchone() == (0,)


def test_large_requests_where_files_are_taken_and_nowhere_else(app: Flask, key: str) -> None:
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    large = b"a" * (13 * 1024 * 1024)
    assert send(browser, key, ("a.txt", large)).status_code == 303
    assert send(browser, key, ("a.txt", large + large + large)).status_code == 303      # told: at most 20 MB
    assert "20 MB" in browser.get(f"/assignments/{key}").text and len(links(browser.get(f"/assignments/{key}").text)) == 1
    assert browser.post(f"/assignments/{key}/progress", {"text": "a" * 13 * 1024 * 1024}).status_code == 413
    assert send(Browser(app), key, ("a.txt", large)).status_code in (303, 400, 413)     # unknown people send nothing large


def test_words_too_long_are_told_at_their_field_however_they_are_sent(app: Flask, key: str) -> None:
    """A text of 3 MB is three times as long on its way, where each of its bytes is written as %XX."""
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    answer = browser.post(f"/assignments/{key}/progress", {"text": "长" * 1_048_576, "percent": "1", "version": "1"})
    assert answer.status_code == 422 and faults_beside(answer, "text")


def test_a_forged_form_adds_nothing(app: Flask, key: str) -> None:
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    sent: Any = {"file": (BytesIO(PDF), "a.pdf")}
    forged = browser.post(f"/assignments/{key}/files", sent, token=False, headers={"Origin": "http://evil.example"})
    assert forged.status_code == 400
    assert links(browser.get(f"/assignments/{key}").text) == []


def test_while_the_storage_is_away(app: Flask, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    send(browser, key, ("a.pdf", PDF))
    link = links(browser.get(f"/assignments/{key}").text)[0]

    def away() -> None:
        raise storage.Away("not there")
    monkeypatch.setattr(storage, "current", away)
    assert send(browser, key, ("b.pdf", PDF)).status_code == 503 and browser.get(link).status_code == 503
    assert len(links(browser.get(f"/assignments/{key}").text)) == 1


def test_files_cost_one_statement(app: Flask, key: str) -> None:
    browser = signed_in(app, "market.guangdong", f"/assignments/{key}")
    with statements(app) as without:
        browser.get(f"/assignments/{key}")
    send(browser, key, *((f"{n}.pdf", PDF) for n in range(5)))
    browser.get(f"/assignments/{key}")
    with statements(app) as sent:
        browser.get(f"/assignments/{key}")
    assert len(sent) <= len(without) + 1, "\n".join(sent)


def test_programs(call: Call, key: str) -> None:
    def post(who: str, name: str = "证据.pdf", content: bytes = PDF, **more: Any) -> TestResponse:
        return call(who, "POST", f"/assignments/{key}/files", data={"file": (BytesIO(content), name)}, **more)
    again = {"Idempotency-Key": "by a flaky network"}
    made = post("market.guangdong", "证据 13912345678.pdf", headers=again)
    assert made.status_code == 201 and made.headers["Masked"] == "phone"
    facts = made.get_json()
    assert (facts["name"], facts["size"], facts["media_type"]) == ("证据 139xxxx5678.pdf", len(PDF), "application/pdf")
    assert made.headers["Location"] == f"/api/v1/files/{facts['id']}"
    repeated = post("market.guangdong", "证据 13912345678.pdf", headers=again)              # another boundary, the same file
    assert repeated.get_json() == facts
    problem_of(post("market.guangdong", content=PDF + b"%", headers=again), 422)
    assert len(call("market.guangdong", "GET", f"/assignments/{key}/files").get_json()["items"]) == 1
    for who, status in (("contact.tibet", 404), ("network.guangdong", 404), ("head.guangdong", 403), ("market", 403)):
        problem_of(post(who), status)
    for who, status in (("market", 200), ("auditor", 200), ("contact.tibet", 404), ("admin", 404)):
        assert call(who, "GET", f"/files/{facts['id']}").status_code == status, who
        assert call(who, "GET", f"/assignments/{key}/files").status_code == status, who
    got = call("market", "GET", f"/files/{facts['id']}")
    assert got.data == PDF and got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    asked = call("market", "GET", f"/files/{facts['id']}", headers={"Accept": "application/json"})
    assert asked.get_json() == facts
    problem_of(post("market.guangdong", "a.pdf", b"MZ"), 422)
    problem_of(call("market.guangdong", "POST", f"/assignments/{key}/files", json={"file": "x"}), 422)
    problem_of(call("market", "POST", f"/files/{facts['id']}/remove"), 403)
    assert call("market.guangdong", "POST", f"/files/{facts['id']}/remove").status_code == 200
    unknown = call("market", "GET", "/files/019cd578-f500-7e37-b3ef-db0bf48b7668")
    assert call("market", "GET", f"/files/{facts['id']}").data == unknown.data and unknown.status_code == 404
