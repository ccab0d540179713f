"""Where the next page of a list by time goes on: an instant and the key of the last row shown, in the address."""
from datetime import datetime
from uuid import UUID

Place = tuple[datetime, UUID]


def written(at: datetime, key: UUID) -> str:
    return f"{at.isoformat()}_{key}"


def read(text: str | None) -> Place | None:
    """None for none, and for what is no cursor: the list begins anew."""
    at, _, key = (text or "").partition("_")
    try:
        place = datetime.fromisoformat(at), UUID(key)
    except ValueError:
        return None
    return place if place[0].tzinfo else None
