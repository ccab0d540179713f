"""The one source of time, replaceable: by a test, or by `PORTAL_CLOCK` for a demonstration."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

Source = Callable[[], datetime]


def _system() -> datetime:
    return datetime.now(UTC)


def _shifted(by: timedelta) -> datetime:
    return _system() + by


_source: Source = _system
_zone = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _source()


def today() -> date:
    """The calendar day in the portal's time zone; deadlines are inclusive until its midnight (platform rule)."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """The same instant on the portal's wall clock."""
    return instant.astimezone(_zone)


def configure(timezone: str, start: datetime | None = None) -> None:
    """Set the time zone and, for a demonstration, the instant from which the clock runs on from now.

    Raises `zoneinfo.ZoneInfoNotFoundError` for an unknown zone."""
    global _source, _zone
    _zone = ZoneInfo(timezone)
    _source = _system
    if start is not None:
        _source = partial(_shifted, start - _system())


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """For tests and the demonstration year: the clock stands still at `instant` (aware) inside the block."""
    global _source
    before, _source = _source, lambda: instant
    try:
        yield
    finally:
        _source = before


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """That hour of that day on the portal's wall clock, as an instant."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=_zone) + timedelta(0)
