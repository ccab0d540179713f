"""Faults, with real processes: after each of them every notice stands once, every letter has gone, nothing is parked without
a reason. What a foreign server was given before the portal died it may get again, under the same name (Message-ID, id)."""
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portal import embedded
from portal.notices import service
from portal.notices.rules import Mode, NoticeKind
from portal.notices.service import ChannelFacts
from portal.outbox import service as outbox
from portal.webhooks import Allowed
from tenants.db import db
from tenants.messages import N_
from tenants.vocabulary import Role
from tests.conftest import ROOT, As, Superuser
from tests.setup.processes import environment, until
from tests.tasks.dying import DEATHS, STEPS
from tests.tasks.hook import Hook, listening
from tests.tasks.mailbox import Mailbox, mailbox

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
GD, HERE = "contact.guangdong", "127.0.0.1"
RECEIVERS = 2                          # the contact and the deputy
WHOLE = ("when it has handed out", "delivered and not committed", "the mail server has it", "committed and not acknowledged")
CHILDREN = 3                           # of a worker: when it is killed, each may have just given something away
NOW, LATER = "2026-03-10T10:00:00+08:00", "2026-03-11T10:00:00+08:00"


@dataclass
class Background:
    """Workers and beats that know nothing but their environment; a worker that was killed is started again."""
    env: dict[str, str]
    log: Path
    running: list[tuple[list[str], "subprocess.Popen[bytes]"]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    restarts: int = 0

    def start(self, *words: str) -> None:
        module = "tests.tasks.dying" if "DYING_AT" in self.env and words[0] == "worker" else "celery"
        command = [sys.executable, "-m", module, "-A", "tasks.celery", *words]
        self.running.append((command, self._begun(command)))

    def _begun(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with self.log.open("a") as log:
            return subprocess.Popen(command, env=self.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def tend(self) -> None:
        while not self.stopping.wait(0.2):
            for n, (command, process) in enumerate(self.running):
                if process.poll() is not None:
                    self._end(process)
                    self.running[n], self.restarts = (command, self._begun(command)), self.restarts + 1

    def stop(self) -> None:
        self.stopping.set()
        for _, process in self.running:
            self._end(process)

    @staticmethod
    def _end(process: "subprocess.Popen[bytes]") -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


@dataclass
class Stage:
    """One portal's background, and what it delivers to."""
    server: embedded.Server
    database: str
    folder: Path
    acting: As
    superuser: Superuser
    box: Mailbox
    hook: Hook
    broker: str

    @contextmanager
    def background(self, *, workers: int = 1, beats: int = 1, clock: str = NOW, **more: str) -> Iterator[Background]:
        env = environment(self.folder, DATABASE_URL=self.server.dsn("portal_app", self.database), BROKER_URL=self.broker,
                          SECRET_KEY="only for this test", PORTAL_MODE="demonstration", PORTAL_CLOCK=clock, MAIL_URL=self.box.url,
                          WEBHOOK_HOSTS=HERE, **more)
        made = Background(env, self.folder / "log")
        for n in range(workers):
            made.start("worker", "--concurrency", str(CHILDREN), "--without-gossip", "--without-mingle", "-n", f"w{n}@test")
        for n in range(beats):
            made.start("beat", "--pidfile=", "--schedule", str(self.folder / f"beat-{n}"))
        tending = threading.Thread(target=made.tend, daemon=True)
        tending.start()
        try:
            yield made
        finally:
            made.stopping.set()
            tending.join(10)
            made.stop()

    def channel(self) -> None:
        with self.acting(GD) as contact:
            facts = ChannelFacts("hook", self.hook.url, language="en")
            service.add_channel(contact.appointments[0].unit, "webhook", facts, Allowed(HERE), actor=contact)
            db.session.commit()

    def tell(self, count: int) -> None:
        for n in range(count):
            with self.acting(GD) as actor:
                service.tell(actor.appointments[0].unit, N_("Sentence %(n)s.", n=n), "/desk", roles=[Role.UNIT_CONTACT])
                db.session.commit()

    def open(self) -> int:
        return self.one("SELECT count(*) FROM outbox_message WHERE done_at IS NULL")

    def one(self, statement: str) -> int:
        row = self.superuser.execute(statement).fetchone()
        assert row
        return int(row[0])

    def done(self, told: int, *, letters: bool = True) -> bool:
        """Everything that came of it is delivered."""
        table = "mail WHERE sent_at IS NOT NULL" if letters else "notice"
        return self.one(f"SELECT count(*) FROM {table}") == told * RECEIVERS and self.open() == 0

    def judge(self, what: str, told: int, *, again: int = 0, letters: bool = True) -> None:
        """Once in the ledger; to foreign servers at least once, and at most `again` times once more under the same name."""
        said = self.superuser.execute("SELECT params->>'n', count(*) FROM notice GROUP BY 1").fetchall()
        assert Counter(dict(said)) == Counter({str(n): RECEIVERS for n in range(told)})
        wanted = told * RECEIVERS if letters else 0
        assert self.one("SELECT count(*) FROM mail") == self.one("SELECT count(sent_at) FROM mail") == wanted
        assert self.one("SELECT count(*) FROM outbox_message WHERE parked_at IS NOT NULL OR done_at IS NULL") == 0
        sent = Counter(m for text in self.box.letters for m in re.findall(r"^Message-ID:\s*(\S+)", text, re.M | re.I))
        hooks = Counter(t["id"] for t in self.hook.taken)
        copies = sum(sent.values()) - len(sent), sum(hooks.values()) - len(hooks)
        print(f"\n| {what} | {told} | {sum(n for _, n in said)} | {len(sent)} | {copies[0]} | {len(hooks)} | {copies[1]} |")
        assert len(sent) == wanted and len(hooks) == (told if self.one("SELECT count(*) FROM channel") else 0)
        assert sum(copies) <= again


@pytest.fixture
def stage(server: embedded.Server, database: str, broker: Path, acting: As, superuser: Superuser,
          tmp_path: Path) -> Iterator[Stage]:
    superuser.execute("DELETE FROM outbox_message; DELETE FROM notice; DELETE FROM mail; DELETE FROM channel")
    with mailbox() as box, listening() as hook:
        yield Stage(server, database, tmp_path, acting, superuser, box, hook, f"redis+socket://{broker}")


def wait(stage: Stage, true: Callable[[], bool], seconds: float) -> None:
    assert until(true, seconds), (stage.open(), (stage.folder / "log").read_text()[-4000:])


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
        with stage.background():
            wait(stage, lambda: stage.one("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL") == 20 * RECEIVERS, 60)
            wait(stage, lambda: stage.one("SELECT count(*) FROM outbox_message WHERE topic = 'webhook' AND attempts > 0") > 0, 40)
        assert secret.paths == [] and stage.hook.taken == []
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
    stage.judge("mail server refuses for a day; parked, tried again by an administrator", 3)
