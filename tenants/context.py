"""Who the running code acts for. Pure: what the database makes of it is isolation's business."""
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Lane(StrEnum):
    """The database role a scope runs under; the value is the role's name."""
    UNIT = "none"                                  # set_config('role', 'none') is the login role, portal_app
    OVERSIGHT = "portal_oversight"                 # headquarters: all units, writes what HQ writes
    AUDITOR = "portal_auditor"                     # all units, writes nothing
    ADMINISTRATOR = "portal_administrator"         # reference data only, no unit's work
    SIGN_IN = "portal_sign_in"                     # accounts only, before anybody is anybody


@dataclass(frozen=True, slots=True)
class Scope:
    """One transaction's reach: a person (None: the portal itself, in the background), units, a lane."""
    person: UUID | None
    units: tuple[int, ...]
    lane: Lane = Lane.UNIT

    @property
    def unit_ids(self) -> str:
        """An array literal: cast once a row, cheaper than string_to_array."""
        return "{" + ",".join(map(str, self.units)) + "}"


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current() -> Scope | None:
    return _current.get()


@contextmanager
def bound(scope: Scope) -> Iterator[None]:
    """Raw binding; use `isolation.acting_as`, which also guards the session."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)
