"""The life of an implementation plan, what must be in it, and what a review makes of it. Pure.

Sources: plan, section 3.4 (the plan is due with headquarters by the first milestone) and the platform rules on review."""
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from portal import texts
from portal.workflow import Machine, Transition
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Part, System

DRAFT, SUBMITTED, RETURNED, APPROVED, SUPERSEDED = STATES = ("draft", "submitted", "returned", "approved", "superseded")
PENDING, PASSED, SENT_BACK = VERDICTS = ("pending", "approved", "returned")
REMARK, QUESTION, ANSWER = NOTE_KINDS = ("remark", "question", "answer")

MACHINE = Machine(
    Transition(DRAFT, "save", DRAFT, Permission.FILING_DRAFT),
    Transition(RETURNED, "save", RETURNED, Permission.FILING_DRAFT),
    Transition(DRAFT, "submit", SUBMITTED, Permission.FILING_DRAFT, ("hand_in", "notify_reviewers")),
    Transition(RETURNED, "submit", SUBMITTED, Permission.FILING_DRAFT, ("hand_in", "notify_reviewers")),
    Transition(SUBMITTED, "approve", SUBMITTED, Permission.FILING_REVIEW),
    Transition(SUBMITTED, "complete", APPROVED, Permission.FILING_REVIEW, ("in_force", "notify_unit")),
    Transition(SUBMITTED, "return", RETURNED, Permission.FILING_REVIEW, ("notify_unit",)),
    names={DRAFT: N_("draft"), SUBMITTED: N_("submitted"), RETURNED: N_("returned"), APPROVED: N_("approved"),
           SUPERSEDED: N_("superseded"), "save": N_("save"), "submit": N_("submit"), "approve": N_("approve"),
           "return": N_("return"), "complete": N_("approve")})


@dataclass(frozen=True, slots=True)
class Contact:
    """A person named for a part; `line` only for a counterpart of that headquarters line."""
    person: UUID
    part: Part
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class ItemContent:
    """The unit's plan for one assignment; all may be missing in a draft."""
    owner: UUID | None = None
    start: date | None = None
    due: date | None = None
    deliverable: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A whole plan. `items` by assignment, `readiness` by system kind: the stages with quality functions already."""
    mechanism: str = ""
    team: str = ""
    contacts: tuple[Contact, ...] = ()
    readiness: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    items: Mapping[UUID, ItemContent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an item is held against: the first day of the programme's year and the milestone's due day."""
    opens: date
    milestone_due: date


@dataclass(frozen=True, slots=True)
class Fault:
    """`place` leads to the field: "team", "contacts.counterpart.it", "items.<assignment>.due"."""
    place: str
    message: Message


Faults = tuple[Fault, ...]


def too_long(content: Content) -> Faults:
    """What cannot even be kept in a draft: texts beyond what the field holds."""
    found = [Fault(place, N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                             n=texts.LONG, m=len(text)))
             for place, text in (("mechanism", content.mechanism), ("team", content.team)) if len(text) > texts.LONG]
    found += [Fault(f"items.{key}.{name}", N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                              n=texts.MEDIUM, m=len(text)))
              for key, item in content.items.items()
              for name, text in (("deliverable", item.deliverable), ("measure", item.measure)) if len(text) > texts.MEDIUM]
    return tuple(found)


def check(content: Content, bounds: Mapping[UUID, Bounds], working_here: frozenset[UUID]) -> Faults:
    """Everything that keeps a plan from being submitted, each at its place. `working_here` are the people with an
    appointment in the unit today: an owner who has left is a fault."""
    return (*too_long(content), *_general(content), *_contacts(content.contacts, working_here),
            *(fault for key, bound in bounds.items()
              for fault in _item(key, content.items.get(key, ItemContent()), bound, working_here)))


def _general(content: Content) -> Iterable[Fault]:
    if not content.mechanism:
        yield Fault("mechanism", N_("Describe how the unit steers this work: who leads, who meets when."))
    if not content.team:
        yield Fault("team", N_("Name the project team and what each member does."))


def _contacts(contacts: Sequence[Contact], working_here: frozenset[UUID]) -> Iterable[Fault]:
    named = {(c.part, c.line) for c in contacts}
    if (Part.CONTACT, None) not in named:
        yield Fault("contacts.contact", N_("Name at least one contact."))
    if (Part.DEPUTY, None) not in named:
        yield Fault("contacts.deputy", N_("Name a deputy for the contact."))
    for line in Line:
        if (Part.COUNTERPART, line) not in named:
            yield Fault(f"contacts.counterpart.{line.value}", N_("Name the counterpart of this headquarters line."))
    for contact in contacts:
        if contact.person not in working_here:
            yield Fault(contact_place(contact), N_("This person has no function in the unit any more. Choose another."))
    contact_people = {c.person for c in contacts if c.part is Part.CONTACT}
    if any(c.part is Part.DEPUTY and c.person in contact_people for c in contacts):
        yield Fault("contacts.deputy", N_("Contact and deputy must be two persons."))


def contact_place(contact: Contact) -> str:
    """The field in which a contact is named."""
    return f"contacts.{contact.part.value}" + (f".{contact.line.value}" if contact.line else "")


def _item(key: UUID, item: ItemContent, bound: Bounds, working_here: frozenset[UUID]) -> Iterable[Fault]:
    def at(name: str, message: Message) -> Fault:
        return Fault(f"items.{key}.{name}", message)
    if item.owner is None:
        yield at("owner", N_("Name an owner."))
    elif item.owner not in working_here:
        yield at("owner", N_("This person has no function in the unit any more. Choose another."))
    yield from (at(name, message) for name, message in _dates(item.start, item.due, bound))
    if not item.deliverable:
        yield at("deliverable", N_("Say what will be delivered."))
    if not item.measure:
        yield at("measure", N_("Say how it will be done."))


def _dates(start: date | None, due: date | None, bound: Bounds) -> Iterable[tuple[str, Message]]:
    if start is None:
        yield "start", N_("Give a start date.")
    elif start < bound.opens:
        yield "start", N_("The start lies before the programme's year.")
    if due is None:
        yield "due", N_("Give a due date.")
    elif due > bound.milestone_due:
        yield "due", N_("The milestone is due on %(day)s; a later date needs an extension.", day=bound.milestone_due)
    if start is not None and due is not None and due < start:
        yield "due", N_("The due date lies before the start.")


def late_days(submitted: date | None, due: date, today: date) -> int:
    """Calendar days between the deadline and the first submission, or today while there is none; 0 when in time."""
    return max(0, ((submitted or today) - due).days)


def lines_concerned(item_lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that review: those with an item, and customer service for the general part."""
    present = {*item_lines, Line.CUSTOMER_SERVICE}
    return tuple(line for line in Line if line in present)


def snapshot(content: Content) -> dict[str, Any]:
    """A plan as JSON, to be kept with a submission."""
    return {
        "mechanism": content.mechanism, "team": content.team,
        "contacts": [contact_json(c) for c in content.contacts],
        "readiness": {k: sorted(v) for k, v in sorted(content.readiness.items())},
        "items": {str(k): _item_json(v) for k, v in content.items.items()}}


def contact_json(contact: Contact) -> dict[str, str | None]:
    return {"person": str(contact.person), "part": contact.part.value, "line": contact.line.value if contact.line else None}


def _item_json(item: ItemContent) -> dict[str, str | None]:
    return {"owner": str(item.owner) if item.owner else None,
            "start": item.start.isoformat() if item.start else None, "due": item.due.isoformat() if item.due else None,
            "deliverable": item.deliverable, "measure": item.measure}


def contacts_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Contact, ...]:
    """Contacts out of their stored form."""
    return tuple(Contact(UUID(r["person"]), Part(r["part"]), Line(r["line"]) if r.get("line") else None) for r in rows)


Changes = dict[str, tuple[Any, Any]]
GENERAL_FIELDS = ("mechanism", "team", "contacts", "readiness")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """What differs between two snapshots: place → (before, after). A place that is new has None before."""
    found: Changes = {name: (before.get(name), after.get(name))
                      for name in GENERAL_FIELDS if before.get(name) != after.get(name)}
    old, new = before.get("items", {}), after.get("items", {})
    for key in {*old, *new}:
        was, now = old.get(key, {}), new.get(key, {})
        found |= {f"items.{key}.{name}": (was.get(name), now.get(name))
                  for name in {*was, *now} if was.get(name) != now.get(name)}
    return found


def readable_changes(recorded: Mapping[str, Any], codes: Collection[str], lines: Collection[str], *,
                     general: bool) -> dict[str, Any]:
    """An entry of the history, cut to what somebody reads who reads the items with these `codes`, the words of these
    `lines`, and the general part or not. Fields of items are named "K-03.owner" or "remark K-03"."""
    if recorded.get("line") is not None and recorded["line"] not in lines:
        return {k: v for k, v in recorded.items() if k in ("line", "state")}
    return {k: v for k, v in recorded.items() if _reads(k, codes, general)}


def _reads(name: str, codes: Collection[str], general: bool) -> bool:
    if name in GENERAL_FIELDS:
        return general
    about = name.rpartition(".")[0] or name.partition(" ")[2]
    return not about or about in codes


def verdict_after(verdict: str, *, changed: bool) -> str:
    """An item's (or the general part's) verdict when the plan is submitted again: what was approved and not touched
    since stays approved; everything else is looked at anew."""
    return PASSED if verdict == PASSED and not changed else PENDING


def readiness_split(readiness: Mapping[str, Sequence[str]], stages: Mapping[str, Sequence[str]]
                    ) -> dict[tuple[System, bool], tuple[str, ...]]:
    """(system, has a basis) → its stages, in the plan's order. What is not declared counts as having none
    (platform rule): with a basis it is converted in the programme's year, without it is built by the next."""
    found: dict[tuple[System, bool], tuple[str, ...]] = {}
    for system in System:
        ready = set(readiness.get(system.value, ()))
        for has in (True, False):
            chosen = tuple(s for s in stages.get(system.value, ()) if (s in ready) is has)
            if chosen:
                found[system, has] = chosen
    return found
