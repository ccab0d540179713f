"""What the codes of the trail are called, and how an entry's changes are taken apart. Pure."""
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenants.messages import N_, Message

ACTIONS: Mapping[str, Message] = {
    "draft": N_("opened a draft"), "save": N_("saved"), "submit": N_("submitted for review"), "approve": N_("approved"),
    "return": N_("returned"), "ask": N_("asked"), "answer": N_("answered"),
    "create": N_("created"), "plan": N_("put the plan in force"), "report": N_("reported progress"),
    "hand_in": N_("handed in as done"), "name_owner": N_("named the owner"),
    "ask_waiver": N_("asked for “not applicable”"), "withdraw_waiver": N_("took the request for “not applicable” back"),
    "grant_waiver": N_("granted “not applicable”"), "decline_waiver": N_("declined “not applicable”"),
    "answer_reminder": N_("answered a reminder"),
    "ask_extension": N_("asked for more time"), "withdraw_extension": N_("took the request for more time back"),
    "grant_extension": N_("granted more time"), "decline_extension": N_("declined more time"),
    "close": N_("closed"), "chase": N_("chased"), "cancel": N_("cancelled"), "reopen": N_("reopened"), "issue": N_("issued"),
    "edit": N_("edited"), "end": N_("ended"), "add_assignments": N_("added assignments"), "add": N_("added"),
    "change": N_("changed"), "remove": N_("removed"), "merge": N_("merged"), "appoint": N_("appointed"),
    "dismiss": N_("ended an appointment"), "leave": N_("recorded as having left"), "delegate": N_("delegated"),
    "end_delegation": N_("ended a delegation"), "sign_in": N_("signed in"), "password": N_("changed the password"),
    "register": N_("registered a campaign"), "check": N_("judged a launch element"), "go_live": N_("let it go live"),
    "attach": N_("added a file"), "detach": N_("removed a file"), "pause": N_("paused it"), "resume": N_("resumed it"),
    "acknowledge": N_("acknowledged"),
    "raise": N_("raised the issue"), "accept": N_("accepted it"), "hand_over": N_("handed it over"), "decline": N_("declined it"),
    "rule": N_("ruled whose it is"), "resolve": N_("solved it"), "confirm": N_("confirmed: closed"), "withdraw": N_("withdrew it"),
    "comment": N_("wrote a comment"), "name_party": N_("named a further party"), "identify": N_("found its campaign"),
    "merged": N_("took a duplicate in"), "parted": N_("let a duplicate go on by itself"),
    "split": N_("gave a part to another owner"), "link": N_("linked another issue"),
    "pass_on": N_("passed the first contact on"), "take_over": N_("took over as first contact"),
    "join": N_("joined with further complaints"), "warn": N_("warned alike campaigns"),
    "succeed": N_("it moved to the unit's successor"),
    "access": N_("gave access with a password for once"), "token": N_("made an access token"), "revoke": N_("revoked"),
    "convene": N_("called the meeting"), "decide": N_("wrote down a decision"),
    "correct": N_("corrected a decision"), "take_back": N_("took a decision back"),
    "assign": N_("made an assignment of a decision"), "publish": N_("published"), "addendum": N_("added an addendum"),
    "order": N_("issued a supervision order"), "extend": N_("extended the term"), "reply": N_("replied"),
    "subscribe": N_("asked for a list regularly"), "deliver": N_("was sent a list"),
    "compose": N_("composed a bulletin"), "refresh": N_("took the figures anew"),
    "retry": N_("tried again"), "run": N_("ran out of turn"),
}
TONES: Mapping[str, str] = {"approve": "green", "close": "green", "plan": "green", "return": "amber", "chase": "amber",
                            "submit": "blue", "hand_in": "blue", "issue": "blue", "cancel": "grey", "end": "grey",
                            "go_live": "green", "resume": "green", "pause": "amber", "check": "blue", "register": "blue",
                            "accept": "blue", "resolve": "blue", "confirm": "green", "hand_over": "amber", "decline": "amber",
                            "rule": "amber", "reopen": "amber", "withdraw": "grey", "raise": "blue",
                            "ask_waiver": "blue", "grant_waiver": "grey", "decline_waiver": "amber",
                            "ask_extension": "blue", "grant_extension": "green", "decline_extension": "amber"}
KINDS: Mapping[str, Message] = {
    "programme": N_("Programme"), "filing": N_("Implementation plan"), "assignment": N_("Assignment"), "unit": N_("Unit"),
    "person": N_("Person"), "appointment": N_("Appointment"), "delegation": N_("Delegation"), "account": N_("Account"),
    "responsibility": N_("Responsibility"), "focus": N_("Focus process"), "template": N_("Template"),
    "milestone": N_("Milestone"), "setting": N_("Setting"), "liaison": N_("Contact"),
    "channel": N_("Channel"), "outbox_message": N_("Message"), "task": N_("Task"),
    "term": N_("Name of a code"), "campaign": N_("Campaign"), "campaign_receipt": N_("Receipt"), "caution": N_("Warning"),
    "issue": N_("Quality issue"), "issue_limit": N_("Time limit of issues"), "desk_exception": N_("Desk served by another line"),
    "reminder_rung": N_("Rung of the ladder"), "meeting": N_("Meeting"), "bulletin": N_("Bulletin"),
    "supervision": N_("Supervision order"), "subscription": N_("Regular delivery"),
    "bulletin_plan": N_("Plan of bulletins"), "bulletin_receipt": N_("Receipt")}
FIELDS: Mapping[str, Message] = {
    "state": N_("State"), "items": N_("Items"), "mechanism": N_("Working mechanism"), "team": N_("Project team"),
    "contacts": N_("Contacts and counterparts"), "readiness": N_("Systems with quality functions"), "owner": N_("Owner"),
    "start": N_("Start"), "due": N_("Due"), "deliverable": N_("Deliverable"), "measure": N_("Measure"), "round": N_("Round"),
    "line": N_("Line"), "remark": N_("Remark"), "text": N_("Text"), "reason": N_("Reason"), "percent": N_("Percent"),
    "chase_count": N_("Times chased"), "year": N_("Year"), "templates": N_("Templates"), "assignments": N_("Assignments"),
    "template added": N_("Template added"), "template removed": N_("Template removed"), "milestone": N_("Milestone"),
    "place": N_("Place"), "agenda": N_("Agenda"),
    "name": N_("Its name"), "name_zh": N_("Name in Chinese"), "title": N_("Title"), "title_zh": N_("Title in Chinese"),
    "deliverable_zh": N_("Deliverable in Chinese"), "evidence": N_("Evidence"), "evidence_zh": N_("Evidence in Chinese"),
    "email": N_("Mail address"), "phone": N_("Telephone"), "language": N_("Language"), "unit": N_("Unit"), "code": N_("Code"),
    "kind": N_("Kind"), "category": N_("Category"), "short_zh": N_("Short name"), "parent_id": N_("Part of"),
    "position": N_("Position"), "closed_on": N_("Closed from"), "merged_into_id": N_("Merged into"), "duty": N_("Duty"),
    "segments": N_("Segments"), "process": N_("Process"), "role": N_("Role"), "deputy": N_("Deputy"), "person": N_("Person"),
    "file": N_("File"), "sha256": N_("SHA-256"), "part": N_("Part"),
    "theme": N_("Theme in English"), "theme_zh": N_("Theme in Chinese"), "goals": N_("Goals in English"),
    "goals_zh": N_("Goals in Chinese"),
    "valid_from": N_("From"), "valid_until": N_("Until"), "left_on": N_("Left on"), "targets": N_("Addressed to"),
    "host": N_("Host"), "kinds": N_("Kinds"), "lines": N_("Lines"), "words": N_("Tell the sentence itself"), "active": N_("In use"),
    "topic": N_("Topic"), "task": N_("Task"), "quiet_from": N_("Quiet from"), "quiet_until": N_("Quiet until"),
    "rest_days": N_("Quiet on days off as well"), "digest_at": N_("Letter of the day at"), "least": N_("At least"),
    "near_days": N_("Days before the due date"), "behind_points": N_("Points behind"), "silent_days": N_("Days without a report"),
    "tone": N_("Colour"), "word_zh": N_("Word in Chinese"), "word": N_("Word in English"),
    "element": N_("Launch element"), "verdict": N_("Verdict"), "product": N_("Product"),
    "product_owner": N_("Product of"), "lands_in": N_("Lands in"), "configured_in": N_("Configured in"), "starts": N_("Starts"),
    "ends": N_("Ends"), "segment": N_("Segment"), "brand": N_("Brand"), "business": N_("New or existing"),
    "rules_text": N_("Rules of the offer"), "notice_text": N_("Customer notice"), "training_on": N_("Training on"),
    "channel": N_("Way"), "rooms": N_("Rooms"), "new_due": N_("New due day"), "blocking": N_("Blocked by"),
    "answer": N_("Answer"),
    "affected": N_("Affected"), "campaign": N_("Campaign"), "units": N_("Units"),
    "severity": N_("Severity"), "stage": N_("Stage"), "respond_minutes": N_("Minutes to accept"),
    "resolve_minutes": N_("Minutes to solve"), "continuous": N_("Around the clock"), "spans": N_("Hours of a working day"),
    "raised_by": N_("Raised by"), "first_contact": N_("First contact"), "party": N_("Party"), "mentions": N_("Mentioned"),
    "complaint_count": N_("Complaints"), "disagreements": N_("Disagreements"), "ruling_due": N_("A ruling is due"),
    "root_cause": N_("Root cause"), "solution": N_("Solution"), "route": N_("Route"),
    "opening": N_("Summary"), "completion": N_("Completion by unit and milestone"), "overdue": N_("What is overdue"),
    "ranking": N_("Rank of units"), "flows": N_("Flows of quality issues"), "practice": N_("Good practice"),
    "picks": N_("Good practice picked"), "receivers": N_("Receivers"), "as_of": N_("Figures of"), "rhythm": N_("Rhythm"),
    "working_day": N_("Working day"), "by_itself": N_("Publish by itself"),
    "grade": N_("Grade"), "term": N_("Term"), "done_by": N_("Done by"),
    "worked": N_("Worked"), "served_by": N_("Served by"), "why": N_("Why"),
}
PARTS: Mapping[str, Message] = {"contact": N_("contact"), "deputy": N_("deputy"), "counterpart": N_("counterpart")}
SAID = ("text", "remark", "reason")                    # what somebody wrote in this step, shown as words


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry. `about` is what the field belongs to within the thing (an assignment's code), or empty."""
    field: str
    about: str
    before: Any
    after: Any


def taken_apart(changes: Mapping[str, Any]) -> Iterator[Change]:
    """The thing's own fields, then its parts'; a list of two is before and after, anything else a value that has no before.

    Names are "owner", "K-03.owner", "remark K-03" or "milestone kick_off"."""
    for name in sorted(changes, key=lambda n: (_named(n)[1], n)):
        value = changes[name]
        before, after = value if isinstance(value, list) and len(value) == 2 else (None, value)
        yield Change(*_named(name), before, after)


def _named(name: str) -> tuple[str, str]:
    if name in FIELDS:
        return name, ""
    about, dot, field = name.rpartition(".")
    if dot:
        return field, about
    field, space, about = name.partition(" ")
    return (field, about) if space else (name, "")


def keys_in(value: Any) -> Iterator[UUID]:
    """Every key of a row that stands somewhere in a value."""
    if isinstance(value, str) and len(value) == 36:
        try:
            yield UUID(value)
        except ValueError:
            return
    elif isinstance(value, Mapping):
        yield from keys_of(value.values())
    elif isinstance(value, list):
        yield from keys_of(value)


def keys_of(values: Iterable[Any]) -> Iterator[UUID]:
    for value in values:
        yield from keys_in(value)


def with_mails(value: Any, mails: Mapping[UUID, str]) -> Any:
    """The value with every person's key replaced by the person's address."""
    if isinstance(value, Mapping):
        return {k: with_mails(v, mails) for k, v in value.items()}
    if isinstance(value, list):
        return [with_mails(v, mails) for v in value]
    return next((mails[k] for k in keys_in(value) if k in mails), value)
