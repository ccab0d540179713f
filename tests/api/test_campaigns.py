"""Campaigns for programs: the contract's fields, who may what, refusals in the contract's order."""
from typing import Any

import pytest

from tenants.db import db
from tests.api.conftest import Call
from tests.api.test_room import problem_of
from tests.conftest import As
from tests.factories.campaigns import NOTICE, checked, content, live

UNKNOWN = "0192a000-0000-7000-8000-00000000ffff"
BODY: dict[str, Any] = {"code": "A-1", "name": "Autumn pack", "launched_by": {"unit": "guangdong", "line": "market"},
                        "lands_in": ["guangdong"], "product_owner": "migu", "starts": "2026-04-01", "ends": "2026-12-31"}
ELEMENTS = ("rules", "notices", "documents", "configuration", "training")


def test_registered_as_the_contract_says(call: Call) -> None:
    answer = call("market.guangdong", "POST", "/campaigns", json={**BODY, "state": "live", "id": "mine", "unheard": 1})
    assert answer.status_code == 201, answer.data
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/campaigns/{made['id']}" and answer.headers["ETag"]
    assert made | {"state": "draft", "launched_by": {"unit": "guangdong", "line": "market"}, "lands_in": ["guangdong"],
                   "standard_set_by": {"unit": "guangdong", "line": "market"}, "product_owner": "migu", "receipts": [],
                   "starts": "2026-04-01", "segment": "C", "business": "new", "configured_in": []} == made
    assert [c["element"] for c in made["checks"]] == list(ELEMENTS)
    assert all(c["verdict"] is None and not c["met"] for c in made["checks"]) and len(made["missing"]) == 9
    for who, status in (("contact.migu", 200), ("office", 200), ("auditor", 200), ("network", 200), ("contact.tibet", 404)):
        assert call(who, "GET", f"/campaigns/{made['id']}").status_code == status
        listed = {c["id"] for c in call(who, "GET", "/campaigns").get_json()["items"]}
        assert (made["id"] in listed) is (status == 200)
    network = call("market", "POST", "/campaigns", json={
        **BODY, "launched_by": {"unit": "hq", "line": "market"}, "lands_in": "network"}).get_json()
    assert network["lands_in"] == "network"
    assert call("contact.tibet", "GET", f"/campaigns/{network['id']}").status_code == 200


@pytest.mark.parametrize(("more", "field"), [
    ({"launched_by": {"unit": "nowhere", "line": "market"}}, "launched_by.unit"), ({"lands_in": ["nowhere"]}, "lands_in"),
    ({"lands_in": []}, "lands_in"), ({"lands_in": ["tibet"]}, "lands_in"), ({"lands_in": "everywhere"}, "lands_in.network"),
    ({"lands_in": 7}, "lands_in.units"), ({"product_owner": "nowhere"}, "product_owner"),
    ({"product_owner": "tibet"}, "product_owner"),
    ({"ends": "2026-01-01"}, "ends"), ({"starts": "soon"}, "starts"), ({"code": ""}, "code"), ({"name": "x" * 300}, "name"),
    ({"segment": "X"}, "segment")])
def test_faults_by_field(call: Call, more: dict[str, Any], field: str) -> None:
    said = problem_of(call("contact.guangdong", "POST", "/campaigns", json={**BODY, **more}), 422)
    assert list(said["errors"]) == [field]


def test_refused_before_the_content_is_looked_at(call: Call) -> None:
    for who in ("office", "head.guangdong", "auditor", "admin", "member.guangdong"):
        problem_of(call(who, "POST", "/campaigns", json={}), 403)
    for unit, line in (("tibet", "market"), ("guangdong", "it")):
        problem_of(call("market.guangdong", "POST", "/campaigns", json={**BODY, "launched_by": {"unit": unit, "line": line}}), 403)
    problem_of(call("contact.guangdong", "POST", "/campaigns", json={}), 422)
    assert call("contact.guangdong", "POST", "/campaigns", json=BODY).status_code == 201
    assert list(problem_of(call("market.guangdong", "POST", "/campaigns", json=BODY), 422)["errors"]) == ["code"]


def test_unknown_foreign_and_malformed_are_one_answer(call: Call, acting: As) -> None:
    with acting("market.migu") as actor:
        foreign = str(live(actor, content("migu", lands_in=["guangdong"])).id)
        db.session.commit()
    for method, path in (("GET", ""), ("PATCH", ""), ("GET", "/history"), ("POST", "/checks"), ("POST", "/go-live"),
                         ("POST", "/pause"), ("POST", "/end"), ("POST", "/receipt"), ("POST", "/chase"), ("GET", "/files"),
                         ("POST", "/files")):
        seen = {(a.status_code, a.data) for key in (foreign, UNKNOWN, "x", "%00")
                for a in [call("contact.tibet", method, f"/campaigns/{key}{path}", json=None if method == "GET" else {})]}
        assert len(seen) == 1 and {s for s, _ in seen} == {404}, (method, path)


def test_changed_with_the_version_seen(call: Call) -> None:
    made = call("contact.guangdong", "POST", "/campaigns", json=BODY)
    key, tag = made.get_json()["id"], made.headers["ETag"]
    problem_of(call("contact.guangdong", "PATCH", f"/campaigns/{key}", json={"brand": "Blue"}), 428)
    problem_of(call("contact.migu", "PATCH", f"/campaigns/{key}", json={"brand": "Blue"}), 403)
    problem_of(call("contact.guangdong", "PATCH", f"/campaigns/{key}", headers={"If-Match": '"no"'}, json={"brand": "Blue"}), 412)
    changed = call("contact.guangdong", "PATCH", f"/campaigns/{key}", headers={"If-Match": tag},
                   json={"brand": "Blue", "lands_in": ["guangdong"]})
    assert changed.status_code == 200 and changed.get_json()["brand"] == "Blue" and changed.get_json()["name"] == BODY["name"]
    problem_of(call("contact.guangdong", "PATCH", f"/campaigns/{key}", headers={"If-Match": tag}, json={}), 412)
    faulty = call("contact.guangdong", "PATCH", f"/campaigns/{key}", headers={"If-Match": changed.headers["ETag"]},
                  json={"launched_by": {"unit": "nowhere", "line": "market"}})
    assert list(problem_of(faulty, 422)["errors"]) == ["launched_by.unit"]
    seen = {"If-Match": changed.headers["ETag"]}
    given = {"launched_by": {"unit": "migu", "line": "market"}}
    problem_of(call("contact.guangdong", "PATCH", f"/campaigns/{key}", headers=seen, json=given), 403)
    tag = call("market", "GET", f"/campaigns/{key}").headers["ETag"]
    problem_of(call("market", "PATCH", f"/campaigns/{key}", headers={"If-Match": tag}, json=given), 403)
    past = call("contact.migu", "GET", f"/campaigns/{key}/history").get_json()["items"]
    assert [e["action"] for e in past] == ["change", "register"] and past[0]["changes"] == {"brand": ["", "Blue"]}


def test_launched_at_one_hundred_percent_paused_resumed_ended(call: Call, acting: As) -> None:
    with acting("market.guangdong") as actor:
        key = str(checked(actor, content(notice_text="", product_owner="migu")).id)
        db.session.commit()

    def act(who: str, action: str, body: dict[str, Any] | None = None) -> Any:
        return call(who, "POST", f"/campaigns/{key}/{action}", json=body)
    refused = problem_of(act("market.guangdong", "go-live"), 409)
    assert refused["detail"].endswith("Missing: notices – There is no customer notice.")
    problem_of(act("contact.migu", "go-live"), 403)
    tag = call("market.guangdong", "GET", f"/campaigns/{key}").headers["ETag"]
    mended = call("market.guangdong", "PATCH", f"/campaigns/{key}", headers={"If-Match": tag}, json={"notice_text": NOTICE})
    assert mended.status_code == 200
    for verdict in ("fail", "pass"):
        bare = act("market.guangdong", "checks", {"element": "notices", "verdict": verdict})
        assert list(problem_of(bare, 422)["errors"]) == ["reason"]
    assert list(problem_of(act("market.guangdong", "checks", {"element": "weather"}), 422)["errors"]) == ["element", "verdict"]
    passed = act("market.guangdong", "checks", {"element": "notices", "verdict": "pass", "reason": "read aloud"}).get_json()
    assert passed["missing"] == [] and passed["checks"][1]["verdict"] == "pass"
    assert passed["checks"][1]["by"] == "market@guangdong.example"
    on = act("market.guangdong", "go-live").get_json()
    assert (on["state"], [r["unit"] for r in on["receipts"]]) == ("live", ["migu"])
    problem_of(act("market.guangdong", "go-live"), 409)
    assert act("market.guangdong", "pause").get_json()["state"] == "paused"
    assert act("market.guangdong", "go-live").get_json()["state"] == "live"
    told = act("contact.migu", "receipt").get_json()
    assert [r["event"] for r in told["receipts"]] == ["resume", "pause", "launch"]
    assert all(r["by"] == "contact@migu.example" for r in told["receipts"])
    problem_of(act("contact.migu", "receipt"), 409)
    problem_of(act("market.guangdong", "chase"), 409)
    assert act("market.guangdong", "end", {"reason": "sold out"}).get_json()["state"] == "ended"
    assert act("office", "chase", {"text": "please"}).get_json()["receipts"][0]["chase_count"] == 1
    for action in ("pause", "end", "go-live"):
        problem_of(act("market.guangdong", action), 409)
    assert [c["id"] for c in call("contact.migu", "GET", "/campaigns?receipt=true&state=ended").get_json()["items"]] == [key]


def test_lists_page_and_narrow(call: Call, acting: As) -> None:
    with acting("market.migu") as actor:
        for n in range(5):
            checked(actor, content("migu", code=f"M-{n}", lands_in=["guangdong"] if n % 2 else ["tibet"]))
        db.session.commit()
    first = call("office", "GET", "/campaigns?limit=2").get_json()
    second = call("office", "GET", f"/campaigns?limit=2&cursor={first['next']}").get_json()
    assert len({c["id"] for c in first["items"] + second["items"]}) == 4
    assert {c["code"] for c in call("office", "GET", "/campaigns?lands_in=tibet").get_json()["items"]} == {"M-0", "M-2", "M-4"}
    assert len(call("contact.guangdong", "GET", "/campaigns?launched_by=migu").get_json()["items"]) == 2
    problem_of(call("office", "GET", "/campaigns?state=asleep"), 422)
