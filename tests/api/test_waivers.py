"""“Not applicable” for programs: who asks and decides, in the contract's order of refusals."""
from typing import Any

import pytest

from tests.api.conftest import Call
from tests.api.test_assignments import BLIND, EVERYBODY, items, key, one
from tests.api.test_room import problem_of

__all__ = ["key", "one"]
ASKS = ("contact.guangdong", "deputy.guangdong", "market.guangdong")


@pytest.fixture
def base(key: str) -> str:
    return f"/assignments/{key}"


def test_asked_declined_asked_again_and_granted(call: Call, base: str) -> None:
    assert call("office", "GET", base).get_json()["waiver"] is None
    first = call("market.guangdong", "POST", f"{base}/waiver", json={"reason": "none here"})
    assert first.get_json()["waiver"] == {
        "state": "asked", "reason": "none here", "asked_by": "market@guangdong.example", "asked_at": "2026-03-10T10:00:00+08:00",
        "remark": "", "decided_by": None, "decided_at": None}
    assert first.headers["ETag"] == call("office", "GET", base).headers["ETag"]
    assert [a["waiver"]["state"] for a in items(call, "market", "requested=true")] == ["asked"]
    answer = call("market", "POST", f"{base}/waiver/verdict", json={"verdict": "decline", "remark": "it does"}).get_json()
    assert (answer["state"], answer["waiver"]["state"], answer["waiver"]["decided_by"]) == ("open", "declined", "market@hq.example")
    assert items(call, "market", "requested=true") == []
    call("contact.guangdong", "POST", f"{base}/waiver", json={"reason": "really"})
    assert call("deputy.guangdong", "POST", f"{base}/waiver/withdraw").get_json()["waiver"]["state"] == "withdrawn"
    call("contact.guangdong", "POST", f"{base}/waiver", json={"reason": "really not"})
    done = call("office", "POST", f"{base}/waiver/verdict", json={"verdict": "grant"}).get_json()
    assert (done["state"], done["waiver"]["state"], done["waiver"]["reason"]) == ("cancelled", "granted", "really not")
    past = [e["action"] for e in call("head.guangdong", "GET", f"{base}/history").get_json()["items"]]
    assert past == ["grant_waiver", "ask_waiver", "withdraw_waiver", "ask_waiver", "decline_waiver", "ask_waiver", "create"]


@pytest.mark.parametrize("act", ["", "/withdraw", "/verdict"])
def test_who_may(call: Call, base: str, act: str) -> None:
    may = ("market", "office") if act == "/verdict" else ASKS
    bodies: dict[str, dict[str, Any]] = {
        "": {"reason": "why"}, "/withdraw": {}, "/verdict": {"verdict": "decline", "remark": "no"}}
    wrong = {}
    for who in EVERYBODY:
        if act:
            call("contact.guangdong", "POST", f"{base}/waiver", json={"reason": "why"})
        status = call(who, "POST", f"{base}/waiver{act}", json=bodies[act]).status_code
        if status != (404 if who in BLIND else 200 if who in may else 403):
            wrong[who] = status
        if not act:
            call("contact.guangdong", "POST", f"{base}/waiver/withdraw")
    assert wrong == {}


def test_refused_in_the_contracts_order(call: Call, base: str) -> None:
    problem_of(call("head.guangdong", "POST", f"{base}/waiver", json={}), 403)
    bad: tuple[Any, ...] = ({}, {"reason": ""}, {"reason": None}, {"reason": 7}, {"reason": "x" * 2001}, {"reason": " \0"}, [])
    for body in bad:
        problem_of(call("contact.guangdong", "POST", f"{base}/waiver", json=body), 422)
    problem_of(call("market", "POST", f"{base}/waiver/verdict", json={}), 409)
    problem_of(call("contact.guangdong", "POST", f"{base}/waiver/withdraw"), 409)
    assert call("contact.guangdong", "POST", f"{base}/waiver", json={"reason": "why"}).status_code == 200
    problem_of(call("contact.guangdong", "POST", f"{base}/waiver", json={}), 409)
    problem_of(call("leader", "POST", f"{base}/waiver/verdict", json={}), 403)
    for body in ({}, {"verdict": "perhaps"}, {"verdict": "decline"}, {"verdict": "decline", "remark": " \n"}):
        problem_of(call("market", "POST", f"{base}/waiver/verdict", json=body), 422)
