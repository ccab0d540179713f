"""What the portal says no with. The interface maps each to a status and a page; see `portal/web/errors.py`."""
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tenants.messages import Message


class PortalError(Exception):
    """Base of every refusal; carries the sentence that is shown."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class NotVisible(Exception):
    """404: unknown, malformed and invisible are one answer, so it says nothing."""


class NotPermitted(PortalError):
    """403: the thing is visible, the action is not the person's."""


class RuleViolated(PortalError):
    """409: the action does not fit the present state."""


class Stale(PortalError):
    """412: somebody else has changed the thing meanwhile."""


class Invalid(Exception):
    """422: the content is at fault; `errors` maps a field's path to the sentences shown beside it."""

    def __init__(self, errors: Mapping[str, Sequence[Message]]) -> None:
        super().__init__("; ".join(f"{k}: {' '.join(map(str, v))}" for k, v in errors.items()))
        self.errors = errors


@contextmanager
def noting(errors: dict[str, list[Message]]) -> Iterator[None]:
    """What a check refuses is noted, and the next one made."""
    try:
        yield
    except Invalid as fault:
        errors |= {name: list(said) for name, said in fault.errors.items()}


class NoScope(RuntimeError):
    """A bug: data was asked for before anybody's scope was set."""


class ScopeChanged(RuntimeError):
    """A bug: a transaction or session that belongs to one scope was used under another."""
