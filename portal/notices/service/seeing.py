"""Whether a receiver may see, at this moment, what a notice is about, and whether what it reminds of is still so."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from portal.notices.rules import About
from tenants import directory
from tenants.access import Identity
from tenants.isolation import apart

Question = Callable[[Identity, UUID], bool]


@dataclass(frozen=True, slots=True)
class Sees:
    """Kind of thing → whether a person may see this one; and whether this reminder still stands for a person."""
    things: Mapping[str, Question]
    stands: Question | None = field(default=None)


def may_see(person: UUID, subject: About | None, sees: Sees | None, *, given: bool = True, reminder: UUID | None = None) -> bool:
    """Asked in the person's own scope, with all of the person's functions; no for who has left. A thing that the address
    alone has named, and that nobody knows how to ask about, is no secret; one that the sender named raises LookupError. With a
    `reminder`, no also where it does not stand any more: what waited for a letter is not said when it has been settled."""
    if subject is None or sees is None:
        return True
    kind, key = subject
    if kind not in sees.things:
        if given:
            raise LookupError(f"nobody says who may see a {kind}")
        return True
    identity = directory.identity_of(person)
    if identity is None:
        return False
    with apart(identity.scope(writing=False)):
        stands = reminder is None or sees.stands is None or sees.stands(identity, reminder)
        return stands and sees.things[kind](identity, key)
