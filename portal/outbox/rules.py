"""How messages are grouped, how long the next attempt waits, and what may be said of a failure. Pure."""
import smtplib
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

ATTEMPTS = 6                           # 20 s, 40 s … 5 min apart, then parked with its reason
SLOW_ATTEMPTS = 30                     # up to an hour apart, so about a day: a mail server may be away over night
LONGEST_WAIT = 3_600                   # seconds
LONGEST_REASON = 500                   # characters


class Group(StrEnum):
    """Topics that are drained together. Each of the slow groups is one drain at a time in the whole portal: what a foreign
    server does to one group holds up no other."""
    QUICK = "quick"
    MAIL = "mail"
    CHAT = "chat"

    @property
    def slow(self) -> bool:
        return self is not Group.QUICK

    @property
    def attempts(self) -> int:
        return SLOW_ATTEMPTS if self.slow else ATTEMPTS


TOPICS: Mapping[Group, frozenset[str]] = {Group.MAIL: frozenset({"mail"}), Group.CHAT: frozenset({"chat", "webhook"})}
SLOW = frozenset().union(*TOPICS.values())


def group_of(topic: str) -> Group:
    return next((group for group, topics in TOPICS.items() if topic in topics), Group.QUICK)


class Later(Exception):
    """Raised by a handler: not now, and not a failure either. The message is due again at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class Told(Exception):
    """A failure in words that hold nothing of the message."""


class Unreachable(OSError):
    """Raised by a handler: the other side does not answer at all, so that trying it for the other messages to the same
    `target` (of their payloads) would only cost time. They share this one's fate."""

    def __init__(self, words: str, target: str) -> None:
        super().__init__(words)
        self.target = target


def wait(attempts: int) -> int:
    """Seconds until the next attempt after that many."""
    return min(10 << min(attempts, 20), LONGEST_WAIT)


def reason(error: Exception) -> str:
    """Why a message failed, for an administrator, who may not read what it says.

    Words are kept only of errors that cannot quote a message: of servers and connections, and of codes that nobody knows."""
    told = isinstance(error, smtplib.SMTPException | OSError | LookupError | Told)
    words = f"{type(error).__name__}: {error}" if told and str(error) else type(error).__name__
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    return " ".join((f"{words} ({code})" if code else words).split())[:LONGEST_REASON].replace("\0", "")


def names(events: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """(event, topic of one subscriber, its handler) of every subscription."""
    for event, subscribers in events.items():
        for name, handler in subscribers.items():
            yield event, f"{event}>{name}", handler
