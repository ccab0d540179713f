"""me, units, responsibilities: exactly the fields of the contract."""
import pytest

from tests.api.conftest import Call
from tests.conftest import As, Superuser
from tests.factories import people
from tests.web.test_legends import keep


def test_me_names_the_person_and_every_function(call: Call) -> None:
    answer = call("market.guangdong", "GET", "/me")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "email": "market@guangdong.example", "name": "示例 market.guangdong", "language": "zh",
        "appointments": [{"role": "line_owner", "unit": "guangdong", "line": "market", "delegated": False}]}
    assert "示例".encode() in answer.data                       # characters as they are, not escaped


def test_a_delegate_holds_the_function_in_anothers_name(call: Call, superuser: Superuser) -> None:
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) "
                      "VALUES (gen_random_uuid(), %s, %s, '2026-03-01', '2026-03-31')",
                      (people.appointment_key("head.guangdong"), people.key("market.guangdong")))
    held = call("market.guangdong", "GET", "/me").get_json()["appointments"]
    assert {"role": "unit_head", "unit": "guangdong", "line": None, "delegated": True} in held


def test_the_39_units_come_in_the_plans_order_on_one_page(call: Call) -> None:
    page = call("member.tibet", "GET", "/units").get_json()
    assert page["next"] is None and len(page["items"]) == 39
    assert [u["code"] for u in page["items"]][:2] == ["hq", "beijing"] and page["items"][-1]["code"] == "tietong"


@pytest.mark.parametrize(("query", "count"), [("kind=", 39), ("kind=province", 31), ("kind=specialised_company", 7),
                                              ("kind=headquarters", 1), ("category=market_expansion", 2)])
def test_units_are_narrowed_by_kind_and_category(call: Call, query: str, count: int) -> None:
    assert len(call("office", "GET", f"/units?{query}").get_json()["items"]) == count


def test_an_unknown_kind_is_a_fault_of_the_query(call: Call) -> None:
    answer = call("office", "GET", "/units?kind=castle")
    assert answer.status_code == 422 and list(answer.get_json()["errors"]) == ["kind"]


def test_one_unit(call: Call) -> None:
    answer = call("office", "GET", "/units/migu")
    assert answer.get_json() == {"code": "migu", "name": "Migu", "name_zh": "咪咕公司", "kind": "specialised_company",
                                 "category": "market_expansion", "parent": None, "closed_on": None, "legend": None}
    assert answer.headers["ETag"]


def test_a_unit_that_speaks_its_own_legend_says_so(call: Call, acting: As) -> None:
    before = call("office", "GET", "/units/guangdong").headers["ETag"]
    keep(acting)
    answer = call("office", "GET", "/units/guangdong")
    assert answer.get_json()["legend"]["red"] == {"name": "Late", "name_zh": "拖期", "tone": "violet"}
    assert answer.headers["ETag"] != before
    by_code = {u["code"]: u["legend"] for u in call("office", "GET", "/units").get_json()["items"]}
    assert set(by_code["guangdong"]) == {"red", "amber", "green", "blue", "closed", "grey"} and by_code["migu"] is None


def test_a_closed_unit_leaves_the_list_and_can_still_be_named(call: Call, superuser: Superuser) -> None:
    superuser.execute("UPDATE unit SET closed_on = '2026-03-10', parent_id = 2 WHERE code = 'tibet'")
    assert len(call("office", "GET", "/units?kind=province").get_json()["items"]) == 30
    shown = call("office", "GET", "/units/tibet").get_json()
    assert shown["closed_on"] == "2026-03-10" and shown["parent"] == "beijing"


def test_responsibilities_are_lines_by_process_and_categories_by_focus(call: Call) -> None:
    page = call("auditor", "GET", "/responsibilities").get_json()
    assert len(page["items"]) == 23 and page["next"] is None
    assert {"line": "market", "process": "product_life_cycle", "duty": "lead", "segments": "C, H, N"} in page["items"]
    assert {"category": "capability_support", "process": "problem_response"} in page["items"]
