"""The history of one thing for programs; the slices that have histories mount it below their own addresses."""
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, Instant, PageQuery
from portal.audit import queries
from portal.audit.models import AuditEntry
from portal.audit.rules import with_mails


class HistoryEntry(BaseModel):
    """One change: who made it, in whose name, and what was before and after."""
    at: Instant
    by: str | None = Field(description="A mail address; null for the portal itself.", examples=["contact@guangdong.example"])
    on_behalf_of: str | None = Field(description="The mail address of the holder in whose name a delegate acted.")
    action: str = Field(examples=["report"])
    changes: dict[str, Any] = Field(description="Field → [before, after], or a plain value where there is no before.",
                                    examples=[{"percent": [20, 60]}])


def history(kind: str, subject: UUID,
            readable: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda changes: changes) -> Answer:
    """Newest first; whoever calls has found the subject, so it is visible. `readable` cuts the changes of an entry to
    what this person may read, where the subject has parts that not everybody reads."""
    wanted = api.query(PageQuery)
    entries = queries.history(kind, subject)
    mails = {key: person.email for key, person in queries.people(entries).items()}

    def show(e: AuditEntry) -> HistoryEntry:
        return HistoryEntry(at=e.at, by=mails.get(e.by) if e.by else None, action=e.action,
                            on_behalf_of=mails.get(e.on_behalf_of) if e.on_behalf_of else None,
                            changes=with_mails(readable(e.changes), mails))
    return api.page(entries, wanted, show, key=lambda e: str(e.id))
