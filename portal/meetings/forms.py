"""What addresses and forms say of meetings, read without trust; what was typed is kept as it was typed."""
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal.meetings.models import Meeting
from portal.meetings.queries import Wanted
from portal.meetings.rules import MOST_ITEMS, Content, Decided, Item
from portal.web import sheets, untrusted
from tenants import clock, directory
from tenants.errors import Invalid, NotVisible
from tenants.messages import N_
from tenants.vocabulary import Line

FILTERS = ("q", "kind", "state", "when", "unit")
ALL = "all"
_DAY = N_("Write the date as year-month-day, like 2026-06-30.")
_TIME = N_("Write the time as hours and minutes, like 09:30.")
_CHOOSE = N_("Choose one of the list.")


def chosen(text: str) -> UUID:
    """The key of a decision that a button named. Raises Invalid for what is none."""
    try:
        return untrusted.key_of(text)
    except NotVisible:
        raise Invalid({"decision": [_CHOOSE]}) from None


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    return untrusted.filters(args, FILTERS)


def wanted(filters: Mapping[str, str]) -> Wanted:
    return Wanted(**{f.name: filters.get(f.name) for f in fields(Wanted) if f.name != "q"}, q=filters.get("q", ""))


@dataclass(slots=True)
class Sheet(sheets.Sheet):
    """Units are typed by code; an item of the agenda is its title and who presents it."""
    units: list[str] = field(default_factory=list)
    items: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The agenda's rows in the form, with room for more."""
        return (self.items + [("", "")] * MOST_ITEMS)[:MOST_ITEMS]

def typed(form: "MultiDict[str, str]") -> Sheet:
    titles, presenters = form.getlist("item"), form.getlist("presenter")
    return Sheet({name: form.get(name, "") for name in form}, form.getlist("units"),
                 list(zip(titles, presenters + [""] * len(titles), strict=False)))


def shown(meeting: Meeting) -> Sheet:
    """A meeting as the values of its form."""
    codes = {u.id: u.code for u in directory.units()}
    begin, end = clock.local(meeting.starts_at), clock.local(meeting.ends_at)
    return Sheet({"kind": meeting.kind, "title": meeting.title, "place": meeting.place, "day": begin.date().isoformat(),
                  "from": f"{begin:%H:%M}", "last": end.date().isoformat(), "until": f"{end:%H:%M}"},
                 [codes[u] for u in meeting.parties], [(i["title"], codes.get(i["unit"], "")) for i in meeting.agenda])


def content_of(sheet: Sheet, line: Line | None) -> Content:
    """The meeting that the sheet describes; what cannot be read is noted at its place."""
    units = {u.code: u for u in directory.units()}
    day = _day(sheet, "day")
    last = _day(sheet, "last") if sheet.value("last").strip() else day
    invited = {units[code].id for code in sheet.units if code in units}
    if ALL in sheet.units:
        invited |= {u.id for u in directory.standing()}
    items = tuple(Item(title, units[code].id if code in units else None) for title, code in sheet.items if title.strip())
    return Content(kind=sheet.value("kind"), line=line, title=sheet.value("title"), place=sheet.value("place"),
                   starts_at=_at(sheet, day, "from"), ends_at=_at(sheet, last, "until"), invited=frozenset(invited), agenda=items)


def _day(sheet: Sheet, name: str) -> date:
    try:
        return date.fromisoformat(sheet.value(name).strip())
    except ValueError:
        sheet.fault(name, _DAY)
        return clock.today()


def _at(sheet: Sheet, day: date, name: str) -> datetime:
    try:
        found = time.fromisoformat(sheet.value(name).strip())
    except ValueError:
        sheet.fault(name, _TIME)
        found = time(9)
    return clock.at(day, found.hour, found.minute)


def decided(sheet: Sheet) -> Decided:
    """The decision that the sheet describes."""
    units = {u.code: u.id for u in directory.units()}
    line = Line.CUSTOMER_SERVICE
    if sheet.value("line") in set(Line):
        line = Line(sheet.value("line"))
    else:
        sheet.fault("line", _CHOOSE)
    return Decided(unit=units.get(sheet.value("unit"), 0), line=line, title=sheet.value("title"),
                   deliverable=sheet.value("deliverable"), due=_day(sheet, "due"), owner=sheet.value("owner"))
