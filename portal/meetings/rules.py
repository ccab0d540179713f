"""Kinds of meeting, what may be answered, and how a meeting stands. Pure."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tenants.messages import N_, Message
from tenants.vocabulary import Line


class MeetingKind(StrEnum):
    TOPIC = "topic"
    EXCHANGE = "exchange"
    VISIT = "visit"


class Answer(StrEnum):
    COMES = "comes"
    SENDS = "sends"                    # somebody else of the unit
    EXCUSED = "excused"


class MeetingState(StrEnum):
    CALLED = "called"
    PUBLISHED = "published"            # its minutes are out, and stay
    CANCELLED = "cancelled"


KINDS: Mapping[MeetingKind, Message] = {
    MeetingKind.TOPIC: N_("Topic meeting"), MeetingKind.EXCHANGE: N_("Exchange meeting"), MeetingKind.VISIT: N_("On-site visit")}
ANSWERS: Mapping[Answer, Message] = {
    Answer.COMES: N_("comes"), Answer.SENDS: N_("sends somebody"), Answer.EXCUSED: N_("is excused")}
MOST_ITEMS = 8                         # of an agenda


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an agenda; `unit` is the key of the unit that presents it."""
    title: str
    unit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What whoever convenes a meeting sets; `line` None is the office's own, `invited` are keys of units."""
    kind: str
    line: Line | None
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    invited: frozenset[int]
    agenda: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it was taken: which unit does what by when; `owner` is the mail address of a person of the unit, or empty."""
    unit: int
    line: Line
    title: str
    deliverable: str
    due: date
    owner: str = ""
