"""Whether a receiver may see, at this moment, what a notice is about."""
from collections.abc import Callable, Mapping
from uuid import UUID

from portal.notices.rules import About
from tenants import directory
from tenants.access import Identity
from tenants.isolation import apart

Sees = Mapping[str, Callable[[Identity, UUID], bool]]


def may_see(person: UUID, subject: About | None, sees: Sees | None, *, given: bool = True) -> bool:
    """Asked in the person's own scope, with all of the person's functions; no for who has left. A thing that the address
    alone has named, and that nobody knows how to ask about, is no secret; one that the sender named raises LookupError."""
    if subject is None or sees is None:
        return True
    kind, key = subject
    if kind not in sees:
        if given:
            raise LookupError(f"nobody says who may see a {kind}")
        return True
    identity = directory.identity_of(person)
    if identity is None:
        return False
    with apart(identity.scope(writing=False)):
        return sees[kind](identity, key)
