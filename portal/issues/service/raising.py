"""How an issue arises: whoever meets a fault of a campaign raises it, the portal finds whose it is."""
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select

from portal import texts
from portal.audit import service as audit
from portal.campaigns.models import Campaign
from portal.issues import queries
from portal.issues.models import Issue, IssueParty
from portal.issues.rules.routing import VERSION, Facts, Route, route
from portal.issues.service.judging import begin, invalid, said_faults
from portal.issues.service.owning import add_turn, give, join
from portal.issues.service.telling import Desk, owner_desk, recorded, ruling_desk, tell
from portal.reach import desk_key
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment, Identity, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import IssuePart, Line, Severity, Stage, TurnStart

NO_CAMPAIGN = N_("There is no such campaign.")
NO_UNIT = N_("There is no such unit.")
MOST_COMPLAINTS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What the raiser says. Without a `campaign`, `campaign_words` say how the customer calls it, for headquarters to find
    it. `raised_by` and `also` (further units that are affected) are keys of units; `control_element` a code or free words."""
    campaign: UUID | None
    raised_by: int
    title: str
    description: str
    severity: str
    stage: str = "other"
    control_element: str = ""
    complaint_count: int = 0
    campaign_words: str = ""
    also: tuple[int, ...] = ()


def allow_raise(raised_by: int | None = None, *, actor: Identity) -> None:
    """May this person raise issues, and for that unit? Asked before the content is looked at. Raises NotPermitted."""
    units = queries.raising_units(actor)
    if not units:
        raise NotPermitted(N_("None of your functions raises issues."))
    if raised_by is not None and raised_by not in units:
        raise NotPermitted(N_("You raise issues for your own unit only."))


def raise_issue(draft: Draft, *, actor: Identity) -> Issue:
    """Route it and tell everybody concerned. Raises NotPermitted, Invalid."""
    allow_raise(draft.raised_by, actor=actor)
    campaign = queries.campaign_to_raise_on(actor, draft.campaign, draft.raised_by)
    invalid(_faults(draft, campaign))
    facts = queries.facts(campaign, draft.raised_by, draft.also)
    found = route(facts)
    under = _under(campaign, draft.raised_by, actor)
    line = campaign.line if campaign else Line.CUSTOMER_SERVICE.value
    issue = place(draft, facts, found, line, as_first(actor, under))
    audit.record("raise", "issue", issue.id, {**first_entry(issue), "route": queries.told(found, facts)}, under=under)
    _announce(issue, found, actor)
    tell(issue, N_("%(who)s raised a quality issue in your name, you are its first contact: %(title)s (%(code)s)", who=actor.name,
                   **_what(issue)), actor=actor)
    return issue


def identify(issue: Issue, campaign: UUID, *, actor: Identity, version: int | None = None) -> None:
    """Headquarters' desk has found which campaign is meant: the issue is routed anew, the clock runs on."""
    under = begin(issue, "identify", actor, version)
    found = queries.campaign_to_raise_on(actor, campaign, HEADQUARTERS)
    if found is None:
        raise Invalid({"campaign": [NO_CAMPAIGN]})
    facts = queries.facts(found, issue.raised_by, _affected(issue))
    way = route(facts)
    issue.campaign_id, issue.ruling_line, issue.state = found.id, found.line, "routed"
    issue.route_rule, issue.route_facts, issue.route_version = way.rule.value, facts.as_json(), VERSION
    db.session.flush()
    for party in way.parties:
        if party.part is not IssuePart.OWNER:
            join(issue, (party.unit, party.line.value), party.part, None)
    give(issue, (way.owner.unit, way.owner.line.value), TurnStart.IDENTIFIED, by=actor.person)
    queries.reload(issue)
    audit.record("identify", "issue", issue.id, {}, under=under)      # not which: not every party sees the campaign
    _announce(issue, way, actor)
    tell(issue, N_("The campaign of your issue was found; %(owner)s answers it: %(title)s (%(code)s)", **_what(issue)), actor=actor)


def _affected(issue: Issue) -> tuple[int, ...]:
    """Whom the raiser named when the campaign was not known."""
    return tuple(sorted(queries.kept_facts(issue).also))


def _under(campaign: Campaign | None, raised_by: int, actor: Identity) -> Appointment:
    """The function in the raising unit that grants it."""
    there = replace(actor, appointments=tuple(a for a in actor.appointments if a.unit == raised_by))
    return need(there, Permission.ISSUE_RAISE, queries.raising_subject(campaign, raised_by))


def as_first(actor: Identity, under: Appointment) -> UUID:
    """Who is first contact of what this person raises: the person, or the holder in whose name a delegate from elsewhere acts."""
    own = any(a.unit == under.unit and a.holder == actor.person for a in actor.appointments)
    return actor.person if own else under.holder


def _faults(draft: Draft, campaign: Campaign | None) -> dict[str, list[Message]]:
    found = said_faults({
        "title": (draft.title, texts.SHORT, True), "description": (draft.description, texts.LONG, True),
        "control_element": (draft.control_element, texts.SHORT, False),
        "campaign_words": (draft.campaign_words, texts.MEDIUM, draft.campaign is None)})
    if draft.campaign is not None and campaign is None:
        found["campaign"] = [NO_CAMPAIGN]
    for field, value, codes in (("severity", draft.severity, set(Severity)), ("stage", draft.stage, set(Stage))):
        if value not in codes:
            found[field] = [N_("Choose one of the list.")]
    if not 0 <= draft.complaint_count <= MOST_COMPLAINTS:
        found["complaint_count"] = [N_("Between 0 and %(most)s.", most=MOST_COMPLAINTS)]
    known = "campaign" not in found
    if known and draft.also and not set(draft.also) <= {u.id for u in queries.nameable_at_raising(campaign, draft.raised_by)}:
        found["also"] = [NO_UNIT]
    return found


def place(draft: Draft, facts: Facts, found: Route, ruling_line: str, person: UUID, parent: Issue | None = None) -> Issue:
    """Store it with its parties and its first turn; `person` is its first contact. Nobody is told yet."""
    unit, now = db.session.get_one(Unit, draft.raised_by), clock.now()
    issue = Issue(
        id=uuid7(), code=_code(unit), campaign_id=draft.campaign, raised_by=unit.id, first_contact_id=person,
        campaign_words="" if draft.campaign else texts.prose(draft.campaign_words),
        owner_unit=found.owner.unit, owner_line=found.owner.line.value, ruling_line=ruling_line,
        severity=draft.severity, stage=draft.stage, control_element=texts.prose(draft.control_element),
        title=texts.prose(draft.title), description=texts.prose(draft.description), complaint_count=draft.complaint_count,
        state="routed", disagreements=0, ruling_due=False, ruled=False, reopened=0, root_cause="", solution="",
        route_rule=found.rule.value, route_facts=facts.as_json(), route_version=VERSION, raised_at=now, chase_count=0,
        parent_id=parent.id if parent else None, parties=sorted({p.unit for p in found.parties}),
        desks=sorted({desk_key(p.unit, p.line) for p in found.parties}))
    db.session.add(issue)
    db.session.flush()
    db.session.add_all(IssueParty(id=uuid7(), issue_id=issue.id, unit_id=p.unit, line=p.line.value, part=p.part.value,
                                  by_id=person, at=now) for p in found.parties)
    add_turn(issue, owner_desk(issue), TurnStart.ROUTED, "", person, now)
    db.session.flush()
    queries.reload(issue)
    return issue


def _code(unit: Unit) -> str:
    """Counted within the raising unit and the year, by the database."""
    year = clock.today().year
    return f"Q-{year}-{unit.code}-{db.session.scalar(select(func.app.next_issue_number(unit.id, year)))}"


def first_entry(issue: Issue) -> dict[str, object]:
    return {"code": issue.code, "title": issue.title, "state": issue.state, "severity": issue.severity,
            "owner": [None, recorded(owner_desk(issue))], "complaint_count": issue.complaint_count}


def _announce(issue: Issue, found: Route, actor: Identity) -> None:
    """The owner hears that it has to answer, the others what part they have, headquarters' line what it watches."""
    what = {"raiser": issue.raiser.names, **_what(issue)}
    tell(issue, N_("%(raiser)s raised a quality issue for you to answer: %(title)s (%(code)s)", **what), [owner_desk(issue)],
         actor=actor, first=False)
    others = [_desk(p.unit, issue) for p in found.parties if p.part is IssuePart.COOPERATING]
    tell(issue, N_("%(raiser)s raised a quality issue, you cooperate; %(owner)s answers it: %(title)s (%(code)s)", **what), others,
         actor=actor, first=False)
    if issue.owner_unit != HEADQUARTERS:
        tell(issue, N_("%(raiser)s raised a quality issue that your line supervises; %(owner)s answers it: %(title)s (%(code)s)",
                       **what), [ruling_desk(issue)], first=False)


def _what(issue: Issue) -> dict[str, object]:
    return {"title": issue.title, "code": issue.code, "owner": issue.owner.names}


def _desk(unit: int, issue: Issue) -> Desk:
    return unit, issue.ruling_line
