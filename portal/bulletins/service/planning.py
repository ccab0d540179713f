"""Plans by which drafts arise: on a working day of each month or quarter, once a period however often it is looked at."""
import logging
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from sqlalchemy.exc import OperationalError

from portal.audit import service as audit
from portal.bulletins import queries, rules
from portal.bulletins.models import BulletinPlan
from portal.bulletins.rules import LAST_DAY, Planned, Rhythm
from portal.bulletins.service.composing import KIND, checked_receivers, checked_title, written
from portal.bulletins.service.publishing import Write, issue
from portal.notices import service as notices
from tenants import clock
from tenants.access import HEADQUARTERS, Identity, need
from tenants.context import Lane, Scope
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, noting
from tenants.isolation import acting_as
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Role

PLAN = "bulletin_plan"
BUDGET = 45.0                          # seconds after which a run leaves the rest to the next one
_log = logging.getLogger(__name__)
PORTAL = Scope(None, (HEADQUARTERS,), Lane.OVERSIGHT)


@dataclass(slots=True)
class Ran:
    """Drafts composed by a run, those of them that went out by themselves, plans that had nothing to tell of or nobody to tell,
    plans that failed."""
    composed: int = 0
    published: int = 0
    empty: int = 0
    failed: int = 0


def add_plan(planned: Planned, *, actor: Identity) -> BulletinPlan:
    """Where this period's day has passed, it begins with the next one. Raises NotPermitted, Invalid."""
    under = need(actor, Permission.BULLETIN_WRITE)
    title, receivers = _judged(planned)
    rhythm, today = Rhythm(planned.rhythm), clock.today()
    passed = rules.due_day(rhythm, planned.working_day, today, queries.calendar()) < today
    made = BulletinPlan(id=uuid7(), title=title, rhythm=rhythm.value, working_day=planned.working_day, receivers=receivers,
                        by_itself=planned.by_itself, active=True, done=rules.period(rhythm, today) if passed else None,
                        by_id=actor.person, at=clock.now())
    db.session.add(made)
    db.session.flush()
    audit.record("add", PLAN, made.id, {"title": title, "rhythm": made.rhythm, "working_day": made.working_day,
                                        "by_itself": made.by_itself}, under=under)
    return made


def _judged(planned: Planned) -> tuple[str, list[int] | None]:
    errors: dict[str, list[Message]] = {}
    title, receivers = "", None
    with noting(errors):
        title = checked_title(planned.title)
    with noting(errors):
        receivers = checked_receivers(planned.receivers)
    if planned.rhythm not in set(Rhythm):
        errors["rhythm"] = [N_("Choose one of the list.")]
    if not 1 <= planned.working_day <= LAST_DAY:
        errors["working_day"] = [N_("A whole number from 1 to %(n)s.", n=LAST_DAY)]
    if errors:
        raise Invalid(errors)
    return title, receivers


def set_active(plan: BulletinPlan, active: bool, *, actor: Identity) -> None:
    """Let it rest, or go on: what was left out meanwhile is not made up. Raises NotPermitted."""
    under = need(actor, Permission.BULLETIN_WRITE)
    if plan.active != active:
        plan.active = active
        rhythm, today = Rhythm(plan.rhythm), clock.today()
        if active and rules.due_day(rhythm, plan.working_day, today, queries.calendar()) < today:
            plan.done = rules.period(rhythm, today)
        db.session.flush()
        audit.record("resume" if active else "pause", PLAN, plan.id, {"title": plan.title}, under=under)


def remove_plan(plan: BulletinPlan, *, actor: Identity) -> None:
    """What it has composed stays. Raises NotPermitted."""
    under = need(actor, Permission.BULLETIN_WRITE)
    audit.record("remove", PLAN, plan.id, {"title": plan.title}, under=under)
    db.session.delete(plan)
    db.session.flush()


def run_plans(write: Write, *, seconds: float = BUDGET) -> Ran:
    """Run every plan whose day has come, each in a scope and a transaction of its own, so that one that fails holds up no other;
    needs none itself. `write` as for what is published. After `seconds`, less than a task may take, the rest waits for the next
    run."""
    ran, today, until = Ran(), clock.today(), monotonic() + seconds
    with acting_as(PORTAL):
        waiting = queries.due_plans(today, queries.calendar())
    for key in waiting:
        try:
            with acting_as(PORTAL):
                _run(key, ran, write)
        except OperationalError:
            raise
        except Exception as fault:
            ran.failed += 1
            _log.warning("the plan %s of bulletins failed: %s", key, type(fault).__name__, exc_info=True)
        if monotonic() > until:
            break
    return ran


def _run(key: UUID, ran: Ran, write: Write) -> None:
    plan, today, days = queries.lock_plan(key), clock.today(), queries.calendar()
    if plan is None or not plan.active or not rules.due(Rhythm(plan.rhythm), plan.working_day, plan.done, today, days):
        return
    rhythm = Rhythm(plan.rhythm)
    try:
        made = written(f"{plan.title} {rules.period_name(rhythm, today)}", plan.receivers, by=None)
        audit.record("compose", KIND, made.id, {"title": made.title, "as_of": made.as_of}, under=None)
        if plan.by_itself:
            issue(made, write, by=None, under=None)
    except RuleViolated:
        ran.empty += 1
        return
    plan.done = rules.period(rhythm, today)
    if plan.by_itself:
        said = N_("Bulletin %(code)s was composed and published by schedule: %(title)s", code=made.code, title=made.title)
    else:
        said = N_("A bulletin was composed by schedule and waits to be published: %(title)s", title=made.title)
    notices.tell(HEADQUARTERS, said, f"/bulletins/{made.id}", roles=(Role.HQ_OFFICE,), subject=(KIND, made.id),
                 key=f"bulletin {made.id} composed")
    db.session.commit()
    ran.composed += 1
    ran.published += plan.by_itself
