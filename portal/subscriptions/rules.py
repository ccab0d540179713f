"""Lists that are delivered on a schedule: which, in what rhythm, and when next. Pure."""
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from portal.workdays import Calendar
from tenants.messages import N_, Message


class Rhythm(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    MONTH_END = "month_end"


RHYTHMS: Mapping[Rhythm, Message] = {
    Rhythm.DAY: N_("every working day"), Rhythm.WEEK: N_("every Monday"),
    Rhythm.MONTH: N_("on the first working day of each month"), Rhythm.MONTH_END: N_("on the last working day of each month")}
# The path of a list, which with ".xlsx" is the address of its workbook.
LISTS: Mapping[str, Message] = {
    "/assignments": N_("Assignments"), "/board": N_("Board"), "/board/rows": N_("What the board counts"),
    "/bulletins": N_("Bulletins"), "/campaigns": N_("Campaigns"), "/cautions": N_("Warnings from elsewhere"),
    "/filings": N_("Implementation plans"), "/flows": N_("Flows"), "/issues": N_("Quality issues"), "/meetings": N_("Meetings"),
    "/supervision": N_("Supervision orders"), "/units": N_("Units")}
LANGUAGES = ("zh", "en")
MOST = 20                              # of one person
LONGEST = 1_500                        # characters of a kept address
KEPT = timedelta(days=30)              # that a workbook can be fetched


def next_day(rhythm: Rhythm, after: date, calendar: Calendar) -> date:
    """The first day after `after` on which it is delivered."""
    if rhythm is Rhythm.DAY:
        return calendar.add(after, 1)
    if rhythm is Rhythm.WEEK:
        return after + timedelta(days=7 - after.weekday())
    month = after.replace(day=1)
    found = (_of_month(rhythm, m, calendar) for m in (month, _following(month), _following(_following(month))))
    return next(day for day in found if day > after)


def _of_month(rhythm: Rhythm, month: date, calendar: Calendar) -> date:
    """Its first working day, or its last."""
    if rhythm is Rhythm.MONTH_END:
        return calendar.add(_following(month), -1)
    return calendar.add(month - timedelta(days=1), 1)


def _following(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
