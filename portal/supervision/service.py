"""Issuing supervision orders, replying to them, judging the reply, extending and withdrawing."""
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import i18n, texts
from portal.assignments import queries as assignments
from portal.attachments import registry
from portal.audit import service as audit
from portal.notices import service as notices
from portal.outbox import service as outbox
from portal.supervision import queries, rules
from portal.supervision.models import Order, OrderReply
from portal.supervision.queries import Thing
from portal.supervision.rules import (
    ACTIONS,
    GRADES,
    LONGEST,
    MACHINE,
    MOST_AT_ONCE,
    Grade,
    Ordered,
    OrderState,
    Ref,
    Verdict,
)
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity, Subject, need, permits, reaches
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

KIND = "supervision"
_UNIT = (Role.UNIT_CONTACT, Role.UNIT_HEAD)
_CLIPPED = 120                         # characters of an order's words in a notice
Errors = dict[str, list[Message]]


def _who(action: str) -> Permission:
    return Permission.SUPERVISION_REPLY if action in ("reply", "ask_time") else Permission.SUPERVISION_ORDER


def allow(order: Order, action: str, *, actor: Identity) -> Appointment:
    """May this person do this to the order now? Raises NotPermitted, then RuleViolated."""
    under = need(actor, _who(action), order.subject)
    MACHINE.step(order.state, action)
    return under


def offers(order: Order, *, actor: Identity) -> frozenset[str]:
    """What this person may do with it now."""
    possible = {t.action for t in MACHINE.actions(order.state)}
    found = frozenset(a for a in ACTIONS if a in possible and permits(actor, _who(a), order.subject))
    return found if "decline" not in found or queries.time_asked(order) else found - {"decline"}


def issuing_line(actor: Identity) -> Line | None:
    """In whose name this person issues orders: a line's, or None for the office. Raises NotPermitted for who issues none."""
    if permits(actor, Permission.SUPERVISION_ORDER, Subject(HEADQUARTERS + 1)):
        return None
    for a in actor.appointments:
        if a.line and permits(actor, Permission.SUPERVISION_ORDER, Subject(HEADQUARTERS + 1, a.line)):
            return a.line
    raise NotPermitted(N_("None of your functions may do this here."))


def refusal(thing: Thing | None, line: Line | None, unfinished: frozenset[Ref]) -> Message | None:
    """Why no order can be issued about it; None where one can. `unfinished` are things that have an order already."""
    if thing is None:
        return N_("It is not there, or not yours to see.")
    if thing.unit == HEADQUARTERS:
        return N_("It is headquarters' own.")
    if line is not None and thing.line not in (None, line):
        return N_("It is another line's matter.")
    if not thing.going_on:
        return N_("It is finished.")
    return N_("There is an order about it already that has not ended.") if thing.ref in unfinished else None


def issue(ordered: Ordered, *, actor: Identity) -> list[Order]:
    """Issue an order for each thing and each unit named, all or none; they are told. Raises NotPermitted, Invalid."""
    if not reaches(actor, Permission.SUPERVISION_ORDER):
        raise NotPermitted(N_("None of your functions may do this here."))
    about = queries.things(actor, ordered.about)
    words, term = _judged(ordered, about)
    targets = [(t.unit, t.ref) for t in about.values()] + [(unit, None) for unit in ordered.units]
    codes = {u.id: u.code for u in directory.units()}
    parcels: list[outbox.Parcel] = []
    made: list[Order] = []
    for unit, ref in sorted(targets, key=lambda t: (t[0], str(t[1]))):           # numbers are locked in the same order by all
        under = need(actor, Permission.SUPERVISION_ORDER, Subject(unit, ordered.line))
        order = Order(id=uuid7(), code=_number(unit, codes[unit]), unit_id=unit, line=ordered.line, grade=ordered.grade,
                      words=words, about_kind=ref.kind.value if ref else None, about_id=ref.key if ref else None, first_term=term,
                      term=term, state=OrderState.OPEN.value, round=1, opened_by_id=actor.person, opened_at=clock.now(),
                      replied_on=None, ended_at=None, reason="")
        made.append(order)
        parcels += _first_told(order)
        audit.record("order", KIND, order.id, {"code": order.code, "grade": order.grade, "term": term, "text": words,
                                               "unit": unit}, under=under)
    try:
        with db.session.begin_nested():
            db.session.add_all(made)
            db.session.flush()
    except IntegrityError:                                 # two at once about one thing
        raise Invalid({"about": [N_("There is an order about it already that has not ended.")]}) from None
    outbox.post_all(parcels)
    return made


def _number(unit: int, code: str) -> str:
    year = clock.today().year
    return f"D-{year}-{code}-{db.session.scalar(select(func.app.next_order_number(unit, year))):03d}"


def _judged(ordered: Ordered, about: dict[Ref, Thing]) -> tuple[str, date]:
    """Words and term. Raises Invalid with every fault at its field."""
    errors: Errors = {}
    words = _words(ordered.words, "words", errors)
    term = ordered.term or clock.today()
    if ordered.grade not in set(Grade):
        errors["grade"] = [N_("Choose one of the list.")]
    elif ordered.term is None:
        term = rules.term_of(Grade(ordered.grade), clock.today(), assignments.calendar())
    _day(term, "term", errors)
    wanted = len(ordered.about) + len(ordered.units)
    if not wanted:
        errors["units"] = [N_("Choose at least one unit, or something that the order is about.")]
    elif wanted > MOST_AT_ONCE:
        errors["units"] = [N_("At most %(n)s orders are issued at once.", n=MOST_AT_ONCE)]
    elif not ordered.units <= {u.id for u in directory.going_on() if u.id != HEADQUARTERS}:
        errors["units"] = [N_("Choose one of the list.")]
    unfinished = queries.unfinished_about(ordered.about, ordered.line)
    refused = [(about.get(ref), why) for ref in ordered.about
               if (why := refusal(about.get(ref), ordered.line, unfinished)) is not None]
    if refused:
        thing, why = refused[0]
        errors["about"] = [N_("%(code)s: %(why)s", code=thing.code or thing.title if thing else "?", why=i18n.both(why))]
    if errors:
        raise Invalid(errors)
    return words, term


def _words(text: str, name: str, errors: Errors, *, needed: bool = True) -> str:
    words = texts.prose(text, texts.MEDIUM)
    if len(words) > texts.MEDIUM or (needed and not words):
        errors[name] = [N_("Write something of at most %(n)s characters.", n=texts.MEDIUM)]
    return words


def _day(day: date, name: str, errors: Errors) -> None:
    if not clock.today() <= day <= clock.today() + timedelta(days=LONGEST):
        errors[name] = [N_("Choose a day from today on, within a year.")]


def _clip(words: str) -> str:
    return rules.clip(words, _CLIPPED)


def _first_told(order: Order) -> list[outbox.Parcel]:
    grade = Grade(order.grade)
    roles, leadership = rules.told(grade)
    how: dict[str, Any] = {"subject": (KIND, order.id), "urgent": grade is Grade.SERIOUS}
    said = {"code": order.code, "grade": i18n.both(GRADES[grade]), "day": order.term.isoformat(), "words": _clip(order.words)}
    found = [notices.parcel(order.unit_id, N_("Supervision order %(code)s (%(grade)s), reply by %(day)s: %(words)s", **said),
                            _address(order), roles=roles, key=f"order {order.id} opened", **how)]
    if leadership:
        found.append(notices.parcel(HEADQUARTERS, N_("For your information: supervision order %(code)s (%(grade)s) until "
                                                     "%(day)s: %(words)s", **said),
                                    _address(order), roles=(Role.HQ_LEADER,), key=f"order {order.id} leadership", **how))
    return found


def _address(order: Order) -> str:
    return f"/supervision/{order.id}"


def _tell_unit(order: Order, message: Message, step: str) -> None:
    notices.tell(order.unit_id, message, _address(order), roles=_UNIT, subject=(KIND, order.id),
                 key=f"order {order.id} {step} {order.version}")


def _tell_issuer(order: Order, message: Message, step: str) -> None:
    """The office, or the line that issued it."""
    role = Role.HQ_LINE_LEAD if order.line else Role.HQ_OFFICE
    notices.tell(HEADQUARTERS, message, _address(order), roles=(role,), line=Line(order.line) if order.line else None,
                 subject=(KIND, order.id), key=f"order {order.id} {step} {order.version}")


def _begin(order: Order, action: str, actor: Identity, version: int | None) -> Appointment:
    allow(order, action, actor=actor)
    queries.lock(order)
    if version is not None and version != order.version:
        raise Stale(N_("Somebody else has changed this order since you opened the page."))
    return allow(order, action, actor=actor)


def _refuse(errors: Errors) -> None:
    if errors:
        raise Invalid(errors)


def reply(order: Order, words: str, done_by: date, *, actor: Identity, version: int | None = None) -> OrderReply:
    """What the unit did, and by which day it is or will be done. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(order, "reply", actor, version)
    errors: Errors = {}
    said = _words(words, "words", errors)
    if abs((done_by - clock.today()).days) > LONGEST:
        errors["done_by"] = [N_("Choose a day within a year.")]
    _refuse(errors)
    made = OrderReply(id=uuid7(), supervision_id=order.id, round=order.round, words=said, done_by=done_by, term=order.term,
                      by_id=actor.person, at=clock.now(), verdict=None, remark="", judged_by_id=None, judged_at=None)
    db.session.add(made)
    before, order.state, order.replied_on = order.state, OrderState.REPLIED.value, clock.today()
    db.session.flush()
    audit.record("reply", KIND, order.id, {"state": [before, order.state], "text": said, "done_by": done_by}, under=under)
    unit = next(u for u in directory.units() if u.id == order.unit_id)
    _tell_issuer(order, N_("%(unit)s replies to supervision order %(code)s: %(words)s", code=order.code, words=_clip(said),
                           unit=unit.short_names), "replied")
    return made


def _judge(order: Order, verdict: Verdict, remark: str, actor: Identity) -> None:
    row = queries.reply_to_judge(order)
    row.verdict, row.remark, row.judged_by_id, row.judged_at = verdict.value, remark, actor.person, clock.now()


def accept(order: Order, remark: str = "", *, actor: Identity, version: int | None = None) -> None:
    """The reply is enough: the order is closed. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(order, "accept", actor, version)
    errors: Errors = {}
    said = _words(remark, "remark", errors, needed=False)
    _refuse(errors)
    _judge(order, Verdict.ACCEPTED, said, actor)
    before, order.state, order.ended_at = order.state, OrderState.CLOSED.value, clock.now()
    db.session.flush()
    audit.record("accept", KIND, order.id, {"state": [before, order.state], "text": said}, under=under)
    _tell_unit(order, N_("The reply to supervision order %(code)s is accepted; the order is closed.", code=order.code), "accepted")


def send_back(order: Order, remark: str, term: date | None = None, *, actor: Identity, version: int | None = None) -> None:
    """The reply is not enough: a new round begins, with a new term where one is set; one that has passed needs a new one.
    Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(order, "return", actor, version)
    errors: Errors = {}
    said = _words(remark, "remark", errors)
    if term is not None:
        _day(term, "term", errors)
    elif order.term < clock.today():
        errors["term"] = [N_("The term has passed: set a new one.")]
    _refuse(errors)
    _judge(order, Verdict.RETURNED, said, actor)
    before, old = order.state, order.term
    order.state, order.round, order.replied_on, order.term = OrderState.OPEN.value, order.round + 1, None, term or old
    db.session.flush()
    changes: dict[str, object] = {"state": [before, order.state], "text": said, "round": order.round}
    audit.record("return", KIND, order.id, changes | ({"term": [old, term]} if term and term != old else {}), under=under)
    _tell_unit(order, N_("The reply to supervision order %(code)s is returned, reply again by %(day)s: %(words)s",
                         code=order.code, day=order.term.isoformat(), words=_clip(said)), "returned")


def extend(order: Order, term: date, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """More time, with a reason; the first term stays visible. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(order, "extend", actor, version)
    errors: Errors = {}
    said = _words(reason, "reason", errors)
    _day(term, "term", errors)
    if "term" not in errors and term <= order.term:
        errors["term"] = [N_("Choose a day after the present term.")]
    _refuse(errors)
    old, order.term = order.term, term
    db.session.flush()
    audit.record("extend", KIND, order.id, {"term": [old, term], "reason": said}, under=under)
    _tell_unit(order, N_("The term of supervision order %(code)s is extended to %(day)s.", code=order.code,
                         day=term.isoformat()), "extended")


def ask_time(order: Order, term: date | None, reason: str, blocking: str = "", *, actor: Identity) -> None:
    """The unit asks whoever issued the order to extend the term; nothing of the order changes until then. `blocking` is the code of
    the unit that holds it up. Raises NotPermitted, RuleViolated, Invalid."""
    under = allow(order, "ask_time", actor=actor)
    errors: Errors = {}
    said = _words(reason, "reason", errors)
    if term is None:
        errors["due"] = [N_("Give the new due day.")]
    elif term <= order.term:
        errors["due"] = [N_("Choose a day after the present term.")]
    else:
        _day(term, "due", errors)
    holds_up = directory.unit_by_code(texts.clean(blocking)) if blocking else None
    if blocking and (holds_up is None or holds_up.id == order.unit_id):
        errors["blocking"] = [N_("Choose another unit.")]
    _refuse(errors)
    assert term is not None
    audit.record("ask_extension", KIND, order.id, {
        "new_due": [order.term, term], "reason": said, **({"blocking": holds_up.code} if holds_up else {})}, under=under)
    unit = next(u for u in directory.units() if u.id == order.unit_id)
    _tell_issuer(order, N_("%(unit)s asks for more time for supervision order %(code)s, until %(day)s instead of %(before)s: "
                           "%(words)s", unit=unit.short_names, code=order.code, day=term.isoformat(),
                           before=order.term.isoformat(), words=_clip(said)), f"asked {term}")


def decline_time(order: Order, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """No more time, with a reason: the term stays. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(order, "decline", actor, version)
    asked = queries.time_asked(order)
    if asked is None:
        raise RuleViolated(N_("No request for more time is open."))
    errors: Errors = {}
    said = _words(reason, "reason", errors)
    _refuse(errors)
    audit.record("decline_extension", KIND, order.id, {"reason": said}, under=under)
    _tell_unit(order, N_("There is no more time for supervision order %(code)s, the term stays %(day)s: %(words)s",
                         code=order.code, day=order.term.isoformat(), words=_clip(said)), f"declined {asked.id}")


def withdraw(order: Order, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """It does not stand any more, with a reason. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(order, "withdraw", actor, version)
    errors: Errors = {}
    said = _words(reason, "reason", errors)
    _refuse(errors)
    before, order.state, order.ended_at, order.reason = order.state, OrderState.WITHDRAWN.value, clock.now(), said
    db.session.flush()
    audit.record("withdraw", KIND, order.id, {"state": [before, order.state], "reason": said}, under=under)
    _tell_unit(order, N_("Supervision order %(code)s is withdrawn: %(words)s", code=order.code, words=_clip(said)), "withdrawn")


def allow_file(order: Order, actor: Identity, _part: str = "") -> Appointment:
    """With the reply: by who may reply, while a reply is waited for."""
    return allow(order, "reply", actor=actor)


registry.register(registry.Carrier(KIND, lambda actor, key: queries.one(actor, key), Order.id, queries.readable,
                                   Permission.SUPERVISION_READ, allow_file, lambda o: f"/supervision/{o.id}"))
