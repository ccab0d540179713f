"""What addresses and forms say of campaigns, read without trust; what was typed is kept as it was typed."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from werkzeug.datastructures import MultiDict

from portal import sheets
from portal.campaigns.queries import CautionsWanted, Wanted
from portal.campaigns.service import Content
from portal.web import untrusted
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.vocabulary import Business, Line, Segment

FILTERS = ("q", "line", "launcher", "state", "lands", "product_owner", "segment", "business", "receipts")
CAUTION_FILTERS = ("state", "line", "unit")
NETWORK, UNITS, NONE = "network", "units", ""
SINGLE = ("code", "name", "unit", "line", "product", "product_owner", "scope", "starts", "ends", "segment", "brand", "business",
          "rules_text", "notice_text", "training_on", "configured", "words")
SEVERAL = ("lands_in", "configured_in")
_BAD_DAY = N_("Write the date as year-month-day, like 2026-06-30.")
_NO_UNIT = N_("There is no such unit.")
_CHOOSE = N_("Choose one of the list.")


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    return untrusted.filters(args, FILTERS)


def wanted(filters: Mapping[str, str]) -> Wanted:
    """What a list is narrowed to. An unknown code fits nothing: never more rows than were asked for."""
    codes = {f.name: filters.get(f.name) for f in fields(Wanted) if f.name not in ("q", "receipts")}
    return Wanted(**codes, receipts=bool(filters.get("receipts")), q=filters.get("q", ""))


def cautions_asked(args: Mapping[str, str]) -> dict[str, str]:
    """The same of the list of warnings."""
    return untrusted.filters(args, CAUTION_FILTERS)


def cautions_wanted(filters: Mapping[str, str]) -> CautionsWanted:
    return CautionsWanted(**{name: filters.get(name) for name in CAUTION_FILTERS})


@dataclass(slots=True)
class Typed:
    """A form's values as typed, or as saved; units by code. `errors` is what could not be read."""
    values: dict[str, str]
    chosen: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[Message]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def several(self, name: str) -> list[str]:
        return self.chosen.get(name, [])


def typed(form: "MultiDict[str, str]") -> Typed:
    return Typed({name: form.get(name, "") for name in SINGLE}, {name: form.getlist(name) for name in SEVERAL})


def shown(content: Content, units: Mapping[int, Unit]) -> Typed:
    """A campaign as the values of its form."""
    def code(key: int | None) -> str:
        return units[key].code if key is not None and key in units else ""

    def day(value: date | None) -> str:
        return value.isoformat() if value else ""
    values = {name: str(getattr(content, name)) for name in ("code", "name", "product", "brand", "rules_text", "notice_text")}
    values |= {name: day(getattr(content, name)) for name in ("starts", "ends", "training_on")}
    values |= {"unit": code(content.unit), "line": content.line.value if content.line else "", "words": "",
               "product_owner": code(content.product_owner), "segment": content.segment.value, "business": content.business.value,
               "scope": NETWORK if content.network else UNITS,
               "configured": NETWORK if content.configured_network else UNITS if content.configured_in else NONE}
    return Typed(values, {name: [code(u) for u in getattr(content, name)] for name in SEVERAL})


def content_of(form: Typed, units: Iterable[Unit]) -> Content:
    """The campaign that the form describes; what cannot be read is left out and noted in `form.errors` at its field."""
    by_code = {u.code: u.id for u in units}
    own, product_owner = (_unit(form, name, by_code) for name in ("unit", "product_owner"))
    line, segment, business = form.value("line"), form.value("segment") or Segment.C, form.value("business") or Business.NEW
    for name, value, codes in (("line", line, Line), ("segment", segment, Segment), ("business", business, Business)):
        if value and value not in set(codes):
            form.errors[name] = [_CHOOSE]
    network, configured = form.value("scope") == NETWORK, form.value("configured")
    return Content(
        code=form.value("code"), name=form.value("name"), unit=own, line=Line(line) if line in set(Line) else None,
        starts=_day(form, "starts"), ends=_day(form, "ends"), product=form.value("product"), product_owner=product_owner,
        network=network, lands_in=() if network else _several(form, "lands_in", by_code),
        segment=Segment(segment) if segment in set(Segment) else Segment.C, brand=form.value("brand"),
        business=Business(business) if business in set(Business) else Business.NEW,
        rules_text=form.value("rules_text"), notice_text=form.value("notice_text"), training_on=_day(form, "training_on"),
        configured_network=configured == NETWORK,
        configured_in=_several(form, "configured_in", by_code) if configured == UNITS else ())


def _unit(form: Typed, name: str, by_code: Mapping[str, int]) -> int | None:
    code = form.value(name)
    if code and code not in by_code:
        form.errors[name] = [_NO_UNIT]
    return by_code.get(code)


def _several(form: Typed, name: str, by_code: Mapping[str, int]) -> tuple[int, ...]:
    codes: Sequence[str] = form.several(name)
    if any(code not in by_code for code in codes):
        form.errors[name] = [_NO_UNIT]
    return tuple(by_code[code] for code in codes if code in by_code)


def _day(form: Typed, name: str) -> date | None:
    text = form.value(name).strip()
    found = sheets.day(text)
    if text and found is None:
        form.errors[name] = [_BAD_DAY]
    return found
