"""Issues for programs: the contract's fields, the order of refusals, one issue from a flaky network, nothing to be guessed."""
from typing import Any
from uuid import UUID

import pytest

from tests.api.conftest import Call
from tests.api.test_room import problem_of
from tests.conftest import Superuser
from tests.factories import people
from tests.factories.exchange import campaign

FIELDS = {"id", "code", "campaign", "raised_by", "first_contact", "owner", "parties", "severity", "state", "ruling_due",
          "respond_by", "resolve_by", "overdue", "complaint_count"}
UNKNOWN = "0192a000-0000-7000-8000-00000000ffff"
RAISER = "contact.guangdong"


def body(about: UUID | str | None, **more: Any) -> dict[str, Any]:
    return {"campaign": str(about) if about else None, "raised_by": "guangdong", "title": "The pack cannot be cancelled",
            "description": "Nothing happens; call 13812345678.", "severity": "high", "control_element": "handling",
            "complaint_count": 3, **more}


@pytest.fixture
def about(superuser: Superuser) -> UUID:
    return campaign(superuser, "migu", lands=["guangdong", "beijing"], line="market")


@pytest.fixture
def issue(call: Call, about: UUID) -> dict[str, Any]:
    answer = call(RAISER, "POST", "/issues", json=body(about))
    assert answer.status_code == 201, answer.data
    made: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"].endswith(f"/api/v1/issues/{made['id']}")
    return made


def act(call: Call, who: str, one: dict[str, Any], path: str, /, **sent: Any) -> dict[str, Any]:
    answer = call(who, "POST", f"/issues/{one['id']}/{path}", json=sent)
    assert answer.status_code in (200, 201), answer.data
    found: dict[str, Any] = answer.get_json()
    return found


def listed(call: Call, who: str, query: str = "") -> list[str]:
    answer = call(who, "GET", f"/issues?{query}")
    assert answer.status_code == 200, answer.data
    return [i["id"] for i in answer.get_json()["items"]]


def test_the_fields_of_the_contract(call: Call, issue: dict[str, Any], about: UUID) -> None:
    assert set(issue) > FIELDS
    assert issue | {
        "campaign": str(about), "raised_by": "guangdong", "first_contact": "contact@guangdong.example", "state": "routed",
        "owner": {"unit": "migu", "line": "market"}, "code": "Q-2026-guangdong-1", "complaint_count": 3, "overdue": False,
        "respond_by": "2026-03-10T12:00:00+08:00", "resolve_by": "2026-03-12T10:00:00+08:00", "ruling_due": False} == issue
    assert {(p["unit"], p["line"], p["part"]) for p in issue["parties"]} == {
        ("migu", "market", "owner"), ("guangdong", "market", "raising"), ("hq", "market", "supervising")}
    assert "13812345678" not in issue["description"]
    assert issue["route"]["rule"] == "launched_by_company" and len(issue["route"]["why"]) == 3
    assert issue["route"]["facts"]["launch"]["unit"] == "migu"
    again = call(RAISER, "GET", f"/issues/{issue['id']}")
    assert again.get_json() == issue
    assert call(RAISER, "GET", f"/issues/{issue['id']}", headers={"If-None-Match": again.headers["ETag"]}).status_code == 304


def test_the_route_beforehand_is_the_route(call: Call, about: UUID, superuser: Superuser) -> None:
    said = call(RAISER, "POST", "/issues/route", json={"campaign": str(about), "raised_by": "guangdong"})
    assert said.status_code == 200
    found = said.get_json()
    assert found["owner"] == {"unit": "migu", "line": "market"} and len(found["why"]) == 3
    assert all("%" not in words and "{" not in words for words in found["why"])
    for query in ("campaign", "raised_by"):
        assert query in body(about)
    row = superuser.execute("SELECT count(*) FROM issue").fetchone()
    assert row == (0,)
    nobody = call(RAISER, "POST", "/issues/route", json={"campaign": None, "raised_by": "guangdong"}).get_json()
    assert nobody["owner"] == {"unit": "hq", "line": "customer_service"}
    wider = {"campaign": str(about), "raised_by": "guangdong", "also": ["beijing"]}
    found = call(RAISER, "POST", "/issues/route", json=wider).get_json()["parties"]
    made = call(RAISER, "POST", "/issues", json=body(about, also=["beijing"])).get_json()["parties"]
    assert {(p["unit"], p["part"]) for p in found} == {(p["unit"], p["part"]) for p in made} > {("beijing", "cooperating")}
    for also in (["tibet"], ["nowhere"]):
        assert set(problem_of(call(RAISER, "POST", "/issues/route", json={**wider, "also": also}), 422)["errors"]) == {"also"}


@pytest.mark.parametrize("path", ["/issues", "/issues/route"])
def test_what_one_cannot_see_does_not_exist(call: Call, about: UUID, superuser: Superuser, path: str) -> None:
    foreign = campaign(superuser, "tibet", lands=["tibet"], code="C-2")
    answers = [problem_of(call(RAISER, "POST", path, json=body(key)), 422) for key in (foreign, UNKNOWN, "nonsense")]
    assert answers[0] == answers[1] == answers[2] and set(answers[0]["errors"]) == {"campaign"}
    problem_of(call(RAISER, "POST", path, json=body(about, raised_by="tibet")), 403)
    assert set(problem_of(call(RAISER, "POST", path, json=body(about, raised_by="nowhere")), 422)["errors"]) == {"raised_by"}
    for who in ("member.guangdong", "leader", "auditor", "admin", "head.guangdong"):
        problem_of(call(who, "POST", path, json={}), 403)


def test_content_at_fault(call: Call, about: UUID) -> None:
    wrong = {"title": "", "severity": "awful", "complaint_count": -1, "description": ""}
    told = problem_of(call(RAISER, "POST", "/issues", json=body(about, **wrong)), 422)["errors"]
    assert {"severity", "complaint_count"} <= set(told)
    told = problem_of(call(RAISER, "POST", "/issues", json=body(about, title=" ", description="")), 422)["errors"]
    assert set(told) == {"title", "description"}
    assert set(problem_of(call(RAISER, "POST", "/issues", json=body(None)), 422)["errors"]) == {"campaign_words"}
    assert set(problem_of(call(RAISER, "POST", "/issues", json=body(about, also=["tibet"])), 422)["errors"]) == {"also"}


def test_a_flaky_network_makes_one_issue(call: Call, about: UUID) -> None:
    sent = [call(RAISER, "POST", "/issues", json=body(about), headers={"Idempotency-Key": "once"}) for _ in range(3)]
    assert len({a.get_json()["id"] for a in sent}) == 1 and {a.status_code for a in sent} == {201}
    assert len(listed(call, RAISER)) == 1
    assert call(RAISER, "POST", "/issues", json=body(about, title="other"), headers={"Idempotency-Key": "once"}).status_code == 422


def test_the_way_of_an_issue(call: Call, issue: dict[str, Any]) -> None:
    said = act(call, "market.migu", issue, "accept")
    assert (said["state"], said["version"] > issue["version"]) == ("accepted", True)
    assert act(call, "market.migu", issue, "ask", text="since when?")["waiting"]
    assert not act(call, RAISER, issue, "answer", text="since Monday")["waiting"]
    commented = act(call, "market.migu", issue, "comments", text="see to it", mentions=["contact@guangdong.example"])
    assert commented["comment"]["mentions"] == ["contact@guangdong.example"] and commented["id"] == issue["id"]
    assert act(call, "market.migu", issue, "parties", unit="beijing", line="market")["parties"][-2]["unit"] == "beijing"
    moved = act(call, "market.migu", issue, "hand-over", to={"unit": "guangdong", "line": "market"}, reason="sold wrongly")
    assert (moved["owner"], moved["state"]) == ({"unit": "guangdong", "line": "market"}, "routed")
    assert {"unit": "migu", "line": "market", "part": "cooperating"} in moved["parties"]
    back = act(call, "market.guangdong", issue, "decline", reason="not so")
    assert (back["owner"]["unit"], back["disagreements"], back["ruling_due"]) == ("migu", 1, False)
    again = act(call, "market.migu", issue, "hand-over", to={"unit": "guangdong", "line": "market"}, reason="it is")
    assert (again["owner"]["unit"], again["disagreements"], again["ruling_due"]) == ("guangdong", 1, False)
    assert act(call, "market.guangdong", issue, "decline", reason="it is not")["ruling_due"]
    ruled = act(call, "market", issue, "rule", to={"unit": "guangdong", "line": "market"}, reason="it is")
    assert (ruled["ruled"], ruled["ruling_due"], ruled["state"]) == (True, False, "routed")
    act(call, "market.guangdong", issue, "accept")
    assert act(call, "market.guangdong", issue, "resolve", root_cause="a", solution="b")["state"] == "resolved"
    assert act(call, RAISER, issue, "confirm")["state"] == "closed"
    past = call(RAISER, "GET", f"/issues/{issue['id']}/history").get_json()["items"]
    assert [e["action"] for e in past] == ["confirm", "resolve", "accept", "rule", "decline", "hand_over", "decline",
                                           "hand_over", "name_party", "comment", "answer", "ask", "accept", "raise"]
    assert past[5]["changes"]["owner"] == [["migu", "market"], ["guangdong", "market"]]
    assert past[-1]["changes"]["route"]["rule"] == "launched_by_company"
    talk = call(RAISER, "GET", f"/issues/{issue['id']}/comments").get_json()["items"]
    assert [c["kind"] for c in talk] == ["question", "answer", "comment"]


ACTS: dict[str, dict[str, Any]] = {
    "accept": {}, "hand-over": {"to": {"unit": "guangdong", "line": "market"}, "reason": "x"}, "decline": {"reason": "x"},
    "rule": {"to": {"unit": "guangdong", "line": "market"}, "reason": "x"}, "resolve": {"root_cause": "x", "solution": "x"},
    "confirm": {}, "reopen": {"reason": "x"}, "withdraw": {"reason": "x"}, "ask": {"text": "x"}, "answer": {"text": "x"},
    "comments": {"text": "x"}, "parties": {"unit": "beijing", "line": "market"}, "identify": {"campaign": UNKNOWN},
    "merge": {"into": UNKNOWN}, "split": {"to": {"unit": "beijing", "line": "market"}, "title": "x", "description": "x"},
    "links": {"issue": UNKNOWN}, "pass-on": {"person": "market@guangdong.example"}, "take-over": {}, "chase": {},
    "join": {"complaint_count": 1}, "warn": {"words": "x", "due": "2026-04-01"}}
# Who does not even see it (404), and for everybody else what a routed issue of Migu's answers.
BLIND = ("contact.tibet", "head.beijing", "it.guangdong", "network", "admin", "contact.terminal")
SEES = {
    "market.migu": {"accept": 200, "hand-over": 200, "decline": 409, "rule": 403, "resolve": 409, "confirm": 403, "answer": 403,
                    "comments": 201, "parties": 200, "identify": 403, "merge": 422, "split": 409, "links": 422, "chase": 200,
                    "join": 403, "warn": 409, "take-over": 403, "pass-on": 403, "withdraw": 403, "reopen": 403, "ask": 200},
    "contact.migu": {"accept": 403, "hand-over": 403, "comments": 201, "chase": 200, "parties": 403},
    "contact.guangdong": {"accept": 403, "confirm": 409, "withdraw": 200, "answer": 409, "comments": 201, "parties": 200,
                          "pass-on": 200, "take-over": 409, "chase": 200, "join": 200, "rule": 403},
    "market.guangdong": {"accept": 403, "confirm": 403, "withdraw": 403, "comments": 201, "join": 200, "take-over": 403},
    "member.guangdong": {"comments": 201, "chase": 403, "accept": 403},
    "market": {"accept": 403, "rule": 409, "comments": 201, "chase": 200, "parties": 200, "resolve": 403},
    "customer-service": {"accept": 403, "rule": 403, "comments": 201, "chase": 200},
    "office": {"accept": 403, "rule": 403, "comments": 201, "chase": 200, "identify": 403},
    "leader": {"accept": 403, "comments": 403, "chase": 200}, "auditor": {"accept": 403, "comments": 403, "chase": 403}}


def test_who_does_not_see_it_gets_one_answer_whatever_is_asked(call: Call, issue: dict[str, Any]) -> None:
    for who in BLIND:
        assert issue["id"] not in listed(call, who) if who != "admin" else True
        for path, sent in ACTS.items():
            said = [problem_of(call(who, "POST", f"/issues/{key}/{path}", json=sent), 404)
                    for key in (issue["id"], UNKNOWN, issue["code"], "x")]
            assert said[0] == said[1] == said[2] == said[3]
        for tail in ("", "/history", "/comments", "/related", "/files"):
            assert problem_of(call(who, "GET", f"/issues/{issue['id']}{tail}"), 404) == \
                problem_of(call(who, "GET", f"/issues/{UNKNOWN}{tail}"), 404)


@pytest.mark.parametrize("who", SEES)
def test_who_may(call: Call, superuser: Superuser, about: UUID, who: str) -> None:
    for path, status in SEES[who].items():
        key = call(RAISER, "POST", "/issues", json=body(about)).get_json()["id"]
        answer = call(who, "POST", f"/issues/{key}/{path}", json=ACTS[path])
        assert answer.status_code == status, (path, answer.data)


def test_permission_before_state_before_content(call: Call, issue: dict[str, Any]) -> None:
    path = f"/issues/{issue['id']}"
    problem_of(call("market.guangdong", "POST", f"{path}/resolve", json={}), 403)
    problem_of(call("market.migu", "POST", f"{path}/resolve", json={}), 409)
    act(call, "market.migu", issue, "accept")
    assert set(problem_of(call("market.migu", "POST", f"{path}/resolve", json={}), 422)["errors"]) == {"root_cause", "solution"}
    for unit in ("tibet", "nowhere"):
        sent = {"to": {"unit": unit, "line": "market"}, "reason": "x"}
        told = problem_of(call("market.migu", "POST", f"{path}/hand-over", json=sent), 422)
        assert told["errors"] == {"to.unit": ["There is no such unit."]}
    mentions = [problem_of(call("market.migu", "POST", f"{path}/comments", json={"text": "x", "mentions": [mail]}), 422)
                for mail in ("contact@tibet.example", "it@guangdong.example", "nobody@nowhere.example")]
    assert mentions[0] == mentions[1] == mentions[2]


def test_a_foreign_issue_cannot_be_named(call: Call, issue: dict[str, Any], superuser: Superuser) -> None:
    theirs = campaign(superuser, "tibet", lands=["tibet"], code="C-2")
    foreign = call("contact.tibet", "POST", "/issues", json=body(theirs, raised_by="tibet")).get_json()
    for path, field in (("links", "issue"), ("merge", "into")):
        said = [problem_of(call("market.migu", "POST", f"/issues/{issue['id']}/{path}", json={field: key}), 422)
                for key in (foreign["id"], UNKNOWN, "x")]
        assert said[0] == said[1] == said[2]


def test_merged_split_and_linked(call: Call, issue: dict[str, Any], about: UUID) -> None:
    twin = call("market.beijing", "POST", "/issues", json=body(about, raised_by="beijing", complaint_count=4)).get_json()
    merged = act(call, "market.migu", twin, "merge", into=issue["id"])
    assert (merged["state"], merged["merged_into"]) == ("closed", issue["id"])
    whole = call("market.beijing", "GET", f"/issues/{issue['id']}").get_json()
    assert whole["complaint_count"] == 7 and {"unit": "beijing", "line": "market", "part": "cooperating"} in whole["parties"]
    again = act(call, "market.beijing", twin, "reopen", reason="ours is something else")
    assert (again["state"], again["merged_into"]) == ("accepted", None)
    assert call("market.beijing", "GET", f"/issues/{issue['id']}").get_json()["complaint_count"] == 3
    act(call, "market.migu", twin, "merge", into=issue["id"])
    act(call, "market.migu", issue, "accept")
    part = act(call, "market.migu", issue, "split", to={"unit": "beijing", "line": "market"}, title="Part", description="its part")
    assert (part["raised_by"], part["owner"]["unit"], part["first_contact"]) == ("migu", "beijing", "market@migu.example")
    assert part["part_of"] == issue["id"]
    problem_of(call("market.migu", "POST", f"/issues/{issue['id']}/resolve", json={"root_cause": "a", "solution": "b"}), 409)
    act(call, "market.beijing", part, "accept")
    act(call, "market.beijing", part, "resolve", root_cause="a", solution="b")
    act(call, "market.migu", part, "confirm")
    other = call(RAISER, "POST", "/issues", json=body(about)).get_json()
    act(call, "market.migu", issue, "links", issue=other["id"])
    related = call("market.migu", "GET", f"/issues/{issue['id']}/related").get_json()["items"]
    assert {(r["kind"], r["id"]) for r in related} == {("part", part["id"]), ("link", other["id"]), ("duplicate", twin["id"])}
    assert [r["kind"] for r in call(RAISER, "GET", f"/issues/{issue['id']}/related").get_json()["items"]] == ["link"]
    assert act(call, "market.migu", issue, "resolve", root_cause="a", solution="b")["state"] == "resolved"


def test_filters_and_pages(call: Call, about: UUID, superuser: Superuser) -> None:
    keys = [call(RAISER, "POST", "/issues", json=body(about, severity=s)).get_json()["id"] for s in ("low", "high", "critical")]
    superuser.execute("UPDATE issue SET raised_at = raised_at - interval '20 days' WHERE id = %s", (keys[1],))
    first = call(RAISER, "GET", "/issues?limit=2").get_json()
    rest = call(RAISER, "GET", f"/issues?limit=2&cursor={first['next']}").get_json()
    assert sorted(i["id"] for i in first["items"] + rest["items"]) == sorted(keys) and rest["next"] is None
    assert listed(call, RAISER, "overdue=true") == [keys[1]] and set(listed(call, RAISER, "overdue=false")) == {keys[0], keys[2]}
    assert listed(call, RAISER, "severity=critical") == [keys[2]]
    assert len(listed(call, "market.migu", "role=owner")) == 3 and listed(call, "market.migu", "role=raising") == []
    assert len(listed(call, RAISER, "role=raising")) == 3 and len(listed(call, "market", "role=supervising")) == 3
    assert listed(call, RAISER, f"campaign={UNKNOWN}") == listed(call, RAISER, "campaign=x") == listed(call, RAISER, "q=%25") == []
    assert len(listed(call, RAISER, "q=cancelled")) == len(listed(call, RAISER, f"campaign={about}")) == 3
    assert len(listed(call, "market.migu", "task=answer")) == 3 and listed(call, RAISER, "task=answer") == []
    assert listed(call, RAISER, "state=closed") == [] and len(listed(call, "leader", "raised_by=guangdong&owner=migu")) == 3
    problem_of(call(RAISER, "GET", "/issues?state=open"), 422)
    assert people.email(RAISER) == "contact@guangdong.example"
