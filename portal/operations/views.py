"""What happens by itself, for administrators: the tasks and their runs, what was given up and why."""
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from portal.operations import queries, service
from portal.operations.rules import COUNTS, TASKS, Outcome, schedule, topic
from portal.outbox import queries as outbox
from portal.outbox import service as outbox_service
from portal.web import cursors
from portal.web.access import Route, identity
from portal.web.once import once
from portal.web.templating import done
from tenants import clock
from tenants.errors import NotVisible
from tenants.messages import N_
from tenants.permissions import Permission

NAME, PREFIX = "operations", "/operations"
PAGE = 50
OUTCOMES = {Outcome.WELL: (N_("done"), "green"), Outcome.FAILED: (N_("failed"), "red"), Outcome.RUNS: (N_("runs"), "blue"),
            Outcome.KILLED: (N_("ended without a word"), "red")}


def index() -> ResponseReturnValue:
    last = queries.last_runs()
    tasks = queries.tasks(last)
    others = queries.handed_out(last, {t.task for t in tasks})
    return render_template("operations/index.html", tasks=tasks, others=others, failures=queries.runs(failed=True, limit=20),
                           outbox=outbox.state(), as_of=clock.now(), TASKS=TASKS, COUNTS=COUNTS, topic=topic, OUTCOMES=OUTCOMES,
                           schedule=schedule)


def runs() -> ResponseReturnValue:
    """The runs of one task, or of all."""
    task = request.args.get("task", "")
    task = task if task in TASKS else ""
    return render_template("operations/runs.html", task=task, TASKS=TASKS, COUNTS=COUNTS, OUTCOMES=OUTCOMES,
                           runs=queries.runs(task or None, limit=200), as_of=clock.now())


def run() -> ResponseReturnValue:
    service.ask(request.form.get("task", ""), actor=identity())
    done(N_("Asked for. It begins within a few seconds."))
    return redirect(url_for("operations.index"), 303)


def parked() -> ResponseReturnValue:
    found = outbox.parked(cursors.read(request.args.get("cursor")), PAGE + 1)
    return render_template("operations/parked.html", messages=found[:PAGE], as_of=clock.now(), topic=topic,
                           next=cursors.written(found[PAGE - 1].parked_at, found[PAGE - 1].id) if len(found) > PAGE else None)


def retry_all() -> ResponseReturnValue:
    return _retried(outbox_service.retry(actor=identity()))


def retry_one(key: UUID) -> ResponseReturnValue:
    number = outbox_service.retry(key, actor=identity())
    if not number:
        raise NotVisible
    return _retried(number)


def _retried(number: int) -> ResponseReturnValue:
    done(ngettext("%(num)d message is tried again.", "%(num)d messages are tried again.", number))
    return redirect(url_for("operations.parked"), 303)


ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.ADMINISTER),
    ("GET", "/runs", runs, Permission.ADMINISTER),
    ("POST", "/run", once(run), Permission.ADMINISTER),
    ("GET", "/parked", parked, Permission.ADMINISTER),
    ("POST", "/parked/retry", retry_all, Permission.ADMINISTER),
    ("POST", "/parked/<uuid:key>/retry", retry_one, Permission.ADMINISTER),
)
