"""The rules that hold for every call: who, in which order, how refused, how paged."""
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.api import tokens
from portal.app import create_app
from tenants import clock
from tests.api.conftest import Call, caller, token_of
from tests.conftest import Superuser
from tests.factories import people, world

GD = "contact.guangdong"


def problem_of(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem details, checked for their shape."""
    assert answer.status_code == status, answer.data
    assert answer.mimetype == "application/problem+json"
    content: dict[str, Any] = answer.get_json()
    assert set(content) == {"type", "title", "status", "detail"} | ({"errors"} if status == 422 else set())
    assert content["status"] == status and all(content[k] for k in ("type", "title", "detail"))
    return content


# --- 401 ---------------------------------------------------------------------------------------------------------

def test_without_a_token_nothing_is_answered(call: Call) -> None:
    answer = call(None, "GET", "/me")
    problem_of(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer") and "invalid_token" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("value", ["Bearer nonsense", "Bearer", "Bearer  ", "Basic dTpw", "Bearer " + "x" * 5000,
                                   "bearer \xff\xfe", "Bearer a b"])
def test_a_bad_token_is_refused(call: Call, value: str) -> None:
    problem_of(call(None, "GET", "/me", headers={"Authorization": value}), 401)


def test_a_token_expires_and_can_be_revoked_and_dies_with_its_person(call: Call, superuser: Superuser) -> None:
    for token, more in (("expired", {"days": -1}), ("revoked", {"revoked": True})):
        token_of(superuser, GD, token=token, **more)
        problem_of(call(None, "GET", "/me", headers={"Authorization": f"Bearer {token}"}), 401)
    assert call(GD, "GET", "/me").status_code == 200
    superuser.execute("UPDATE account SET active = false WHERE person_id = %s", (people.key(GD),))
    problem_of(call(GD, "GET", "/me"), 401)
    superuser.execute("UPDATE account SET active = true WHERE person_id = %s", (people.key(GD),))
    assert call(GD, "GET", "/me").status_code == 200
    superuser.execute("UPDATE person SET left_on = '2026-03-10' WHERE id = %s", (people.key(GD),))
    problem_of(call(GD, "GET", "/me"), 401)


def test_the_scheme_is_case_insensitive(call: Call, superuser: Superuser) -> None:
    token = token_of(superuser, GD)
    assert call(None, "GET", "/me", headers={"Authorization": f"bEARER {token}"}).status_code == 200


def test_cookies_mean_nothing_and_none_are_set(app: Flask, call: Call) -> None:
    answer = call(None, "GET", "/me", headers={"Cookie": "session=anything; language=en"})
    problem_of(answer, 401)
    assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in call(GD, "GET", "/me").headers


# --- the order 401, 404, 403, 428, 412, 409, 422 ---------------------------------------------------------------------

def test_the_order_of_checks_of_a_patch(try_out: Call, superuser: Superuser) -> None:
    bad = {"data": "{", "content_type": "application/json"}
    problem_of(try_out(None, "PATCH", "/probe/units/nothing", **bad), 401)
    problem_of(try_out(GD, "PATCH", "/probe/units/nothing", **bad), 404)
    problem_of(try_out(GD, "PATCH", "/probe/units/tibet", **bad), 403)
    superuser.execute("UPDATE unit SET closed_on = '2027-01-01' WHERE code = 'tibet'")
    problem_of(try_out("admin", "PATCH", "/probe/units/tibet", **bad), 428)
    problem_of(try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": '"old"'}, **bad), 412)
    problem_of(try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": "*"}, **bad), 409)
    superuser.execute("UPDATE unit SET closed_on = NULL WHERE code = 'tibet'")
    problem_of(try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": "*"}, **bad), 422)


def test_404_comes_before_403_also_for_what_only_some_may_create(try_out: Call) -> None:
    problem_of(try_out("auditor", "POST", f"/probe/colleagues/{uuid4()}/poke"), 404)
    problem_of(try_out("auditor", "POST", f"/probe/colleagues/{people.key(GD)}/poke"), 403)


def test_malformed_unknown_and_invisible_are_one_answer(try_out: Call) -> None:
    paths = [f"/probe/colleagues/{key}" for key in (
        uuid4(), "1", "x" * 3000, "%00", "..%2F..", "{" + str(people.key(GD)) + "}", str(people.key(GD)).upper(),
        str(people.key(GD)).replace("-", ""), "urn:uuid:" + str(people.key(GD)), "%F0%9F%98%80", "' OR 1=1--")]
    answers = [try_out(GD, "GET", path) for path in [*paths, "/units/nothing", "/units/%00", "/units/Migu"]]
    assert {a.status_code for a in answers} == {404}
    assert len({a.data for a in answers}) == 1
    assert answers[0].data == try_out(None, "GET", "/no/such/address").data


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_with_what_is_allowed(call: Call, method: str) -> None:
    answer = call(GD, method, "/me")
    problem_of(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_a_person_without_a_function_may_nothing(call: Call, superuser: Superuser) -> None:
    superuser.execute("DELETE FROM appointment WHERE person_id = %s", (people.key("member.tibet"),))
    problem_of(call("member.tibet", "GET", "/units"), 403)
    problem_of(call("member.tibet", "GET", "/units/migu"), 403)
    problem_of(call("member.tibet", "GET", "/units/nothing"), 404)


# --- bodies --------------------------------------------------------------------------------------------------------

def test_a_body_that_is_no_json_is_content_at_fault(try_out: Call) -> None:
    for raw in (b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"name": "\\ud800"}', b"[" * 100_000):
        content = problem_of(try_out(GD, "POST", "/probe/colleagues", data=raw, content_type="application/json"), 422)
        assert list(content["errors"]) == ["body"]


def test_other_media_types_and_too_much_are_refused(try_out: Call) -> None:
    problem_of(try_out(GD, "POST", "/probe/colleagues", data={"name": "x"}), 415)
    problem_of(try_out(GD, "POST", "/probe/colleagues", data=b"[" * 13_000_000, content_type="application/json"), 413)


def test_faults_are_named_by_field(try_out: Call) -> None:
    content = problem_of(try_out(GD, "POST", "/probe/colleagues", json={"name": 7}), 422)
    assert content["errors"] == {"name": ["Input should be a valid string."], "email": ["This is required."]}
    content = problem_of(try_out(GD, "POST", "/probe/colleagues", json={"name": "n" * 10_000, "email": "n@guangdong.example"}), 422)
    assert list(content["errors"]) == ["name"]
    content = problem_of(try_out(GD, "POST", "/probe/colleagues"), 422)
    assert set(content["errors"]) == {"name", "email"}


def test_texts_are_cleaned_and_further_fields_ignored(try_out: Call) -> None:
    sent = {"name": " \x00李\x07 <b>\U0001f600 ", "email": "New@Guangdong.example", "id": "mine", "more": [1]}
    answer = try_out(GD, "POST", "/probe/colleagues", json=sent)
    assert answer.status_code == 201 and answer.get_json()["name"] == "李 <b>\U0001f600"
    assert answer.headers["Location"] == f"/api/v1/probe/colleagues/{answer.get_json()['id']}"
    assert try_out(GD, "GET", answer.headers["Location"].removeprefix("/api/v1")).get_json() == answer.get_json()


def test_a_date_is_a_date_and_a_number_a_number(try_out: Call) -> None:
    for sent in ({"order": "1"}, {"order": True}, {"on": 5}, {"on": "2026-02-30"}, {"short": 1}):
        problem_of(try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": "*"}, json=sent), 422)
    assert try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": "*"}, json={"on": "2026-02-28"}).status_code == 200


def test_times_have_the_offset_of_the_portals_wall_clock(try_out: Call) -> None:
    assert try_out(GD, "GET", f"/probe/colleagues/{people.key(GD)}").get_json()["at"] == "2026-03-01T08:00:00+08:00"


# --- ETag --------------------------------------------------------------------------------------------------------

def test_an_etag_changes_with_the_resource_and_guards_its_change(try_out: Call) -> None:
    before = try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": "*"}, json={}).headers["ETag"]
    after = try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": before}, json={"short": "藏"})
    assert after.status_code == 200 and after.headers["ETag"] != before
    problem_of(try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": before}, json={"short": "西"}), 412)
    problem_of(try_out("admin", "PATCH", "/probe/units/tibet", headers={"If-Match": f"W/{after.headers['ETag']}"}, json={}), 412)


def test_an_unchanged_resource_is_not_sent_again(call: Call) -> None:
    etag = call(GD, "GET", "/me").headers["ETag"]
    answer = call(GD, "GET", "/me", headers={"If-None-Match": etag})
    assert answer.status_code == 304 and not answer.data


# --- pages -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/probe/colleagues", "/probe/backwards", "/probe/ordered", "/units"])
@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_cut_a_list_without_gap_or_overlap(try_out: Call, path: str, limit: int) -> None:
    whole = try_out(GD, "GET", f"{path}?limit=200").get_json()
    assert whole["next"] is None
    got: list[object] = []
    cursor, rounds = "", 0
    while cursor is not None:
        page = try_out(GD, "GET", f"{path}?limit={limit}&cursor={cursor}").get_json()
        got, cursor, rounds = got + page["items"], page["next"], rounds + 1
    assert got == whole["items"] and rounds == -(-len(got) // limit)


def test_an_ordered_list_goes_on_after_an_item_that_has_gone(try_out: Call, superuser: Superuser) -> None:
    page = try_out(GD, "GET", "/probe/ordered?limit=3").get_json()
    superuser.execute("DELETE FROM person WHERE id = %s", (page["items"][2]["id"],))
    assert try_out(GD, "GET", f"/probe/ordered?cursor={page['next']}").status_code == 200


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e2", "cursor=x", "cursor=W10.x",
                                   "cursor=" + "x" * 3000])
def test_bad_limits_and_cursors_are_content_at_fault(try_out: Call, query: str) -> None:
    for path in ("/probe/colleagues", "/probe/ordered"):
        content = problem_of(try_out(GD, "GET", f"{path}?{query}"), 422)
        assert list(content["errors"]) == [query.partition("=")[0]]


def test_a_cursor_belongs_to_its_list(try_out: Call) -> None:
    cursor = try_out(GD, "GET", "/probe/colleagues?limit=1").get_json()["next"]
    problem_of(try_out(GD, "GET", f"/probe/backwards?cursor={cursor}"), 422)


# --- how often -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("broker", ["there", "away"])
def test_calls_are_limited_per_token_also_without_the_broker(
        app: Flask, superuser: Superuser, monkeypatch: pytest.MonkeyPatch, broker: str) -> None:
    """With 3 instead of the many that the contract promises; while the broker is away each process counts alone."""
    assert tokens.A_MINUTE >= 600
    monkeypatch.setattr(tokens, "A_MINUTE", 3)
    kept = app.config["PORTAL"]
    call = caller(create_app(kept if broker == "there" else replace(kept, broker_url="unix:///nonexistent/valkey.sock")), superuser)
    hasty = {"Authorization": f"Bearer {token_of(superuser, 'deputy.tibet', token=f'hasty-{uuid4()}')}"}
    with clock.standing_at(world.NOW):                        # create_app has set it going
        for _ in range(2):                                    # a window may end between two calls
            answers = [call(None, "GET", "/me", headers=hasty) for _ in range(4)]
            if answers[-1].status_code == 429:
                break
        problem_of(answers[-1], 429)
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
        assert call(GD, "GET", "/me").status_code == 200      # another's calls are not counted
        assert call(None, "GET", "/docs", headers={"Cookie": "portal=any"}).status_code == 200


def test_a_fault_of_the_portal_is_a_problem_too(probe_app: Flask, superuser: Superuser) -> None:
    probe_app.testing = False
    try:
        probe_app.view_functions["api.units_me"], kept = (lambda: str(1 / 0)), probe_app.view_functions["api.units_me"]
        token = token_of(superuser, GD)
        answer = probe_app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        problem_of(answer, 500)
        assert b"Zero" not in answer.data
    finally:
        probe_app.view_functions["api.units_me"] = kept
        probe_app.testing = True


def test_the_token_is_kept_as_a_digest_only(superuser: Superuser) -> None:
    token = token_of(superuser, GD)
    row = superuser.execute("SELECT digest FROM access_token WHERE person_id = %s", (people.key(GD),)).fetchone()
    assert row is not None and bytes(row[0]) == hashlib.sha256(token.encode()).digest()
    assert token not in json.dumps(str(row))


def test_a_token_outlives_no_midnight_of_its_end(call: Call) -> None:
    assert call(GD, "GET", "/me").status_code == 200
    with clock.standing_at(world.NOW + timedelta(days=730, seconds=1)):
        problem_of(call(GD, "GET", "/me"), 401)
