"""Whose an issue is, before and after it is raised: the facts are read here, the rules decide (`rules.routing`)."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.campaigns.models import Campaign
from portal.issues.models import Issue
from portal.issues.queries.limits import deadlines
from portal.issues.rules.clocks import Deadlines
from portal.issues.rules.routing import VERSION, Facts, Launch, Reason, Route, explain, may_be_named, route
from portal.reach import Shared, within
from portal.units import queries as units
from portal.units import rules
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity, Subject, permits, reaches
from tenants.db import db
from tenants.messages import N_, Message
from tenants.models import Term, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, UnitKind

_CAMPAIGN = Shared(parties=Campaign.parties, desks=Campaign.desks, everyone=Campaign.everyone)
_OF_CAMPAIGN = frozenset({"product", "affected"})      # reasons that tell of whom a campaign concerns


@dataclass(frozen=True, slots=True)
class Preview:
    """Where an issue would go, with the reasons in words, and by when it had to be answered and solved if it were raised
    now. `units` are those that the route names, by key."""
    route: Route
    why: Sequence[Message]
    deadlines: Deadlines
    units: Mapping[int, Unit]


def raising_units(identity: Identity) -> frozenset[int]:
    """The units for which this person may raise issues at all."""
    return frozenset(a.unit for a in identity.appointments
                     if permits(identity.acting(a.id), Permission.ISSUE_RAISE, raising_subject(None, a.unit)))


def raising_subject(campaign: Campaign | None, raised_by: int) -> Subject:
    """What the permission to raise is asked about: the campaign; while it is unknown, the raising unit itself."""
    return campaign.subject if campaign is not None else Subject(raised_by, parties=((raised_by, None),))


def campaign_to_raise_on(identity: Identity, key: UUID | None, raised_by: int) -> Campaign | None:
    """The campaign, if this person may raise an issue on it for that unit. An unknown one and an invisible one take the same
    one statement."""
    if key is None:
        return None
    for_unit = [x for a in identity.appointments if a.unit == raised_by
                for x in reaches(identity.acting(a.id), Permission.ISSUE_RAISE)]
    return db.session.scalars(select(Campaign).where(
        Campaign.id == key, within(for_unit, unit=Campaign.unit_id, line=Campaign.line, shared=_CAMPAIGN))).one_or_none()


def facts(campaign: Campaign | None, raised_by: int, also: Sequence[int] = ()) -> Facts:
    """What the route follows from, as it stands today."""
    if campaign is None:
        return Facts(raised_by, None, frozenset(also))
    gone = units.gone()
    launcher = rules.successor(campaign.unit_id, gone) or HEADQUARTERS
    kind = db.session.scalars(select(Unit.kind).where(Unit.id == launcher)).one()
    product_owner = rules.successor(campaign.product_owner_id, gone) if campaign.product_owner_id else None
    return Facts(raised_by, Launch(
        launcher, UnitKind(kind), Line(campaign.line), product_owner, campaign.network,
        frozenset(u for unit in campaign.lands_in if (u := rules.successor(unit, gone)) is not None),
        in_place_of=campaign.unit_id if launcher != campaign.unit_id else None), frozenset(also))


def successor(unit: int) -> int | None:
    """What goes on in the unit's place today: itself, as a rule; None where nothing does."""
    return rules.successor(unit, units.gone())


def preview_route(identity: Identity, campaign: Campaign | None, raised_by: int, *, severity: str = "medium", stage: str = "other",
                  also: Sequence[int] = ()) -> Preview:
    """What raising it now would do; nothing is stored."""
    found = route(facts(campaign, raised_by, also))
    names = Names.read()
    return Preview(found, names.explained(found.why), deadlines(clock.now(), severity, stage),
                   {p.unit: names.units[p.unit] for p in found.parties})


@dataclass(frozen=True, slots=True)
class Names:
    """All units and lines, read once for as many explanations as there are."""
    units: Mapping[int, Unit]
    lines: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls) -> "Names":
        return cls({u.id: u for u in db.session.scalars(select(Unit))},
                   {t.code: {"en": t.name, "zh": t.name_zh}
                    for t in db.session.scalars(select(Term).where(Term.vocabulary == "line"))})

    @property
    def codes(self) -> Mapping[int, str]:
        return {key: unit.code for key, unit in self.units.items()}

    def explained(self, why: Sequence[Reason]) -> Sequence[Message]:
        """The reasons as sentences, with units and lines named in both languages."""
        def unit(key: int) -> Mapping[str, str]:
            return {"en": self.units[key].name, "zh": self.units[key].name_zh}
        return [explain(reason, unit, lambda code: self.lines.get(code, code)) for reason in why]

    def reason(self, reason: Reason) -> dict[str, Any]:
        """The same as data."""
        return {"code": reason.code, **{name: key if name == "line" else self.codes[key] for name, key in reason.about.items()}}


def kept_facts(issue: Issue) -> Facts:
    """What the issue was routed from."""
    return Facts.from_json(issue.route_facts)


def hidden(issue: Issue) -> bool:
    """Whether the reader does not see the campaign that the issue is about."""
    return issue.campaign_id is not None and issue.campaign is None


def shown_facts(issue: Issue) -> Facts:
    """What the reader may know of that: of a campaign that it does not see only who launched it, which is who answers."""
    known = kept_facts(issue)
    if known.launch is None or not hidden(issue):
        return known
    return replace(known, launch=replace(known.launch, product_owner=None, network=False, lands_in=frozenset()))


def kept_reasons(issue: Issue) -> Sequence[Reason]:
    """Why it was routed as it was, as data, as far as the reader may know. Of a part, which the owner of the whole gave away,
    and of an issue routed by an older version of the rules there is none to be had."""
    if issue.parent_id is not None or issue.route_version != VERSION:
        return ()
    untold = _OF_CAMPAIGN if hidden(issue) else frozenset()
    return [r for r in route(kept_facts(issue)).why if r.code not in untold]


def kept_why(issue: Issue, names: Names | None = None) -> Sequence[Message]:
    """Why it was routed as it was, in words. Of an issue routed by an older version of the rules only the rule is told."""
    if issue.parent_id is not None:
        return [N_("A part of another issue, given to this desk by the owner of the whole.")]
    if issue.route_version != VERSION:
        return [N_("Routed by version %(n)s of the rules: %(rule)s.", n=issue.route_version, rule=issue.route_rule)]
    return (names or Names.read()).explained(kept_reasons(issue))


def nameable(issue: Issue) -> Sequence[Unit]:
    """The units that may be drawn in: those whom the campaign concerned when it was routed, or concerns today."""
    known = [shown_facts(issue)]
    if issue.campaign is not None:
        known.append(facts(issue.campaign, issue.raised_by))
    return [u for u in directory.going_on() if any(may_be_named(f, u.id, UnitKind(u.kind)) for f in known)]


def nameable_at_raising(campaign: Campaign | None, raised_by: int) -> Sequence[Unit]:
    """The same before the issue exists: whom its raiser may name as affected."""
    found = facts(campaign, raised_by)
    return [u for u in directory.going_on() if may_be_named(found, u.id, UnitKind(u.kind))]


def shown_in_codes(issue: Issue, codes: Mapping[int, str]) -> dict[str, Any]:
    """The facts that the reader may know; where it lands and whose product it is are left out with a campaign that is hidden."""
    found = in_codes(shown_facts(issue), codes)
    if found["launch"] and hidden(issue):
        found["launch"] = {name: found["launch"][name] for name in ("unit", "kind", "line", "in_place_of")}
    return found


def in_codes(known: Facts, codes: Mapping[int, str]) -> dict[str, Any]:
    """The facts as everybody outside knows them: units by their codes."""
    launch = known.launch

    def code(key: int | None) -> str | None:
        return codes.get(key) if key is not None else None
    return {"raising": code(known.raising), "also": [code(u) for u in sorted(known.also)], "launch": launch and {
        "unit": code(launch.unit), "kind": launch.kind.value, "line": launch.line.value,
        "product_owner": code(launch.product_owner), "network": launch.network,
        "lands_in": [code(u) for u in sorted(launch.lands_in)], "in_place_of": code(launch.in_place_of)}}


def told(found: Route, known: Facts) -> dict[str, Any]:
    """The route for the record."""
    names = Names.read()
    return {"rule": found.rule.value, "version": VERSION, "facts": in_codes(known, names.codes),
            "why": [names.reason(r) for r in found.why]}
