"""Many rows in one statement: what was written comes out again, what is there already stays, what is another's is refused."""
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.exc import ProgrammingError

from portal.outbox import service as outbox
from portal.outbox.models import OutboxMessage
from portal.outbox.service import Parcel
from portal.reminders.models import Reminder
from tenants.access import HEADQUARTERS
from tenants.bulk import insert_new, insert_own
from tenants.db import db, uuid7
from tests.conftest import As, Superuser

GD, HOUR = "contact.guangdong", timedelta(hours=1)
AT = datetime(2026, 3, 10, 9, 30, 0, 123456, timezone(timedelta(hours=8)))
ODD = {"en": 'a "quoted" \\ {brace} %s :name', "zh": "广东\n😀 \u2028", "none": None, "list": [1, True, {"deep": ""}]}


def noted(unit: int, rung: str, subject: UUID, people: list[UUID]) -> dict[str, Any]:
    return {"id": uuid7(), "unit_id": unit, "subject_kind": "assignment", "subject_id": subject, "kind": "assignment", "part": "",
            "round": "1", "rung": rung, "people": people, "at": AT}


def test_values_of_every_type_come_out_as_they_went_in(acting: As, superuser: Superuser) -> None:
    with acting(GD) as actor:
        unit, people = actor.appointments[0].unit, [uuid7(), uuid7()]
        row = noted(unit, ODD["zh"], uuid7(), people)
        assert insert_own(Reminder, [row]) == {row["id"]}
        db.session.commit()
        outbox.post("odd", unit, ODD, not_before=AT + HOUR)
        db.session.commit()
    assert superuser.execute("SELECT unit_id, rung, people, at FROM reminder WHERE id = %s", [row["id"]]).fetchone() == (
        unit, ODD["zh"], people, AT.astimezone(UTC))
    assert superuser.execute("SELECT payload, next_at, key FROM outbox_message WHERE topic = 'odd'").fetchone() == (
        ODD, AT + HOUR, None)


def test_what_is_there_stays_and_is_not_among_the_written(acting: As, superuser: Superuser) -> None:
    with acting(GD) as actor:
        unit, subject = actor.appointments[0].unit, uuid7()
        first, again, other = (noted(unit, rung, subject, [uuid7()]) for rung in ("+1 day unit_head", "+1 day unit_head", "due"))
        assert insert_own(Reminder, [first]) == {first["id"]}
        assert insert_own(Reminder, [again, other, {**other, "id": uuid7()}]) == {other["id"]}
        assert insert_own(Reminder, []) == set()
        db.session.commit()
    assert superuser.execute("SELECT people FROM reminder WHERE subject_id = %s AND rung <> 'due'", [subject]).fetchall() == [
        (first["people"],)]


def test_another_units_rows_are_addressed_and_never_read_or_owned(acting: As, superuser: Superuser) -> None:
    with acting(GD) as actor:
        unit = actor.appointments[0].unit
        outbox.post_all([Parcel("far", receiver, {}) for receiver in (unit, HEADQUARTERS)])
        db.session.commit()
        message = {"id": uuid7(), "unit_id": HEADQUARTERS, "topic": "far", "payload": {}, "at": AT, "next_at": AT, "attempts": 0}
        for refused in (lambda: insert_own(OutboxMessage, [message]),
                        lambda: insert_new(Reminder, [noted(HEADQUARTERS, "due", uuid7(), [])])):
            with pytest.raises(ProgrammingError, match="row-level security"):
                refused()
            db.session.rollback()
    assert superuser.execute("SELECT unit_id FROM outbox_message WHERE topic = 'far' ORDER BY unit_id").fetchall() == sorted(
        [(unit,), (HEADQUARTERS,)])


def test_what_is_no_json_is_an_error_and_not_a_text(acting: As) -> None:
    with acting(GD) as actor, pytest.raises(TypeError, match="no JSON: object"):
        outbox.post("odd", actor.appointments[0].unit, {"what": object()})


@pytest.mark.parametrize("many", [1, 700])
def test_it_is_one_statement_however_many_rows(acting: As, many: int) -> None:
    with acting(GD) as actor:
        sent: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            sent.append(statement)
        db.session.connection()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            outbox.post_all([Parcel("many", actor.appointments[0].unit, {"n": n}) for n in range(many)])
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        db.session.rollback()
    assert len(sent) == 1
