"""The owner of an assignment in force, named on its page and by programs."""
from flask import Flask

from tests.api.conftest import Call, call
from tests.api.test_room import problem_of
from tests.conftest import Superuser
from tests.factories import people
from tests.web.browsing import faults_beside
from tests.web.test_assignments import key, signed_in, version

__all__ = ["call", "key"]                              # fixtures


def test_the_contact_names_the_owner_on_the_page(app: Flask, superuser: Superuser, key: str) -> None:
    contact, at = signed_in(app, "contact.guangdong"), f"/assignments/{key}"
    assert 'id="name-owner"' not in contact.get(at).text                    # until the plan is in force it is named there
    superuser.execute("UPDATE assignment SET start = '2026-03-01' WHERE id = %s", (key,))
    page = contact.get(at).text
    assert 'id="name-owner"><details class="more body" open>' in page and "member@guangdong.example" in page
    assert "market@tibet.example" not in page
    sent = {"version": version(superuser, key), "owner": ""}
    refused = contact.post(f"{at}/owner", sent)
    assert refused.status_code == 422 and faults_beside(refused, "new-owner")
    assert contact.post(f"{at}/owner", {**sent, "owner": str(people.key("member.guangdong"))}).status_code == 303
    assert "示例 member.guangdong" in contact.get(at).text
    assert contact.post(f"{at}/owner", {**sent, "owner": str(people.key("market.guangdong"))}).status_code == 412
    for who, status in (("market.guangdong", 403), ("office", 403), ("contact.tibet", 404)):
        browser = signed_in(app, who)
        assert 'id="name-owner"' not in browser.get(at).text
        assert browser.post(f"{at}/owner", sent).status_code == status


def test_programs_name_the_owner(call: Call, superuser: Superuser, key: str) -> None:
    at = f"/assignments/{key}/owner"
    problem_of(call("contact.guangdong", "POST", at, json={"owner": "market@guangdong.example"}), 409)
    superuser.execute("UPDATE assignment SET start = '2026-03-01' WHERE id = %s", (key,))
    problem_of(call("market.guangdong", "POST", at, json={"owner": "market@guangdong.example"}), 403)
    for bad in ({}, {"owner": "market@tibet.example"}, {"owner": "nobody@nowhere.example"}):
        problem_of(call("contact.guangdong", "POST", at, json=bad), 422)
    done = call("contact.guangdong", "POST", at, json={"owner": "member@guangdong.example"})
    assert done.status_code == 200 and done.get_json()["owner"] == "member@guangdong.example"
