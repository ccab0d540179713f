"""What addresses and forms say of supervision orders, read without trust; what was typed is kept as it was typed."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from werkzeug.datastructures import MultiDict

from portal.supervision.queries import ANY_UNFINISHED, Wanted
from portal.supervision.rules import AboutKind, Grade, Ordered, OrderState, Ref
from portal.web import sheets, untrusted
from tenants import directory
from tenants.errors import NotVisible
from tenants.messages import N_
from tenants.vocabulary import Line

FILTERS = ("q", "state", "grade", "unit", "line", "overdue")
ALL = "all"
_DAY = N_("Write the date as year-month-day, like 2026-06-30.")
_NEEDED = N_("Choose a day.")
_CODES: Mapping[str, frozenset[str]] = {
    "state": frozenset({*OrderState, ANY_UNFINISHED}), "grade": frozenset(Grade), "line": frozenset({*Line, "office"}),
    "overdue": frozenset({"1"})}


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty, or none of its codes, is not set."""
    return {name: value for name, value in untrusted.filters(args, FILTERS).items() if name not in _CODES or value in _CODES[name]}


def wanted(filters: Mapping[str, str]) -> Wanted:
    return Wanted(state=filters.get("state"), grade=filters.get("grade"), unit=filters.get("unit"), line=filters.get("line"),
                  overdue="overdue" in filters, q=filters.get("q", ""))


def refs(values: Iterable[str]) -> tuple[Ref, ...]:
    """Things named "kind:key", each once; what names none is left out."""
    return tuple(dict.fromkeys(ref for value in values if (ref := _ref(value)) is not None))


def _ref(value: str) -> Ref | None:
    kind, _, key = value.partition(":")
    try:
        return Ref(AboutKind(kind), untrusted.key_of(key))
    except (ValueError, NotVisible):
        return None


@dataclass(slots=True)
class Sheet(sheets.Sheet):
    """Units are typed by code, things as "kind:key". `shown` are the things that the form offered."""
    units: list[str] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    shown: tuple[Ref, ...] = ()

    def day(self, name: str, *, needed: bool = True) -> date | None:
        """The day written there; what cannot be read is noted at its place."""
        typed = self.value(name).strip()
        if not typed and not needed:
            return None
        try:
            return date.fromisoformat(typed)
        except ValueError:
            self.fault(name, _DAY if typed else _NEEDED)
            return None


def typed(form: "MultiDict[str, str]") -> Sheet:
    return Sheet({name: form.get(name, "") for name in form}, form.getlist("units"), form.getlist("about"),
                 refs(form.getlist("shown")))


def ordered(sheet: Sheet, line: Line | None) -> Ordered:
    """The orders that the sheet describes."""
    units = {u.code: u for u in directory.units()}
    named = {u.id for u in directory.standing()} if ALL in sheet.units else {
        units[code].id for code in sheet.units if code in units}
    return Ordered(grade=sheet.value("grade"), words=sheet.value("words"), line=line, term=sheet.day("term", needed=False),
                   units=frozenset(named), about=refs(sheet.about))
