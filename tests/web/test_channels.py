"""The pages of channels, of ways, and of what the background does."""
import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from psycopg.types.json import Jsonb

from portal import delivery
from portal.i18n import translate
from portal.notices import queries
from portal.notices.rules import Mode, NoticeKind
from portal.operations import service as operations
from portal.operations.rules import HEARERS, TASKS, TOPICS, schedule
from portal.webhooks import in_words
from tasks.schedule import SCHEDULE
from tenants import clock
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx"


def browser(app: Flask, name: str) -> Browser:
    made = Browser(app)
    made.enter(name)
    made.client.set_cookie("language", "en")
    return made


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    superuser.execute("DELETE FROM outbox_message; DELETE FROM channel; DELETE FROM task_run; DELETE FROM periodic_task;"
                      " DELETE FROM notice")


def test_a_contact_keeps_a_channel(app: Flask, superuser: Superuser) -> None:
    contact = browser(app, "contact.guangdong")
    assert "No chat room" in contact.get("/channels").text and 'href="/channels"' in contact.get("/notices").text
    typed: dict[str, str | list[str]] = {"kind": "wecom", "name": "<Team>", "address": WECOM, "kinds": ["issue", "filing"],
                                         "language": "zh", "active": "1"}
    assert "This is required." in faults_beside(contact.post("/channels", {**typed, "name": ""}), "name")
    refused = contact.post("/channels", {**typed, "address": "https://elsewhere.example/x?key=5e4f"})
    assert refused.status_code == 422 and "address" in faults_beside(refused, "address")
    assert refused.text.count("5e4f") == 1 and re.search(r'<input type="password" value="[^"]+5e4f"', refused.text)
    assert contact.post("/channels", typed).location == "/channels"
    page = contact.get("/channels").text
    assert "&lt;Team&gt;" in page and "qyapi.weixin.qq.com" in page and "693a91f6" not in page
    key = re.search(r'href="/channels/([0-9a-f-]{36})"', page)
    assert key and "693a91f6" not in (form := contact.get(f"/channels/{key[1]}").text) and 'name="version" value="1"' in form
    assert contact.post(f"/channels/{key[1]}", {"name": "Team", "version": "1", "language": "zh"}).status_code == 303
    assert contact.post(f"/channels/{key[1]}", {"name": "Mine", "version": "1", "language": "zh"}).status_code == 412
    assert "switched off" in contact.get("/channels").text
    assert contact.post(f"/channels/{key[1]}/test").location == "/channels"
    assert superuser.execute("SELECT topic FROM outbox_message").fetchall() == [("chat",)]
    stranger = browser(app, "contact.tibet")
    stranger.get("/channels")
    assert {stranger.get(f"/channels/{key[1]}").status_code, stranger.post(f"/channels/{key[1]}/remove").status_code} == {404}
    assert contact.post(f"/channels/{key[1]}/remove").status_code == 303 and "No chat room" in contact.get("/channels").text


@pytest.mark.parametrize(("kept", "msgid"), [
    ("hooks.example answers 500", "%(host)s answers %(status)s"),
    ("[::1]: no such name was found", "%(host)s: no such name was found"),
    ("it was not taken", "it was not taken"), ("something of old", "something of old")])
def test_why_a_channel_failed_is_told_in_the_readers_words(kept: str, msgid: str) -> None:
    """Kept in English, it is a sentence of the catalogue again."""
    said = in_words(kept)
    assert (str(said), said.msgid) == (kept, msgid)


@pytest.mark.parametrize("name", ["head.guangdong", "market.guangdong", "office", "auditor"])
def test_nobody_else_sees_channels(app: Flask, name: str) -> None:
    other = browser(app, name)
    assert other.get("/channels").status_code == 403 and 'href="/channels"' not in other.get("/notices").text
    assert other.get("/operations").status_code == 403 and other.post("/operations/run", {"task": "x"}).status_code == 403


def test_an_administrator_keeps_any_units(app: Flask, superuser: Superuser) -> None:
    admin = browser(app, "admin")
    assert 'name="unit"' in admin.get("/channels/new").text
    typed = {"kind": "wecom", "name": "Team", "address": WECOM, "language": "zh", "active": "1"}
    assert admin.post("/channels", {**typed, "unit": "nowhere"}).status_code == 422
    assert admin.post("/channels", {**typed, "unit": "tibet"}).status_code == 303
    assert superuser.execute("SELECT u.code FROM channel c JOIN unit u ON u.id = c.unit_id").fetchall() == [("tibet",)]


def test_ways_that_one_chooses(app: Flask, acting: As) -> None:
    member = browser(app, "market.guangdong")
    page = member.get("/notices/preferences").text
    reminders = re.search(r'<select[^>]*name="reminder".*?</select>', page, re.S)
    assert reminders and "in_app" not in reminders[0] and "daily" in reminders[0]
    assert member.post("/notices/preferences", {"issue": "daily", "filing": "never", "x": "daily"}).status_code == 303
    with acting("market.guangdong") as actor:
        assert queries.preferences(actor) == {NoticeKind.ISSUE: Mode.DAILY}
    page = member.get("/notices/preferences").text
    shown = dict(re.findall(r'<select[^>]*name="([a-z_]+)".*?value="([a-z_]+)" selected', page, re.S))
    assert len(shown) == len(NoticeKind) and shown["issue"] == "daily"
    assert member.post("/notices/preferences", {**shown, "issue": "in_app"}).status_code == 303
    with acting("market.guangdong") as actor:                # what stood there unchosen stays unchosen
        assert queries.preferences(actor) == {NoticeKind.ISSUE: Mode.IN_APP}


def test_ways_for_all(app: Flask, superuser: Superuser, acting: As) -> None:
    admin = browser(app, "admin")
    assert admin.get("/operations/notices").status_code == 200
    typed = {"version": "0", "least-issue": "at_once", "quiet_from": "20:00", "quiet_until": "x", "digest_at": "09:00"}
    refused = admin.post("/operations/notices", typed)
    assert refused.status_code == 422 and "08:30" in faults_beside(refused, "quiet_until") and 'value="20:00"' in refused.text
    unknown = admin.post("/operations/notices", {**typed, "quiet_until": "07:00", "least-issue": "never"})
    assert unknown.status_code == 422 and "Choose one of the list." in faults_beside(unknown, "least-issue")
    never = admin.post("/operations/notices", {**typed, "quiet_until": "20:00"})
    assert never.status_code == 422 and "end at another time" in faults_beside(never, "quiet_until")
    assert admin.post("/operations/notices", {**typed, "quiet_until": "07:00"}).status_code == 303
    assert admin.post("/operations/notices", {**typed, "quiet_until": "07:00"}).status_code == 412
    with acting("market.guangdong"):
        rule = queries.delivery_rules()
    assert rule.least[NoticeKind.ISSUE] is Mode.AT_ONCE and not rule.rest_days and rule.quiet_from.hour == 20


def failed(admin: Browser) -> str:
    """What failed lately, as the page says it."""
    return admin.get("/operations").text.partition('id="failures"')[2]


def test_every_topic_has_a_name(app: Flask) -> None:
    assert {name for topic in delivery.handlers(app.config["PORTAL"]) for name in topic.split(">")} <= {*TOPICS, *HEARERS}


def test_tasks_and_their_runs(app: Flask, superuser: Superuser) -> None:
    task = "tasks.upkeep.purge"
    with app.app_context():
        operations.announce(task, "20 3 * * *", world.NOW + timedelta(hours=1))
        run = operations.begin(task)
        assert run
        operations.end(run, task, world.NOW, 1.5, {"messages": 7}, None)
        for n in range(3):
            run = operations.begin("tasks.outbox.drain")
            assert run
            operations.end(run, "tasks.outbox.drain", world.NOW, n, {"delivered": n}, "OperationalError" if n == 2 else None)
        assert operations.begin("tasks.bulletins.compose")     # and never heard of again
    admin = browser(app, "admin")
    with clock.standing_at(world.NOW + timedelta(minutes=1)):
        assert "Compose bulletins by schedule" not in failed(admin)
    with clock.standing_at(world.NOW + timedelta(minutes=3)):
        assert "Compose bulletins by schedule" in failed(admin) and "ended without a word" in failed(admin)
    page = admin.get("/operations").text
    assert all(words in page for words in (
        "Forget what nobody needs", "7 messages forgotten", "every day at 03:20", "OperationalError"))
    assert admin.get(f"/operations/runs?task={task}").status_code == 200
    metrics = app.test_client().get("/metrics").text
    assert f'portal_task_failed{{task="{task}"}} 0.0' in metrics and 'portal_task_failed{task="tasks.outbox.drain"}' in metrics
    kept = superuser.execute("SELECT runs, counts FROM task_run WHERE task LIKE '%drain' ORDER BY error NULLS FIRST").fetchall()
    assert kept == [(2, {"delivered": 1}), (1, {"delivered": 2})]
    assert admin.post("/operations/run", {"task": task}).status_code == 303
    assert admin.post("/operations/run", {"task": task}).status_code == 409
    assert admin.post("/operations/run", {"task": "os.system"}).status_code == 409
    assert "asked for" in admin.get("/operations").text
    with app.app_context():
        [(request, asked)] = operations.asked_for()
        assert asked == task and operations.asked_for() == []
        assert operations.take(request) and not operations.take(request)


def ran(task: str, at: datetime, counts: dict[str, int], error: str | None = None, unit: str | None = None) -> None:
    """For a second."""
    with clock.standing_at(at):
        run = operations.begin(task, unit)
    assert run
    with clock.standing_at(at + timedelta(seconds=1)):
        operations.end(run, task, at, 1, counts, error)


def test_a_round_is_told_as_one(app: Flask) -> None:
    """Of what a task hands out, unit by unit, one sees the last round, not the last unit."""
    begin, sweep, pressing = "tasks.reminders.begin", "tasks.reminders.sweep", "tasks.reminders.begin_pressing"
    with app.app_context():
        operations.announce(begin, "7 * * * *", world.NOW)
        operations.announce(pressing, "*/5 * * * *", world.NOW)
        for hour in (0, 1):
            at = world.NOW + timedelta(hours=hour)
            ran(begin, at, {"swept": 3})
            for n in range(1, 4):
                ran(sweep, at + timedelta(seconds=n), {"seen": 5, "told": n}, "ValueError" if n == 2 and hour else None, str(n))
        for n in range(4):
            ran(pressing, world.NOW + timedelta(hours=1, minutes=n), {"swept": 40})
    admin = browser(app, "admin")
    with clock.standing_at(world.NOW + timedelta(hours=1, minutes=5)):
        page = re.sub(r"<[^>]+>|\s+", " ", admin.get("/operations").text)
    row = re.search(r"Remind a unit of what is due.*?ValueError", page)
    assert row and "15 looked at, 6 reminded" in row[0] and "1 of 3 runs" in row[0] and "3.0 s" in row[0]
    assert re.search(r"160 units to look through\s+in 4 runs since", page)
    assert "every hour at minute 7" in page and "every 5 minutes" in page


@pytest.mark.parametrize(("said", "words"), [
    ("every 2 s", "every 2 seconds"), ("*/5 * * * *", "every 5 minutes"), ("17 * * * *", "every hour at minute 17"),
    ("27 7-20 * * *", "every hour from 07:27 to 20:27"), ("20 3 * * *", "every day at 03:20"), ("1 2 * * 1", "1 2 * * 1"),
    ("*/5 3 * * *", "*/5 3 * * *")])
def test_a_schedule_in_words(said: str, words: str) -> None:
    assert translate(schedule(said), "en") == words


def test_what_kills_its_worker_is_left_alone(app: Flask, superuser: Superuser) -> None:
    with app.app_context():
        assert [operations.begin("tasks.upkeep.purge") is not None for _ in range(4)] == [True, True, True, False]
        operations.announce("tasks.upkeep.purge", "20 3 * * *", world.NOW)
    admin = browser(app, "admin")
    with clock.standing_at(world.NOW + timedelta(minutes=10)):
        assert "ended without a word" in admin.get("/operations").text


def test_what_runs_for_many_units_at_once_is_not_taken_for_killed(app: Flask) -> None:
    sweep = "tasks.reminders.sweep"
    with app.app_context():
        assert all(operations.begin(sweep, str(unit)) for unit in range(2, 41))                # none of them has ended yet
        assert [operations.begin(sweep, "20") is not None for _ in range(3)] == [True, True, False]
        assert operations.begin(sweep, "21")                                                   # left alone is that unit only


def test_every_task_of_the_schedule_has_a_name() -> None:
    assert {str(entry["task"]) for entry in SCHEDULE.values()} <= set(TASKS)


def park(superuser: Superuser, count: int) -> None:
    for n in range(count):
        superuser.execute("INSERT INTO outbox_message (id, unit_id, topic, payload, at, next_at, attempts, parked_at, error)"
                          " VALUES (%s, 20, 'mail', %s, %s, %s, 30, %s, 'SMTPDataError: (552, full)')",
                          (uuid4(), Jsonb({"subject": "a confidential sentence"}), world.NOW, world.NOW,
                           world.NOW + timedelta(seconds=n)))


def test_what_was_given_up(app: Flask, superuser: Superuser) -> None:
    park(superuser, 60)
    admin = browser(app, "admin")
    page = admin.get("/operations/parked").text
    assert page.count("SMTPDataError: (552, full)") == 50 and "confidential" not in page
    more = re.search(r'rel="next" href="([^"]+)"', page)
    assert more and admin.get(more[1].replace("&amp;", "&")).text.count("SMTPDataError") == 10
    key = re.search(r"/operations/parked/([0-9a-f-]{36})/retry", page)
    assert key and admin.post(f"/operations/parked/{key[1]}/retry").status_code == 303
    assert admin.post(f"/operations/parked/{key[1]}/retry").status_code == 404
    assert admin.post("/operations/parked/retry").status_code == 303
    assert superuser.execute("SELECT count(*) FROM outbox_message WHERE parked_at IS NULL AND attempts = 0").fetchone() == (60,)
    assert "Nothing was given up" in admin.get("/operations/parked").text


def test_pinned_queries(app: Flask, superuser: Superuser) -> None:
    admin = browser(app, "admin")
    seen: dict[str, list[int]] = {}
    for count in (1, 40):
        park(superuser, count)
        for path in ("/operations", "/operations/parked", "/channels"):
            admin.get(path)
            with statements(app) as sent:
                admin.get(path)
            seen.setdefault(path, []).append(len(sent))
    assert all(few == many <= 11 for few, many in seen.values()), seen


def test_notices_about_one_thing_stand_together(app: Flask, superuser: Superuser) -> None:
    about, other = uuid4(), uuid4()
    for n, subject in enumerate([about, other, about, None, about]):
        superuser.execute("INSERT INTO notice (id, unit_id, person_id, message_id, at, text, params, url, kind, subject_kind,"
                          " subject_id)"
                          " VALUES (%s, 1, %s, %s, %s, %s, '{}', '/desk', %s, 'issue', %s)",
                          (uuid4(), people.key("market"), uuid4(), world.NOW + timedelta(minutes=n), f"sentence {n}",
                           "issue" if subject else "general", subject))
    me = browser(app, "market")
    page = me.get("/notices").text
    assert re.findall(r"sentence (\d)</button>", page) == ["4", "2", "0", "3", "1"] and "2 earlier about the same" in page
    assert re.findall(r"sentence (\d)</button>", me.get(f"/notices?about={about}&state=unread").text) == ["4", "2", "0"]
    assert re.findall(r"sentence (\d)</button>", me.get("/notices?kind=general").text) == ["3"]
    assert me.get("/notices?kind=x&about=y&state=z").status_code == 200
    keys = re.findall(r'name="key" value="([^"]+)"', me.get(f"/notices?about={about}").text)
    back = "/notices?kind=issue"
    assert len(keys) == 3 and me.post("/notices/read", {"key": [*keys, "x"], "next": back}).location == back
    assert superuser.execute("SELECT count(*) FROM notice WHERE read_at IS NOT NULL").fetchone() == (3,)
