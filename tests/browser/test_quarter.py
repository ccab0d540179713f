"""A quarter of the demonstration year in a browser: what is due reminds, is answered, climbs to the head and to headquarters."""
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_string
from email.policy import default
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select
from werkzeug.serving import make_server

from portal.assignments.models import Assignment
from portal.outbox import queries as outbox
from portal.outbox.rules import Group
from portal.reminders import queries as reminders
from portal.reminders.models import Reminder
from portal.workdays import is_workday
from seed import demo
from tasks import celery as background
from tasks import reminders as tasks
from tenants import clock
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Appointment, Person, Unit
from tests.factories.demonstration import OFFICE, Fresh, empty, fresh
from tests.services.delivering import deliver
from tests.tasks.mailbox import Mailbox, mailbox

__all__ = ["empty", "fresh"]
pytestmark = pytest.mark.browser
PASSWORD = "one password for all"
UNITS = ("guangdong", "tibet", "migu")
BEGINS, DUE, ENDS = date(2026, 5, 18), date(2026, 6, 30), date(2026, 8, 18)
ANSWER = re.compile(r"http://portal\.example(/reminders/answer/\S+)")
Enter = Callable[[str], Page]


@contextmanager
def open_portal(app: Flask, chromium: Browser) -> Iterator[Enter]:
    """`enter("contact@guangdong.example")`, or `enter("")` for a stranger, gives a page of a fresh browser."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    with ExitStack() as opened:
        opened.callback(thread.join, 10)
        opened.callback(server.shutdown)

        def enter(email: str) -> Page:
            context = chromium.new_context(base_url=base, java_script_enabled=False)
            context.set_default_timeout(90_000)            # a busy machine
            opened.callback(context.close)
            context.add_cookies([{"name": "language", "value": "en", "url": base}])
            page = context.new_page()
            if email:
                page.goto("/login")
                page.fill("input[name=email]", email)
                page.fill("input[name=password]", PASSWORD)
                page.click("main form button.primary")
                page.wait_for_url("**/desk")
            return page
        yield enter


def live(app: Flask, box: Mailbox, since: date, until: date) -> None:
    """What the schedule does, once on each working day: its task climbs the ladder, and everything that waits is delivered."""
    with app.app_context(), acting_as(OFFICE):
        inhabited = set(db.session.scalars(select(Appointment.unit_id).distinct()))
    for n in range((until - since).days + 1):
        day = since + timedelta(days=n)
        if not is_workday(day):
            continue
        with clock.standing_at(clock.at(day, 10)):
            with app.app_context():
                units = [u for u in reminders.units_to_sweep() if u in inhabited]
            for unit in units:
                tasks.sweep.for_unit(unit)
            deliver(app, box.url)
            deliver(app, box.url, group=Group.MAIL)


@pytest.fixture
def at_once() -> Iterator[None]:
    """A task runs where it is sent from."""
    background.celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    background.celery.conf.update(task_always_eager=False, task_eager_propagates=False)
    background._made.clear()


@dataclass(frozen=True)
class Late:
    key: str
    owner: str
    title: str
    title_zh: str


def due_in_june(app: Flask, unit: str) -> list[Late]:
    """A unit's open assignments of that day; `owner` is a mail address."""
    a = Assignment
    with app.app_context(), acting_as(OFFICE):
        return [Late(str(key), *rest) for key, *rest in db.session.execute(
            select(a.id, Person.email, a.title, a.title_zh).join(Person, Person.id == a.owner_id).join(Unit, Unit.id == a.unit_id)
            .where(Unit.code == unit, a.due == DUE, a.state == "open").order_by(a.code))]


def heard(enter: Enter, who: str, words: str, day: date | None = None) -> int:
    """How many notices say so to this person, of those on the first page."""
    page = enter(who)
    page.goto("/notices?kind=reminder")
    texts = page.locator("main .title").all_inner_texts()
    return sum(words in text and (day is None or f"{day:%m-%d}" in text) for text in texts)


def needs_time(page: Page, key: str, day: str) -> None:
    page.goto(f"/assignments/{key}")
    page.click("#reminders summary:has-text('Answer the reminder')")
    page.check("#reminders input[value=need_time]")
    page.fill("#answer-words", "客服系统接口八月上线，需顺延。")
    page.fill("#answer-due", day)
    page.click("#reminders button.primary")
    page.wait_for_selector("#slippage")


def said(page: Page, key: str, answer: str, words: str) -> None:
    """On the page of the thing."""
    page.goto(f"/assignments/{key}")
    page.click("#reminders summary:has-text('Answer the reminder')")
    page.check(f"#reminders input[value={answer}]")
    page.fill("#answer-words", words)
    page.click("#reminders button.primary")
    page.wait_for_load_state()


def blocked_by_link(box: Mailbox, page: Page, about: str, receiver: str) -> None:
    """From the letter, without signing in."""
    written = (message_from_string(text, policy=default) for text in box.letters)
    bodies = [part.get_content() for mail in written if receiver in mail["To"] and (part := mail.get_body(("plain",))) is not None]
    link = [found[1] for text in bodies if about in text and (found := ANSWER.search(text[text.index(about):]))][-1]
    page.goto(link)
    assert about not in page.content()
    page.check("input[value=blocked]")
    page.fill("#link-words", "等待咪咕确认口径。")
    page.select_option("#link-blocking", "migu")
    page.click("main button.primary")
    page.wait_for_selector("text=Your answer is kept")


def climbed(page: Page, key: str) -> list[str]:
    """Whom the steps told of an assignment were for, the first one first."""
    page.goto(f"/assignments/{key}")
    page.click("#reminders summary:has-text('When, and whom')")
    return [text.rpartition(" · ")[2] for text in reversed(page.locator("#reminders details li").all_inner_texts())]


def grant(page: Page, key: str) -> None:
    page.goto("/assignments/verify")
    page.click(f"#m-{key} summary", trial=True)
    page.click(f"form[action='/assignments/{key}/extensions/verdict'] button[value=grant]")
    page.wait_for_load_state()


def publish(page: Page) -> str:
    """Compose, write, preview, publish to all units; the bulletin's address."""
    page.goto("/bulletins/new")
    page.fill("#title", "二季度推进情况通报")
    page.click("main form button.primary")
    page.wait_for_url("**/bulletins/*-*/edit")
    page.fill("textarea >> nth=0", "多数单位已完成梳理，少数任务逾期，请对照整改。")
    page.click("main form button.primary")
    page.wait_for_url(re.compile(r"/bulletins/[0-9a-f-]+$"))
    page.click("form[action$='/publish'] button")
    page.wait_for_selector("#receipts")
    return page.url


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_quarter(fresh: Fresh, chromium: Browser, at_once: None) -> None:
    app = fresh(clock.at(BEGINS))
    background.bind(app)
    with clock.standing_at(clock.at(BEGINS)), app.app_context():
        assert demo.make(PASSWORD, "http://portal.example", lambda _: None, only=UNITS)
    silent, slow, stuck = due_in_june(app, "guangdong")
    foreign, finished = due_in_june(app, "migu")
    owner = "customer-service@guangdong.example"
    assert slow.owner == stuck.owner == owner != silent.owner
    with mailbox() as box, open_portal(app, chromium) as enter:
        live(app, box, BEGINS, date(2026, 6, 26))
        with clock.standing_at(clock.at(date(2026, 6, 26), 14)):
            assert heard(enter, owner, stuck.title) == 1
            needs_time(enter(owner), slow.key, "2026-08-07")
            blocked_by_link(box, enter(""), stuck.title_zh, owner)
            said(enter(finished.owner), finished.key, "done", "已完成梳理，证据已上传。")
            said(enter(foreign.owner), foreign.key, "not_mine", "应由网络条线负责。")
            before = {thing.key: rungs(app, thing.key) for thing in (finished, foreign)}
            grant(enter("office@hq.example"), slow.key)
            page = enter(owner)
            page.goto(f"/assignments/{slow.key}")
            assert page.locator("#slippage li").all_inner_texts()[-1].startswith("2026-08-07")
            assert page.locator("del, s", has_text="06-30").count()                       # the day first agreed stays in sight

        live(app, box, date(2026, 6, 29), date(2026, 7, 3))
        with clock.standing_at(clock.at(date(2026, 7, 3), 14)):
            assert heard(enter, "contact@guangdong.example", silent.title, DUE) >= 1            # late, and nobody has answered
            assert heard(enter, owner, stuck.title) == 1                                   # answered: left in peace
            assert heard(enter, "head@guangdong.example", silent.title, DUE) == 0
            page = enter("contact@migu.example")
            page.goto("/notices")
            said_so = page.locator("main .title", has_text=f"{foreign.title}: It is not mine")
            assert said_so.count() == 1                                    # whose it is, the contact knows
            page.goto(f"/assignments/{finished.key}")
            assert "Handed in" in page.inner_text("main")                 # done is handed in, and waits for its line
            page = enter("office@hq.example")
            page.goto("/assignments?unit=guangdong&light=red&milestone=sorting")
            shown = keys_on(page)
            page.goto(f"/assignments/{stuck.key}")
            assert all(words in page.inner_text("#reminders") for words in ("It is blocked", "等待咪咕确认口径。"))
            assert {silent.key, stuck.key} <= shown and slow.key not in shown               # lights follow the day in force

        live(app, box, date(2026, 7, 6), date(2026, 7, 22))
        with clock.standing_at(clock.at(date(2026, 7, 22), 14)):
            for who in ("head@guangdong.example", "enterprise@hq.example", "office@hq.example"):
                assert heard(enter, who, silent.title, DUE) >= 1, who
            steps = climbed(enter("office@hq.example"), silent.key)
            assert list(dict.fromkeys(steps)) == ["owner", "the unit's contact", "line owner", "head of the unit",
                                                  "the line at headquarters", "programme office"]
            assert (steps.count("owner"), steps.count("the unit's contact"), len(steps)) == (3, 2, 9)
            assert heard(enter, "head@guangdong.example", stuck.title) == 1                # what climbs, climbs
            assert rungs(app, finished.key) == before[finished.key] > 0                    # nobody chases what is handed in
            assert rungs(app, foreign.key) > before[foreign.key] > 0
            bulletin = publish(enter("office@hq.example"))
            page = enter("contact@guangdong.example")
            page.goto("/desk")
            page.click("main a:has-text('二季度推进情况通报')")
            page.click("form[action$='/acknowledge'] button")
            page.wait_for_load_state()

        live(app, box, date(2026, 7, 23), ENDS)
        with clock.standing_at(clock.at(ENDS, 14)):
            page = enter("office@hq.example")
            page.goto(bulletin)
            assert "not acknowledged yet" not in page.locator("#receipts tr", has_text="Guangdong").inner_text()
            assert "not acknowledged yet" in page.locator("#receipts tr", has_text="Tibet").inner_text()
            assert heard(enter, "contact@tibet.example", "二季度推进情况通报") >= 1
            assert heard(enter, "contact@guangdong.example", "二季度推进情况通报") == 0
    assert nothing_twice(app)


def keys_on(page: Page) -> set[str]:
    return {(row.get_attribute("data-href") or "").rpartition("/")[2] for row in page.locator("tr[data-href]").all()}


def rungs(app: Flask, key: str) -> int:
    """How many were told of an assignment."""
    with app.app_context(), acting_as(OFFICE):
        return db.session.scalar(select(func.count()).where(Reminder.subject_id == UUID(key), Reminder.kind == "assignment")) or 0


def nothing_twice(app: Flask) -> bool:
    """Each rung of each round was told once, and nothing is left or parked."""
    with app.app_context(), acting_as(OFFICE):
        told = [tuple(row) for row in db.session.execute(select(
            Reminder.subject_id, Reminder.kind, Reminder.rung, Reminder.part, Reminder.round))]
    with app.app_context():
        return len(told) == len(set(told)) > 50 and not outbox.receivers_waiting()
