"""Plans for programs: the contract's fields, what may be changed, every fault at its place, refusals in their order."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tenants.db import db
from tests.api.conftest import Call
from tests.api.test_room import problem_of
from tests.conftest import As, Superuser
from tests.factories.plans import draft as service_draft
from tests.web.counting import statements

GD, GD_CONTACT = "guangdong", "contact.guangdong"
FIELDS = {"id", "unit", "programme", "version", "state", "mechanism", "team", "contacts", "items", "reviews", "submitted_at",
          "due", "late_days", "readiness"}
ITEM = {"assignment", "title", "owner", "line", "start", "due", "deliverable", "measure"}
NOWHERE = "00000000-0000-7000-8000-00000000000a"
LINES = ("customer_service", "market", "enterprise", "it", "network")
Answer = dict[str, Any]


@pytest.fixture
def programme(call: Call) -> str:
    return str(call(GD_CONTACT, "GET", "/programmes").get_json()["items"][0]["id"])


@pytest.fixture
def key(acting: As) -> str:
    """A draft without a fault."""
    with acting(GD_CONTACT) as contact:
        made = str(service_draft(contact).id)
        db.session.commit()
        return made


@pytest.fixture
def change(call: Call) -> Callable[..., Any]:
    def made(key: str, sent: object, who: str = GD_CONTACT) -> Any:
        tag = call(who, "GET", f"/filings/{key}").headers["ETag"]
        return call(who, "PATCH", f"/filings/{key}", headers={"If-Match": tag}, json=sent)
    return made


def lead(line: str) -> str:
    return line.replace("_", "-")


def test_a_draft_is_made_once(call: Call, programme: str) -> None:
    sent = {"unit": GD, "programme": programme}
    made = call(GD_CONTACT, "POST", "/filings", json={**sent, "id": "mine", "state": "approved"})
    content = made.get_json()
    assert made.status_code == 201 and made.headers["Location"] == f"/api/v1/filings/{content['id']}"
    assert set(content) >= FIELDS and set(content["items"][0]) >= ITEM
    assert (content["state"], content["version"], content["unit"], content["due"]) == ("draft", 1, GD, "2026-04-30")
    asked = call(GD_CONTACT, "GET", f"/assignments?unit={GD}&limit=200").get_json()["items"]
    assert len(content["items"]) == len(asked) - 1
    assert all(i["due"] and i["deliverable"] and i["line"] in LINES for i in content["items"])
    assert {"person": "it@guangdong.example", "part": "counterpart", "line": "it"} in content["contacts"]
    assert call(GD_CONTACT, "GET", f"/filings/{content['id']}").headers["ETag"] == made.headers["ETag"]
    problem_of(call(GD_CONTACT, "POST", "/filings", json=sent), 409)


def test_whose_draft(call: Call, programme: str) -> None:
    sent = {"unit": GD, "programme": programme}
    for who in ("auditor", "office", "market", "head.guangdong", "market.guangdong", "contact.tibet"):
        problem_of(call(who, "POST", "/filings", json=sent), 403)
    problem_of(call(None, "POST", "/filings", json=sent), 401)
    unseen = call("office", "POST", "/programmes", json={"year": 2027}).get_json()["id"]
    answers = [problem_of(call(GD_CONTACT, "POST", "/filings", json={"unit": GD, "programme": p}), 422)
               for p in (unseen, NOWHERE, "x", "\0")]
    assert all(a == answers[0] for a in answers) and list(answers[0]["errors"]) == ["programme"]
    found = problem_of(call(GD_CONTACT, "POST", "/filings", json={"unit": "atlantis", "programme": 7}), 422)
    assert list(found["errors"]) == ["programme"]
    assert set(problem_of(call(GD_CONTACT, "POST", "/filings"), 422)["errors"]) == {"unit", "programme"}
    assert set(problem_of(call(GD_CONTACT, "POST", "/filings", json={"unit": "atlantis", "programme": "x"}), 422)["errors"]) == {
        "unit", "programme"}


def test_what_is_given_is_changed_and_nothing_else(call: Call, key: str, change: Callable[..., Any]) -> None:
    at = f"/filings/{key}"
    before = call(GD_CONTACT, "GET", at)
    old = before.get_json()
    first, second = old["items"][0], old["items"][1]
    sent = {"team": "  six\0 <b>\U0001f600 ", "state": "approved", "version": 9, "unit": "tibet", "items": [
        {"assignment": first["assignment"], "owner": "MEMBER@guangdong.example", "line": "it", "title": "mine"},
        {"assignment": second["assignment"], "start": "2026-03-01", "measure": "two\r\nlines"}]}
    answer = change(key, sent)
    new = answer.get_json()
    assert answer.status_code == 200 and answer.headers["ETag"] != before.headers["ETag"]
    assert new["items"][0] == {**first, "owner": "member@guangdong.example"}
    assert new["items"][1] == {**second, "start": "2026-03-01", "measure": "two\nlines"}
    assert {k: v for k, v in new.items() if k not in ("items", "team")} == {
        k: v for k, v in old.items() if k not in ("items", "team")}
    assert new["team"] == "six <b>\U0001f600" and new["items"][2:] == old["items"][2:]
    named = [{"person": "head@guangdong.example", "part": "contact"},
             {"person": "it@guangdong.example", "part": "counterpart", "line": "it"}]
    more = change(key, {"contacts": named, "readiness": {"marketing": ["campaign_launch"]}, "items": [
        {"assignment": first["assignment"], "owner": None}]}).get_json()
    assert more["contacts"] == [{"line": None, **c} for c in named] and more["items"][0]["owner"] is None
    assert change(key, {}).get_json() == more
    assert call(GD_CONTACT, "GET", at).get_json() == more
    past = call("head.guangdong", "GET", f"{at}/history?limit=2").get_json()
    assert [e["action"] for e in past["items"]] == ["save", "save"] and past["next"]
    assert past["items"][1]["changes"][f"{first['code']}.owner"] == ["market@guangdong.example", "member@guangdong.example"]
    assert past["items"][1]["by"] == "contact@guangdong.example"


def test_every_fault_of_a_change_at_its_place(key: str, change: Callable[..., Any], call: Call) -> None:
    old = call(GD_CONTACT, "GET", f"/filings/{key}")
    first = old.get_json()["items"][0]["assignment"]
    found = problem_of(change(key, {
        "readiness": {"marketing": ["nonsense"], "x": []},
        "contacts": [{"person": "contact@tibet.example", "part": "contact"},
                     {"person": "it@guangdong.example", "part": "counterpart"},
                     {"person": "it@guangdong.example", "part": "deputy", "line": "it"}],
        "items": [{"assignment": NOWHERE}, {"assignment": first, "owner": "nobody@guangdong.example"},
                  {"assignment": first}, {"assignment": "x" * 150}]}), 422)
    assert set(found["errors"]) == {"readiness.marketing", "readiness.x", "contacts.0.person", "contacts.1.line",
                                    "contacts.2.line", "items.0.assignment", "items.1.owner", "items.2.assignment",
                                    "items.3.assignment"}
    for sent, place in (({"mechanism": "x" * 20_001}, "mechanism"), ({"mechanism": None}, "mechanism"), ({"team": 5}, "team"),
                        ({"items": [{"assignment": first, "due": "2026-02-30"}]}, "items.0.due"),
                        ({"items": [{"assignment": first, "measure": "x" * 2001}]}, "items.0.measure"),
                        ({"items": [{}]}, "items.0.assignment"), ({"items": {}}, "items"),
                        ({"contacts": [{"person": "it@guangdong.example", "part": "boss"}]}, "contacts.0.part")):
        assert list(problem_of(change(key, sent), 422)["errors"]) == [place]
    assert call(GD_CONTACT, "GET", f"/filings/{key}").headers["ETag"] == old.headers["ETag"]


def test_the_order_of_checks_of_a_change(call: Call, key: str) -> None:
    at, bad = f"/filings/{key}", {"data": "{", "content_type": "application/json"}
    tag = call(GD_CONTACT, "GET", at).headers["ETag"]
    problem_of(call(None, "PATCH", at, **bad), 401)
    problem_of(call("contact.tibet", "PATCH", at, **bad), 404)
    problem_of(call("head.guangdong", "PATCH", at, **bad), 403)
    problem_of(call("office", "PATCH", at, **bad), 403)
    problem_of(call(GD_CONTACT, "PATCH", at, **bad), 428)
    problem_of(call(GD_CONTACT, "PATCH", at, headers={"If-Match": '"old"'}, **bad), 412)
    problem_of(call(GD_CONTACT, "PATCH", at, headers={"If-Match": tag}, **bad), 422)
    assert call("deputy.guangdong", "PATCH", at, headers={"If-Match": tag}, json={"team": "others"}).status_code == 200
    problem_of(call(GD_CONTACT, "PATCH", at, headers={"If-Match": tag}, json={"team": "mine"}), 412)
    assert call(GD_CONTACT, "POST", f"{at}/submit").status_code == 200
    problem_of(call(GD_CONTACT, "PATCH", at, **bad), 428)
    problem_of(call(GD_CONTACT, "PATCH", at, headers={"If-Match": "*"}, **bad), 409)
    problem_of(call(GD_CONTACT, "POST", f"{at}/submit", **bad), 409)
    problem_of(call("head.guangdong", "POST", f"{at}/submit"), 403)


@pytest.mark.parametrize("bad", ["x", "0", "%00", NOWHERE, "a" * 3000])
def test_malformed_unknown_and_invisible_are_one_answer(call: Call, key: str, bad: str) -> None:
    for method, tail in (("GET", ""), ("PATCH", ""), ("GET", "/history"), ("POST", "/submit"), ("POST", "/reviews")):
        said = problem_of(call("contact.tibet", method, f"/filings/{key}{tail}"), 404)
        assert problem_of(call("contact.tibet", method, f"/filings/{bad}{tail}"), 404) == said


def test_a_plan_with_gaps_is_not_taken_and_told_every_one(call: Call, key: str, change: Callable[..., Any]) -> None:
    items = call(GD_CONTACT, "GET", f"/filings/{key}").get_json()["items"]
    a, b = items[0]["assignment"], items[1]["assignment"]
    change(key, {"mechanism": " ", "contacts": [], "items": [
        {"assignment": a, "owner": None, "start": None, "due": "2031-01-01", "deliverable": "\0"},
        {"assignment": b, "start": "2026-04-02", "due": "2026-04-01", "measure": ""}]})
    found = problem_of(call(GD_CONTACT, "POST", f"/filings/{key}/submit"), 422)["errors"]
    assert set(found) == {"mechanism", "contacts.contact", "contacts.deputy", *(f"contacts.counterpart.{x}" for x in LINES),
                          *(f"items.{a}.{n}" for n in ("owner", "start", "due", "deliverable")),
                          f"items.{b}.due", f"items.{b}.measure"}
    assert call("office", "GET", f"/filings/{key}").get_json()["state"] == "draft"


def test_returned_corrected_and_approved(call: Call, key: str, change: Callable[..., Any]) -> None:
    at = f"/filings/{key}"
    done = call(GD_CONTACT, "POST", f"{at}/submit").get_json()
    assert (done["state"], done["submitted_at"]) == ("submitted", "2026-03-10T10:00:00+08:00")
    assert (done["late_days"], done["round"]) == (0, 1)
    assert done["waits_for"] == list(LINES)
    mine, network = ([i["assignment"] for i in done["items"] if i["line"] == line] for line in ("market", "network"))
    for verdict in ({"verdict": "approve"}, {}):
        problem_of(call("market", "POST", f"{at}/reviews", json={"line": "network", **verdict}), 403)
    problem_of(call(GD_CONTACT, "POST", f"{at}/reviews", json={"line": "market", "verdict": "approve"}), 403)
    said: Answer = {"line": "market", "verdict": "return", "remarks": [{"assignment": mine[0], "text": "who <b>leads</b>?"}]}
    for bad, place in (({"line": "sales"}, "line"), ({"verdict": "perhaps"}, "verdict"), ({"remarks": []}, "remark"),
                       ({"remarks": [{"assignment": network[0], "text": "x"}]}, "remarks.0.assignment"),
                       ({"remarks": [{"assignment": "x", "text": "x"}]}, "remarks.0.assignment"),
                       ({"remarks": said["remarks"] * 2}, "remarks.1.assignment"), ({"verdict": "approve"}, "remarks"),
                       ({"remark": "x" * 2001}, "remark")):
        assert list(problem_of(call("market", "POST", f"{at}/reviews", json={**said, **bad}), 422)["errors"]) == [place]
    assert call("network", "POST", f"{at}/reviews", json={"line": "network", "verdict": "approve"}).status_code == 200
    back = call("market", "POST", f"{at}/reviews", json={**said, "remark": "nearly"}).get_json()
    assert (back["state"], back["waits_for"]) == ("returned", [])
    assert {k: back["reviews"][-1][k] for k in said} == said and back["reviews"][-1]["remark"] == "nearly"
    assert [r["line"] for r in back["reviews"]] == ["market"]                   # network's words are network's and the unit's
    assert back["mechanism"] is None and {i["line"] for i in back["items"]} == {"market"}
    for sent in ({"line": "x"}, {"line": "it", "verdict": "approve"}):
        assert problem_of(call("it", "POST", f"{at}/reviews", json=sent), 409)["detail"] == "This plan is not under review now."
    problem_of(call("it", "POST", f"{at}/reviews", json={"line": "market", "verdict": "approve"}), 403)      # before the state
    change(key, {"items": [{"assignment": mine[0], "measure": "the head leads"}]})
    again = call(GD_CONTACT, "POST", f"{at}/submit").get_json()
    assert again["waits_for"] == ["customer_service", "market", "enterprise", "it"] and len(again["reviews"]) == 2
    for line in again["waits_for"]:
        last = call(lead(line), "POST", f"{at}/reviews", json={"line": line, "verdict": "approve"})
    assert last.get_json()["state"] == "approved" and last.get_json()["approved_at"]
    assert call(GD_CONTACT, "GET", f"/assignments/{mine[0]}").get_json()["measure"] == "the head leads"
    problem_of(call("office", "POST", f"{at}/reviews", json={"line": "market", "verdict": "approve"}), 409)
    assert [e["action"] for e in call("auditor", "GET", f"{at}/history").get_json()["items"]] == [
        *["approve"] * 4, "submit", "save", "return", "approve", "submit", "save", "draft"]


def test_one_reads_of_a_plan_what_one_reads_of_its_assignments(call: Call, key: str) -> None:
    """Items, reviews and the history are cut alike; lists hold what single calls show."""
    at = f"/filings/{key}"
    for who, lines, general in (("office", set(LINES), True), ("auditor", set(LINES), True), ("head.guangdong", set(LINES), True),
                                ("customer-service", {"customer_service"}, True), ("network", {"network"}, False),
                                ("network.guangdong", {"network", "market"}, True), ("market.guangdong", set(LINES), True)):
        shown = call(who, "GET", at).get_json()
        if who not in ("network.guangdong", "market.guangdong"):                 # owners are named, but not in force yet
            assert {i["line"] for i in shown["items"]} == lines
        assert (shown["mechanism"] is not None, shown["contacts"] is not None) == (general, general)
        listed = call(who, "GET", f"/filings?unit={GD}&state=draft").get_json()
        assert listed == {"items": [shown], "next": None}
        past = call(who, "GET", f"{at}/history").get_json()["items"]
        codes = {name.rpartition(".")[0] for e in past for name in e["changes"] if "." in name}
        assert codes <= {i["code"] for i in shown["items"]} and (codes or who.endswith("guangdong"))
        assert any("mechanism" in e["changes"] for e in past) is general
    for who in ("contact.tibet", "market.migu"):
        assert call(who, "GET", "/filings").get_json()["items"] == []


def test_lists_are_filtered_and_paged(call: Call, acting: As, key: str, superuser: Superuser, app: Flask) -> None:
    with statements(app) as alone:
        call("office", "GET", "/filings")
    for unit in ("beijing", "tibet"):
        with acting(f"contact.{unit}") as contact:
            service_draft(contact)
            db.session.commit()
    superuser.execute("UPDATE filing SET state = 'submitted', general_verdict = 'pending' WHERE id = %s", (key,))

    def units(query: str, who: str = "office") -> list[str]:
        answer = call(who, "GET", f"/filings?{query}")
        assert answer.status_code == 200, answer.data
        return [f["unit"] for f in answer.get_json()["items"]]
    programme = call("office", "GET", f"/filings/{key}").get_json()["programme"]
    assert units("") == units(f"programme={programme}") == ["beijing", "guangdong", "tibet"]
    assert units("state=draft") == ["beijing", "tibet"] and units("waits_for=it") == ["guangdong"]
    assert units("programme=x") == units(f"programme={NOWHERE}") == units("unit=atlantis") == units("state=approved") == []
    problem_of(call("office", "GET", "/filings?state=lost"), 422)
    with statements(app) as many:
        call("office", "GET", "/filings")
    assert len(many) <= len(alone) + 1                                           # and the lines that have yet to judge
    first = call("office", "GET", "/filings?limit=2").get_json()
    rest = call("office", "GET", f"/filings?limit=2&cursor={first['next']}").get_json()
    assert [f["unit"] for f in first["items"] + rest["items"]] == ["beijing", "guangdong", "tibet"] and rest["next"] is None


def test_an_item_says_that_its_assignment_was_cancelled(call: Call, key: str, change: Callable[..., Any]) -> None:
    before = call(GD_CONTACT, "GET", f"/filings/{key}")
    gone = before.get_json()["items"][0]["assignment"]
    assert {i["state"] for i in before.get_json()["items"]} == {"open"}
    assert call(GD_CONTACT, "POST", f"/assignments/{gone}/waiver", json={"reason": "none here"}).status_code == 200
    assert call("office", "POST", f"/assignments/{gone}/waiver/verdict", json={"verdict": "grant"}).status_code == 200
    after = call(GD_CONTACT, "GET", f"/filings/{key}")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert [i["assignment"] for i in after.get_json()["items"] if i["state"] == "cancelled"] == [gone]
    kept = change(key, {"items": [{"assignment": gone, "measure": "otherwise"}]})           # what only can be read is ignored
    assert kept.status_code == 200 and kept.get_json()["items"] == after.get_json()["items"]
