"""Who answers for an issue about a campaign, and why. Pure: facts in, route out.

Whoever launched a campaign answers for its quality (plan, section 2, coordination between headquarters, provinces and
specialised companies): headquarters' line for what it deploys, a province for its own, a specialised company for its own.
The raising unit stays a party to the end, the company whose product is sold cooperates from the first moment, and the
campaign's line at headquarters supervises unless it owns. Every party stands in the campaign's line. For a launcher that is closed
answers what it was merged into, else headquarters' line (platform rules)."""
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tenants.access import HEADQUARTERS
from tenants.messages import N_, Message
from tenants.vocabulary import IssuePart, Line, UnitKind

VERSION = 2                             # of the rules: an issue keeps the one that routed it


class Rule(StrEnum):
    """The one rule that chose the owner."""
    LAUNCHED_BY_HEADQUARTERS = "launched_by_headquarters"
    LAUNCHED_BY_PROVINCE = "launched_by_province"
    LAUNCHED_BY_COMPANY = "launched_by_company"
    LAUNCHER_MERGED = "launcher_merged"
    LAUNCHER_CLOSED = "launcher_closed"
    UNIDENTIFIED = "unidentified"


RULES: Mapping[UnitKind, Rule] = {
    UnitKind.HEADQUARTERS: Rule.LAUNCHED_BY_HEADQUARTERS, UnitKind.PROVINCE: Rule.LAUNCHED_BY_PROVINCE,
    UnitKind.SPECIALISED_COMPANY: Rule.LAUNCHED_BY_COMPANY}


@dataclass(frozen=True, slots=True)
class Launch:
    """A campaign, as routing sees it. Units are keys. `unit` answers for it, as a rule since it launched it; else
    `in_place_of` the launcher, which is closed. It lands in the whole `network` or in `lands_in`."""
    unit: int
    kind: UnitKind
    line: Line
    product_owner: int | None = None
    network: bool = False
    lands_in: frozenset[int] = frozenset()
    in_place_of: int | None = None

    @property
    def rule(self) -> Rule:
        if self.in_place_of is None:
            return RULES[self.kind]
        return Rule.LAUNCHER_CLOSED if self.unit == HEADQUARTERS else Rule.LAUNCHER_MERGED


@dataclass(frozen=True, slots=True)
class Facts:
    """What a route follows from. Without a `launch` the campaign is still to be identified. `also` are units that the
    raiser names as affected; those that the campaign does not concern are left out of the route."""
    raising: int
    launch: Launch | None = None
    also: frozenset[int] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """For the issue to keep."""
        launch = self.launch
        return {"raising": self.raising, "also": sorted(self.also), "launch": launch and {
            "unit": launch.unit, "kind": launch.kind.value, "line": launch.line.value, "product_owner": launch.product_owner,
            "network": launch.network, "lands_in": sorted(launch.lands_in), "in_place_of": launch.in_place_of}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Facts":
        """What `as_json` gave, in version 1 as well. Raises KeyError or ValueError for anything else."""
        launch = kept["launch"]
        return cls(kept["raising"], launch and Launch(
            launch["unit"], UnitKind(launch["kind"]), Line(launch["line"]), launch["product_owner"], launch["network"],
            frozenset(launch["lands_in"]), launch.get("in_place_of")), frozenset(kept["also"]))


@dataclass(frozen=True, slots=True)
class Party:
    """A unit, in a line, with its part."""
    unit: int
    line: Line
    part: IssuePart


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the explanation, as data: `code` is one of REASONS, `about` the units and the line it speaks of."""
    code: str
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """Exactly one owner; `parties` names every unit with each of its parts, the owner among them."""
    owner: Party
    parties: tuple[Party, ...]
    rule: Rule
    why: tuple[Reason, ...]


REASONS: Mapping[str, Message] = {
    "launched_by_headquarters": N_("Goes to %(unit)s (%(line)s), because this line launched the campaign and sets its standard."),
    "launched_by_province": N_("Goes to %(unit)s (%(line)s), because this province launched the campaign and sets its standard."),
    "launched_by_company": N_("Goes to %(unit)s (%(line)s), because this company launched the campaign and sets its standard."),
    "launcher_merged": N_("Goes to %(unit)s (%(line)s), because %(launcher)s launched the campaign and was merged into it."),
    "launcher_closed": N_("Goes to %(unit)s (%(line)s), because %(launcher)s launched the campaign and is closed."),
    "unidentified": N_("Goes to %(unit)s (%(line)s), which finds out which campaign is meant; then it is routed to its launcher."),
    "raising": N_("%(unit)s raised it and stays first contact until it is solved."),
    "product": N_("%(unit)s cooperates and is told at the same moment: its product is sold."),
    "affected": N_("%(unit)s cooperates: it is named as affected, and the campaign lands there."),
    "supervising": N_("%(unit)s (%(line)s) supervises: it sees the issue and has the last word."),
}


def route(facts: Facts) -> Route:
    """The owner, every party with its part, the rule that decided, and the reasons in the order of the parties."""
    launch = facts.launch or Launch(HEADQUARTERS, UnitKind.HEADQUARTERS, Line.CUSTOMER_SERVICE)
    rule = facts.launch.rule if facts.launch else Rule.UNIDENTIFIED
    parties = {(p.unit, p.part): (p, why) for p, why in _parties(facts, launch, rule)}
    owner = next(p for p, _ in parties.values() if p.part is IssuePart.OWNER)
    return Route(owner, tuple(p for p, _ in parties.values()), rule, tuple(
        Reason(why, {"unit": p.unit, "line": p.line.value, **_launcher(why, launch)}) for p, why in parties.values()))


def _launcher(why: str, launch: Launch) -> Mapping[str, int]:
    if launch.in_place_of is None or why != launch.rule:
        return {}
    return {"launcher": launch.in_place_of}


def _parties(facts: Facts, launch: Launch, rule: Rule) -> Iterable[tuple[Party, str]]:
    """Owner, raiser, those who cooperate, who supervises; each with the code of its reason."""
    yield Party(launch.unit, launch.line, IssuePart.OWNER), rule.value
    yield Party(facts.raising, launch.line, IssuePart.RAISING), "raising"
    engaged = {launch.unit, facts.raising}
    if launch.product_owner is not None and launch.product_owner not in engaged:
        yield Party(launch.product_owner, launch.line, IssuePart.COOPERATING), "product"
        engaged.add(launch.product_owner)
    for unit in sorted(facts.also - engaged):
        if unit in launch.lands_in or launch.network:
            yield Party(unit, launch.line, IssuePart.COOPERATING), "affected"
    if launch.unit != HEADQUARTERS:
        yield Party(HEADQUARTERS, launch.line, IssuePart.SUPERVISING), "supervising"


def explain(reason: Reason, unit: Callable[[int], Any], line: Callable[[str], Any]) -> Message:
    """The reason in words; `unit` and `line` name a key and a code."""
    about = {name: line(key) if name == "line" else unit(key) for name, key in reason.about.items()}
    return Message(REASONS[reason.code].msgid, about)


def may_be_named(facts: Facts, unit: int, kind: UnitKind) -> bool:
    """Whether a unit may be drawn into an issue, by hand-over or as a further party: only those whom the campaign concerns
    in the first place. Headquarters always may; while the campaign is unknown, nobody else but the raiser."""
    if unit in (HEADQUARTERS, facts.raising):
        return True
    launch = facts.launch
    if launch is None:
        return False
    everywhere = launch.network and (launch.kind is UnitKind.HEADQUARTERS or kind is UnitKind.PROVINCE)
    return unit in {launch.unit, launch.product_owner} | launch.lands_in or everywhere
