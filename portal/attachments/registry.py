"""What files may hang on. A slice above registers its things; nothing here knows them.

Whoever may read the thing at that moment may read its files: both the table's policy and the slice's own reading say so."""
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from tenants.access import Appointment, Identity
from tenants.errors import NotVisible
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Carrier:
    """A kind of thing. `load` gives the thing or raises NotVisible; `key` and `readable` say the same as a condition, for who
    has the permission `read` anywhere; `allow` says under which appointment somebody may add and remove files of a part now,
    or raises NotPermitted, RuleViolated; `page` is the address that shows them; `parts` what a file may be for, besides just
    hanging there; `changed` hears who has added a file of which name, or else removed it."""
    kind: str
    load: Callable[[Identity, UUID], Any]
    key: InstrumentedAttribute[UUID]
    readable: Callable[[Identity], ColumnElement[bool]]
    read: Permission
    allow: Callable[[Any, Identity, str], Appointment]
    page: Callable[[Any], str]
    parts: tuple[str, ...] = ()
    changed: Callable[[Any, Identity, str, bool], None] | None = None


_known: dict[str, Carrier] = {}


def register(carrier: Carrier) -> Carrier:
    """At import of the slice; the same kind again replaces the first."""
    _known[carrier.kind] = carrier
    return carrier


def known() -> Collection[Carrier]:
    return _known.values()


def of(kind: str) -> Carrier:
    """Raises NotVisible for a kind that no slice has registered."""
    if kind not in _known:
        raise NotVisible
    return _known[kind]
