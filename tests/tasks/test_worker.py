"""Over a real broker, with real workers: in this process, and as the supervisor starts them."""
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from celery.contrib.testing.worker import start_worker
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal import embedded
from portal.operations import service as operations
from portal.outbox import service
from tasks import celery as background
from tasks import outbox, upkeep
from tenants import clock
from tenants.context import current
from tenants.db import db
from tests.conftest import ROOT, As, Superuser
from tests.setup.processes import environment, until
from tests.tasks.test_outbox import figures, forget_delivered, tell


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    forget_delivered(superuser)


@pytest.fixture
def worker(bound: None) -> Iterator[None]:
    with start_worker(background.celery, pool="solo", perform_ping_check=False, loglevel="warning", shutdown_timeout=20):
        yield


def test_over_the_broker(worker: None, acting: As, superuser: Superuser) -> None:
    tell(acting)
    outbox.dispatch.delay()
    assert until(lambda: figures(superuser) == (1, 0, 1), 10)
    assert superuser.execute("SELECT count(*) FROM notice").fetchone() == (2,)


def test_a_task_tried_again_keeps_its_scope(worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def failing_once(*_: object, **__: object) -> int:
        scope = current()
        assert scope is not None
        seen.append(scope.units)
        if len(seen) == 1:
            raise OperationalError("SELECT 1", None, Exception("the database was away"))
        return 0
    monkeypatch.setattr(service, "drain", failing_once)
    monkeypatch.setattr(outbox.drain, "retry_backoff", 1)
    outbox.drain.for_unit(7)
    assert until(lambda: len(seen) == 2, 15) and seen == [(7,), (7,)]


def test_a_wish_survives_a_database_that_was_away(app: Flask, worker: None, acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    """Away before the run could be noted, and again while it ran: it is tried again, though the wish is taken already."""
    said: list[str] = []
    begin, away = operations.begin, OperationalError("SELECT 1", None, Exception("the database was away"))

    def begins(*given: str | None) -> UUID | None:
        said.append("begin")
        if len(said) == 1:
            raise away
        return begin(*given)

    def purged() -> int:
        said.append("purge")
        if said.count("purge") == 1:
            raise away
        return 0
    monkeypatch.setattr(operations, "begin", begins)
    monkeypatch.setattr(upkeep.attachments, "sweep", purged)
    monkeypatch.setattr(upkeep.sweep, "retry_backoff", 1)
    with app.app_context():
        operations.announce("tasks.upkeep.sweep", "20 3 * * *", clock.now())
    with acting("admin") as admin:
        operations.ask("tasks.upkeep.sweep", actor=admin)
        db.session.commit()
    with app.app_context():
        [(wish, _)] = operations.asked_for()
    upkeep.sweep.apply_async(headers={"request": str(wish)})
    assert until(lambda: said.count("purge") == 2, 20) and said == ["begin", "begin", "purge", "begin", "purge"]


def test_configuration() -> None:
    """A lost worker's message comes back only when no worker can still be at it; nothing but JSON is read."""
    conf = background.celery.conf
    options = conf.broker_transport_options
    assert conf.task_soft_time_limit < conf.task_time_limit < options["visibility_timeout"]
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 60
    assert conf.task_acks_late and conf.worker_prefetch_multiplier == 1
    assert conf.accept_content == ["json"] and conf.task_serializer == "json"
    assert conf.task_soft_time_limit > service.BUDGET
    known = background.celery.tasks
    background.celery.loader.import_default_modules()
    assert {entry["task"] for entry in conf.beat_schedule.values()} <= set(known)


def test_worker_and_beat_as_the_supervisor_starts_them(server: embedded.Server, database: str, broker: Path, acting: As,
                                                       superuser: Superuser, tmp_path: Path) -> None:
    """Two processes that know nothing but their environment; the schedule is kept in the data folder."""
    tell(acting)
    env = environment(tmp_path, DATABASE_URL=server.dsn("portal_app", database), BROKER_URL=f"redis+socket://{broker}",
                      SECRET_KEY="only for this test", PORTAL_MODE="demonstration", PORTAL_CLOCK="2026-03-10T10:00:00+08:00")
    celery = [sys.executable, "-m", "celery", "-A", "tasks.celery"]
    log = tmp_path / "log"
    started = [subprocess.Popen([*celery, *words], env=env, cwd=ROOT, stdout=log.open("a"), stderr=subprocess.STDOUT)
               for words in (["worker", "--concurrency", "1", "--without-gossip", "--without-mingle"], ["beat", "--pidfile="])]
    try:
        assert until(lambda: figures(superuser) == (1, 0, 1), 60), log.read_text()
        assert list(tmp_path.glob("beat-schedule*"))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)
