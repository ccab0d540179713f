"""What an address or a form says of keys, versions and filters, read without trust."""
from collections.abc import Iterable, Mapping
from uuid import UUID

from portal import texts
from tenants.errors import NotVisible

NOBODY = UUID(int=0)                                   # equals nothing: what is unknown or malformed fits no row


def key(text: str | None) -> UUID | None:
    """None for what is no key."""
    try:
        return UUID(text) if text and len(text) == 36 else None
    except ValueError:
        return None


def sought(text: str | None) -> UUID | None:
    """What a filter by key asks for: None for nothing, NOBODY for what is no key."""
    return key(text) or NOBODY if text else None


def key_of(text: str) -> UUID:
    """Raises NotVisible for what is no key at all: malformed is answered like unknown."""
    found = key(text)
    if found is None:
        raise NotVisible
    return found


def version(text: str | None) -> int:
    """The version that a form was opened with; one that is no number fits none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def filters(args: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Those of the filters that an address sets, cleaned; what is empty is not set."""
    found = {name: texts.clean(args.get(name))[:texts.SHORT] for name in names}
    return {name: value for name, value in found.items() if value}
