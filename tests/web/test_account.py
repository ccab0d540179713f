"""The account page: own functions, acting as one of them, handing one over."""
from datetime import timedelta

import pytest
from flask import Flask

from tenants import clock
from tests.conftest import Superuser
from tests.factories import people, world
from tests.web.browsing import Browser, faults_beside

GD = "guangdong"


@pytest.fixture
def browser(app: Flask) -> Browser:
    made = Browser(app)
    made.sign_in(f"contact.{GD}")
    made.get("/account")
    return made


@pytest.fixture
def second_function(superuser: Superuser) -> str:
    """The contact of Guangdong is also the owner of the market line in Beijing."""
    superuser.execute(
        "INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
        " SELECT 'aaaaaaaa-0000-7000-8000-000000000001', %s, id, 'line_owner', 'market', false, '2026-01-01', 1"
        " FROM unit WHERE code = 'beijing'",
        (people.key(f"contact.{GD}"),))
    return "aaaaaaaa-0000-7000-8000-000000000001"


def handed_over(to: str = f"deputy.{GD}", first: str = "2026-03-10", last: str = "2026-03-20",
                function: str = f"contact.{GD}") -> dict[str, str]:
    return {"appointment": str(people.appointment_key(function)), "person": str(people.key(to)), "valid_from": first,
            "valid_until": last}


def test_act_as(browser: Browser, second_function: str) -> None:
    page = browser.get("/account")
    assert page.text.count('name="appointment" value=') == 2
    chosen = browser.post("/act-as", {"appointment": second_function, "next": "/account?back=1"})
    assert (chosen.status_code, chosen.location) == (303, "/account?back=1")
    marked = f'value="{second_function}" aria-current="true"'
    assert marked in browser.get("/account").text
    assert browser.post("/act-as", {"appointment": second_function, "next": "//evil.example"}).location == "/desk"


@pytest.mark.parametrize("foreign", [str(people.appointment_key("office")), "nonsense", "", "\0"])
def test_only_a_function_of_ones_own(browser: Browser, foreign: str) -> None:
    assert browser.post("/act-as", {"appointment": foreign}).status_code == 404


def test_handed_over_and_recorded_with_both_names(browser: Browser, app: Flask, superuser: Superuser) -> None:
    assert browser.post("/account/delegations", handed_over()).status_code == 303
    assert f"示例 deputy.{GD}" in browser.get("/account").text
    with app.app_context():
        carried = [a for a in world.identity(f"deputy.{GD}").appointments if a.on_behalf_of]
        assert [a.holder for a in carried] == [people.key(f"contact.{GD}")]
        with clock.standing_at(world.NOW + timedelta(days=11)):
            assert not [a for a in world.identity(f"deputy.{GD}").appointments if a.on_behalf_of]
    entry = superuser.execute("SELECT action, by, changes FROM audit_entry WHERE subject_kind = 'delegation'").fetchone()
    assert entry and entry[:2] == ("delegate", people.key(f"contact.{GD}"))
    assert (entry[2]["holder"], entry[2]["delegate"]) == (f"示例 contact.{GD}", f"示例 deputy.{GD}")


def test_the_colleague_sees_it_and_cannot_pass_it_on(browser: Browser, app: Flask) -> None:
    browser.post("/account/delegations", handed_over())
    colleague = Browser(app)
    colleague.sign_in(f"deputy.{GD}")
    assert f"示例 contact.{GD}" in colleague.get("/account").text
    assert colleague.post("/account/delegations", handed_over(to=f"member.{GD}")).status_code == 404


def test_ended_at_once(browser: Browser, app: Flask, superuser: Superuser) -> None:
    for first in ("2026-03-10", "2026-05-01"):
        browser.post("/account/delegations", handed_over(first=first, last="2026-05-20" if first > "2026-04" else "2026-03-20"))
    keys = [r[0] for r in superuser.execute("SELECT id FROM delegation ORDER BY valid_from").fetchall()]
    browser.get("/account")
    stranger = Browser(app)
    stranger.sign_in("contact.beijing")
    stranger.get("/account")
    assert stranger.post(f"/account/delegations/{keys[0]}/end").status_code == 404
    for key in keys:
        assert browser.post(f"/account/delegations/{key}/end").status_code == 303
    with app.app_context():
        assert not [a for a in world.identity(f"deputy.{GD}").appointments if a.on_behalf_of]
    assert browser.post(f"/account/delegations/{keys[1]}/end").status_code == 404
    told = superuser.execute("SELECT count(*) FROM audit_entry WHERE action = 'end_delegation'").fetchone()
    assert told == (2,)


@pytest.mark.parametrize(("field", "change"), [
    ("person", {"person": str(people.key("market.beijing"))}), ("person", {"person": str(people.key(f"contact.{GD}"))}),
    ("person", {"person": ""}), ("person", {"person": "nonsense"}),
    ("valid_from", {"valid_from": "2026-03-09"}), ("valid_from", {"valid_from": ""}), ("valid_from", {"valid_from": "soon\0"}),
    ("valid_until", {"valid_until": "2026-03-09"}), ("valid_until", {"valid_until": ""}),
    ("valid_until", {"valid_until": "2028-01-01"}), ("valid_until", {"valid_until": "99999-01-01"})])
def test_faults_stand_beside_their_fields(browser: Browser, field: str, change: dict[str, str]) -> None:
    answer = browser.post("/account/delegations", {**handed_over(), **change})
    assert answer.status_code == 422
    assert faults_beside(answer, field)


def test_not_twice_at_one_time(browser: Browser) -> None:
    browser.post("/account/delegations", handed_over())
    again = browser.post("/account/delegations", handed_over(to=f"member.{GD}", first="2026-03-20", last="2026-03-25"))
    assert again.status_code == 422 and faults_beside(again, "valid_from")


def test_only_an_own_function_is_handed_over(browser: Browser) -> None:
    assert browser.post("/account/delegations", handed_over(function="contact.beijing")).status_code == 404
    assert browser.post("/account/delegations", {**handed_over(), "appointment": ""}).status_code == 404


def test_the_auditor_only_reads(app: Flask, superuser: Superuser) -> None:
    browser = Browser(app)
    browser.sign_in("auditor")
    browser.get("/account")
    refused = browser.post("/account/delegations", handed_over(to="leader", function="auditor"))
    assert refused.status_code == 403
    assert superuser.execute("SELECT count(*) FROM delegation").fetchone() == (0,)


@pytest.mark.parametrize("name", ["office", "leader", "admin", "auditor", "market", f"head.{GD}", f"it.{GD}", f"member.{GD}"])
def test_everybody_has_the_page(app: Flask, name: str) -> None:
    browser = Browser(app)
    browser.sign_in(name)
    for language in ("zh", "en"):
        browser.client.set_cookie("language", language)
        assert browser.get("/account").status_code == 200


def test_nobody_acts_for_who_has_left(browser: Browser, app: Flask, superuser: Superuser) -> None:
    browser.post("/account/delegations", handed_over(first="2026-03-10"))
    with app.app_context():
        assert [a for a in world.identity(f"deputy.{GD}").appointments if a.on_behalf_of]
        superuser.execute("UPDATE person SET left_on = %s WHERE id = %s", (world.NOW.date(), people.key(f"contact.{GD}")))
        assert not [a for a in world.identity(f"deputy.{GD}").appointments if a.on_behalf_of]
