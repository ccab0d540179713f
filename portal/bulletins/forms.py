"""What addresses and forms say of bulletins, read without trust; what was typed is kept as it was typed."""
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from werkzeug.datastructures import MultiDict

from portal.bulletins.models import Bulletin
from portal.bulletins.queries import Wanted
from portal.bulletins.rules import Content, Planned, Section
from portal.web import sheets, untrusted
from tenants import directory

FILTERS = ("q", "state", "year", "open")
ALL = "all"


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    return untrusted.filters(args, FILTERS)


def wanted(filters: Mapping[str, str]) -> Wanted:
    return Wanted(**{f.name: filters.get(f.name) for f in fields(Wanted) if f.name != "q"}, q=filters.get("q", ""))


@dataclass(slots=True)
class Sheet(sheets.Sheet):
    """Receivers are typed by code, or ALL."""
    receivers: list[str] = field(default_factory=list)
    picks: list[str] = field(default_factory=list)


def typed(form: "MultiDict[str, str]") -> Sheet:
    return Sheet({name: form.get(name, "") for name in form}, form.getlist("receivers"), form.getlist("picks"))


def shown(bulletin: Bulletin) -> Sheet:
    """A draft as the values of its form."""
    codes = {u.id: u.code for u in directory.units()}
    return Sheet({**bulletin.words, "title": bulletin.title},
                 [ALL] if bulletin.receivers is None else [codes[u] for u in bulletin.receivers], list(bulletin.picks))


def _receivers(sheet: Sheet) -> frozenset[int] | None:
    if ALL in sheet.receivers:
        return None
    units = {u.code: u.id for u in directory.units()}
    return frozenset(units[code] for code in sheet.receivers if code in units)


def content_of(sheet: Sheet) -> Content:
    return Content(title=sheet.value("title"), words={s.value: sheet.value(s) for s in Section}, receivers=_receivers(sheet),
                   picks=tuple(sheet.picks))


def planned_of(sheet: Sheet) -> Planned:
    day = sheet.value("working_day").strip()
    return Planned(title=sheet.value("title"), rhythm=sheet.value("rhythm"), receivers=_receivers(sheet),
                   working_day=int(day) if day.isascii() and day.isdigit() and len(day) < 4 else 0,
                   by_itself=bool(sheet.value("by_itself")))
