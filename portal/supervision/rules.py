"""Supervision orders · 督办单: grades, terms, what may be done in which state, and the light. Pure.

An order is heavier than a chase: headquarters asks one unit for something by a day, and the unit replies. Whoever issued it
accepts the reply, which closes it, or returns it, which begins a new round."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from portal.workdays import Calendar
from portal.workflow import Machine, Transition
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role


class Grade(StrEnum):
    ORDINARY = "ordinary"
    URGENT = "urgent"
    SERIOUS = "serious"


class OrderState(StrEnum):
    OPEN = "open"                      # the unit has to reply
    REPLIED = "replied"                # whoever issued it has to judge the reply
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class AboutKind(StrEnum):
    """What an order may be about, besides words alone."""
    ASSIGNMENT = "assignment"
    FILING = "filing"
    ISSUE = "issue"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    RETURNED = "returned"


GRADES: Mapping[Grade, Message] = {Grade.ORDINARY: N_("ordinary"), Grade.URGENT: N_("urgent"), Grade.SERIOUS: N_("serious")}
TERMS: Mapping[Grade, int] = {Grade.ORDINARY: 10, Grade.URGENT: 5, Grade.SERIOUS: 3}     # working days, where no day is set
NEAR: Mapping[Grade, int] = {Grade.ORDINARY: 3, Grade.URGENT: 2, Grade.SERIOUS: 1}       # working days left that turn it amber
ABOUT: Mapping[AboutKind, Message] = {
    AboutKind.ASSIGNMENT: N_("assignment"), AboutKind.FILING: N_("implementation plan"), AboutKind.ISSUE: N_("quality issue")}
UNFINISHED = (OrderState.OPEN, OrderState.REPLIED)
LONGEST = 366                          # days from today to a term
MOST_AT_ONCE = 100                     # orders issued by one form

_S, _P = OrderState, Permission
MACHINE = Machine(
    Transition(_S.OPEN, "reply", _S.REPLIED, _P.SUPERVISION_REPLY, ("notify_issuer",)),
    Transition(_S.OPEN, "ask_time", _S.OPEN, _P.SUPERVISION_REPLY, ("notify_issuer",)),
    Transition(_S.REPLIED, "accept", _S.CLOSED, _P.SUPERVISION_ORDER, ("notify_unit",)),
    Transition(_S.REPLIED, "return", _S.OPEN, _P.SUPERVISION_ORDER, ("new_round", "notify_unit")),
    *(Transition(_S.OPEN, action, _S.OPEN, _P.SUPERVISION_ORDER, ("notify_unit",)) for action in ("extend", "decline")),
    *(Transition(state, "withdraw", _S.WITHDRAWN, _P.SUPERVISION_ORDER, ("notify_unit",)) for state in UNFINISHED),
    names={_S.OPEN: N_("to be replied to"), _S.REPLIED: N_("replied, to be judged"), _S.CLOSED: N_("closed"),
           _S.WITHDRAWN: N_("withdrawn"), "reply": N_("reply"), "ask_time": N_("ask for more time"),
           "accept": N_("accept the reply"),
           "return": N_("return the reply"), "extend": N_("extend the term"),
           "decline": N_("decline more time"), "withdraw": N_("withdraw")},
)
ACTIONS = ("reply", "ask_time", "accept", "return", "extend", "decline", "withdraw")
ASKED = "ask_extension"                # the entry of its history by which a unit asks for more time
SETTLED = ("extend", "decline_extension", "reply")                       # the entries after which it asks no longer


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing that an order is about."""
    kind: AboutKind
    key: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What whoever issues orders sets. One order arises for each thing in `about`, and one for each unit in `units`, which are
    keys; `line` None is the office's own. `term` None is that of the grade."""
    grade: str
    words: str
    line: Line | None
    term: date | None = None
    units: frozenset[int] = frozenset()
    about: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Light:
    """A code of the house's lights, why it shows, and the calendar days the reply is or was late."""
    code: str
    reason: Message
    late_days: int = 0


def term_of(grade: Grade, today: date, calendar: Calendar) -> date:
    """The day until which a unit has time where the issuer names none."""
    return calendar.add(today, TERMS[grade])


def told(grade: Grade) -> tuple[tuple[Role, ...], bool]:
    """Who of the unit hears of a new order at once, and whether the leadership group is informed."""
    if grade is Grade.ORDINARY:
        return (Role.UNIT_CONTACT,), False
    return (Role.UNIT_CONTACT, Role.UNIT_HEAD), grade is Grade.SERIOUS


def clip(words: str, most: int) -> str:
    """The beginning of an order's words."""
    return words if len(words) <= most else f"{words[:most]}…"


def light(state: str, grade: str, term: date, replied_on: date | None, today: date, calendar: Calendar) -> Light:
    """Closed; blue while the reply waits to be judged; red past the term; amber close before it; else green. A withdrawn order
    is grey."""
    late = max(0, ((replied_on or today) - term).days)
    if state == OrderState.WITHDRAWN:
        return Light("grey", N_("withdrawn"))
    if state == OrderState.CLOSED:
        return Light("closed", N_("closed"), late)
    if state == OrderState.REPLIED:
        return Light("blue", N_("replied, to be judged"), late)
    if late:
        return Light("red", N_("1 day overdue") if late == 1 else N_("%(days)s days overdue", days=late), late)
    left = calendar.left(today, term)
    reason = N_("1 working day left") if left == 1 else N_("%(left)s working days left", left=left)
    return Light("amber" if left <= NEAR[Grade(grade)] else "green", reason)
