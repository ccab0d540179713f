"""A token has all of its person's functions: each is judged alone, and what is written is written in its lane."""
from typing import Any

import pytest

from tests.api.conftest import Call
from tests.conftest import Superuser
from tests.factories import people

GD, GD_CONTACT = "guangdong", "contact.guangdong"


@pytest.fixture(params=[("hq_line_lead", "market"), ("hq_office", None), ("administrator", None), ("auditor", None)])
def also(request: pytest.FixtureRequest, superuser: Superuser) -> str:
    """Guangdong's contact has a function at headquarters as well."""
    role, line = request.param
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
                      " VALUES (gen_random_uuid(), %s, 1, %s, %s, false, '2026-01-01', 1)", (people.key(GD_CONTACT), role, line))
    return str(role)


def test_a_units_work_is_written_whatever_else_one_is(call: Call, also: str) -> None:
    programme = call(GD_CONTACT, "GET", "/programmes").get_json()["items"][0]["id"]
    made = call(GD_CONTACT, "POST", "/filings", json={"unit": GD, "programme": programme}, headers={"Idempotency-Key": also})
    assert made.status_code == 201
    path = f"/filings/{made.get_json()['id']}"
    tag = call(GD_CONTACT, "GET", path).headers["ETag"]
    changed = call(GD_CONTACT, "PATCH", path, headers={"If-Match": tag}, json={"team": "six people"})
    assert changed.status_code == 200 and changed.get_json()["team"] == "six people"
    open_ones: list[dict[str, Any]] = call(GD_CONTACT, "GET", f"/assignments?unit={GD}&line=market&limit=5").get_json()["items"]
    assert call(GD_CONTACT, "POST", f"/assignments/{open_ones[0]['id']}/progress", json={"percent": 20}).status_code == 200


def test_another_unit_stays_out_of_reach(call: Call, also: str) -> None:
    programme = call(GD_CONTACT, "GET", "/programmes").get_json()["items"][0]["id"]
    assert call(GD_CONTACT, "POST", "/filings", json={"unit": "tibet", "programme": programme}).status_code == 403
    tibets = call("contact.tibet", "GET", "/assignments?line=market&limit=1").get_json()["items"][0]["id"]
    refused = call(GD_CONTACT, "POST", f"/assignments/{tibets}/progress", json={"percent": 20})
    assert refused.status_code in (403, 404)           # in a unit's lane what is read in another is not there
    assert call("contact.tibet", "GET", f"/assignments/{tibets}").get_json()["percent"] == 0
