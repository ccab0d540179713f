"""Write the plan where it is missing: reference data in the administrator's lane, a year's programme as a draft.

Reference data is only ever added: a unit, term, duty, focus or setting that is there already stays as it is, so that
seeding again changes nothing and undoes nothing that an administrator has changed since."""
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert

from portal.assignments.queries import THRESHOLDS
from portal.assignments.rules import STANDARD
from portal.issues.models import IssueLimit
from portal.issues.queries import CALENDAR, WORKING_HOURS
from portal.programmes import service as programmes
from portal.programmes.models import Programme
from portal.programmes.rules import ProgrammePlan
from portal.reminders.models import ReminderRung
from seed.reading import Plan, Row, programme_plan, whole_plan
from tenants.access import Identity
from tenants.db import Base, db, uuid7
from tenants.models import Focus, Responsibility, Setting, Term, Unit


def load_reference(plan: Plan | None = None) -> dict[str, int]:
    """Add what is missing of units, terms, duties, focus, settings, limits and the ladder; how many rows were added, by table.

    Runs in the administrator's lane and leaves the commit to the caller. Raises PlanFaults."""
    plan = plan or whole_plan()
    return {
        "unit": _add(Unit, plan.units),
        "term": _add(Term, plan.terms, ("vocabulary", "code")),
        "responsibility": _add(Responsibility, plan.responsibilities, ("line", "process")),
        "focus": _add(Focus, plan.focus, ("category",)),
        "setting": _add(Setting, [
            {"name": THRESHOLDS, "value": asdict(STANDARD)}, {"name": WORKING_HOURS, "value": plan.working_hours},
            {"name": CALENDAR, "value": {}}], ("name",)),
        "issue_limit": _add(IssueLimit, plan.limits, ("severity", "stage")),
        "reminder_rung": _add(ReminderRung, plan.ladder, ("kind", "step", "span", "whom")),
    }


def _add(model: type[Base], rows: Sequence[Row], unique: Sequence[str] = ()) -> int:
    """Insert the rows whose key is not there yet. Without `unique`, any clash counts: a unit by its id or its code."""
    columns = model.__table__.columns
    made: Row = {}
    if "version" in columns:
        made["version"] = 1
    values = [{**({} if "id" in row else {"id": uuid7()}), **made, **row} for row in rows]
    statement = insert(model).values(values).on_conflict_do_nothing(index_elements=unique or None)
    return len(db.session.execute(statement.returning(columns["id"])).all())


def draft_programme(year: int, actor: Identity | None = None, plan: ProgrammePlan | None = None) -> Programme:
    """A draft for the year through the programmes' service. Raises RuleViolated where the year has a programme."""
    return programmes.draft(plan or programme_plan(), year, actor)
