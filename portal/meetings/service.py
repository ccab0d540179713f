"""Calling a meeting, answering, writing down what was said, and making assignments of what was decided."""
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from portal import texts
from portal.assignments import service as assignments
from portal.assignments.models import Assignment
from portal.attachments import registry
from portal.audit import service as audit
from portal.meetings import queries
from portal.meetings.models import Meeting, MeetingAddendum, MeetingDecision, MeetingInvitation
from portal.meetings.rules import MOST_ITEMS, Answer, Content, Decided, MeetingKind, MeetingState
from portal.notices import service as notices
from portal.outbox import service as outbox
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.programmes.models import Programme
from portal.programmes.rules import Selector
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity, Subject, need, permits
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, MilestoneCode, Role

KIND = "meeting"
_BACK, _AHEAD = timedelta(days=366), timedelta(days=731)       # how far from today a meeting or a decision's day may lie
_HEAR = (Role.UNIT_CONTACT, Role.UNIT_HEAD)
_NAMED = {"starts_at": "starts", "ends_at": "ends"}        # of a meeting's columns, as the trail calls them
_ALLOWED = {"answer": Permission.MEETING_ANSWER, "assign": Permission.ASSIGNMENT_ADD}


def allow(meeting: Meeting, action: str, *, actor: Identity) -> Appointment:
    """May this person do this to the meeting now? Raises NotPermitted, then RuleViolated."""
    permission = _ALLOWED.get(action, Permission.MEETING_HOLD)
    under = need(actor, permission, None if action == "assign" else meeting.subject)
    if meeting.state == MeetingState.CANCELLED:
        raise RuleViolated(N_("The meeting is cancelled."))
    if (meeting.state == MeetingState.PUBLISHED) != (action == "amend") and action != "assign":
        raise RuleViolated(N_("The minutes are not out yet.") if action == "amend" else
                           N_("The minutes are out and stay as they are. Say what is to be corrected in an addendum."))
    if action == "publish" and clock.now() < meeting.starts_at:
        raise RuleViolated(N_("Minutes are published when the meeting has begun."))
    if action == "answer" and clock.now() > meeting.ends_at:
        raise RuleViolated(N_("The meeting is over."))
    return under


def offers(meeting: Meeting, *, actor: Identity) -> frozenset[str]:
    """What this person may do with it now."""
    found = set()
    for action in ("change", "cancel", "answer", "decide", "publish", "amend", "assign"):
        subject = None if action == "assign" else meeting.subject
        if permits(actor, _ALLOWED.get(action, Permission.MEETING_HOLD), subject):
            try:
                allow(meeting, action, actor=actor)
            except RuleViolated:
                continue
            found.add(action)
    return frozenset(found)


def convene(content: Content, *, actor: Identity) -> Meeting:
    """Call a meeting and invite. Raises NotPermitted, Invalid."""
    under = need(actor, Permission.MEETING_HOLD, Subject(HEADQUARTERS, content.line))
    values = _judged(content)
    made = Meeting(id=uuid7(), unit_id=HEADQUARTERS, line=content.line.value if content.line else None,
                   state=MeetingState.CALLED.value, convened_by_id=actor.person, convened_at=clock.now(), published_at=None,
                   minutes="", parties=sorted(content.invited), **values)
    db.session.add(made)
    db.session.flush()
    _invite(made, content.invited)
    audit.record("convene", KIND, made.id, {"title": made.title, "starts": made.starts_at, "units": _codes(content.invited)},
                 under=under)
    return made


def _judged(content: Content, invited: frozenset[int] = frozenset()) -> dict[str, object]:
    """The columns of a meeting; `invited` are units that were asked already. Raises Invalid with every fault at its field."""
    title, place = (texts.prose(t, texts.SHORT) for t in (content.title, content.place))
    errors: dict[str, list[Message]] = {}
    for name, value in (("title", title), ("place", place)):
        if not value or len(value) > texts.SHORT:
            errors[name] = [N_("Write something of at most %(n)s characters.", n=texts.SHORT)]
    if content.kind not in set(MeetingKind):
        errors["kind"] = [N_("Choose one of the list.")]
    today = clock.today()
    if not today - _BACK <= clock.local(content.starts_at).date() <= today + _AHEAD:
        errors["day"] = [N_("Choose a day within a year back and two years ahead.")]
    elif not content.starts_at < content.ends_at <= content.starts_at + timedelta(days=7):
        errors["until"] = [N_("It ends after it begins, within a week.")]
    known = {u.id for u in directory.going_on() if u.id != HEADQUARTERS} | invited
    if not content.invited or not content.invited <= known:
        errors["units"] = [N_("Choose at least one unit.")]
    elif not invited <= content.invited:
        errors["units"] = [N_("Units that were invited stay invited.")]
    items = [(texts.prose(i.title, texts.SHORT), i.unit) for i in content.agenda]
    if len(items) > MOST_ITEMS or any(not t or len(t) > texts.SHORT or (u and u not in content.invited | {HEADQUARTERS})
                                      for t, u in items):
        errors["agenda"] = [N_("An item has at most %(n)s characters; headquarters or a unit invited presents it.", n=texts.SHORT)]
    if errors:
        raise Invalid(errors)
    return {"kind": content.kind, "title": title, "place": place, "starts_at": content.starts_at, "ends_at": content.ends_at,
            "agenda": [{"title": t, "unit": u} for t, u in items]}


def _codes(units: Collection[int]) -> str:
    return ", ".join(u.code for u in directory.units() if u.id in units)


def _invite(meeting: Meeting, units: Collection[int]) -> None:
    db.session.add_all([MeetingInvitation(id=uuid7(), meeting_id=meeting.id, unit_id=unit, answer=None, words="", answered_at=None)
                        for unit in sorted(units)])
    _tell(meeting, units, N_("You are invited: %(title)s, %(day)s, %(place)s. Answer who comes.", title=meeting.title,
                             day=f"{clock.local(meeting.starts_at):%Y-%m-%d %H:%M}", place=meeting.place), "invited")
    db.session.flush()


def _tell(meeting: Meeting, units: Iterable[int], message: Message, step: str) -> None:
    outbox.post_all([notices.parcel(unit, message, f"/meetings/{meeting.id}", roles=_HEAR, subject=(KIND, meeting.id),
                                    key=f"meeting {meeting.id} {step} {unit}") for unit in sorted(units)])


def _begin(meeting: Meeting, action: str, actor: Identity, version: int | None) -> Appointment:
    allow(meeting, action, actor=actor)
    queries.lock(meeting)
    if version is not None and version != meeting.version:
        raise Stale(N_("Somebody else has changed this meeting since you opened the form."))
    return allow(meeting, action, actor=actor)


def change(meeting: Meeting, content: Content, *, actor: Identity, version: int | None = None) -> None:
    """Another time, place or agenda, or more units; all invited hear it. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(meeting, "change", actor, version)
    before = frozenset(meeting.parties)
    new = _judged(content, before)
    changes = {_NAMED.get(name, name): [getattr(meeting, name), value] for name, value in new.items()
               if getattr(meeting, name) != value}
    for name, value in new.items():
        setattr(meeting, name, value)
    meeting.parties = sorted(content.invited)
    db.session.flush()
    _invite(meeting, content.invited - before)
    if changes:
        _tell(meeting, before, N_("Changed: %(title)s, %(day)s, %(place)s.", title=meeting.title, place=meeting.place,
                                  day=f"{clock.local(meeting.starts_at):%Y-%m-%d %H:%M}"), f"changed {meeting.version}")
    if "agenda" in changes:
        changes["agenda"] = [_items(agenda) for agenda in changes["agenda"]]
    if content.invited != before:
        changes["units"] = [_codes(before), _codes(content.invited)]
    if changes:
        audit.record("change", KIND, meeting.id, changes, under=under)


def _items(agenda: Iterable[Mapping[str, Any]]) -> str:
    """An agenda as the trail keeps it."""
    codes = {u.id: u.code for u in directory.units()}
    return "; ".join(f"{i['title']} ({codes[i['unit']]})" if i["unit"] in codes else i["title"] for i in agenda)


def cancel(meeting: Meeting, *, actor: Identity, version: int | None = None) -> None:
    """Raises NotPermitted, Stale, and RuleViolated also where something has become of it."""
    under = _begin(meeting, "cancel", actor, version)
    d = MeetingDecision
    if db.session.scalar(select(exists().where(d.meeting_id == meeting.id, d.assignment_id.is_not(None)))):
        raise RuleViolated(N_("A decision of it is an assignment already: the meeting stands."))
    before, meeting.state = meeting.state, MeetingState.CANCELLED.value
    db.session.flush()
    audit.record("cancel", KIND, meeting.id, {"state": [before, meeting.state]}, under=under)
    _tell(meeting, meeting.parties, N_("Cancelled: %(title)s.", title=meeting.title), "cancelled")


def answer(meeting: Meeting, said: str, words: str, *, actor: Identity) -> None:
    """Whether the unit comes; it may change its mind until the meeting is over. Raises NotPermitted, RuleViolated, Invalid."""
    under = allow(meeting, "answer", actor=actor)
    words = texts.prose(words)
    errors: dict[str, list[Message]] = {}
    if said not in set(Answer):
        errors["answer"] = [N_("Choose one of the list.")]
    if len(words) > texts.SHORT:
        errors["words"] = [N_("Write something of at most %(n)s characters.", n=texts.SHORT)]
    elif said in (Answer.SENDS, Answer.EXCUSED) and not words:
        errors["words"] = [N_("Say who comes instead, or why nobody does.")]
    if errors:
        raise Invalid(errors)
    i = MeetingInvitation
    row = db.session.scalars(select(i).where(i.meeting_id == meeting.id, i.unit_id == under.unit).with_for_update()).one_or_none()
    if row is None:
        raise NotVisible
    before, row.answer, row.words = row.answer, said, words
    row.by_id, row.answered_at = actor.person, clock.now()
    db.session.flush()
    audit.record("answer", KIND, meeting.id, {"state": [before, said], "text": words}, under=under)


def decide(meeting: Meeting, decided: Decided, *, actor: Identity) -> MeetingDecision:
    """Write down a decision; the office, which makes an assignment of it, is told. Raises NotPermitted, RuleViolated, Invalid."""
    under = allow(meeting, "decide", actor=actor)
    values = _decided(meeting, decided)
    made = MeetingDecision(id=uuid7(), meeting_id=meeting.id, assignment_id=None, by_id=actor.person, at=clock.now(), **values)
    db.session.add(made)
    db.session.flush()
    audit.record("decide", KIND, meeting.id, {"title": made.title, "unit": made.unit_id, "due": made.due}, under=under)
    if under.role is not Role.HQ_OFFICE:
        notices.tell(HEADQUARTERS, N_("A decision waits to become an assignment: %(title)s. Meeting: %(meeting)s", title=made.title,
                                      meeting=meeting.title), f"/meetings/{meeting.id}", roles=(Role.HQ_OFFICE,),
                     subject=(KIND, meeting.id), key=f"meeting {meeting.id} decided {made.id}")
    return made


def correct(meeting: Meeting, key: UUID, decided: Decided, *, actor: Identity, version: int | None = None) -> None:
    """What was written down wrongly, while nothing has become of it. Raises as `take_back`, and Invalid."""
    under = allow(meeting, "decide", actor=actor)
    decision = _open_decision(meeting, key, version)
    values = _decided(meeting, decided)
    changes = {{"unit_id": "unit", "owner_id": "owner"}.get(k, k): [getattr(decision, k), v] for k, v in values.items()
               if getattr(decision, k) != v}
    for name, value in values.items():
        setattr(decision, name, value)
    db.session.flush()
    audit.record("correct", KIND, meeting.id, changes, under=under)


def take_back(meeting: Meeting, key: UUID, *, actor: Identity, version: int | None = None) -> None:
    """A decision that was not taken; the trail keeps it. Raises NotPermitted, NotVisible, RuleViolated, Stale."""
    under = allow(meeting, "decide", actor=actor)
    decision = _open_decision(meeting, key, version)
    said = {"title": decision.title, "unit": decision.unit_id, "due": decision.due}
    audit.record("take_back", KIND, meeting.id, said, under=under)
    db.session.delete(decision)
    db.session.flush()


def _open_decision(meeting: Meeting, key: UUID, version: int | None) -> MeetingDecision:
    """Held until the commit."""
    decision = _decision(meeting, key)
    if version is not None and version != decision.version:
        raise Stale(N_("Somebody else has changed this decision since you opened the page."))
    if decision.assignment_id is not None:
        raise RuleViolated(N_("It is an assignment already: change it there."))
    return decision


def _decision(meeting: Meeting, key: UUID) -> MeetingDecision:
    d = MeetingDecision
    found = db.session.scalars(select(d).where(d.id == key, d.meeting_id == meeting.id).with_for_update()
                               .execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def _decided(meeting: Meeting, decided: Decided) -> dict[str, Any]:
    """The columns of a decision. Raises Invalid with every fault at its field."""
    title, deliverable = texts.prose(decided.title), texts.prose(decided.deliverable)
    errors: dict[str, list[Message]] = {}
    if not title or len(title) > texts.SHORT:
        errors["title"] = [N_("Write something of at most %(n)s characters.", n=texts.SHORT)]
    if not deliverable or len(deliverable) > texts.MEDIUM:
        errors["deliverable"] = [N_("Write something of at most %(n)s characters.", n=texts.MEDIUM)]
    if decided.unit not in {*meeting.parties, HEADQUARTERS}:
        errors["unit"] = [N_("Choose headquarters or a unit invited.")]
    if decided.due < clock.today():
        errors["due"] = [N_("This day has passed; choose today or later.")]
    elif decided.due > clock.today() + _AHEAD:
        errors["due"] = [N_("Choose a day within two years.")]
    owner = _owner(decided.unit, decided.owner)
    if decided.owner.strip() and owner is None:
        errors["owner"] = [N_("Nobody of this unit has this mail address.")]
    if errors:
        raise Invalid(errors)
    return {"unit_id": decided.unit, "line": decided.line.value, "title": title, "deliverable": deliverable, "due": decided.due,
            "owner_id": owner}


def _owner(unit: int, mail: str) -> UUID | None:
    wanted = mail.strip().casefold()
    return next((p.id for p in directory.people(unit) if p.email.casefold() == wanted), None) if wanted else None


def _code(programme: Programme, meeting: Meeting) -> str:
    """The day of the meeting, and a number: decisions of one day are counted in the order in which they are assigned."""
    day = f"M{clock.local(meeting.starts_at):%m%d}-"
    return f"{day}{1 + sum(t.code.startswith(day) for t in programme.templates)}"


def _line(decision: MeetingDecision) -> Line:
    return Line(decision.line)


def assign(meeting: Meeting, key: UUID, *, actor: Identity) -> UUID:
    """Make the assignment that a decision asks for, once: again gives the same. Raises NotVisible, NotPermitted, RuleViolated."""
    under = allow(meeting, "assign", actor=actor)
    decision = _decision(meeting, key)
    if decision.assignment_id is not None:
        return decision.assignment_id
    programme = programmes.current(actor)
    if programme is not None:
        programmes.lock(programme)                          # before its codes are counted
        programme = programmes.whole(programme.id)
    fitting = sorted((m for m in programme.milestones if m.due >= decision.due), key=lambda m: m.due) if programme else []
    if programme is None or not fitting:
        raise RuleViolated(N_("No programme that is issued has a milestone on or after %(day)s.", day=decision.due))
    code = _code(programme, meeting)
    unit = db.session.scalars(select(Unit).where(Unit.id == decision.unit_id)).one()
    evidence = texts.prose(meeting.title)
    try:
        programme_service.add_assignments(programme, programme_service.TemplateContent(
            code=code, line=_line(decision), process=None, milestone=MilestoneCode(fitting[0].code), due=decision.due,
            title=decision.title, title_zh=decision.title, deliverable=decision.deliverable, deliverable_zh=decision.deliverable,
            evidence=evidence, evidence_zh=evidence, targets=[Selector(unit=unit.code)]), actor=actor)
    except Invalid as refused:
        raise RuleViolated(next(iter(refused.errors.values()))[0]) from None
    made = db.session.scalars(select(Assignment).where(
        Assignment.unit_id == decision.unit_id, Assignment.programme_id == programme.id, Assignment.code == code)).one()
    assignments.give_to(made, decision.owner_id or made.owner_id, under=under)
    decision.assignment_id = made.id
    db.session.flush()
    audit.record("assign", KIND, meeting.id, {"title": decision.title, "unit": decision.unit_id}, under=under)
    return made.id


def publish(meeting: Meeting, minutes: str, *, actor: Identity, version: int | None = None) -> None:
    """Put the minutes out; they stay as they are. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = _begin(meeting, "publish", actor, version)
    words = texts.prose(minutes)
    if not words or len(words) > texts.LONG:
        raise Invalid({"minutes": [N_("Write something of at most %(n)s characters.", n=texts.LONG)]})
    before, meeting.state = meeting.state, MeetingState.PUBLISHED.value
    meeting.minutes, meeting.published_at, meeting.published_by_id = words, clock.now(), actor.person
    db.session.flush()
    audit.record("publish", KIND, meeting.id, {"state": [before, meeting.state]}, under=under)
    _tell(meeting, meeting.parties, N_("Minutes are out: %(title)s.", title=meeting.title), "published")


def amend(meeting: Meeting, text: str, *, actor: Identity) -> None:
    """Add to minutes that are out. Raises NotPermitted, RuleViolated, Invalid."""
    under = allow(meeting, "amend", actor=actor)
    words = texts.prose(text)
    if not words or len(words) > texts.MEDIUM:
        raise Invalid({"text": [N_("Write something of at most %(n)s characters.", n=texts.MEDIUM)]})
    made = MeetingAddendum(id=uuid7(), meeting_id=meeting.id, text=words, by_id=actor.person, at=clock.now())
    db.session.add(made)
    db.session.flush()
    audit.record("addendum", KIND, meeting.id, {"text": words}, under=under)
    _tell(meeting, meeting.parties, N_("An addendum to the minutes: %(title)s.", title=meeting.title), f"amended {made.id}")


def allow_file(meeting: Meeting, actor: Identity, _part: str = "") -> Appointment:
    """By whoever holds the meeting, until its minutes are out."""
    return allow(meeting, "change", actor=actor)


registry.register(registry.Carrier(KIND, lambda actor, key: queries.one(actor, key), Meeting.id, queries.readable,
                                   Permission.MEETING_READ, allow_file, lambda m: f"/meetings/{m.id}"))
