"""When which rung of the ladder is due, and whom it reaches. Pure.

A ladder is data: of each kind of deadline, steps before and after it. A sweep may come often or late: each rung is due once a
round; of steps missed who works on it hears the last, and who is above hears once. What is returned or extended begins a new
round; what was late already when it was returned climbs from its return."""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from portal.worktime import WorkingTime
from tenants.access import HEADQUARTERS
from tenants.messages import N_, Message
from tenants.vocabulary import Line, Role


class Deadline(StrEnum):
    """What has a deadline, or waits since a moment (WAITS)."""
    FILING = "filing"
    REVIEW = "review"
    ASSIGNMENT = "assignment"
    VERIFICATION = "verification"
    EXTENSION = "extension"
    RESPOND = "respond"
    RESOLVE = "resolve"
    RECEIPT = "receipt"
    ORDER = "order"
    ACKNOWLEDGEMENT = "acknowledgement"


class Span(StrEnum):
    DAY = "day"
    HOUR = "hour"


class Whom(StrEnum):
    """`hq_line` is who has to decide at headquarters."""
    OWNER = "owner"
    DEPUTY = "deputy"
    LINE_OWNER = "line_owner"
    CONTACT = "contact"
    UNIT_HEAD = "unit_head"
    HQ_LINE = "hq_line"
    OFFICE = "office"
    LEADERSHIP = "leadership"


class Channel(StrEnum):
    AT_ONCE = "at_once"                # by the way that the person has chosen
    DIGEST = "digest"                  # in the letter of the day, whatever the person has chosen
    IN_APP = "in_app"                  # no letter at all


class Answer(StrEnum):
    """What whoever is reminded may say."""
    DONE = "done"
    NEED_TIME = "need_time"
    BLOCKED = "blocked"
    NOT_MINE = "not_mine"


ANSWERS: Mapping[Answer, Message] = {
    Answer.DONE: N_("It is done"), Answer.NEED_TIME: N_("I need more time"), Answer.BLOCKED: N_("It is blocked"),
    Answer.NOT_MINE: N_("It is not mine")}
_QUIET: Mapping[Answer, int] = {                       # working days that whoever works on it is left in peace
    Answer.DONE: 5, Answer.NEED_TIME: 5, Answer.BLOCKED: 5, Answer.NOT_MINE: 3}
_ABOVE: Mapping[Whom, Whom] = {
    Whom.OWNER: Whom.LINE_OWNER, Whom.LINE_OWNER: Whom.CONTACT, Whom.DEPUTY: Whom.CONTACT, Whom.CONTACT: Whom.UNIT_HEAD,
    Whom.UNIT_HEAD: Whom.HQ_LINE, Whom.HQ_LINE: Whom.OFFICE, Whom.OFFICE: Whom.LEADERSHIP}
_WORK = frozenset({Whom.OWNER, Whom.DEPUTY, Whom.LINE_OWNER, Whom.CONTACT})
JUDGED = frozenset({Deadline.REVIEW, Deadline.VERIFICATION, Deadline.EXTENSION})         # headquarters has to act
_REQUESTS = frozenset({Deadline.ASSIGNMENT, Deadline.FILING, Deadline.ORDER})            # have a term that can be put off
WAITS = frozenset({Deadline.REVIEW, Deadline.VERIFICATION, Deadline.EXTENSION, Deadline.RECEIPT, Deadline.ACKNOWLEDGEMENT})
PRESSING = frozenset({Deadline.RESPOND, Deadline.RESOLVE})     # whose limits may be minutes
MOST_STEPS = 250                       # working days, or hours
MOST_RUNGS = 120
KINDS: Mapping[Deadline, Message] = {
    Deadline.FILING: N_("Implementation plan to be submitted"), Deadline.REVIEW: N_("Plan waits for review"),
    Deadline.ASSIGNMENT: N_("Assignment to be handed in"), Deadline.VERIFICATION: N_("Handed in, waits to be verified"),
    Deadline.EXTENSION: N_("Request for more time waits"), Deadline.RESPOND: N_("Quality issue to be accepted"),
    Deadline.RESOLVE: N_("Quality issue to be solved"), Deadline.RECEIPT: N_("Campaign to be acknowledged"),
    Deadline.ORDER: N_("Supervision order to be replied to"),
    Deadline.ACKNOWLEDGEMENT: N_("Bulletin to be acknowledged")}
PEOPLE: Mapping[Whom, Message] = {
    Whom.OWNER: N_("owner"), Whom.DEPUTY: N_("the contact's deputy"), Whom.LINE_OWNER: N_("line owner"),
    Whom.CONTACT: N_("the unit's contact"), Whom.UNIT_HEAD: N_("head of the unit"), Whom.HQ_LINE: N_("the line at headquarters"),
    Whom.OFFICE: N_("programme office"), Whom.LEADERSHIP: N_("leadership group")}
CHANNELS: Mapping[Channel, Message] = {
    Channel.AT_ONCE: N_("as each person wants it"), Channel.DIGEST: N_("in the letter of the day"),
    Channel.IN_APP: N_("only in the portal")}
SPANS: Mapping[Span, Message] = {Span.DAY: N_("working days"), Span.HOUR: N_("working hours")}
_BEFORE: Mapping[Deadline, Message] = {
    Deadline.FILING: N_("The implementation plan of %(unit)s is due on %(due)s"),
    Deadline.ASSIGNMENT: N_("Due on %(due)s, %(unit)s: %(title)s"),
    Deadline.RESPOND: N_("To be accepted by %(due)s: %(title)s"), Deadline.RESOLVE: N_("To be solved by %(due)s: %(title)s"),
    Deadline.ORDER: N_("To be replied to by %(due)s, %(unit)s: supervision order %(title)s")}
_AFTER: Mapping[Deadline, Message] = {
    Deadline.FILING: N_("The implementation plan of %(unit)s was due on %(due)s"),
    Deadline.REVIEW: N_("The plan of %(unit)s waits for review since %(due)s"),
    Deadline.ASSIGNMENT: N_("Was due on %(due)s, %(unit)s: %(title)s"),
    Deadline.VERIFICATION: N_("Waits to be verified since %(due)s, %(unit)s: %(title)s"),
    Deadline.EXTENSION: N_("%(unit)s waits since %(due)s to hear whether there is more time: %(title)s"),
    Deadline.RESPOND: N_("Was to be accepted by %(due)s: %(title)s"),
    Deadline.RESOLVE: N_("Was to be solved by %(due)s: %(title)s"),
    Deadline.RECEIPT: N_("%(unit)s has not acknowledged since %(due)s: %(title)s"),
    Deadline.ORDER: N_("Was to be replied to by %(due)s, %(unit)s: supervision order %(title)s"),
    Deadline.ACKNOWLEDGEMENT: N_("%(unit)s has not acknowledged the bulletin of %(due)s: %(title)s")}


@dataclass(frozen=True, slots=True, order=True)
class Rung:
    """`step` days or hours after the deadline, before it where negative: tell `whom` by `channel`, and the unit's `rooms`."""
    kind: Deadline
    step: int
    span: Span
    whom: Whom
    channel: Channel = Channel.AT_ONCE
    rooms: bool = False

    @property
    def code(self) -> str:
        """What the ledger calls it, within its kind: whoever changes only the way makes no other rung of it."""
        return f"{self.step:+d} {self.span} {self.whom}"


Ladder = Sequence[Rung]


def address(about: str, key: UUID) -> str:
    """The page of a thing of which somebody is reminded."""
    return f"/supervision/{key}" if about == "supervision" else f"/{about}s/{key}"


@dataclass(frozen=True, slots=True)
class Item:
    """Something with a deadline. `due` is a day, or an instant, of what waits the beginning. `key` and `about` are what a notice
    is about; `part` tells apart what hangs on the same thing. `judge` decides at headquarters. `since` is when this round
    began, where it is not the first."""
    kind: Deadline
    about: str
    key: UUID
    unit: int
    line: Line | None
    due: date | datetime
    round: str
    title: Mapping[str, str]
    url: str
    owner: UUID | None = None
    judge: tuple[Role, Line | None] | None = None
    part: str = ""
    continuous: bool = False
    since: datetime | None = None


def fault(rung: Rung) -> Message | None:
    """Why it cannot stand in a ladder."""
    if abs(rung.step) > MOST_STEPS:
        return N_("At most %(n)s steps before or after.", n=MOST_STEPS)
    if rung.kind in WAITS and rung.step <= 0:
        return N_("What waits has no deadline: count from the moment it began to wait.")
    return None


def moment(rung: Rung, due: date | datetime, time_: WorkingTime, continuous: bool = False) -> datetime:
    """When it is due. Days are told at the beginning of work; hours count working time, or run where `continuous`."""
    opening = time_.hours[0][0]
    if rung.span is Span.DAY:
        day = due.astimezone(time_.zone).date() if isinstance(due, datetime) else due
        return datetime.combine(time_.calendar.add(day, rung.step), opening, time_.zone)
    at = due if isinstance(due, datetime) else datetime.combine(due, time_.hours[-1][1], time_.zone)
    span = timedelta(hours=abs(rung.step))
    if continuous:
        return at + span if rung.step > 0 else at - span
    return time_.add(at, span) if rung.step > 0 else time_.passed_before(at, span) if rung.step else at


def due_rungs(item: Item, now: datetime, ladder: Ladder, time_: WorkingTime, fired: Collection[str] = ()) -> tuple[Rung, ...]:
    """Those to be told now, without what this round has told already."""
    return fresh(come(item, now, ladder, time_), fired)


Come = Sequence[tuple[datetime, Rung]]


def come(item: Item, now: datetime, ladder: Ladder, time_: WorkingTime) -> Come:
    """The rungs that have come, and when. Of things of one kind with one deadline and one beginning they are the same."""
    begin = counted_from(item, time_)
    late = begin != item.due                               # what was to be said before the deadline is past
    return [(at, rung) for rung in ladder if rung.kind is item.kind and (rung.step > 0 or not late)
            and (at := moment(rung, begin, time_, item.continuous)) <= now]


def fresh(came: Come, fired: Collection[str]) -> tuple[Rung, ...]:
    """Of the last step what was not told; and where sweeps have missed steps since something was told, everybody whom they would
    have told, each once."""
    last = max((at for at, _ in came), default=None)
    new = [rung for at, rung in came if at == last and rung.code not in fired]
    if not new:
        return ()
    told = max((at for at, rung in came if rung.code in fired), default=None)
    missed = {rung.whom: rung for at, rung in sorted(came) if told is None or at > told}
    return (*(rung for rung in missed.values() if rung not in new), *new)


def counted_from(item: Item, time_: WorkingTime) -> date | datetime:
    """The deadline; of what comes back later than that, the day or moment of the return: who works on it is told before whoever
    is above."""
    if item.since is None:
        return item.due
    if isinstance(item.due, datetime):
        return max(item.due, item.since)
    return max(item.due, item.since.astimezone(time_.zone).date())


def horizon(kind: Deadline, now: datetime, ladder: Ladder, time_: WorkingTime) -> date | None:
    """The last due day of which something can be told now; None where the ladder has nothing of the kind."""
    steps = [rung for rung in ladder if rung.kind is kind]
    if not steps:
        return None
    before = max((-rung.step for rung in steps if rung.span is Span.DAY), default=0)
    hours = max((-rung.step for rung in steps if rung.span is Span.HOUR), default=0)
    return time_.calendar.add(now.astimezone(time_.zone).date(), max(before, hours, 0)) + timedelta(days=1)


def message(item: Item, now: datetime, unit: Mapping[str, str], zone: WorkingTime) -> Message:
    """What is said: before the deadline, or after it."""
    instant = item.due if isinstance(item.due, datetime) else datetime.combine(item.due + timedelta(days=1), time(0), zone.zone)
    late = item.kind in WAITS or now >= instant
    said = (_AFTER if late else _BEFORE)[item.kind]
    due = f"{item.due.astimezone(zone.zone):%Y-%m-%d %H:%M}" if isinstance(item.due, datetime) else item.due.isoformat()
    return Message(said.msgid, {"unit": dict(unit), "due": due, "title": dict(item.title)})


@dataclass(frozen=True, slots=True)
class Post:
    """A function that somebody holds today; during leave `stands_in` acts instead."""
    person: UUID
    unit: int
    role: Role
    line: Line | None
    deputy: bool = False
    stands_in: UUID | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works in a unit and at headquarters today; `home` is the unit in which a person who stands in is told. Whoever stands in
    and is not there has none."""
    posts: Sequence[Post]
    home: Mapping[UUID, int]


Told = tuple[int, UUID]


def reached(whom: Whom, item: Item, staff: Staff, without: Collection[UUID] = ()) -> tuple[Told, ...]:
    """Whom it reaches, each in a unit of his: on leave the delegate; where nobody is, the next above. Of those who work on it
    nobody hears who is among `without`."""
    step: Whom | None = whom
    while step is not None:
        unit = house(step, item)
        heard = [_told(post, staff) for post in staff.posts if post.unit == unit and _is(step, post, item)]
        found = dict.fromkeys(told for told in heard if told and not (works(step, item.kind) and told[1] in without))
        if found:
            return tuple(found)
        step = _ABOVE.get(step)
    return ()


def house(whom: Whom, item: Item) -> int:
    """The unit whose rooms hear."""
    return HEADQUARTERS if whom in (Whom.HQ_LINE, Whom.OFFICE, Whom.LEADERSHIP) else item.unit


def _told(post: Post, staff: Staff) -> Told | None:
    if post.stands_in is None:
        return post.unit, post.person
    home = staff.home.get(post.stands_in)
    return None if home is None else (home, post.stands_in)


def _is(whom: Whom, post: Post, item: Item) -> bool:
    """Whether somebody of the unit that is meant (`house`) holds the function that is meant."""
    match whom:
        case Whom.OWNER:
            return post.person == item.owner
        case Whom.DEPUTY | Whom.CONTACT:
            return post.role is Role.UNIT_CONTACT and post.deputy is (whom is Whom.DEPUTY)
        case Whom.LINE_OWNER:
            return post.role is Role.LINE_OWNER and post.line == item.line and item.line is not None
        case Whom.UNIT_HEAD:
            return post.role is Role.UNIT_HEAD
        case Whom.HQ_LINE:
            role, line = item.judge or (Role.HQ_LINE_LEAD, item.line)
            return post.role is role and line in (None, post.line)
        case Whom.OFFICE:
            return post.role is Role.HQ_OFFICE
        case Whom.LEADERSHIP:
            return post.role is Role.HQ_LEADER


class Seat(StrEnum):
    """Where somebody sits who answers, or who hears of it. LINE is who decides at headquarters."""
    UNIT = "unit"
    LINE = "line"
    OFFICE = "office"
    LEADERSHIP = "leadership"


_FROM_ABOVE: Mapping[Seat, tuple[Seat, ...]] = {
    Seat.LINE: (Seat.OFFICE, Seat.LEADERSHIP), Seat.OFFICE: (Seat.LEADERSHIP, Seat.OFFICE),
    Seat.LEADERSHIP: (Seat.OFFICE, Seat.LEADERSHIP)}


def seat(unit: int, role: Role) -> Seat:
    if unit != HEADQUARTERS:
        return Seat.UNIT
    return {Role.HQ_OFFICE: Seat.OFFICE, Role.HQ_LEADER: Seat.LEADERSHIP}.get(role, Seat.LINE)


def hears(kind: Deadline, answer: Answer, of: Seat) -> tuple[Seat, ...]:
    """Who may be told of an answer, the nearest first: the first of them where somebody else sits hears it. What headquarters
    has to do, and what headquarters says, stays there."""
    if of is not Seat.UNIT:
        return _FROM_ABOVE[of]
    if kind in JUDGED:
        return Seat.OFFICE, Seat.LEADERSHIP
    above = (Seat.LINE, Seat.OFFICE, Seat.LEADERSHIP)
    return (Seat.UNIT, *above) if answer is Answer.NOT_MINE else above


def offered(kind: Deadline, *, acts: bool, asks: bool) -> tuple[Answer, ...]:
    """What may be answered by itself, by whoever may do (`acts`) what is waited for, or may ask for another day (`asks`). Done is
    said of an assignment, which is handed in by it; everything else is done on its own page, where more than a word is needed.
    Of what has no term to put off, more time is told to whoever is above."""
    able = {Answer.DONE: acts and kind is Deadline.ASSIGNMENT, Answer.NEED_TIME: asks or (acts and kind not in _REQUESTS)}
    return tuple(answer for answer in Answer if able.get(answer, True))


Said = tuple[Answer, datetime, UUID]                   # what was answered, when, by whom


def silenced(whom: Whom, kind: Deadline, answers: Collection[Said], now: datetime, time_: WorkingTime) -> bool:
    """Whether an answer in this round keeps a rung quiet: for some working days those who have to act hear nothing. What
    climbs, to the head and above who decides, climbs all the same."""
    return works(whom, kind) and any(answer is not Answer.NOT_MINE for answer, _ in _quiet(answers, now, time_))


def works(whom: Whom, kind: Deadline) -> bool:
    """Whether it is one of those who have to act: who works on a thing, or judges it at headquarters; the others are above."""
    return whom in _WORK or (whom is Whom.HQ_LINE and kind in JUDGED)


def disowned(answers: Collection[Said], now: datetime, time_: WorkingTime) -> frozenset[UUID]:
    """Who has said that it is not his, and is left in peace for some working days; everybody else is not."""
    return frozenset(by for answer, by in _quiet(answers, now, time_) if answer is Answer.NOT_MINE)


def _quiet(answers: Collection[Said], now: datetime, time_: WorkingTime) -> list[tuple[Answer, UUID]]:
    """The answers that still hold."""
    today = now.astimezone(time_.zone).date()
    return [(answer, by) for answer, at, by in answers
            if today <= time_.calendar.add(at.astimezone(time_.zone).date(), _QUIET[answer])]


def counts(kind: Deadline, of: int, said_in: int) -> bool:
    """Whether an answer that was given in a unit quiets those who have to act: headquarters what it judges, else the unit."""
    return said_in == (HEADQUARTERS if kind in JUDGED else of)
