"""Where the next page of a list goes on: by time or by day, and the key of the last row shown, in the address."""
from datetime import date, datetime
from uuid import UUID

Place = tuple[datetime, UUID]


def written(at: date, key: UUID) -> str:
    """Of an instant, or of a day."""
    return f"{at.isoformat()}_{key}"


def read(text: str | None) -> Place | None:
    """None for none, and for what is no cursor: the list begins anew."""
    at, _, key = (text or "").partition("_")
    try:
        place = datetime.fromisoformat(at), UUID(key)
    except ValueError:
        return None
    return place if place[0].tzinfo else None


def read_day(text: str | None) -> tuple[date, UUID] | None:
    """The same for a list by day."""
    day, _, key = (text or "").partition("_")
    try:
        return date.fromisoformat(day), UUID(key)
    except ValueError:
        return None
