"""A unit opens, saves and submits its plan."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified

from portal import texts
from portal.assignments import queries as assignment_queries
from portal.assignments import service as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import CANCELLED, HANDED_IN
from portal.audit import service as audit
from portal.filings import queries
from portal.filings.models import Filing, FilingItem, FilingSubmission
from portal.filings.rules import (
    DRAFT,
    MACHINE,
    PASSED,
    PENDING,
    Contact,
    Content,
    Faults,
    ItemContent,
    changes,
    check,
    contact_json,
    contact_place,
    lines_concerned,
    snapshot,
    too_long,
    verdict_after,
)
from portal.notices import service as notices
from portal.programmes import queries as programmes
from portal.programmes.rules import ISSUED
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity, Subject, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Part, Role


def allow(filing: Filing, action: str, *, actor: Identity) -> Appointment:
    """May this person save or submit it now? Raises NotPermitted, then RuleViolated."""
    under = need(actor, Permission.FILING_DRAFT, filing.subject)
    MACHINE.step(filing.state, action)
    return under


def open_draft(programme: UUID, unit: int, *, actor: Identity) -> Filing:
    """The unit's first draft: an item for every assignment but the filing of the plan itself, with what is known.

    Raises RuleViolated where there is one already, where the programme has ended, or the unit has nothing to plan."""
    under = need(actor, Permission.FILING_DRAFT, Subject(unit))
    if queries.exists(programme, unit):
        raise RuleViolated(_OPENED)
    if programmes.whole(programme).state != ISSUED:
        raise RuleViolated(N_("The programme has ended: no plan is begun for it any more."))
    asked = assignment_queries.of_unit(programme, unit)
    task = next((a for a in asked if a.template_kind == assignments.PLAN_FILING), None)
    planned = [a for a in asked if a.template_kind == "task" and a.state != CANCELLED]
    if not planned:
        raise RuleViolated(N_("The programme asks nothing of this unit."))
    contacts, owners = _known(unit)
    made = Filing(
        id=uuid7(), unit_id=unit, programme_id=programme, number=1, state=DRAFT, mechanism="", team="",
        contacts=[contact_json(c) for c in contacts], readiness={},
        general_verdict=PENDING, due_when_opened=task.due if task else min(a.due for a in planned), round=0,
        first_submitted_at=None, submitted_at=None, approved_at=None, saved_at=clock.now(), saved_by_id=actor.person)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:                              # a colleague opened it at the same moment
        raise RuleViolated(_OPENED) from None
    _add_items(made, planned, owners, actor.language)
    audit.record("draft", "filing", made.id, {"state": [None, DRAFT], "items": len(planned)}, under=under)
    return queries.one(actor, made.id)


def _add_items(filing: Filing, planned: Sequence[Assignment], owners: Mapping[str, UUID], language: str) -> None:
    """With what is known of each; a deliverable in the language of who writes the plan."""
    db.session.add_all(FilingItem(
        id=uuid7(), unit_id=filing.unit_id, filing_id=filing.id, assignment_id=a.id, line=a.line,
        owner_id=a.owner_id or owners.get(a.line), start=a.start,
        due=a.due, deliverable=a.deliverable_zh if language == "zh" else a.deliverable, measure="", verdict=PENDING)
        for a in planned)
    db.session.flush()


def fill_up(filing: Filing) -> int:
    """An item for everything asked of the unit since the draft was opened, while the plan is the unit's to write. How many."""
    there = {i.assignment_id for i in filing.items}
    missing = [a for a in assignment_queries.of_unit(filing.programme_id, filing.unit_id)
               if a.template_kind == "task" and a.state != CANCELLED and a.id not in there]
    if missing:
        language = filing.saved_by.language if filing.saved_by else "zh"
        _add_items(filing, missing, _known(filing.unit_id)[1], language)
        queries.refresh(filing)
    return len(missing)


def added(new: Sequence[Assignment], under: Appointment) -> None:
    """Assignments were added in mid-year: they stand in the plans that are being written. One that is under review or in
    force stays as it was judged; their owners are named on their own pages then."""
    for programme in dict.fromkeys(a.programme_id for a in new if a.template_kind == "task"):
        for filing in queries.to_fill_up(programme, {a.unit_id for a in new}):
            if count := fill_up(filing):
                audit.record("add_assignments", "filing", filing.id, {"items": count}, under=under)


_OPENED = N_("The unit has a filing for this programme already.")


def _known(unit: int) -> tuple[tuple[Contact, ...], dict[str, UUID]]:
    """What need not be asked: the contacts as appointed, and the line owner where a line has just one, as counterpart
    of headquarters' line and owner of its assignments."""
    held = directory.appointments(unit)
    contacts = [a for a in held if a.role == Role.UNIT_CONTACT]
    chosen = {Part.CONTACT: next((a.person_id for a in contacts if not a.deputy), None),
              Part.DEPUTY: next((a.person_id for a in contacts if a.deputy), None)}
    by_line: dict[str, list[UUID]] = {}
    for a in held:
        if a.role == Role.LINE_OWNER and a.line:
            by_line.setdefault(a.line, []).append(a.person_id)
    owners = {line: people[0] for line, people in by_line.items() if len(people) == 1}
    return (*(Contact(person, part) for part, person in chosen.items() if person),
            *(Contact(owners[line], Part.COUNTERPART, line) for line in Line if line in owners)), owners


def _begin(filing: Filing, action: str, actor: Identity, version: int | None) -> Appointment:
    """Permission and state, then the plan held and read anew, then state and version as they are now: of two who save at
    the same moment the second is told. Raises NotPermitted, RuleViolated, Stale."""
    allow(filing, action, actor=actor)
    queries.lock(filing)
    under = allow(filing, action, actor=actor)
    same_version(filing, version)
    return under


def same_version(filing: Filing, version: int | None) -> None:
    """Raises Stale when somebody saved since the form was loaded; None asks for no comparison."""
    if version is not None and version != filing.version:
        raise Stale(N_("Somebody else has saved this plan meanwhile. Compare below, then save again."))


def save(filing: Filing, content: Content, *, actor: Identity, version: int | None = None) -> Faults:
    """Keep a draft as far as it is; whatever is incomplete stays a fault until it is submitted, and is returned.

    Items that the plan does not have, or whose assignment was cancelled, are ignored. Raises Stale, or Invalid for what cannot
    be kept at all."""
    under = _begin(filing, "save", actor, version)
    fill_up(filing)
    content = _cleaned(content)
    if beyond := _not_kept(filing, content):
        raise Invalid(beyond)
    before, known = queries.content(filing), {i.assignment_id: i for i in filing.asked}
    after = replace(content, items={**before.items, **{k: v for k, v in content.items.items() if k in known}})
    differences = changes(snapshot(before), snapshot(after))
    if differences:
        filing.mechanism, filing.team = after.mechanism, after.team
        filing.contacts = [contact_json(c) for c in after.contacts]
        filing.readiness = {k: list(v) for k, v in after.readiness.items()}
        for key, item in known.items():
            _write_item(item, after.items[key])
        filing.saved_at, filing.saved_by_id = clock.now(), actor.person
        flag_modified(filing, "saved_at")               # the version rises also where only items have changed
        db.session.flush()
        codes = {str(i.assignment_id): i.assignment.code for i in filing.items}
        audit.record("save", "filing", filing.id, {_readable(k, codes): list(v) for k, v in differences.items()}, under=under)
    return faults(filing)


def judge(filing: Filing, content: Content, *, whole: bool) -> dict[str, list[Message]]:
    """Every fault of what was typed, by place, for a form that has some of its own: what cannot be kept and, of a `whole` plan,
    what keeps it from being submitted."""
    content = _cleaned(content)
    beyond = _not_kept(filing, content)
    if not whole:
        return beyond
    typed = replace(content, items={**queries.content(filing).items, **content.items})
    return by_place(check(typed, queries.bounds(filing), queries.working_in(filing.unit_id))) | beyond


def faults(filing: Filing) -> Faults:
    """Everything that keeps the plan from being submitted, each at its place."""
    return check(queries.content(filing), queries.bounds(filing), queries.working_in(filing.unit_id))


def submit(filing: Filing, *, actor: Identity) -> None:
    """Hand the plan to the lines concerned. Late is late, but it is taken. Raises Invalid with every fault at its place."""
    under = _begin(filing, "submit", actor, None)
    fill_up(filing)
    if found := faults(filing):
        raise Invalid(by_place(found))
    before, now = filing.state, clock.now()
    previous = next(iter(queries.submissions(filing)), None)
    kept = snapshot(queries.content(filing))
    changed = changes(previous.content, kept) if previous else {}
    for item in filing.items:
        prefix = f"items.{item.assignment_id}."
        item.verdict = verdict_after(item.verdict, changed=any(place.startswith(prefix) for place in changed))
    general = any(not place.startswith("items.") for place in changed)
    filing.general_verdict = verdict_after(filing.general_verdict, changed=general)
    if all(i.verdict == PASSED for i in filing.asked):   # what was returned was cancelled: somebody must still say yes
        filing.general_verdict = PENDING
    filing.state, filing.round, filing.submitted_at = MACHINE.step(before, "submit").target, filing.round + 1, now
    filing.first_submitted_at = filing.first_submitted_at or now
    db.session.add(FilingSubmission(id=uuid7(), unit_id=filing.unit_id, filing_id=filing.id, round=filing.round, at=now,
                                    by_id=actor.person, content=kept))
    if task := queries.plan_task(filing):
        assignments.move_plan_filing(task, HANDED_IN, under=under)
    db.session.flush()
    audit.record("submit", "filing", filing.id, {"state": [before, filing.state], "round": filing.round}, under=under)
    _tell_reviewers(filing)


def by_place(found: Faults) -> dict[str, list[Message]]:
    """Faults as the errors of a form: place → sentences."""
    errors: dict[str, list[Message]] = {}
    for fault in found:
        errors.setdefault(fault.place, []).append(fault.message)
    return errors


def _cleaned(content: Content) -> Content:
    items = {k: replace(v, deliverable=texts.prose(v.deliverable, texts.MEDIUM), measure=texts.prose(v.measure, texts.MEDIUM))
             for k, v in content.items.items()}
    stages = queries.stages_by_system()
    readiness = {k: tuple(s for s in stages[k] if s in v) for k, v in content.readiness.items() if k in stages}
    contacts = tuple(dict.fromkeys(content.contacts))
    return replace(content, mechanism=texts.prose(content.mechanism), team=texts.prose(content.team), contacts=contacts,
                   readiness={k: v for k, v in readiness.items() if v}, items=items)


def _not_kept(filing: Filing, content: Content) -> dict[str, list[Message]]:
    """What cannot even be in a draft: texts that are too long, and people named anew who do not work in the unit; one who has
    left since stays named, as a fault."""
    before = queries.content(filing)
    known = (queries.working_in(filing.unit_id) | {c.person for c in before.contacts}
             | {i.owner for i in before.items.values() if i.owner})
    named = [*((f"items.{key}.owner", i.owner) for key, i in content.items.items()),
             *((contact_place(c), c.person) for c in content.contacts)]
    return by_place(too_long(content)) | {place: [_UNKNOWN] for place, person in named if person and person not in known}


_UNKNOWN = N_("Choose a person of the unit.")


def _write_item(item: FilingItem, content: ItemContent) -> None:
    item.owner_id, item.start, item.due = content.owner, content.start, content.due
    item.deliverable, item.measure = content.deliverable, content.measure


def _readable(place: str, codes: Mapping[str, str]) -> str:
    """The place with the assignment's code instead of its key, for people who read the history."""
    head, _, rest = place.partition(".")
    key, _, field = rest.partition(".")
    return f"{codes.get(key, key)}.{field}" if head == "items" else place


def _tell_reviewers(filing: Filing) -> None:
    waiting = [line for line in lines_concerned(Line(i.line) for i in filing.asked)
               if any(i.line == line and i.verdict == PENDING for i in filing.asked)
               or (line is Line.CUSTOMER_SERVICE and filing.general_verdict == PENDING)]
    for line in waiting:
        notices.tell(HEADQUARTERS, N_("%(unit)s submitted its plan: your line's part waits for review.", unit=filing.unit.names),
                     f"/filings/{filing.id}/review?line={line.value}", roles=[Role.HQ_LINE_LEAD], line=line)
