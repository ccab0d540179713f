"""More time as a browser without script sees it, and as programs do."""
import re

import pytest
from flask import Flask

from tests.api.conftest import Call, call
from tests.conftest import Superuser
from tests.web.browsing import faults_beside
from tests.web.counting import statements
from tests.web.test_assignments import NASTY, key, signed_in, version, words

__all__ = ["call", "key"]


def late(superuser: Superuser, key: str) -> str:
    """A day a week after the milestone."""
    row = superuser.execute("SELECT milestone_due + 7 FROM assignment WHERE id = %s", (key,)).fetchone()
    assert row is not None
    return str(row[0])


def test_asked_shown_on_desk_and_list_and_granted(app: Flask, superuser: Superuser, key: str) -> None:
    owner, base, day = signed_in(app, "market.guangdong"), f"/assignments/{key}", late(superuser, key)
    assert f'action="{base}/extensions"' in owner.get(base).text
    wrong = owner.post(f"{base}/extensions", {"due": "tomorrow", "reason": NASTY, "version": version(superuser, key)})
    assert wrong.status_code == 422 and "&lt;script&gt;alert(1)" in wrong.text and 'id="new-due"' in wrong.text
    bare = owner.post(f"{base}/extensions", {"due": "", "reason": "", "blocking": "guangdong", "version": version(superuser, key)})
    assert bare.status_code == 422
    assert all(faults_beside(bare, name) for name in ("new-due", "extension-reason", "blocking"))
    sent = owner.post(f"{base}/extensions", {"due": day, "reason": NASTY, "blocking": "migu", "version": version(superuser, key)})
    assert (sent.status_code, sent.location) == (303, base)
    mine = owner.get(base).text
    assert "&lt;script&gt;alert(1)" in mine and "<script>alert" not in mine and f'action="{base}/extensions/withdraw"' in mine
    assert f'href="{base}#more-time"' in owner.get("/desk").text
    office = signed_in(app, "office")
    desk = words(office.get("/desk").text)
    assert "审定延期：" in desk and "认定是否适用" not in desk            # which is about what does not apply
    assert ">审定延期</a>" in office.get(base).text
    assert f'href="{base}#more-time"' in office.get("/desk").text and base in office.get("/assignments?extending=1").text
    assert f'href="{base}#more-time"' not in signed_in(app, "market").get("/desk").text
    page = office.get("/assignments/verify").text
    asked = re.search(r'name="extension" value="([0-9a-f-]+)"', page)
    assert asked
    verdict = {"extension": asked[1], "verdict": "decline", "remark": "", "next": "/assignments/verify"}
    assert "aria-invalid" in office.post(f"{base}/extensions/verdict", verdict).text                   # stays on the page of many
    assert office.post(f"{base}/extensions/verdict", {**verdict, "verdict": "grant"}).location == "/assignments/verify"
    assert office.post(f"{base}/extensions/verdict", verdict).status_code == 409
    after = words(owner.get(base).text)
    assert day in after and f'action="{base}/extensions/withdraw"' not in owner.get(base).text
    assert f"/assignments/{key}" not in office.get("/assignments?extending=1").text


def test_the_lines_add_up_from_the_first_day_to_the_one_in_force(app: Flask, superuser: Superuser, key: str) -> None:
    """Also where the approved plan has set a day of its own, before a request or after it."""
    contact, base = signed_in(app, "contact.guangdong"), f"/assignments/{key}"
    contact.client.set_cookie("language", "en")

    def lines() -> list[str]:
        ledger = contact.get(base).text.partition('id="slippage"')[2].partition("</ol>")[0]
        return re.findall(r"20\d\d-\d\d-\d\d (?:first agreed|by the approved plan|instead|in force)", words(ledger))
    assert lines() == []
    superuser.execute("UPDATE assignment SET original_due = '2026-12-31', due = '2026-12-11', milestone_due = '2026-12-31'"
                      " WHERE id = %s", (key,))
    planned = ["2026-12-31 first agreed", "2026-12-11 by the approved plan"]
    assert lines() == [*planned, "2026-12-11 in force"]
    sent = {"due": "2026-12-20", "reason": "late", "version": version(superuser, key)}
    assert contact.post(f"{base}/extensions", sent).status_code == 303
    superuser.execute("UPDATE extension SET verdict = 'granted', decided_at = now(), decided_by_id = asked_by_id"
                      " WHERE assignment_id = %s", (key,))
    superuser.execute("UPDATE assignment SET due = '2026-12-20' WHERE id = %s", (key,))
    asked = [*planned, "2026-12-20 instead"]
    assert lines() == [*asked, "2026-12-20 in force"]
    superuser.execute("UPDATE assignment SET due = '2026-12-24' WHERE id = %s", (key,))
    assert lines() == [*asked, "2026-12-24 by the approved plan", "2026-12-24 in force"]


def test_the_list_needs_as_many_statements_however_many_ask(app: Flask, superuser: Superuser, key: str) -> None:
    owner = signed_in(app, "contact.guangdong")
    owner.get("/assignments")
    with statements(app) as before:
        owner.get("/assignments")
    superuser.execute("INSERT INTO extension (id, unit_id, assignment_id, reason, asked_by_id, asked_at, remark, due_before, due)"
                      " SELECT gen_random_uuid(), unit_id, id, 'x', (SELECT id FROM person LIMIT 1), now(), '', due, due + 1"
                      " FROM assignment")
    with statements(app) as after:
        owner.get("/assignments")
    assert len(after) <= len(before) + 1


def test_for_programs(call: Call, superuser: Superuser, key: str) -> None:
    base, day = f"/assignments/{key}", late(superuser, key)
    assert call("office", "GET", base).get_json()["extensions"] == []
    for sent, field in (({"due": day}, "reason"), ({"due": "x", "reason": "y"}, "due"),
                        ({"due": day, "reason": "y", "blocking_unit": "guangdong"}, "blocking_unit")):
        answer = call("market.guangdong", "POST", f"{base}/extensions", json=sent)
        assert answer.status_code == 422 and field in answer.get_json()["errors"], sent
    first = call("market.guangdong", "POST", f"{base}/extensions", json={"due": day, "reason": "late", "blocking_unit": "migu"})
    (shown,) = first.get_json()["extensions"]
    assert (shown["state"], shown["due"], shown["blocking_unit"], shown["asked_by"]) == (
        "asked", day, "migu", "market@guangdong.example")
    assert [a["id"] for a in call("office", "GET", "/assignments?extending=true").get_json()["items"]] == [key]
    statuses = {who: call(who, "POST", f"{base}/extensions/verdict", json={"verdict": "decline"}).status_code
                for who in ("contact.tibet", "market", "leader", "market.guangdong", "office")}
    assert statuses == {"contact.tibet": 404, "market": 403, "leader": 403, "market.guangdong": 403, "office": 422}
    done = call("office", "POST", f"{base}/extensions/verdict", json={"verdict": "grant"}).get_json()
    assert (done["due"], done["extensions"][0]["state"]) == (day, "granted") and done["original_due"] < day
    assert call("office", "POST", f"{base}/extensions/verdict", json={"verdict": "grant"}).status_code == 409
    assert call("contact.guangdong", "POST", f"{base}/extensions/withdraw").status_code == 409


@pytest.mark.parametrize("who", ["leader", "auditor", "contact.tibet"])
def test_who_may_not(app: Flask, superuser: Superuser, key: str, who: str) -> None:
    sent = {"due": late(superuser, key), "reason": "why", "version": version(superuser, key)}
    assert signed_in(app, who).post(f"/assignments/{key}/extensions", sent).status_code in (403, 404)
