"""Faults, with real processes: after each of them every notice stands once, every letter has gone, nothing is parked without
a reason. What a foreign server was given before the portal died it may get again, under the same name (Message-ID, id)."""
import os
import shutil
import signal
import time
from contextlib import ExitStack

import pytest

from portal import embedded
from portal.notices import service
from portal.notices.rules import Mode, NoticeKind
from portal.outbox import service as outbox
from tenants.db import db
from tests.tasks.dying import DEATHS, STEPS
from tests.tasks.hook import listening
from tests.tasks.staging import CHILDREN, GD, LATER, RECEIVERS, Stage, wait

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
WHOLE = ("when it has handed out", "delivered and not committed", "the mail server has it", "committed and not acknowledged")


@pytest.mark.parametrize(("step", "whole"), [*((step, False) for step in STEPS), *((step, True) for step in WHOLE)])
def test_killed_at_each_step(stage: Stage, step: str, whole: bool) -> None:
    stage.channel()
    stage.tell(10)
    mark = stage.folder / "deaths"
    with stage.background(DYING_AT=step, DYING_MARK=str(mark), DYING_WHOLE="1" if whole else ""):
        wait(stage, lambda: stage.done(10), 120)
    deaths = len(mark.read_text().splitlines())
    assert 1 <= deaths <= DEATHS
    stage.judge(f"kill -9 {'of the worker' if whole else 'of its child'}, {step} ({deaths} times)", 10,
                again=deaths * (CHILDREN if whole else 1))


def test_the_broker_is_away_during_a_thousand_changes(stage: Stage) -> None:
    """What is posted meanwhile is found when it is back, and it comes back empty."""
    valkey = embedded.start_valkey(stage.folder / "valkey")
    stage.broker = f"redis+socket://{valkey.socket}"
    for name in (GD, "deputy.guangdong"):              # letters are not what this is about, and slow
        with stage.acting(name) as person:
            service.prefer(person, {NoticeKind.GENERAL: Mode.IN_APP})
            db.session.commit()
    stage.tell(1)
    with ExitStack() as stopped, stage.background():
        wait(stage, lambda: stage.done(1, letters=False), 60)
        stage.superuser.execute("DELETE FROM outbox_message; DELETE FROM notice")
        os.kill(valkey.pid, signal.SIGKILL)
        stage.tell(1000)
        assert stage.open() >= 1000 - 100                      # one drain may have been under way
        shutil.rmtree(stage.folder / "valkey")
        valkey = embedded.start_valkey(stage.folder / "valkey")
        stopped.callback(os.kill, valkey.pid, signal.SIGTERM)
        wait(stage, lambda: stage.done(1000, letters=False), 240)
    stage.judge("broker killed during 1,000 changes, back empty", 1000, letters=False)


def test_two_beats_and_two_workers(stage: Stage) -> None:
    stage.channel()
    with stage.background(workers=2, beats=2):
        stage.tell(200)
        wait(stage, lambda: stage.done(200), 120)
    stage.judge("two schedulers, two workers", 200)


def test_connections_to_the_database_are_cut(stage: Stage) -> None:
    cut = 0

    def enough() -> bool:
        nonlocal cut
        cut += stage.one("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'portal_app'"
                         " AND datname = current_database() AND application_name = ''")
        return cut >= 12
    with stage.background(workers=2):
        stage.tell(100)
        wait(stage, enough, 60)
        wait(stage, lambda: stage.done(100), 120)
    stage.judge(f"database connections cut ({cut} of them)", 100, again=cut)


@pytest.mark.parametrize("how", ["answers 451", "answers 550", "hangs", "is gone"])
def test_the_mail_server(stage: Stage, how: str) -> None:
    """Notices stand at once, whatever it does; a day later, when it is well again, each letter goes once."""
    stage.box.silent, stage.box.refusing = how == "hangs", how.startswith("answers")
    stage.box.refusal = f"{how.split()[-1]} not now"
    port, stage.box.port = stage.box.port, 9 if how == "is gone" else stage.box.port
    stage.tell(20)
    with stage.background():
        began = time.monotonic()
        wait(stage, lambda: stage.one("SELECT count(*) FROM notice") == 20 * RECEIVERS, 40)
        took = time.monotonic() - began
        wait(stage, lambda: stage.one("SELECT count(*) FROM outbox_message WHERE attempts > 0") > 0, 40)
        assert stage.one("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL") == 0 and took < 35
    assert stage.one("SELECT count(*) FROM outbox_message WHERE attempts > 0 AND error IS NULL") == 0
    stage.box.silent, stage.box.refusing, stage.box.port = False, False, port
    stage.box.released.set()
    with stage.background(clock=LATER):
        wait(stage, lambda: stage.done(20), 120)
    stage.judge(f"mail server {how}", 20, again=1 if how == "hangs" else 0)


@pytest.mark.parametrize("how", ["leads to loopback", "leads to a private address", "hangs", "answers 500"])
def test_a_webhook(stage: Stage, how: str) -> None:
    """What it would lead to hears nothing; letters and notices go on; a day later it is told once."""
    stage.channel()
    with listening() as secret:
        stage.hook.silent = how == "hangs"
        stage.hook.status = 200 if how == "hangs" else 500 if how == "answers 500" else 302
        stage.hook.location = {"leads to loopback": secret.url, "leads to a private address": "http://10.0.0.1/"}.get(how, "")
        stage.tell(20)
        with stage.background(CONNECTIONS=str(stage.folder / "connections")):
            wait(stage, lambda: stage.one("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL") == 20 * RECEIVERS, 120)
            wait(stage, lambda: stage.one("SELECT count(*) FROM outbox_message WHERE topic = 'webhook' AND attempts > 0") > 0, 40)
        assert secret.paths == [] and stage.hook.taken == []
    connected = set((stage.folder / "connections").read_text().splitlines())
    inward = {f"127.0.0.1 {stage.hook.port}", f"127.0.0.1 {stage.box.port}"}
    assert inward <= connected <= {*inward, "a socket of this machine "}       # nothing at 10.0.0.1, nor where loopback is led to
    assert stage.one("SELECT count(*) FROM outbox_message WHERE attempts > 0 AND error IS NULL") == 0
    stage.hook.silent, stage.hook.status, stage.hook.location = False, 200, ""
    stage.hook.released.set()
    with stage.background(clock=LATER):
        wait(stage, lambda: stage.done(20), 120)
    stage.judge(f"webhook {how}", 20)


def test_what_never_gets_better_is_parked_with_its_reason_and_goes_when_it_is_asked_to(stage: Stage) -> None:
    stage.box.refusing, stage.box.refusal = True, "550 nobody of that name"
    stage.tell(3)
    with stage.background():
        wait(stage, lambda: stage.one("SELECT count(*) FROM outbox_message WHERE attempts > 0") == 3 * RECEIVERS, 60)
    stage.superuser.execute("UPDATE outbox_message SET attempts = 29, next_at = at WHERE done_at IS NULL")     # a day of trying
    with stage.background():
        wait(stage, lambda: stage.one("SELECT count(*) FROM outbox_message WHERE parked_at IS NOT NULL") == 3 * RECEIVERS, 60)
    parked = stage.superuser.execute("SELECT error FROM outbox_message WHERE parked_at IS NOT NULL").fetchall()
    reasons = {str(r[0]) for r in parked}
    assert all("550" in reason and "Sentence" not in reason for reason in reasons)
    stage.box.refusing = False
    with stage.acting("admin") as admin:
        assert outbox.retry(actor=admin) == 3 * RECEIVERS
        db.session.commit()
    with stage.background(clock=LATER):
        wait(stage, lambda: stage.done(3), 60)
    stage.judge("mail server refuses for a day; parked with its answer, tried again by an administrator", 3)
