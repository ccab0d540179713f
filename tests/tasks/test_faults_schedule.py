"""What happens by the clock, with real processes: workers killed in the midst of it, and two beats that ask for it at once. What
is to happen once has happened once."""
from collections.abc import Callable, Iterable
from datetime import date

import pytest

from portal.bulletins import service as bulletins
from portal.bulletins.rules import Planned
from portal.subscriptions import service as subscriptions
from tenants import directory
from tenants.db import db
from tests.setup.processes import until
from tests.tasks.dying import COMPOSING, DIGEST, SENDING, SWEEPING
from tests.tasks.staging import (
    DEATHS,
    GD,
    RESTLESS,
    TWICE,
    Stage,
    begin,
    call,
    copies,
    deaths,
    foreseen,
    killing,
    ledger,
    ran,
    wait,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
APRIL, NEXT = "2026-04-20T10:00:00+08:00", "2026-04-21T10:00:00+08:00"     # a Monday; the plan is due in ten days
MONDAY = "2026-03-16T10:00:00+08:00"
LISTS = {"office": "/assignments", GD: "/board"}
TO_WRITE = "SELECT count(*) FROM outbox_message WHERE done_at IS NULL AND topic = 'digest' AND next_at <= '2026-04-21T10:00:00+08'"


def cases(steps: Iterable[str], whole: str) -> list[tuple[str, bool]]:
    """Each step with a child of the worker, and one of them with all of it."""
    return [*((step, False) for step in steps), (whole, True)]


def hour_by_hour(stage: Stage, task: str, env: dict[str, str], whole: bool, done: Callable[[], bool]) -> None:
    """What a child had in hand another one takes up; what a whole worker had, the next hour finds. Once all is there, one more
    hour adds nothing (which is for the caller to see)."""
    for _ in range(DEATHS + 2 if whole else 1):
        call(task, env)
        if until(done, 45 if whole else 150):
            break
    wait(stage, done, 1)
    assert DEATHS >= deaths(stage) >= (1 if whole else DEATHS)
    before = ran(stage, task)
    call(task, env)
    wait(stage, lambda: ran(stage, task) > before and stage.one(RESTLESS) == 0, 60)


def what(whole: bool, stage: Stage) -> str:
    return f"kill -9 of {'the whole worker' if whole else 'a child'}, {deaths(stage)} times"


def few_letters(stage: Stage) -> None:
    """What is told goes into the letter of the day: hundreds of letters are not what this is about."""
    stage.superuser.execute("UPDATE reminder_rung SET channel = 'digest'")


def digested_once(stage: Stage, persons: int) -> int:
    """Whoever waited for the letter of the day has one; how often a mail server got one again, under the same name."""
    letters, _ = stage.given()
    written = "mail WHERE at >= '2026-04-21T00:00:00+08'"
    assert stage.one(f"SELECT count(*) FROM {written}") == stage.one(f"SELECT count(DISTINCT person_id) FROM {written}") == persons
    assert len(letters) == stage.one("SELECT count(*) FROM mail") == stage.one("SELECT count(sent_at) FROM mail")
    assert stage.one("SELECT count(*) FROM notice WHERE digested_at IS NULL AND digest_at <= '2026-04-21T10:00:00+08'") == 0
    assert stage.one(TWICE) == 0 == stage.one(RESTLESS)
    return copies(letters)


def plans(stage: Stage) -> None:
    """Two bulletins a month: a draft, and one that goes out by itself to two units."""
    with stage.acting("office") as office:
        two = frozenset(u.id for u in directory.units() if u.code in ("guangdong", "tibet"))
        for by_itself in (False, True):
            bulletins.add_plan(Planned(title="示例", rhythm="month", working_day=1, receivers=two, by_itself=by_itself),
                               actor=office)
        db.session.commit()


def composed_once(stage: Stage) -> None:
    states = stage.superuser.execute("SELECT state, number FROM bulletin ORDER BY state").fetchall()
    assert states == [("draft", None), ("issued", 1)]
    assert stage.one("SELECT count(*) FROM bulletin_receipt") == stage.one("SELECT count(*) FROM bulletin_document") == 2
    assert stage.one("SELECT count(*) FROM audit_entry WHERE subject_kind = 'bulletin' AND action = 'compose'") == 2
    to_units = stage.one("SELECT count(*) FROM notice WHERE text LIKE 'Bulletin %Read it and%'")
    to_office = stage.one("SELECT count(*) FROM notice WHERE text LIKE '%by schedule%'")
    assert (to_units, to_office) == (6, 2)             # contact, deputy and head of each; the office of each
    assert stage.one(TWICE) == 0 == stage.one(RESTLESS)


def wanted(stage: Stage) -> None:
    for name, page in LISTS.items():
        with stage.acting(name) as who:
            subscriptions.subscribe(page, "", "示例", "week", "zh", actor=who)
            db.session.commit()


def sent_once(stage: Stage, day: date) -> None:
    found = stage.superuser.execute("SELECT count(*), count(DISTINCT person_id), bool_and(size > 4000) FROM delivery").fetchone()
    assert found == (2, 2, True)
    assert stage.one("SELECT count(*) FROM notice WHERE url LIKE '/account/subscriptions/files/%'") == 2
    assert stage.superuser.execute("SELECT DISTINCT next_on FROM subscription").fetchall() == [(day,)]
    keys = {str(row[0]) for row in stage.superuser.execute("SELECT key FROM delivery").fetchall()}
    assert keys <= {f"{path.parent.name}/{path.name}" for path in stage.folder.rglob("*") if path.is_file()}
    assert stage.one(TWICE) == 0 == stage.one(RESTLESS)


@pytest.mark.parametrize(("step", "whole"), cases(SWEEPING, "a slice is posted"))
def test_killed_in_a_sweep_of_reminders(stage: Stage, step: str, whole: bool) -> None:
    few_letters(stage)
    expected = foreseen(stage, APRIL)
    with stage.background(clock=APRIL, **killing(stage, step, whole)) as background:
        hour_by_hour(stage, "tasks.reminders.begin", background.env, whole,
                     lambda: ledger(stage) == (*expected, 0, 0) and deaths(stage) >= (1 if whole else DEATHS))
        begin(stage, background.env)
        found = ledger(stage)
    assert found == (*expected, 0, 0) and expected[0] > 30
    stage.note(f"{what(whole, stage)}, in the sweep of reminders: {step}", found[0])


@pytest.mark.parametrize(("step", "whole"), cases(DIGEST, "the letter of the day is written"))
def test_killed_at_the_letter_of_the_day(stage: Stage, step: str, whole: bool) -> None:
    few_letters(stage)
    with stage.background(clock=APRIL) as background:
        begin(stage, background.env)
    told, persons = (stage.one(f"SELECT count({of}) FROM notice WHERE digest_at IS NOT NULL") for of in ("*", "DISTINCT person_id"))
    assert stage.one("SELECT count(*) FROM mail") == 0 < persons < told
    with stage.background(clock=NEXT, **killing(stage, step, whole)):
        wait(stage, lambda: deaths(stage) == DEATHS and stage.one("SELECT count(sent_at) FROM mail") == persons, 120)
        wait(stage, lambda: stage.one(TO_WRITE) == 0 == stage.one(RESTLESS), 60)
    again = digested_once(stage, persons)
    assert again <= (deaths(stage) if step == "the letter of the day has gone" else 0)
    stage.note(f"{what(whole, stage)}: {step}", told)


@pytest.mark.parametrize(("step", "whole"), cases(COMPOSING, "a bulletin is issued"))
def test_killed_while_bulletins_are_composed(stage: Stage, step: str, whole: bool) -> None:
    few_letters(stage)
    plans(stage)
    with stage.background(clock=APRIL, **killing(stage, step, whole)) as background:
        hour_by_hour(stage, "tasks.bulletins.compose", background.env, whole,
                     lambda: stage.one("SELECT count(*) FROM bulletin") == 2 and deaths(stage) >= (1 if whole else DEATHS)
                     and ran(stage, "tasks.bulletins.compose") > 0)
    composed_once(stage)
    stage.note(f"{what(whole, stage)}, while bulletins are composed: {step}", 2)


@pytest.mark.parametrize(("step", "whole"), cases(SENDING, "a workbook is put away"))
def test_killed_while_lists_are_sent(stage: Stage, step: str, whole: bool) -> None:
    wanted(stage)
    with stage.background(clock=MONDAY, **killing(stage, step, whole)) as background:
        hour_by_hour(stage, "tasks.subscriptions.begin", background.env, whole,
                     lambda: stage.one("SELECT count(*) FROM delivery") == 2 and deaths(stage) >= (1 if whole else DEATHS)
                     and stage.one(RESTLESS) == 0)
    sent_once(stage, date(2026, 3, 23))
    stage.note(f"{what(whole, stage)}, while lists are sent: {step}", 2)


def test_two_beats_ask_for_everything_at_once(stage: Stage) -> None:
    """Their hours last half a minute, so that both ask for each several times; in effect it was done once. So with the letter of
    the day, of which both remind every two seconds."""
    few_letters(stage)
    plans(stage)
    wanted(stage)
    expected = foreseen(stage, APRIL)
    tasks = ("tasks.reminders.begin", "tasks.bulletins.compose", "tasks.subscriptions.begin")

    def asked(times: int) -> bool:
        return all(ran(stage, task) >= times for task in tasks) and stage.one(RESTLESS) == 0
    with stage.background(clock=APRIL, workers=2, beats=2, HASTY="1"):
        wait(stage, lambda: asked(4) and ledger(stage)[:2] == expected[:2], 280)
    told = stage.one("SELECT count(*) FROM notice WHERE kind = 'reminder'")
    assert ledger(stage)[:2] == expected[:2] and told == expected[2]
    composed_once(stage)
    sent_once(stage, date(2026, 4, 27))
    persons = stage.one("SELECT count(DISTINCT person_id) FROM notice WHERE digest_at IS NOT NULL")
    times = min(ran(stage, task) for task in tasks)
    stage.superuser.execute("DELETE FROM task_run")
    with stage.background(clock=NEXT, workers=2, beats=2, HASTY="1"):
        wait(stage, lambda: stage.one(TO_WRITE) == 0 and asked(4), 280)
    assert digested_once(stage, persons) == 0
    composed_once(stage)
    sent_once(stage, date(2026, 4, 27))
    stage.note(f"two beats ask for sweep, bulletins and lists at once, {times} runs of each, and two for the letter of the day",
               expected[0] + 4)
