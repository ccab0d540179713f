"""Things of Guangdong of which somebody is reminded, one of each kind, and reminders of them as the sweep would note them."""
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from portal.assignments import queries as assignments
from portal.assignments import service as work
from portal.filings import queries as filings
from portal.filings import service as filing_service
from portal.reminders.rules import Deadline
from portal.reminders.rules import address as page_of
from tenants import clock
from tenants.db import db, uuid7
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.bulletins import bulletin
from tests.factories.exchange import campaign, raised, steps, unit
from tests.factories.plans import draft
from tests.factories.supervision import order

DUE = date(2026, 6, 30)


@dataclass(frozen=True, slots=True)
class Thing:
    """What is waited for: the kind of deadline, what it hangs on, its key, which part of it."""
    kind: Deadline
    about: str
    key: UUID
    part: str = ""

    @property
    def page(self) -> str:
        return page_of(self.about, self.key)


def thing(acting: As, superuser: Superuser, kind: Deadline) -> Thing:
    """One that waits, in the market line where it has one."""
    match kind:
        case Deadline.ASSIGNMENT | Deadline.FILING | Deadline.VERIFICATION:
            return _assignment(superuser, kind)
        case Deadline.REVIEW:
            return Thing(kind, "filing", submitted(acting), Line.MARKET.value)
        case Deadline.EXTENSION:
            return _extension(acting, superuser)
        case Deadline.RESPOND | Deadline.RESOLVE:
            return _issue(acting, superuser, kind)
        case Deadline.RECEIPT:
            return _receipt(superuser)
        case Deadline.ORDER:
            return Thing(kind, "supervision", order(acting, "market", "guangdong", line=Line.MARKET))
        case Deadline.ACKNOWLEDGEMENT:
            return _bulletin(acting, superuser)


def _assignment(superuser: Superuser, kind: Deadline) -> Thing:
    key = task(superuser, "plan_filing" if kind is Deadline.FILING else "task")
    if kind is Deadline.VERIFICATION:
        superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = '2026-03-09' WHERE id = %s", (key,))
    return Thing(kind, "assignment", key)


def _issue(acting: As, superuser: Superuser, kind: Deadline) -> Thing:
    key = raised(acting, "contact.tibet", campaign(superuser, "guangdong", lands=("guangdong", "tibet")))
    if kind is Deadline.RESOLVE:
        steps(acting, key)("market.guangdong", "accept")
    return Thing(kind, "issue", key)


def _bulletin(acting: As, superuser: Superuser) -> Thing:
    key = bulletin(acting, "guangdong", "tibet")
    row = superuser.execute("SELECT id FROM bulletin_receipt WHERE bulletin_id = %s AND unit_id = %s",
                            (key, unit(superuser, "guangdong"))).fetchone()
    assert row
    return Thing(Deadline.ACKNOWLEDGEMENT, "bulletin", key, str(row[0]))


def task(superuser: Superuser, kind: str = "task") -> UUID:
    """An assignment of the market line, which the line's owner owns; or that of filing the plan, which nobody does."""
    line = "market" if kind == "task" else "customer_service"
    row = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong' AND"
                            " template_kind = %s AND line = %s ORDER BY a.id", (kind, line)).fetchone()
    assert row
    key: UUID = row[0]
    if kind == "task":
        superuser.execute("UPDATE assignment SET due = %s, milestone_due = %s, owner_id = %s WHERE id = %s",
                          (DUE, date(2026, 10, 31), people.key("market.guangdong"), key))
    return key


def submitted(acting: As) -> UUID:
    with acting("contact.guangdong") as contact:
        plan = draft(contact)
        filing_service.submit(plan, actor=contact)
        db.session.commit()
        return plan.id


def returned(acting: As, superuser: Superuser) -> Thing:
    """A plan that was sent back."""
    key = submitted(acting)
    with acting("market") as lead:
        filing_service.review(filings.one(lead, key), Line.MARKET, "return", "too thin", actor=lead)
        db.session.commit()
    return Thing(Deadline.FILING, "filing", key)


def _extension(acting: As, superuser: Superuser) -> Thing:
    """Within the milestone, so that the line decides."""
    key = task(superuser)
    with acting("contact.guangdong") as contact:
        work.ask_extension(assignments.one(contact, key), DUE + timedelta(days=20), "a server is late", actor=contact)
        db.session.commit()
    row = superuser.execute("SELECT id FROM extension").fetchone()
    assert row
    return Thing(Deadline.EXTENSION, "assignment", key, str(row[0]))


def _receipt(superuser: Superuser) -> Thing:
    about, of, key = campaign(superuser, "migu", lands=("guangdong", "tibet")), unit(superuser, "guangdong"), uuid7()
    superuser.execute("INSERT INTO campaign_receipt (id, campaign_id, sync_id, unit_id, line, parties, at, chase_count) VALUES"
                      " (%s, %s, %s, %s, 'market', %s, %s, 0)",
                      (key, about, uuid7(), of, [of, unit(superuser, "migu")], world.NOW))
    return Thing(Deadline.RECEIPT, "campaign", about, str(key))


def remind(superuser: Superuser, about: Thing, who: str, whom: str = "owner") -> UUID:
    """That this person was told of it, now."""
    key = uuid7()
    (n,) = superuser.execute("SELECT count(*) FROM reminder").fetchone() or (0,)
    superuser.execute(
        "INSERT INTO reminder (id, unit_id, subject_kind, subject_id, kind, part, round, rung, people, at) VALUES"
        " (%s, %s, %s, %s, %s, %s, '1', %s, %s, %s)",
        (key, unit(superuser, "guangdong"), about.about, about.key, about.kind.value, about.part, f"+{n + 1} day {whom}",
         [people.key(who)], clock.now() + timedelta(seconds=n)))
    return key
