"""Words, people and parties: comments, links, further parties, the first contact's part, urging, more complaints."""
from collections.abc import Sequence
from uuid import UUID

from portal.audit import service as audit
from portal.issues import queries
from portal.issues.models import Issue, IssueComment, IssueLink
from portal.issues.service.judging import allow, begin, words
from portal.issues.service.moving import named_desk
from portal.issues.service.owning import join as take_part
from portal.issues.service.raising import MOST_COMPLAINTS, as_first
from portal.issues.service.telling import owner_desk, owner_elsewhere, recorded, tell
from portal.texts import LONG
from tenants import clock
from tenants.access import Appointment, Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.models import Person
from tenants.vocabulary import CommentKind, IssuePart

NO_PERSON = N_("There is no such person.")


def speak(issue: Issue, kind: CommentKind, text: str, mentions: Sequence[Person], actor: Identity,
          under: Appointment) -> IssueComment:
    """Keep what was said, with the function that it was said in."""
    made = IssueComment(id=uuid7(), issue_id=issue.id, unit_id=under.unit, by_id=actor.person, on_behalf_of_id=under.on_behalf_of,
                        role=under.role.value, kind=kind.value, text=text, mentions=[p.email for p in mentions], at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


def comment(issue: Issue, text: str, mentions: Sequence[str] = (), *, actor: Identity, version: int | None = None) -> IssueComment:
    """Something said to all parties. `mentions` are mail addresses of people who read this issue; anybody else is as unknown
    as an address that nobody has. `version` is not looked at: words do not change the issue."""
    under = allow(issue, "comment", actor=actor)
    text = words("text", text, most=LONG)
    named_people = mentioned(issue, mentions)
    made = speak(issue, CommentKind.COMMENT, text, named_people, actor, under)
    audit.record("comment", "issue", issue.id, {"text": text, **({"mentions": made.mentions} if made.mentions else {})},
                 under=under)
    tell(issue, N_("%(who)s writes about an issue: %(title)s (%(code)s). %(text)s", who=actor.name, text=text, **_what(issue)),
         [owner_desk(issue)], actor=actor, people=_places(issue, named_people))
    return made


def mentioned(issue: Issue, mails: Sequence[str]) -> list[Person]:
    """The people with these addresses. Raises Invalid where one of them does not read this issue."""
    wanted = list(dict.fromkeys(mail.strip().lower() for mail in mails))
    if not wanted:
        return []
    known = {p.email.lower(): p for p in queries.audience(issue)}
    if not set(wanted) <= known.keys():
        raise Invalid({"mentions": [NO_PERSON]})
    return [known[mail] for mail in wanted]


def _places(issue: Issue, people: Sequence[Person]) -> list[tuple[int, UUID]]:
    """Each person with the unit of a party in which they work."""
    units = queries.units_of(issue, [p.id for p in people])
    return [(units[p.id], p.id) for p in people]


def name_party(issue: Issue, unit: int, line: str, *, actor: Identity, version: int | None = None) -> None:
    """A further desk cooperates, of those whom the campaign concerns. Raises Invalid for others, as if they did not exist."""
    under = begin(issue, "name_party", actor, version)
    desk = named_desk(issue, unit, line)
    if not take_part(issue, desk, IssuePart.COOPERATING, actor.person):
        raise Invalid({"unit": [N_("It is a party already.")]})
    audit.record("name_party", "issue", issue.id, {"party": recorded(desk)}, under=under)
    queries.reload(issue)
    tell(issue, N_("You were named as a party of an issue: %(title)s (%(code)s)", **_what(issue)), [desk], actor=actor, first=False)
    tell(issue, N_("A further party was named for your issue: %(title)s (%(code)s)", **_what(issue)), actor=actor)


def link(issue: Issue, other: Issue, *, actor: Identity, version: int | None = None) -> None:
    """The two have to do with each other. Both must be found by the actor before this is called; linking twice is once."""
    under = allow(issue, "link", actor=actor)
    if issue.id == other.id:
        raise Invalid({"issue": [N_("An issue is not linked to itself.")]})
    if queries.linked(issue, other):
        return
    db.session.add(IssueLink(id=uuid7(), issue_id=issue.id, other_id=other.id, by_id=actor.person, at=clock.now()))
    db.session.flush()
    audit.record("link", "issue", issue.id, {}, under=under)          # not which: not every party reads the other one
    tell(issue, N_("Another issue was linked to an issue: %(title)s (%(code)s)", **_what(issue)), owner_elsewhere(issue, actor),
         actor=actor)


def pass_on(issue: Issue, person: UUID, *, actor: Identity, version: int | None = None) -> None:
    """Another person of the raising unit is first contact from now on. Raises Invalid for anybody else."""
    under = begin(issue, "pass_on", actor, version)
    found = next((p for p in queries.colleagues(issue) if p.id == person), None)
    if found is None:
        raise Invalid({"person": [NO_PERSON]})
    _first_contact(issue, found.id, "pass_on", under)
    tell(issue, N_("You are first contact of an issue now: %(title)s (%(code)s)", **_what(issue)), actor=actor)


def take_over(issue: Issue, *, actor: Identity, version: int | None = None) -> None:
    """The first contact has left the unit: its contact, or its head, takes the part over."""
    under = begin(issue, "take_over", actor, version)
    _first_contact(issue, as_first(actor, under), "take_over", under)
    tell(issue, N_("An issue has a new first contact: %(title)s (%(code)s)", **_what(issue)), [owner_desk(issue)], actor=actor)


def _first_contact(issue: Issue, person: UUID, action: str, under: Appointment) -> None:
    before, issue.first_contact_id = issue.first_contact_id, person
    db.session.flush()
    audit.record(action, "issue", issue.id, {"first_contact": [before, person]}, under=under)
    queries.reload(issue)


def chase(issue: Issue, text: str = "", *, actor: Identity, version: int | None = None) -> None:
    """Urge the owner; how often and when last stays visible."""
    under = begin(issue, "chase", actor, version)
    text = words("text", text, required=False)
    issue.chase_count, issue.chased_at = issue.chase_count + 1, clock.now()
    audit.record("chase", "issue", issue.id, {"text": text, "chase_count": issue.chase_count}, under=under)
    queries.reload(issue)
    tell(issue, N_("%(who)s chases an issue: %(title)s (%(code)s). %(text)s", who=actor.name, text=text, **_what(issue)),
         [owner_desk(issue)], actor=actor)


def join(issue: Issue, complaint_count: int, text: str = "", *, actor: Identity, version: int | None = None) -> None:
    """Further complaints about the same, by the unit that raised it, instead of a second issue."""
    under = begin(issue, "join", actor, version)
    if not 0 < complaint_count <= MOST_COMPLAINTS - issue.complaint_count:
        raise Invalid({"complaint_count": [N_("Between 1 and %(most)s.", most=MOST_COMPLAINTS - issue.complaint_count)]})
    text = words("text", text, required=False, most=LONG)
    before, issue.complaint_count = issue.complaint_count, issue.complaint_count + complaint_count
    if text:
        speak(issue, CommentKind.COMMENT, text, (), actor, under)
    audit.record("join", "issue", issue.id, {"complaint_count": [before, issue.complaint_count], "text": text}, under=under)
    queries.reload(issue)
    tell(issue, N_("%(n)s further complaints about an issue: %(title)s (%(code)s)", n=complaint_count, **_what(issue)),
         [owner_desk(issue)], actor=actor)


def _what(issue: Issue) -> dict[str, object]:
    return {"title": issue.title, "code": issue.code, "owner": issue.owner.names}
