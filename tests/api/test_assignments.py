"""Assignments for programs: the contract's fields, who may what, refusals in the contract's order."""
from typing import Any

import pytest

from tests.api.conftest import Call
from tests.api.test_room import problem_of
from tests.conftest import Superuser
from tests.factories import people

FIELDS = {"id", "code", "programme", "unit", "line", "milestone", "title", "owner", "start", "due", "original_due", "percent",
          "state", "light", "overdue_days"}
UNKNOWN = "0192a000-0000-7000-8000-00000000ffff"
ACTS: dict[str, dict[str, Any]] = {"progress": {"percent": 30, "text": "begun"}, "hand-in": {"text": "done"},
                                   "verify": {"verdict": "close"}, "chase": {"text": "please"}}


def items(call: Call, who: str, query: str) -> list[dict[str, Any]]:
    answer = call(who, "GET", f"/assignments?{query}")
    assert answer.status_code == 200, answer.data
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


@pytest.fixture
def one(call: Call) -> dict[str, Any]:
    """An open assignment of Guangdong's market line."""
    return items(call, "office", "unit=guangdong&line=market&milestone=sorting")[0]


@pytest.fixture
def key(one: dict[str, Any]) -> str:
    return str(one["id"])


def own(superuser: Superuser, key: str, name: str) -> None:
    superuser.execute("UPDATE assignment SET owner_id = %s, start = '2026-02-02' WHERE id = %s", (people.key(name), key))


def test_the_fields_of_the_contract(call: Call, superuser: Superuser, key: str) -> None:
    own(superuser, key, "member.guangdong")
    shown = call("office", "GET", f"/assignments/{key}")
    content = shown.get_json()
    assert set(content) > FIELDS
    assert content | {"unit": "guangdong", "line": "market", "milestone": "sorting", "owner": "member@guangdong.example",
                      "start": "2026-02-02", "due": "2026-06-30", "original_due": "2026-06-30", "percent": 0, "state": "open",
                      "light": "amber", "overdue_days": 0} == content
    assert shown.headers["ETag"]


def test_a_list_holds_what_a_single_call_shows(call: Call) -> None:
    """Truth of lists against permissions: for everybody, each row opens, and each row left out does not."""
    everything = items(call, "auditor", "unit=guangdong&limit=200")
    assert len(everything) > 30
    for who in ("contact.guangdong", "market.guangdong", "member.guangdong", "head.guangdong", "network", "contact.tibet"):
        seen = {a["id"] for a in items(call, who, "unit=guangdong&limit=200")}
        for a in everything:
            assert call(who, "GET", f"/assignments/{a['id']}").status_code == (200 if a["id"] in seen else 404)
    assert not items(call, "contact.tibet", "unit=guangdong")
    assert {a["line"] for a in items(call, "network", "limit=200")} == {"network"}


def test_pages_hold_everything_once(call: Call) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = call("contact.guangdong", "GET", f"/assignments?limit=7&cursor={cursor}").get_json()
        seen += [a["id"] for a in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == len(items(call, "contact.guangdong", "limit=200"))


@pytest.mark.parametrize(("query", "holds"), [
    ("unit=guangdong", {"unit": "guangdong"}), ("line=network", {"line": "network"}), ("state=open", {"state": "open"}),
    ("milestone=sorting", {"milestone": "sorting"}), ("light=grey", {"light": "grey"}), ("year=2026", {"year": 2026}),
    ("process=problem_response", {"process": "problem_response"}), ("kind=headquarters", {"unit": "hq"})])
def test_filters(call: Call, query: str, holds: dict[str, Any]) -> None:
    found = items(call, "office", query + "&limit=200")
    assert found and all(a.items() >= holds.items() for a in found)


@pytest.mark.parametrize("query", [
    "unit=nowhere", "programme=x", f"programme={UNKNOWN}", "owner=nobody@nowhere.example", "state=closed", "light=red", "overdue=1",
    "year=2031", "q=%25", "q=%00%00zzzz", "q=_%5C", "category=product_support&kind=province"])
def test_what_nothing_fits_is_an_empty_list(call: Call, query: str) -> None:
    assert items(call, "office", query) == []


@pytest.mark.parametrize("query", ["line=sales", "state=done", "light=purple", "year=99999999999999999999", "limit=0", "cursor=x"])
def test_what_is_no_code_is_a_fault_of_the_query(call: Call, query: str) -> None:
    problem_of(call("office", "GET", f"/assignments?{query}"), 422)


def test_search_and_owner(call: Call, superuser: Superuser, one: dict[str, Any]) -> None:
    own(superuser, one["id"], "member.guangdong")
    assert one["id"] in {a["id"] for a in items(call, "office", f"q={one['title_zh'][:4]}&unit=guangdong")}
    for who, query in (("office", "owner=MEMBER@guangdong.example"), ("member.guangdong", "owner=me")):
        assert [a["id"] for a in items(call, who, query)] == [one["id"]]


@pytest.mark.parametrize("bad", ["x", "0", "%00", UNKNOWN, "../../me", "🙂", "a" * 3000])
@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("GET", "/history"), ("POST", "/progress"), ("POST", "/verify")])
def test_malformed_unknown_and_invisible_are_one_answer(call: Call, key: str, bad: str, method: str, tail: str) -> None:
    said = problem_of(call("contact.tibet", method, f"/assignments/{key}{tail}"), 404)
    assert problem_of(call("contact.tibet", method, f"/assignments/{bad}{tail}"), 404) == said


MAY: dict[str, tuple[str, ...]] = {
    "progress": ("contact.guangdong", "deputy.guangdong", "market.guangdong", "member.guangdong"),
    "hand-in": ("contact.guangdong", "deputy.guangdong", "market.guangdong", "member.guangdong"),
    "verify": ("market", "office"), "chase": ("market", "office", "leader")}
EVERYBODY = ("office", "leader", "market", "network", "auditor", "admin", "contact.guangdong", "deputy.guangdong",
             "head.guangdong", "market.guangdong", "network.guangdong", "member.guangdong", "contact.tibet", "market.migu")
BLIND = ("network", "admin", "network.guangdong", "contact.tibet", "market.migu")         # they do not see it at all


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may(call: Call, superuser: Superuser, key: str, who: str, act: str) -> None:
    own(superuser, key, "member.guangdong")
    if act == "verify":
        superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-09' WHERE id = %s", (key,))
    answer = call(who, "POST", f"/assignments/{key}/{act}", json=ACTS[act])
    assert answer.status_code == (404 if who in BLIND else 200 if who in MAY[act] else 403), answer.data


def test_a_member_without_ownership_reads_its_line_and_changes_nothing(call: Call, key: str) -> None:
    assert call("member.guangdong", "GET", f"/assignments/{key}").status_code == 200
    problem_of(call("member.guangdong", "POST", f"/assignments/{key}/progress", json=ACTS["progress"]), 403)


def test_nobody_verifies_what_is_his_own_nor_does_his_delegate(call: Call, superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-09' WHERE id = %s", (key,))
    own(superuser, key, "market")
    problem_of(call("market", "POST", f"/assignments/{key}/verify", json={"verdict": "close"}), 403)
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES "
                      "(gen_random_uuid(), %s, %s, '2026-03-01', '2026-03-31')",
                      (people.appointment_key("market"), people.key("it")))
    problem_of(call("it", "POST", f"/assignments/{key}/verify", json={"verdict": "close"}), 403)
    assert call("office", "POST", f"/assignments/{key}/verify", json={"verdict": "close"}).status_code == 200


@pytest.mark.parametrize(("line", "may"), [("market", {"office"}), ("customer_service", {"leader"})])
def test_headquarters_own(call: Call, superuser: Superuser, line: str, may: set[str]) -> None:
    """Its lines work, the office judges, and the leadership group judges the office's own line."""
    found = items(call, "auditor", f"unit=hq&line={line}")[0]["id"]
    lead = line.replace("_", "-")
    assert call(lead, "POST", f"/assignments/{found}/hand-in").status_code == 200
    for who in ("office", "leader", lead):
        answer = call(who, "POST", f"/assignments/{found}/verify", json={"verdict": "return", "remark": "more"})
        assert answer.status_code == (200 if who in may else 403)
        superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-10' WHERE id = %s", (found,))


def test_reported_handed_in_returned_and_closed(call: Call, key: str) -> None:
    base = f"/assignments/{key}"
    first = call("market.guangdong", "POST", f"{base}/progress", json={"percent": 40, "text": "一半 <b>&</b> 🙂"})
    assert first.get_json()["percent"] == 40 and first.headers["ETag"] == call("office", "GET", base).headers["ETag"]
    again = call("market.guangdong", "POST", f"{base}/progress", json={"percent": 40})
    assert again.headers["ETag"] != first.headers["ETag"]              # the same figure is a report all the same
    done = call("contact.guangdong", "POST", f"{base}/hand-in").get_json()
    assert (done["percent"], done["state"], done["light"], done["handed_in_on"]) == (100, "handed_in", "blue", "2026-03-10")
    back = call("market", "POST", f"{base}/verify", json={"verdict": "return", "remark": "evidence"}).get_json()
    assert (back["percent"], back["state"], back["handed_in_on"]) == (40, "open", None)
    call("market.guangdong", "POST", f"{base}/hand-in", json={"text": "with evidence"})
    closed = call("market", "POST", f"{base}/verify", json={"verdict": "close"}).get_json()
    assert (closed["state"], closed["light"], closed["closed_on"]) == ("closed", "closed", "2026-03-10")
    past = call("head.guangdong", "GET", f"{base}/history").get_json()["items"]
    assert [e["action"] for e in past] == ["close", "hand_in", "return", "hand_in", "report", "report", "create"]
    assert past[5] == {"at": "2026-03-10T10:00:00+08:00", "by": "market@guangdong.example", "on_behalf_of": None,
                       "action": "report", "changes": {"percent": [0, 40], "text": "一半 <b>&</b> 🙂"}}
    tail = call("head.guangdong", "GET", f"{base}/history?limit=3").get_json()
    rest = call("head.guangdong", "GET", f"{base}/history?limit=200&cursor={tail['next']}").get_json()
    assert tail["items"] + rest["items"] == past


def test_chasing_is_counted(call: Call, key: str) -> None:
    for n in (1, 2):
        shown = call("market", "POST", f"/assignments/{key}/chase").get_json()
        assert (shown["chase_count"], shown["chased_at"]) == (n, "2026-03-10T10:00:00+08:00")


def test_late_is_counted_until_it_was_handed_in(call: Call, superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-03-01' WHERE id = %s", (key,))
    late = call("office", "GET", f"/assignments/{key}").get_json()
    assert (late["light"], late["overdue_days"], late["original_due"]) == ("red", 9, "2026-06-30")
    assert [a["id"] for a in items(call, "office", "overdue=true")] == [key]
    superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-04' WHERE id = %s", (key,))
    waits = call("office", "GET", f"/assignments/{key}").get_json()
    assert (waits["light"], waits["overdue_days"]) == ("blue", 3) and items(call, "office", "overdue=true") == []


def test_the_state_comes_before_the_content_and_the_right_before_the_state(call: Call, superuser: Superuser, key: str) -> None:
    base = f"/assignments/{key}"
    problem_of(call("market", "POST", f"{base}/verify", json={"verdict": "perhaps"}), 409)
    problem_of(call("head.guangdong", "POST", f"{base}/progress", json={"percent": "x"}), 403)
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id = %s", (key,))
    problem_of(call("contact.guangdong", "POST", f"{base}/progress", json={"percent": "x"}), 409)
    problem_of(call("contact.guangdong", "POST", f"{base}/hand-in"), 409)
    problem_of(call("office", "POST", f"{base}/chase"), 409)


@pytest.mark.parametrize("body", [
    {}, {"percent": None}, {"percent": "50"}, {"percent": 50.5}, {"percent": True}, {"percent": -1}, {"percent": 101},
    {"percent": 10 ** 30}, {"percent": 5, "text": "x" * 2001}, {"percent": 5, "text": 7}, [], "text"])
def test_bad_progress(call: Call, key: str, body: Any) -> None:
    problem_of(call("contact.guangdong", "POST", f"/assignments/{key}/progress", json=body), 422)


def test_bad_verdicts(call: Call, superuser: Superuser, key: str) -> None:
    superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-09' WHERE id = %s", (key,))
    for body in ({}, {"verdict": "perhaps"}, {"verdict": "return"}, {"verdict": "return", "remark": " \0\n "},
                 {"verdict": "return", "remark": "x" * 10_000}):
        problem_of(call("market", "POST", f"/assignments/{key}/verify", json=body), 422)
    assert call("office", "GET", f"/assignments/{key}").get_json()["state"] == "handed_in"


def test_what_cannot_be_stored_is_left_out(call: Call, key: str) -> None:
    call("contact.guangdong", "POST", f"/assignments/{key}/progress", json={"percent": 5, "text": "a\0b\r\nc \u200d"})
    assert call("office", "GET", f"/assignments/{key}/history").get_json()["items"][0]["changes"]["text"].startswith("ab\nc")


def test_the_plans_own_task_moves_with_the_filing(call: Call, superuser: Superuser) -> None:
    found = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id "
                              "WHERE u.code = 'guangdong' AND template_kind = 'plan_filing'").fetchone()
    assert found is not None
    problem_of(call("contact.guangdong", "POST", f"/assignments/{found[0]}/hand-in"), 409)
    assert call("office", "POST", f"/assignments/{found[0]}/chase").status_code == 200
