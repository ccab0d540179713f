"""Deadlines as a calendar (RFC 5545). Pure."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

REFRESH = timedelta(hours=1)           # how often a program may look again (RFC 7986)


@dataclass(frozen=True, slots=True)
class Entry:
    """One deadline: a whole day, or a moment. `key` names the same deadline each time; `url` is the page that it is about."""
    key: str
    due: date | datetime
    summary: str
    about: str
    url: str


def calendar(entries: Iterable[Entry], *, name: str, host: str, language: str, today: date) -> bytes:
    """The calendar as a program reads it: CRLF, lines folded, each entry with its UID. The same on the same day as long as the
    deadlines are. It is read at an address and sent to nobody, so it has no METHOD, which would ask for an ORGANIZER (RFC 5546)."""
    made = Calendar()
    made.add("prodid", f"-//{host}//Service Quality Portal//{language.upper()}")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    stamp = datetime.combine(today, time(0), UTC)
    for entry in sorted(entries, key=lambda e: (_day(e), e.key)):
        event = Event()
        event.add("uid", f"{entry.key}@{host}")
        event.add("dtstamp", stamp)
        if isinstance(entry.due, datetime):
            event.add("dtstart", entry.due.astimezone(UTC))      # without an end it ends as it begins
        else:
            event.add("dtstart", entry.due)
            event.add("dtend", entry.due + timedelta(days=1))
        event.add("summary", entry.summary)
        if entry.about:
            event.add("description", entry.about)
        event.add("url", entry.url)
        event.add("transp", "TRANSPARENT")             # a deadline takes no time of its day
        made.add_component(event)
    return bytes(made.to_ical())


def _day(entry: Entry) -> date:
    return entry.due.astimezone(UTC).date() if isinstance(entry.due, datetime) else entry.due
