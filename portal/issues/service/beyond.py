"""Who hears of a step without seeing the issue: first contacts of its duplicates, and whoever works on its parts. Headquarters
finds them; each is told of the own issue alone."""
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.service.telling import owner_desk, tell
from portal.outbox import service as outbox
from tenants.access import HEADQUARTERS
from tenants.db import db
from tenants.messages import N_, Message

TOPIC = "issue.step"

_OF_DUPLICATES: Mapping[str, Message] = {
    "resolve": N_("The issue that yours goes on in is solved; its first contact confirms: %(title)s (%(code)s)"),
    "confirm": N_("The issue that yours goes on in is closed as solved; reopen yours if it is not: %(title)s (%(code)s)"),
    "reopen": N_("The issue that yours goes on in was reopened, it is not solved: %(title)s (%(code)s)")}
_WITHDRAWN = N_("The issue that yours is a part of was withdrawn; the part goes on for now: %(title)s (%(code)s)")
_NOT_WANTED = N_("The issue that you gave a part of was withdrawn; withdraw the part if nobody needs it: %(title)s (%(code)s)")


def tell_beyond(issue: Issue, step: str) -> None:
    """Left for headquarters, where there may be somebody: of parts the raiser of the whole does not know."""
    if step == "withdraw" or queries.holds(issue):
        outbox.post(TOPIC, HEADQUARTERS, {"issue": str(issue.id), "step": step})


def pass_the_word(key: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler, in headquarters' lane. Twice is once."""
    about, step = UUID(payload["issue"]), payload["step"]
    if step in _OF_DUPLICATES:
        for issue in db.session.scalars(queries.listed([Issue.merged_into_id == about])):
            tell(issue, _said(_OF_DUPLICATES[step], issue), key=f"{key} {issue.id}")
        return
    for part in db.session.scalars(queries.listed([Issue.parent_id == about, Issue.state.in_(queries.UNFINISHED)])):
        tell(part, _said(_NOT_WANTED, part), key=f"{key} {part.id}")
        tell(part, _said(_WITHDRAWN, part), [owner_desk(part)], first=False, key=f"{key} {part.id}")


def _said(words: Message, issue: Issue) -> Message:
    return Message(words.msgid, {"title": issue.title, "code": issue.code})
