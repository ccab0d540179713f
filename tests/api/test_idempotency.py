"""A POST under a key happens once, also when it is sent twice at the same moment."""
import threading
from datetime import timedelta

import pytest
from flask import Flask

from portal.web import answered
from tenants import clock
from tests.api.conftest import Call, token_of
from tests.api.test_room import problem_of
from tests.conftest import Superuser
from tests.factories import people, world

GD = "contact.guangdong"
PATH = "/probe/colleagues"
SENT = {"name": "示例 new", "email": "new@guangdong.example"}


def count(superuser: Superuser, email: str = "new@guangdong.example") -> int:
    row = superuser.execute("SELECT count(*) FROM person WHERE email = %s", (email,)).fetchone()
    return int(row[0]) if row else 0


def test_the_same_key_and_body_give_the_same_answer_once(try_out: Call, superuser: Superuser) -> None:
    first = try_out(GD, "POST", PATH, json=SENT, headers={"Idempotency-Key": "k1"})
    superuser.execute("DELETE FROM appointment WHERE person_id <> %s AND unit_id = 20 AND role = 'member'", (people.key(GD),))
    again = try_out(GD, "POST", PATH, data=' {"email": "new@guangdong.example",  "name": "示例 new"}',
                    content_type="application/json", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201) and again.data == first.data
    assert all(again.headers[h] == first.headers[h] for h in ("Location", "ETag", "Content-Type"))
    assert count(superuser) == 1


def test_another_body_under_the_key_is_refused(try_out: Call) -> None:
    try_out(GD, "POST", PATH, json=SENT, headers={"Idempotency-Key": "k2"})
    content = problem_of(try_out(GD, "POST", PATH, json=SENT | {"name": "other"}, headers={"Idempotency-Key": "k2"}), 422)
    assert list(content["errors"]) == ["Idempotency-Key"]


def test_a_key_belongs_to_its_person_and_path(try_out: Call) -> None:
    assert try_out(GD, "POST", PATH, json=SENT, headers={"Idempotency-Key": "k3"}).status_code == 201
    other = {"name": "示例", "email": "new@beijing.example"}
    assert try_out("contact.beijing", "POST", PATH, json=other, headers={"Idempotency-Key": "k3"}).status_code == 201
    key = people.key(GD)
    problem_of(try_out(GD, "POST", f"{PATH}/{key}/poke", headers={"Idempotency-Key": "k3"}), 403)


def test_a_refusal_is_not_kept(try_out: Call, superuser: Superuser) -> None:
    problem_of(try_out(GD, "POST", PATH, json={"name": "x"}, headers={"Idempotency-Key": "k4"}), 422)
    assert try_out(GD, "POST", PATH, json=SENT, headers={"Idempotency-Key": "k4"}).status_code == 201
    assert count(superuser) == 1


def test_after_24_hours_the_key_is_free_again(try_out: Call, superuser: Superuser) -> None:
    token_of(superuser, GD, days=3, token="long")
    headers = {"Idempotency-Key": "k5", "Authorization": "Bearer long"}
    try_out(None, "POST", PATH, json=SENT, headers=headers)
    with clock.standing_at(world.NOW + timedelta(hours=23, minutes=59)):
        problem_of(try_out(None, "POST", PATH, json=SENT | {"name": "b"}, headers=headers), 422)
    with clock.standing_at(world.NOW + timedelta(hours=24)):
        other = {"name": "示例 b", "email": "b@guangdong.example"}
        assert try_out(None, "POST", PATH, json=other, headers=headers).get_json()["name"] == "示例 b"
        assert try_out(None, "POST", PATH, json=other, headers=headers).status_code == 201
    assert count(superuser, "b@guangdong.example") == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_is_short_and_printable(try_out: Call, key: str) -> None:
    problem_of(try_out(GD, "POST", PATH, json=SENT, headers={"Idempotency-Key": key}), 422)


def test_twice_at_the_same_moment_is_one_in_flight_and_one_done(
        probe_app: Flask, superuser: Superuser, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_of(superuser, GD)
    inside, go_on = threading.Event(), threading.Event()
    keep = answered.keep

    def slowly(*args: object) -> None:
        inside.set()
        assert go_on.wait(20)
        keep(*args)
    monkeypatch.setattr(answered, "keep", slowly)
    answers: list[int] = []

    def post() -> int:
        answer = probe_app.test_client().post(f"/api/v1{PATH}", json=SENT, headers={
            "Authorization": f"Bearer {token}", "Idempotency-Key": "k6"})
        return answer.status_code
    first = threading.Thread(target=lambda: answers.append(post()))
    with clock.standing_at(world.NOW):
        first.start()
        assert inside.wait(20)
        assert post() == 409                                  # in flight
        go_on.set()
        first.join(20)
        assert answers == [201]
        assert post() == 201                                  # the same answer again
    assert count(superuser) == 1


@pytest.mark.parametrize("name", ["admin", "office", "contact.migu", "head.migu"])
def test_the_room_remembers_in_every_lane_that_writes(app: Flask, superuser: Superuser, name: str) -> None:
    """The table's policies: everyone keeps and reads answers of his own, nobody else's."""
    from sqlalchemy import select

    from portal.web.answered import StoredAnswer
    from tenants.db import db
    from tenants.isolation import acting_as

    for who in (name, "office" if name == "admin" else "admin"):
        with app.app_context():
            identity = world.identity(who)
            with acting_as(identity.scope(writing=True)):
                if who == name:
                    db.session.add(StoredAnswer(person_id=identity.person, key="k", method="POST", path="/x", fingerprint=b"",
                                                status=200, etag=None, location=None, body=b"", at=clock.now()))
                    db.session.flush()
                    db.session.scalars(select(StoredAnswer)).one().at = clock.now() + timedelta(hours=1)
                    db.session.commit()
                else:
                    assert db.session.scalars(select(StoredAnswer)).all() == []


def test_a_part_of_a_form_that_has_no_name_is_no_fault(call: Call, superuser: Superuser) -> None:
    """RFC 7578, section 4.2, wants a name; what a program leaves out is told it, and its key stays free."""
    row = superuser.execute("SELECT id FROM assignment WHERE unit_id = 20 LIMIT 1").fetchone()
    assert row
    part = b'--x\r\nContent-Disposition: form-data; name="\\"\r\n\r\n{}\r\n'
    sent = part + part.replace(b'name="\\"', b'name="b"') + part.replace(b'; name="\\"', b"") + b"--x--\r\n"
    for _ in range(2):
        problem_of(call(GD, "POST", f"/assignments/{row[0]}/files", data=sent, content_type="multipart/form-data; boundary=x",
                        headers={"Idempotency-Key": "nameless"}), 422)
