"""A year half done: assignments in every state, drawn by chance but the same in every run."""
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg

from tenants import clock
from tests.factories import people

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
GUANGDONG = 20


def shuffle(superuser: "psycopg.Connection[tuple[Any, ...]]", seed: int) -> None:
    """Give every assignment a state that could have come about by today."""
    chance = Random(seed)
    rows = superuser.execute("SELECT id, due, unit_id FROM assignment ORDER BY id").fetchall()
    drawn = [{"id": str(key), **_drawn(chance, due, unit)} for key, due, unit in rows]
    superuser.execute(
        "UPDATE assignment a SET state = x.state, percent = x.percent, start = x.start, reported_on = x.reported,"
        " handed_in_on = x.handed_in, closed_on = x.closed, owner_id = x.owner FROM jsonb_to_recordset(%s::jsonb) AS"
        " x(id uuid, state text, percent int, start date, reported date, handed_in date, closed date, owner uuid)"
        " WHERE a.id = x.id", (json.dumps(drawn, default=str),))


def _drawn(chance: Random, due: date, unit: int) -> dict[str, object]:
    state = chance.choices(("open", "handed_in", "closed", "cancelled"), (4, 2, 3, 1))[0]
    done = state in ("handed_in", "closed")
    start = chance.choice([None, due - timedelta(chance.randint(5, 120))])
    percent = 100 if done else chance.choice([0, 20, 50, 80])
    reported = TODAY - timedelta(chance.randint(0, 60)) if percent else None
    handed_in = min(TODAY, due + timedelta(chance.randint(-20, 20))) if done else None
    closed = min(TODAY, handed_in + timedelta(chance.randint(0, 9))) if handed_in and state == "closed" else None
    owner = people.key("member.guangdong") if unit == GUANGDONG and chance.random() < .3 else None
    return {"state": state, "percent": percent, "start": start, "reported": reported, "handed_in": handed_in, "closed": closed,
            "owner": owner}


@contextmanager
def late_in_the_year() -> Iterator[None]:
    """Some milestones behind, some ahead."""
    with clock.standing_at(NOW):
        yield
