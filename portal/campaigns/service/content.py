"""What a campaign says of itself: cleaned, judged field by field, and turned into who sees it."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from portal import texts
from portal.campaigns.models import Campaign
from portal.reach import desk_key
from portal.units.rules import successor
from tenants import directory
from tenants.access import HEADQUARTERS
from tenants.directory import goes_on
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.vocabulary import Business, Line, Segment, UnitKind

CODE = 60                              # characters of a campaign's own code
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)
Units = Mapping[int, Unit]
Faults = dict[str, list[Message]]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is typed of a campaign. Units are keys; None where nothing, or nothing readable, was typed.

    `network` lands everywhere and leaves `lands_in` empty. `configured_…` is the same as the systems have it."""
    code: str = ""
    name: str = ""
    unit: int | None = None
    line: Line | None = None
    starts: date | None = None
    ends: date | None = None
    product: str = ""
    product_owner: int | None = None
    network: bool = False
    lands_in: tuple[int, ...] = ()
    segment: Segment = Segment.C
    brand: str = ""
    business: Business = Business.NEW
    rules_text: str = ""
    notice_text: str = ""
    training_on: date | None = None
    configured_network: bool = False
    configured_in: tuple[int, ...] = ()


_COLUMNS = {"unit": "unit_id", "product_owner": "product_owner_id"}
_LENGTHS = {"code": CODE, "name": texts.SHORT, "product": texts.SHORT, "brand": texts.SHORT, "rules_text": texts.LONG,
            "notice_text": texts.LONG}
_UNITS = ("lands_in", "configured_in")


def known_units() -> Units:
    """Every unit by key, in the plan's order."""
    return {u.id: u for u in directory.units()}


def content_of(campaign: Campaign) -> Content:
    """A campaign as it is now."""
    found = {f.name: getattr(campaign, _COLUMNS.get(f.name, f.name)) for f in fields(Content)}
    found |= {name: tuple(found[name]) for name in _UNITS}
    return Content(**{**found, "line": Line(campaign.line), "segment": Segment(campaign.segment),
                      "business": Business(campaign.business)})


def columns(content: Content) -> dict[str, Any]:
    """The same for the table."""
    found = {_COLUMNS.get(f.name, f.name): getattr(content, f.name) for f in fields(Content)}
    found |= {name: sorted(found[name]) for name in _UNITS}
    return {name: value.value if isinstance(value, Line | Segment | Business) else value for name, value in found.items()}


def cleaned(content: Content) -> Content:
    """Texts as they are stored, numbers of people masked. Units once each, none beside the network."""
    written = {name: getattr(content, name) for name in _LENGTHS}
    written |= {name: " ".join(texts.clean(written[name]).split()) for name in ("code", "name", "product", "brand")}
    free = {name: texts.prose(words, _LENGTHS[name]) for name, words in written.items()}
    lands = () if content.network else tuple(sorted(set(content.lands_in)))
    configured = () if content.configured_network else tuple(sorted(set(content.configured_in)))
    return replace(content, code=free["code"], lands_in=lands, configured_in=configured,
                   name=free["name"], product=free["product"], brand=free["brand"], rules_text=free["rules_text"],
                   notice_text=free["notice_text"])


def faults(content: Content, units: Units, before: Content | None = None) -> Faults:
    """What keeps it from being stored, by field; nothing where all is well. Of a campaign that is changed, what was named
    `before` may be named on, though the unit has closed since."""
    found: Faults = {}
    _texts(content, found)
    _days(content, found)
    _parts(content, units, before or Content(), found)
    return found


def _say(found: Faults, field: str, message: Message) -> None:
    found.setdefault(field, []).append(message)


def _texts(c: Content, found: Faults) -> None:
    for name, most in _LENGTHS.items():
        value = getattr(c, name)
        if len(value) > most:
            _say(found, name, N_("At most %(n)s characters; this has %(m)s.", n=most, m=len(value)))
    for name in ("code", "name"):
        if not getattr(c, name):
            _say(found, name, N_("This is required."))


def _days(c: Content, found: Faults) -> None:
    for name in ("starts", "ends"):
        if getattr(c, name) is None:
            _say(found, name, N_("This is required."))
    for name in ("starts", "ends", "training_on"):
        day = getattr(c, name)
        if day is not None and not FIRST <= day <= LAST:
            _say(found, name, N_("Choose a day between %(first)s and %(last)s.", first=FIRST, last=LAST))
    if c.starts and c.ends and c.ends < c.starts:
        _say(found, "ends", N_("The end lies before the start."))


def _parts(c: Content, units: Units, before: Content, found: Faults) -> None:
    if c.line is None:
        _say(found, "line", N_("This is required."))
    launcher = _launcher(c, units, before, found)
    if launcher is not None:
        _landing(c, launcher, units, before, found)
    _owner(c, units, before, found)
    if any(u not in units for u in c.configured_in):
        _say(found, "configured_in", N_("There is no such unit."))


def _launcher(c: Content, units: Units, before: Content, found: Faults) -> Unit | None:
    if c.unit is None:
        _say(found, "unit", N_("This is required."))
        return None
    unit = units.get(c.unit)
    if unit is None or (not goes_on(unit) and c.unit != before.unit):
        _say(found, "unit", N_("There is no such unit."))
        return None
    return unit


def _landing(c: Content, launcher: Unit, units: Units, before: Content, found: Faults) -> None:
    """Headquarters' land anywhere, a company's in provinces, a province's in itself (plan, section 2)."""
    if c.network and launcher.kind == UnitKind.PROVINCE:
        _say(found, "lands_in", N_("A province's campaign lands in that province alone."))
    if not c.network and not c.lands_in:
        _say(found, "lands_in", N_("Say where it lands: in the whole network, or in which units."))
    if any(u not in units or not (goes_on(units[u]) or u in before.lands_in) for u in c.lands_in):
        _say(found, "lands_in", N_("There is no such unit."))
        return
    landing = [units[u] for u in c.lands_in]
    if launcher.kind == UnitKind.PROVINCE and any(launcher.id not in line_of(u, units) for u in landing):
        _say(found, "lands_in", N_("A province's campaign lands in that province alone."))
    elif launcher.kind == UnitKind.SPECIALISED_COMPANY and any(u.kind != UnitKind.PROVINCE for u in landing):
        _say(found, "lands_in", N_("A specialised company's campaign lands in provinces."))
    elif any(u.id == HEADQUARTERS for u in landing):
        _say(found, "lands_in", N_("Headquarters sells nothing itself: name the units."))


def _owner(c: Content, units: Units, before: Content, found: Faults) -> None:
    if c.product_owner is None or c.product_owner in (before.product_owner, c.unit):
        return
    unit = units.get(c.product_owner)
    if unit is None or not goes_on(unit):
        _say(found, "product_owner", N_("There is no such unit."))
    elif unit.kind != UnitKind.SPECIALISED_COMPANY:
        _say(found, "product_owner", N_("Products belong to specialised companies, or to the launcher itself."))


def line_of(unit: Unit, units: Units) -> Iterable[int]:
    """The unit, or what goes on in its place, what that is a part of, and so on upwards."""
    seen: list[int] = []
    at: Unit | None = unit
    while at is not None and at.id not in seen:
        seen.append(at.id)
        above = at.parent_id if goes_on(at) else at.merged_into_id or at.parent_id
        at = units.get(above) if above else None
    return seen


def going_on(found: Iterable[int], units: Units) -> set[int]:
    """Of these units those that go on, and what goes on in the place of the others."""
    gone = {u.id: u.merged_into_id for u in units.values() if not goes_on(u)}
    return {heir for unit in found if (heir := successor(unit, gone)) is not None}


def provinces(units: Units) -> list[int]:
    return [u.id for u in units.values() if u.kind == UnitKind.PROVINCE and goes_on(u)]


@dataclass(frozen=True, slots=True)
class Seen:
    """Who sees a campaign: `parties`, each in its `desks` (unit and line), and `everyone` there will be."""
    parties: tuple[int, ...]
    desks: tuple[str, ...]
    everyone: bool


def seen_by(content: Content, units: Units, kept: Iterable[int] = ()) -> Seen:
    """The one place that says who sees a campaign: its launcher, where it lands, whose product it sells, headquarters.

    Network-wide means everybody where headquarters launched it, all provinces where a company did. Of a unit that is closed
    the successor sees it too. `kept` stay, whatever the content says."""
    assert content.unit is not None and content.line is not None
    everyone = content.network and content.unit == HEADQUARTERS
    landing = landing_units(content, units)
    found = {HEADQUARTERS, content.unit, *landing} | ({content.product_owner} if content.product_owner else set())
    parties = tuple(sorted({*found, *kept, *going_on(found, units)}))
    return Seen(parties, tuple(desk_key(u, content.line.value) for u in parties), everyone)


def landing_units(content: Content, units: Units) -> set[int]:
    """Where it lands: the network is everybody to headquarters, all provinces to a company."""
    if not content.network:
        return set(content.lands_in)
    return set(provinces(units)) if content.unit != HEADQUARTERS else {u.id for u in units.values() if goes_on(u)}


def to_inform(content: Content, units: Units) -> list[int]:
    """Who must hear of launch, change, pause and end: the units where it lands and the company whose product it sells, or what
    goes on in their place; not the launcher itself, nor headquarters, which sees it anyway. In the plan's order."""
    named = landing_units(content, units) | ({content.product_owner} if content.product_owner else set())
    found = going_on(named, units) - {content.unit, HEADQUARTERS}
    return [u for u in units if u in found]


def differences(before: Content, after: Content, units: Units) -> dict[str, list[Any]]:
    """field → [before, after], of what differs, as JSON holds it; units by code, so that people can read it."""
    def shown(content: Content, name: str) -> Any:
        value = getattr(content, name)
        if name in ("unit", "product_owner"):
            return units[value].code if value in units else None
        if name in _UNITS:
            everywhere = content.network if name == "lands_in" else content.configured_network
            return "network" if everywhere else [units[u].code for u in value if u in units]
        return value.isoformat() if isinstance(value, date) else value
    names = [f.name for f in fields(Content) if f.name not in ("network", "configured_network")]
    pairs = {name: [shown(before, name), shown(after, name)] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
