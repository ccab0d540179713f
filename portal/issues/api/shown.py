"""What programs are shown of issues: everything of a page of them is read at once."""
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from portal import i18n
from portal.api import Instant
from portal.issues import models, queries
from portal.issues.models import Issue as Row
from portal.issues.queries import Clocks, Names
from portal.issues.rules.clocks import Share
from portal.web.access import identity
from tenants.messages import Message
from tenants.vocabulary import CommentKind, IssuePart, IssueState, Line, Severity, Stage


class IssueDesk(BaseModel):
    """A unit's desk of a line."""
    unit: str = Field(examples=["migu"])
    line: Line


class IssueParty(IssueDesk):
    """A desk with its part."""
    part: IssuePart


class IssueShare(IssueDesk):
    """How long a desk had the issue: its own time, and the time it waited for the raiser, as the limit counts time."""
    minutes: int
    waiting_minutes: int


class IssueRoute(BaseModel):
    """Why it is where it is: the rule, its version, the facts, the reasons in words and as data."""
    rule: str = Field(examples=["launched_by_company"])
    version: int
    facts: dict[str, Any]
    why: list[str]
    reasons: list[dict[str, Any]]


class IssuePreview(BaseModel):
    """Where an issue would go; nothing is stored."""
    owner: IssueDesk
    parties: list[IssueParty]
    why: list[str]
    reasons: list[dict[str, Any]]
    rule: str
    version: int
    respond_by: Instant
    resolve_by: Instant


class Issue(BaseModel):
    """A quality issue about a campaign."""
    id: str
    code: str = Field(description="Counted within the raising unit and year.", examples=["Q-2026-guangdong-1"])
    campaign: str | None = Field(description="Its id; null while it is not identified, or where the caller does not see it.")
    campaign_words: str
    raised_by: str = Field(examples=["guangdong"])
    first_contact: str = Field(description="A mail address.", examples=["contact@guangdong.example"])
    owner: IssueDesk
    parties: list[IssueParty]
    severity: Severity
    stage: Stage
    state: IssueState
    title: str
    description: str
    control_element: str
    complaint_count: int
    ruling_due: bool = Field(description="After the second disagreement: only a ruling is possible.")
    ruled: bool
    disagreements: int
    respond_by: Instant
    resolve_by: Instant
    overdue: bool
    waiting: bool = Field(description="The owner waits for the raiser's answer.")
    root_cause: str
    solution: str
    raised_at: Instant
    responded_at: Instant | None
    resolved_at: Instant | None
    closed_at: Instant | None
    reopened: int
    chase_count: int
    chased_at: Instant | None
    part_of: str | None = Field(description="The id of the whole, where the caller may see it.")
    merged_into: str | None = Field(description="Where it goes on, if the caller may see that.")
    route: IssueRoute
    shares: list[IssueShare]
    version: int = Field(description="Rises with every change.")


class IssueComment(BaseModel):
    """What somebody said."""
    id: str
    at: Instant
    by: str = Field(description="A mail address.")
    unit: str
    kind: CommentKind
    text: str
    mentions: list[str]


class CommentedIssue(Issue):
    """The issue with the comment that was just made."""
    comment: IssueComment


class LinkedIssue(BaseModel):
    """Another issue that has to do with it and that the caller sees."""
    id: str
    code: str
    title: str
    state: IssueState
    kind: str = Field(description="`link`, `part` or `duplicate`.")


_SAME = ("code", "campaign_words", "severity", "stage", "state", "title", "description", "control_element", "complaint_count",
         "ruling_due", "ruled", "disagreements", "root_cause", "solution", "raised_at", "responded_at", "resolved_at", "closed_at",
         "reopened", "chase_count", "chased_at", "version")


def in_english(message: Message) -> str:
    """A sentence for programs, as all their words are."""
    return i18n.translate(message, "en")


class Shown:
    """Shows issues; `ahead` reads what hangs on a page of them."""

    def __init__(self) -> None:
        self.names = Names.read()
        self.parties: Mapping[UUID, Sequence[models.IssueParty]] = {}
        self.clocks: Mapping[UUID, Clocks] = {}
        self.seen: frozenset[UUID] = frozenset()

    def ahead(self, rows: Sequence[Row]) -> None:
        self.parties, self.clocks = queries.parties_of([r.id for r in rows]), queries.clocks(rows)
        others = {key for r in rows for key in (r.parent_id, r.merged_into_id) if key}
        self.seen = queries.readable_of(identity(), others)

    def __call__(self, row: Row) -> Issue:
        on = self.clocks[row.id]
        same = {name: getattr(row, name) for name in _SAME}
        return Issue(
            id=str(row.id), campaign=str(row.campaign_id) if row.campaign else None, raised_by=row.raiser.code,
            first_contact=row.first_contact.email, owner=IssueDesk(unit=row.owner.code, line=Line(row.owner_line)),
            parties=[IssueParty(unit=p.unit.code, line=Line(p.line), part=IssuePart(p.part)) for p in self._parties(row)],
            respond_by=on.respond_by, resolve_by=on.resolve_by, overdue=on.overdue, waiting=on.waiting,
            part_of=self._seen(row.parent_id), merged_into=self._seen(row.merged_into_id), route=self._route(row),
            shares=[self._share(s) for s in on.shares], **same)

    def one(self, row: Row) -> Issue:
        self.ahead([row])
        return self(row)

    def _parties(self, row: Row) -> Sequence[models.IssueParty]:
        return queries.in_sight(row, self.parties.get(row.id, ()))

    def _seen(self, key: UUID | None) -> str | None:
        return str(key) if key in self.seen else None

    def _route(self, row: Row) -> IssueRoute:
        return IssueRoute(rule=row.route_rule, version=row.route_version,
                          facts=queries.shown_in_codes(row, self.names.codes),
                          why=[in_english(m) for m in queries.kept_why(row, self.names)],
                          reasons=[self.names.reason(r) for r in queries.kept_reasons(row)])

    def _share(self, share: Share) -> IssueShare:
        return IssueShare(unit=self.names.codes[share.desk[0]], line=Line(share.desk[1]),
                          minutes=int(share.own.total_seconds() // 60), waiting_minutes=int(share.waiting.total_seconds() // 60))
