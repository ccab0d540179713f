"""Events, with real processes: workers killed while they are handed on and heard. What is to happen once has happened once."""
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from portal.issues.service.warning import TOPIC
from tenants.access import HEADQUARTERS
from tests.factories import world
from tests.factories.exchange import campaign, raised
from tests.tasks.dying import EVENTS
from tests.tasks.staging import DEATHS, RESTLESS, TWICE, Stage, deaths, killing, wait

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.mark.parametrize("step", EVENTS)
def test_killed_while_an_event_is_heard(stage: Stage, step: str) -> None:
    """Warnings of campaigns that are alike: each asks each of their owners once."""
    about = campaign(stage.superuser, "migu", lands=["tibet"])
    for number, launcher in enumerate(("guangdong", "tibet"), 2):
        campaign(stage.superuser, launcher, lands=[launcher], code=f"C-{number}")
    issue = raised(stage.acting, "contact.tibet", about)
    stage.superuser.execute("DELETE FROM outbox_message")
    for _ in range(10):
        stage.superuser.execute(
            "INSERT INTO outbox_message (id, unit_id, topic, payload, at, next_at, attempts) VALUES (%s, %s, %s, %s, %s, %s, 0)",
            (uuid4(), HEADQUARTERS, TOPIC, Jsonb({"issue": str(issue), "words": "Are the rules clear?", "due": "2026-03-31",
                                                  "batch": str(uuid4())}), world.NOW, world.NOW))
    with stage.background(**killing(stage, step)):
        wait(stage, lambda: deaths(stage) == DEATHS and stage.one("SELECT count(*) FROM caution") == 20, 120)
        wait(stage, lambda: stage.one(RESTLESS) == 0, 60)
    by_batch = stage.superuser.execute("SELECT count(*) FROM caution GROUP BY batch").fetchall()
    assert by_batch == [(2,)] * 10 and stage.one("SELECT count(*) FROM notice WHERE url = '/cautions'") == 20
    assert stage.one(TWICE) == 0 == stage.one("SELECT count(*) FROM mail WHERE sent_at IS NULL")
    stage.note(f"kill -9 of the worker's child, {step} ({DEATHS} times)", 10)
