"""Days and times in words: the date, and how far off it is."""
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.web.names import calendar
from tenants import clock

SOON = 3                # working days: nearer than this, a date is marked


@dataclass(frozen=True, slots=True)
class Distance:
    """How far off a day is, in words; `tone` is red when past, amber when near, else empty."""
    words: str
    tone: str
    late_days: int


def _as_day(value: date | datetime) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


def day(value: date | datetime | None) -> str:
    """2026-11-30."""
    return "" if value is None else _as_day(value).isoformat()


def short_day(value: date | datetime | None) -> str:
    """11-30 in this year, else with the year."""
    if value is None:
        return ""
    shown = _as_day(value)
    return shown.strftime("%m-%d") if shown.year == clock.today().year else shown.isoformat()


def hour(value: datetime | None) -> str:
    """08:40, on the portal's wall clock."""
    return "" if value is None else clock.local(value).strftime("%H:%M")


def moment(value: datetime | None) -> str:
    """today 08:40, 11-20 08:40, 2025-11-20 08:40."""
    if value is None:
        return ""
    shown = clock.local(value)
    if shown.date() == clock.today():
        return str(_("today %(hour)s", hour=hour(value)))
    return f"{short_day(shown.date())} {hour(value)}"


def distance(value: date | datetime) -> Distance:
    """Days ahead are working days of the office's calendar, days late are calendar days, as everywhere in the portal."""
    due, today = _as_day(value), clock.today()
    ahead = (due - today).days
    if ahead < 0:
        return Distance(ngettext("%(num)d day late", "%(num)d days late", -ahead), "red", -ahead)
    if ahead == 0:
        return Distance(_("today"), "amber", 0)
    left = calendar().left(today, due)
    if left == 0:
        return Distance(ngettext("in %(num)d day, none of them worked", "in %(num)d days, none of them worked", ahead), "amber", 0)
    words = ngettext("in %(num)d working day", "in %(num)d working days", left)
    return Distance(words, "amber" if left <= SOON else "", 0)


def ago(value: date | datetime | None) -> str:
    """today, yesterday, 5 days ago."""
    if value is None:
        return ""
    days = (clock.today() - _as_day(value)).days
    if days <= 0:
        return str(_("today"))
    return str(_("yesterday") if days == 1 else ngettext("%(num)d day ago", "%(num)d days ago", days))
