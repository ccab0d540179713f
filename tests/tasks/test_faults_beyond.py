"""Faults beyond delivery, with real processes: the database, the web, the clock, and a day with very much to say."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from portal import embedded, migrate, roles
from portal.accounts import service as accounts
from portal.app import create_app
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests.conftest import ROOT, Superuser, settings
from tests.factories import people, world
from tests.factories.exchange import campaign, raised
from tests.setup.processes import environment, free_port, until
from tests.tasks.hook import listening
from tests.tasks.mailbox import mailbox
from tests.tasks.staging import GD, LATER, NOW, RECEIVERS, RESTLESS, Stage, begin, foreseen, ledger, wait

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
APRIL, MAY = "2026-04-20T10:00:00+08:00", "2026-05-20T10:00:00+08:00"
MANY = """
INSERT INTO assignment (id, unit_id, programme_id, year, code, template_kind, line, milestone, milestone_due, title, title_zh,
  deliverable, deliverable_zh, evidence, evidence_zh, promised, measure, due, original_due, percent, state, chase_count, position,
  round, version)
SELECT gen_random_uuid(), a.unit_id, a.programme_id, a.year, 'MANY-' || n, 'task', a.line, a.milestone, a.milestone_due, a.title,
  a.title_zh, '', '', '', '', '', '', '2026-03-24', '2026-03-24', 0, 'open', 0, 0, 1, 1
  FROM (SELECT DISTINCT ON (unit_id) * FROM assignment WHERE template_kind = 'task' ORDER BY unit_id, id LIMIT 25) a,
  generate_series(1, 400) n;
DELETE FROM assignment WHERE code NOT LIKE 'MANY-%'
"""                                    # ten working days after NOW: the first rung


@pytest.fixture
def apart(broker: Path, tmp_path: Path) -> Iterator[Stage]:
    """A stage on a database server of its own, which may fall."""
    data = tmp_path / "apart"
    server = embedded.start(data)
    with server.connect("postgres", "postgres", autocommit=True) as c:
        for statement in roles.statements("portal", server.passwords["portal_owner"], server.passwords["portal_app"]):
            c.execute(statement)
        c.execute("CREATE DATABASE falling OWNER portal_owner")
    migrate.upgrade(server.dsn("portal_owner", "falling"))
    made = create_app(settings(server, "falling", f"redis+socket://{broker}"))
    world.build(made)
    with made.app_context():
        db.engine.dispose()
    with mailbox() as box, listening() as hook:
        c = server.connect("postgres", "falling", autocommit=True)
        c.execute("DELETE FROM outbox_message; DELETE FROM notice; DELETE FROM mail")
        yield Stage(server, "falling", tmp_path, None, c, box, hook, f"redis+socket://{broker}")
    embedded.stop(embedded.start(data))


def leave(c: Superuser, count: int, first: int = 0) -> None:
    """Sentences for the contacts of Guangdong, as a service would leave them."""
    for n in range(first, first + count):
        c.execute("INSERT INTO outbox_message (id, unit_id, topic, payload, at, next_at, attempts)"
                  " SELECT %s, id, 'notice', %s, %s, %s, 0 FROM unit WHERE code = 'guangdong'",
                  (uuid4(), Jsonb({"roles": ["unit_contact"], "line": None, "people": [], "text": "Sentence %(n)s.",
                                   "params": {"n": n}, "url": "/desk"}), world.NOW, world.NOW))


def test_the_database_falls_and_comes_back(apart: Stage) -> None:
    """Killed outright, and then ended in the midst of what was going on: both times while letters go out."""
    data = apart.folder / "apart"
    leave(apart.superuser, 100)
    with apart.background(workers=2):
        for number, how in ((5, signal.SIGKILL), (60, signal.SIGQUIT)):
            wait(apart, lambda n=number: apart.one("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL") >= n, 60)
            apart.superuser.close()
            os.kill(embedded.start(data).pid, how)
            assert until(lambda: _gone(data), 30)
            time.sleep(3)                                                     # workers find nobody
            apart.server = embedded.start(data)
            apart.superuser = apart.server.connect("postgres", "falling", autocommit=True)
        wait(apart, lambda: apart.done(100), 120)
    apart.judge("database server killed, and ended at once, while letters go out", 100, again=12)


def _gone(data: Path) -> bool:
    try:
        embedded.address(data).connect("postgres", "postgres").close()
    except Exception:
        return True
    return False


@contextmanager
def web(stage: Stage, mark: Path) -> Iterator[str]:
    port = free_port()
    env = environment(stage.folder, DATABASE_URL=stage.server.dsn("portal_app", stage.database), BROKER_URL=stage.broker,
                      SECRET_KEY="only for this test, nothing secret", PORTAL_MODE="demonstration", PORTAL_CLOCK=NOW,
                      DYING_MARK=str(mark), PORTAL_BASE_URL=f"http://127.0.0.1:{port}")
    with (stage.folder / "web.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "gunicorn", "tests.tasks.dying_web:app", "--bind", f"127.0.0.1:{port}",
                                    "--worker-class", "gthread", "--workers", "1", "--threads", "4"],
                                   env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def test_the_web_dies_between_commit_and_answer(stage: Stage) -> None:
    """Whoever asks again under the same Idempotency-Key gets the answer that was never sent; it was done once."""
    with stage.acting("office"), acting_as(Scope(None, (), Lane.SIGN_IN)):
        token = accounts.make_token(people.key("office"), 1)
        db.session.commit()
    row = stage.superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong'"
                                  " AND a.template_kind = 'task' ORDER BY a.code LIMIT 1").fetchone()
    assert row
    before, mark = stage.open(), stage.folder / "died"
    chases = f"SELECT chase_count FROM assignment WHERE id = '{row[0]}'"
    with web(stage, mark) as address:
        def ask() -> tuple[int, bytes]:
            request = urllib.request.Request(
                f"{address}/api/v1/assignments/{row[0]}/chase", b'{"text": "When?"}', method="POST",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "one"})
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()

        assert until(lambda: alive(address), 40), (stage.folder / "web.log").read_text()[-2000:]
        with pytest.raises(OSError):                                          # the line is cut: no answer
            ask()
        assert mark.exists() and stage.one(chases) == 1 and stage.open() == before + 1
        assert until(lambda: alive(address), 40)
        first, again = ask(), ask()
    assert first == again and first[0] == 200
    assert stage.one(chases) == 1 and stage.open() == before + 1
    print("\n| web killed between commit and answer, asked again twice | 1 | 1 chase, 1 message | | | | | 0 | 0 | |")


def alive(address: str) -> bool:
    with suppress(OSError):
        return bool(urllib.request.urlopen(f"{address}/healthz", timeout=2).status == 200)
    return False


def asked(opener: urllib.request.OpenerDirector, address: str, sent: bytes | None = None, **headers: str) -> tuple[int, str]:
    """The status and the words of an answer, whatever it is."""
    try:
        with opener.open(urllib.request.Request(address, sent, headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_the_broker_is_away_for_a_minute_and_people_and_programs_go_on(stage: Stage) -> None:
    """A thousand changes meanwhile, four hundred of them through the token interface, each of which is answered with 201; pages
    answer 503 with what that means. Nothing that was answered is lost."""
    valkey = embedded.start_valkey(stage.folder / "valkey")
    stage.broker = f"redis+socket://{valkey.socket}"
    issue = raised(stage.acting, GD, campaign(stage.superuser, "migu", lands=["guangdong"]))
    with stage.acting(GD), acting_as(Scope(None, (), Lane.SIGN_IN)):
        token = accounts.make_token(people.key(GD), 1)
        db.session.commit()
    stage.superuser.execute("DELETE FROM outbox_message")
    stage.superuser.execute("INSERT INTO notice_preference (id, person_id, kind, mode) SELECT gen_random_uuid(), p.id, k.kind,"
                            " 'in_app' FROM person p, (VALUES ('general'), ('issue')) k (kind)")
    said: list[int] = []
    mark = stage.folder / "died"
    mark.touch()                                                              # the web does not die here
    with ExitStack() as stopped, stage.background(), web(stage, mark) as address:
        assert until(lambda: alive(address), 60), (stage.folder / "web.log").read_text()[-2000:]
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert asked(visitor, f"{address}/login")[0] == 200

        def comments() -> None:
            for n in range(400):
                said.append(asked(urllib.request.build_opener(), f"{address}/api/v1/issues/{issue}/comments",
                                  json.dumps({"text": f"Comment {n}"}).encode(), Authorization=f"Bearer {token}",
                                  **{"Content-Type": "application/json"})[0])
        os.kill(valkey.pid, signal.SIGKILL)
        gone = time.monotonic()
        talking = threading.Thread(target=comments)
        talking.start()
        stage.tell(600)
        for sent in (None, b"email=x&password=y"):
            status, words = asked(visitor, f"{address}/login", sent, **{"Accept-Language": "en", "Cookie": "language=en"})
            assert status == 503 and "Nothing that was stored is lost" in words
        status, words = asked(visitor, f"{address}/desk", Cookie="language=en; session=0123456789abcdef")
        assert status == 503 and "catching its breath" in words
        talking.join(240)
        assert said == [201] * 400
        time.sleep(max(0.0, 60 - (time.monotonic() - gone)))                  # a full minute
        away = time.monotonic() - gone
        assert stage.open() >= 900 > stage.one("SELECT count(*) FROM notice")     # one drain may have been under way
        shutil.rmtree(stage.folder / "valkey")
        valkey = embedded.start_valkey(stage.folder / "valkey")
        stopped.callback(os.kill, valkey.pid, signal.SIGTERM)
        wait(stage, lambda: stage.open() == 0, 240)
        assert until(lambda: asked(visitor, f"{address}/login")[0] == 200, 30)
    told, heard = (stage.one(f"SELECT count(*) FROM notice WHERE text {how} 'Sentence %'") for how in ("LIKE", "NOT LIKE"))
    assert told == 600 * RECEIVERS and stage.one("SELECT count(*) FROM issue_comment") == 400 and heard >= 400
    assert heard % 400 == 0 == ledger(stage)[3] and ledger(stage)[4] == 0
    stage.note(f"broker away for {away:.0f} s: 600 changes, 400 through the token interface", 1000)


def test_the_clock_moves_over_a_month(stage: Stage) -> None:
    """Of all rungs that a month has passed over, those of each thing that nobody would else have heard are told, and once."""
    found: list[tuple[int, ...]] = []
    for now in (APRIL, MAY, MAY):
        ahead = foreseen(stage, now)
        with stage.background(workers=1, beats=1, clock=now) as background:
            before = ledger(stage)
            begin(stage, background.env)
        found.append(ledger(stage))
        assert tuple(after - was for after, was in zip(found[-1], before, strict=True)) == (*ahead, 0, 0)
        assert found[-1][3:] == (0, 0)
    assert found[1][0] > found[0][0] and found[2] == found[1]
    stage.note("clock moved over a month, swept again", found[1][0])


def test_ten_thousand_things_due_on_one_day(stage: Stage) -> None:
    """Each is told once to whom it reaches. In one unit each makes a letter of its own, at once; everywhere else all that a person
    hears makes one letter of the day."""
    stage.superuser.execute("DELETE FROM filing; UPDATE reminder_rung SET channel = 'at_once'")
    stage.superuser.execute("INSERT INTO notice_preference (id, person_id, kind, mode) SELECT gen_random_uuid(), id, 'reminder',"
                            " 'daily' FROM person WHERE email LIKE '%@hq.example' OR email LIKE '%@beijing.example'")
    stage.superuser.execute(MANY)
    mails = "SELECT count(*) FROM mail", "SELECT count(sent_at) FROM mail"
    with stage.background(workers=1) as background:
        begin(stage, background.env)
        first = *ledger(stage), *map(stage.one, mails)
        begin(stage, background.env)
        assert (*ledger(stage), *map(stage.one, mails)) == first
    at_once, daily = (stage.one(f"SELECT count({of}) FROM notice WHERE digest_at IS {how}")
                      for of, how in (("*", "NULL"), ("DISTINCT person_id", "NOT NULL")))
    assert first == (10_000, 10_000, 10_000, 0, 0, at_once, at_once) and at_once >= 400 and daily >= 2
    with stage.background(clock=LATER):
        wait(stage, lambda: stage.one(mails[1]) == at_once + daily and stage.one(RESTLESS) == 0, 120)
    letters, _ = stage.given()
    assert stage.one(mails[0]) == at_once + daily == len(letters) == letters.total()
    stage.note(f"10,000 things due on one day: {at_once} letters at once, {daily} of the day", 10_000)
