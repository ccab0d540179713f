"""Leaving a notice for a unit, and reading what was left."""
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from portal.notices import rules
from portal.notices.rules import About, NoticeKind
from portal.outbox import service as outbox
from tenants.messages import Message
from tenants.vocabulary import Line, Role

TOPIC = "notice"


class How(TypedDict, total=False):
    """Whom and what `tell` needs beside the words; each may be left out."""
    roles: Collection[Role]
    line: Line | None
    people: Collection[UUID]
    subject: About | None
    kind: NoticeKind | None
    urgent: bool
    calm: bool
    silent: bool
    rooms: bool
    key: str | None
    answering: UUID | None


def tell(unit: int, message: Message, url: str, **how: Unpack[How]) -> None:
    """Tell the holders of `roles` in a unit (of `line` or of none) and the named `people` there.

    Parameters of the message are plain values or {"en": …, "zh": …}; `url` is a path of the portal. `subject` is the thing that
    it is about, ("issue", its key): nobody is told who may not see it at the moment of sending. Without it, and without `kind`,
    the address says what it is about. What is `urgent` waits for no quiet hours and for no letter of the day; what is `calm`
    always waits for the latter, and what is `silent` stands in the portal alone. What is for named people only is nothing for
    a unit's rooms, unless it says `rooms`. With a `key` the unit is told once, however often this is called. `answering` is a
    reminder that its receivers may answer from their letters."""
    outbox.post_all([parcel(unit, message, url, **how)])


def parcel(unit: int, message: Message, url: str, **how: Unpack[How]) -> outbox.Parcel:
    """What `tell` would post, for `outbox.post_all`, where there is much to tell."""
    line, subject, kind = how.get("line"), how.get("subject"), how.get("kind")
    payload: dict[str, Any] = {
        "roles": [r.value for r in how.get("roles", ())], "line": line.value if line else None,
        "people": [str(p) for p in how.get("people", ())], "text": message.msgid, "params": dict(message.params), "url": url}
    if subject is not None:
        payload["subject"] = [subject[0], str(subject[1])]
    if kind is not None:
        payload["kind"] = kind.value
    payload |= {word: True for word in ("urgent", "calm", "silent", "rooms") if how.get(word)}
    if answering := how.get("answering"):
        payload["answering"] = str(answering)
    return outbox.Parcel(TOPIC, unit, payload, how.get("key"))


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it was left. `subject` is checked before it is delivered; `given` says that the sender named it."""
    message: Message
    url: str
    kind: NoticeKind
    subject: About | None
    given: bool
    line: Line | None
    urgent: bool
    calm: bool = False
    silent: bool = False
    answering: UUID | None = None


def told(payload: Mapping[str, Any]) -> Told:
    """Raises KeyError for what is no notice."""
    message, url, named = Message(payload["text"], payload["params"]), payload["url"], payload.get("subject")
    kind = NoticeKind(payload["kind"]) if payload.get("kind") else rules.kind_of(url)
    subject = (str(named[0]), UUID(named[1])) if named else rules.about(url)
    line = Line(payload["line"]) if payload.get("line") else None
    answering = UUID(payload["answering"]) if payload.get("answering") else None
    urgent, calm, silent = (bool(payload.get(word)) for word in ("urgent", "calm", "silent"))
    return Told(message, url, kind, subject, bool(named), line, urgent, calm, silent, answering)
