"""Programmes through the interface: drafted from the plan, previewed, issued once."""
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import Call
from tests.api.test_room import problem_of
from tests.conftest import Superuser

NEXT = 2027


@pytest.fixture
def draft(call: Call) -> Mapping[str, Any]:
    answer = call("office", "POST", "/programmes", json={"year": NEXT})
    assert answer.status_code == 201
    made: Mapping[str, Any] = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/programmes/{made['id']}"
    return made


def test_a_draft_has_the_plans_milestones_moved_to_its_year(draft: Mapping[str, Any]) -> None:
    assert (draft["year"], draft["state"], draft["issued_at"]) == (NEXT, "draft", None)
    assert [(m["code"], m["due"]) for m in draft["milestones"]] == [
        ("kick_off", "2027-04-30"), ("sorting", "2027-06-30"), ("improvement", "2027-10-31"), ("assessment", "2027-12-31"),
        ("systems_converted", "2027-12-31"), ("systems_built", "2028-12-31")]
    assert all(m["id"] and m["title"] for m in draft["milestones"])


def test_a_second_programme_of_a_year_is_a_conflict(call: Call, draft: Mapping[str, Any]) -> None:
    problem_of(call("office", "POST", "/programmes", json={"year": NEXT}), 409)


@pytest.mark.parametrize("year", [1999, 2101, "2027", None, 2027.5, -1])
def test_a_year_out_of_range_or_no_year(call: Call, year: object) -> None:
    problem = problem_of(call("office", "POST", "/programmes", json={"year": year}), 422)
    assert list(problem["errors"]) == ["year"]


def test_only_the_office_drafts(call: Call) -> None:
    for who in ("leader", "market", "auditor", "admin", "contact.guangdong", "head.guangdong"):
        problem_of(call(who, "POST", "/programmes", json={"year": NEXT}), 403)
    problem_of(call(None, "POST", "/programmes", json={"year": NEXT}), 401)


def test_a_draft_is_there_for_the_office_alone(call: Call, draft: Mapping[str, Any]) -> None:
    at = f"/programmes/{draft['id']}"
    for who in ("leader", "market", "auditor", "contact.guangdong"):
        for method, path in (("GET", at), ("GET", f"{at}/preview"), ("POST", f"{at}/issue"), ("GET", f"{at}/board")):
            problem_of(call(who, method, path), 404)
        assert [p["year"] for p in call(who, "GET", "/programmes").get_json()["items"]] == [2026]
    assert [p["year"] for p in call("office", "GET", "/programmes").get_json()["items"]] == [NEXT, 2026]
    assert call("office", "GET", at).get_json()["name"] == draft["name"]


def test_issuing_makes_what_the_preview_said_and_only_once(call: Call, draft: Mapping[str, Any]) -> None:
    at = f"/programmes/{draft['id']}"
    seen = call("office", "GET", f"{at}/preview").get_json()
    assert seen["units"] == len(seen["by_unit"]) == 39 and seen["idle"] == []
    assert seen["assignments"] == sum(u["count"] for u in seen["by_unit"]) == sum(x["count"] for x in seen["by_line"])
    issued = call("office", "POST", f"{at}/issue")
    assert issued.status_code == 200 and issued.get_json()["state"] == "issued" and issued.get_json()["issued_at"]
    problem_of(call("office", "POST", f"{at}/issue"), 409)
    board = call("office", "GET", f"{at}/board").get_json()
    assert sum(c["total"] for c in board["cells"]) == seen["assignments"]
    by_unit = {u["unit"]: u["count"] for u in seen["by_unit"]}
    assert by_unit == {u: n for u in by_unit if (n := sum(c["total"] for c in board["cells"] if c["unit"] == u))}
    assert call("contact.guangdong", "GET", at).status_code == 200


def test_an_issued_one_is_read_by_all_and_issued_by_none_but_the_office(call: Call) -> None:
    issued = call("contact.guangdong", "GET", "/programmes").get_json()["items"][0]
    for who in ("contact.guangdong", "leader", "market", "auditor"):
        problem_of(call(who, "POST", f"/programmes/{issued['id']}/issue"), 403)
        problem_of(call(who, "GET", f"/programmes/{issued['id']}/preview"), 403)
    problem_of(call("office", "POST", f"/programmes/{issued['id']}/issue"), 409)


def test_of_two_who_issue_at_once_one_does(call: Call, draft: Mapping[str, Any], superuser: Superuser) -> None:
    call("office", "GET", "/me")                                         # the token is there before the threads ask
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: call("office", "POST", f"/programmes/{draft['id']}/issue").status_code, range(2)))
    assert sorted(answers) == [200, 409]
    twice = superuser.execute("SELECT unit_id, code FROM assignment WHERE year = %s GROUP BY 1, 2 HAVING count(*) > 1", (NEXT,))
    assert twice.fetchall() == []


def test_of_two_who_draft_a_year_at_once_one_does(call: Call) -> None:
    call("office", "GET", "/me")
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: call("office", "POST", "/programmes", json={"year": NEXT}).status_code, range(2)))
    assert sorted(answers) == [201, 409]


@pytest.mark.parametrize("key", ["nothing", "01890a5d-ac96-774b-bcce-b302099a8057", "%00", "01890A5D-AC96-774B-BCCE-B302099A8057"])
def test_unknown_and_malformed_keys_are_not_there(call: Call, key: str) -> None:
    for path in (f"/programmes/{key}", f"/programmes/{key}/preview", f"/programmes/{key}/board"):
        problem_of(call("office", "GET", path), 404)
    problem_of(call("office", "POST", f"/programmes/{key}/issue"), 404)


def test_the_etag_changes_with_the_programme(call: Call, draft: Mapping[str, Any]) -> None:
    at = f"/programmes/{draft['id']}"
    tag = call("office", "GET", at).headers["ETag"]
    assert call("office", "GET", at, headers={"If-None-Match": tag}).status_code == 304
    call("office", "POST", f"{at}/issue")
    assert call("office", "GET", at).headers["ETag"] != tag
