"""A warning across units: whoever closed an issue has the owners of alike campaigns look whether they have the same trouble.

Headquarters finds them; the sender is told neither which nor how many there are, those who are warned nothing of the issue,
its raiser or its owner. What is sent once arrives once, however often it is delivered."""
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.audit import service as audit
from portal.campaigns.models import Campaign, Caution
from portal.issues import queries
from portal.issues.models import CautionOrigin, Issue
from portal.issues.rules.alike import ELEMENTS, Traits, alike, bare
from portal.issues.service.judging import begin, words
from portal.issues.service.telling import tell
from portal.notices import service as notices
from portal.outbox import service as outbox
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.vocabulary import Line

TOPIC = "issue.warning"
RUNNING = ("live", "paused")


def warn(issue: Issue, text: str, due: date | None, *, actor: Identity, version: int | None = None) -> None:
    """Have others look at the same until a day, in words that fit everybody. Raises Invalid, also for words that tell where
    it came from."""
    under = begin(issue, "warn", actor, version)
    text = words("words", text)
    if due is None or due < clock.today():
        raise Invalid({"due": [N_("Say by when, from today on.")]})
    said = bare(text)
    if any(telling in said for telling in map(bare, _telling(issue)) if telling):
        raise Invalid({"words": [N_("Leave out who raised or owned the issue, its code and the campaign: others need not know.")]})
    issue.warned_at = clock.now()
    outbox.post(TOPIC, HEADQUARTERS, {"issue": str(issue.id), "words": text, "due": due.isoformat(), "batch": str(uuid7())})
    audit.record("warn", "issue", issue.id, {"text": text, "due": due}, under=under)
    queries.reload(issue)
    tell(issue, N_("%(owner)s has campaigns that are alike checked for the same fault as in your issue: %(title)s (%(code)s)",
                   owner=issue.owner.names, title=issue.title, code=issue.code), actor=actor)


def _telling(issue: Issue) -> Iterator[str]:
    yield issue.code
    yield from (issue.first_contact.name, issue.first_contact.email)
    for unit in (issue.raiser, issue.owner):
        if unit.id != HEADQUARTERS:
            yield from (unit.name, unit.name_zh, unit.short_zh, unit.code)
    if issue.campaign is not None:
        yield from (issue.campaign.name, issue.campaign.code)


def spread(_: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler, in headquarters' lane: a dated check for the owner of each running campaign that is alike."""
    issue = db.session.scalars(queries.listed([Issue.id == UUID(payload["issue"])])).one()
    if issue.campaign is None:
        return
    for campaign in _alike(issue, issue.campaign):
        key = _caution(issue, campaign, payload)
        if key is not None:
            db.session.add(CautionOrigin(id=uuid7(), caution_id=key, issue_id=issue.id))
            audit.record("create", "caution", key, {"due": payload["due"]}, under=None)
            _tell(campaign)


def _alike(issue: Issue, about: Campaign) -> list[Campaign]:
    """The running campaigns of other desks that are like it, the most alike first."""
    c, own = Campaign, (issue.owner_unit, issue.owner_line)
    running = {x.id: x for x in db.session.scalars(select(c).where(c.state.in_(RUNNING), c.id != about.id))
               if (x.unit_id, x.line) != own}
    elements = _elements()
    of_issue = frozenset({issue.control_element} - {""})
    found = alike(_traits(about, of_issue), ((key, _traits(x, elements.get(key, frozenset()))) for key, x in running.items()))
    return [running[key] for key in found]


def _elements() -> Mapping[UUID, frozenset[str]]:
    """At which control elements each campaign has had issues."""
    i = Issue
    rows = db.session.execute(select(i.campaign_id, func.array_agg(i.control_element.distinct())).where(
        i.campaign_id.is_not(None), i.control_element != "").group_by(i.campaign_id))
    return {key: frozenset(found) for key, found in rows if key is not None}


def _traits(campaign: Campaign, elements: frozenset[str]) -> Traits:
    return Traits(campaign.product, campaign.product_owner_id, f"{campaign.name} {campaign.brand} {campaign.rules_text}", elements)


def _caution(issue: Issue, campaign: Campaign, payload: Mapping[str, Any]) -> UUID | None:
    """The new row's key; None where this warning has arrived already."""
    made = uuid7()
    return db.session.scalar(insert(Caution).values(
        id=made, unit_id=campaign.unit_id, line=campaign.line, campaign_id=campaign.id, batch=UUID(payload["batch"]),
        control_element=issue.control_element if issue.control_element in ELEMENTS else "", words=payload["words"],
        due=date.fromisoformat(payload["due"]), at=clock.now(), finding="",
        version=1).on_conflict_do_nothing(index_elements=["campaign_id", "batch"]).returning(Caution.id))


def _tell(campaign: Campaign) -> None:
    served = directory.desk(campaign.unit_id, Line(campaign.line))
    unit = campaign.unit_id if served else HEADQUARTERS
    served = served or directory.desk(HEADQUARTERS, Line(campaign.line))
    if served is not None:
        notices.tell(unit, N_("Look whether your campaign has a fault that was found elsewhere: %(name)s", name=campaign.name),
                     "/cautions", roles=[served[0]], line=served[1], subject=("campaign", campaign.id))
