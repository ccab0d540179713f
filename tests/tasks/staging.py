"""A portal's background as real processes, what it delivers to, and what the ledger must say in the end."""
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from celery import Celery

from portal import embedded
from portal.notices import service
from portal.notices.service import ChannelFacts
from portal.reminders import service as reminders
from portal.webhooks import Allowed
from tenants import clock
from tenants.db import db
from tenants.messages import N_
from tenants.vocabulary import Role
from tests.conftest import ROOT, As, Superuser
from tests.setup.processes import environment, until
from tests.tasks.hook import Hook
from tests.tasks.mailbox import Mailbox

GD, HERE = "contact.guangdong", "127.0.0.1"
RECEIVERS = 2                          # the contact and the deputy
CHILDREN = 3                           # of a worker: when it is killed, each may have just given something away
NOW, LATER = "2026-03-10T10:00:00+08:00", "2026-03-11T10:00:00+08:00"
WAITING = "done_at IS NULL AND topic <> 'digest'"        # the letter of the day has its own hour
RESTLESS = f"SELECT count(*) FROM outbox_message WHERE parked_at IS NOT NULL OR ({WAITING})"
TWICE = "SELECT count(*) - count(DISTINCT (message_id, person_id)) FROM notice"
DEATHS = 2                             # of one task within an hour: after a third it is left alone


@dataclass
class Background:
    """Workers and beats that know nothing but their environment; a worker that was killed is started again."""
    env: dict[str, str]
    log: Path
    running: list[tuple[list[str], "subprocess.Popen[bytes]"]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    restarts: int = 0

    def start(self, *words: str) -> None:
        odd = {"worker": {"DYING_AT", "CONNECTIONS"}, "beat": {"HASTY"}}[words[0]] & self.env.keys()
        module = {"worker": "tests.tasks.dying", "beat": "tests.tasks.hasty"}[words[0]] if odd else "celery"
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
        sent, hooks = self.given()
        assert len(sent) == wanted and len(hooks) == (told if self.one("SELECT count(*) FROM channel") else 0)
        self.note(what, told)
        assert copies(sent) + copies(hooks) <= again

    def given(self) -> tuple["Counter[str]", "Counter[str]"]:
        """What foreign servers have taken, by its name: letters, webhooks."""
        named = (m for text in self.box.letters for m in re.findall(r"^Message-ID:\s*(\S+)", text, re.M | re.I))
        return Counter(named), Counter(t["id"] for t in self.hook.taken)

    def note(self, what: str, events: int) -> None:
        """A row of docs/faults.md: what the ledger says, and what foreign servers were given, and given again."""
        given = [figure for names in self.given() for figure in (len(names), copies(names))]
        lost = self.one(f"SELECT count(*) FROM outbox_message WHERE parked_at IS NULL AND {WAITING}") + self.one(
            "SELECT count(*) FROM mail WHERE sent_at IS NULL AND withheld_at IS NULL")
        parked = self.one("SELECT count(*) FROM outbox_message WHERE parked_at IS NOT NULL")
        row = (what, events, self.one("SELECT count(*) FROM notice"), *given, lost, self.one(TWICE), parked)
        print(f"\n| {' | '.join(map(str, row))} |")


def copies(names: "Counter[str]") -> int:
    return names.total() - len(names)


def wait(stage: Stage, true: Callable[[], bool], seconds: float) -> None:
    assert until(true, seconds), (stage.open(), (stage.folder / "log").read_text()[-4000:])


def call(task: str, env: dict[str, str]) -> None:
    """Have a task done, as its hour would."""
    with Celery(broker=env["BROKER_URL"], set_as_current=False) as asking:
        asking.send_task(task, ignore_result=True)


def killing(stage: Stage, step: str, whole: bool = False) -> dict[str, str]:
    """The environment of a worker that kills itself at a step of its work."""
    return {"DYING_AT": step, "DYING_MARK": str(stage.folder / "deaths"), "DYING_TIMES": str(DEATHS),
            "DYING_WHOLE": "1" if whole else ""}


def deaths(stage: Stage) -> int:
    mark = stage.folder / "deaths"
    return len(mark.read_text().splitlines()) if mark.exists() else 0


def ran(stage: Stage, task: str) -> int:
    """How often a task has come to its end."""
    return stage.one(f"SELECT coalesce(sum(runs), 0) FROM task_run WHERE task = '{task}' AND ended_at IS NOT NULL")


def begin(stage: Stage, env: dict[str, str], seconds: float = 400) -> None:
    """The hour's task, and then wait until every unit was swept and everything was said."""
    swept = "tasks.reminders.sweep"
    before, units = ran(stage, swept), stage.one("SELECT count(*) FROM app.units_to_sweep()")
    call("tasks.reminders.begin", env)
    wait(stage, lambda: ran(stage, swept) >= before + units, 300)
    wait(stage, lambda: stage.one(f"SELECT count(*) FROM outbox_message WHERE {WAITING}") == 0, seconds)


def ledger(stage: Stage) -> tuple[int, ...]:
    """Rungs told, whom they reached, notices, and how much is twice, lies waiting or was given up."""
    return tuple(stage.one(s) for s in (
        "SELECT count(*) FROM reminder", "SELECT coalesce(sum(cardinality(people)), 0) FROM reminder",
        "SELECT count(*) FROM notice", TWICE, RESTLESS))


def foreseen(stage: Stage, now: str) -> tuple[int, int, int]:
    """Rungs that a sweep will tell, whom they reach, and how many notices that makes: who is meant by several of one thing hears
    one of them."""
    with clock.standing_at(datetime.fromisoformat(now)), stage.acting("office"):
        ahead = reminders.foresee(clock.now(), most=100_000)
        db.session.rollback()
    assert ahead.whole and not ahead.failed
    heard = {(f.item.key, f.item.kind, f.item.part, told) for f in ahead.found for told in f.people}
    return len(ahead.found), sum(len(f.people) for f in ahead.found), len(heard)
