"""Quality issues about campaigns: who owns one, who is a party of it, and how it went from hand to hand."""
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from portal.campaigns.models import Campaign
from tenants import directory
from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import AS_ONESELF, Kind, kind
from tenants.vocabulary import CommentKind, IssuePart, IssueState, Line, Severity, Stage, TurnStart

_BY_PARTIES = (
    "owner_unit", "owner_line", "state", "first_contact_id", "complaint_count", "responded_at", "resolved_at",
    "closed_at", "disagreements", "ruling_due", "root_cause", "solution", "merged_into_id", "warned_at", "chased_at", "chase_count",
    "reopened", "version")
_BY_HQ = (*_BY_PARTIES, "raised_by", "ruled", "campaign_id", "campaign_words", "ruling_line", "route_rule", "route_facts",
          "route_version", "parties", "desks")


class Issue(Base):
    """Owned by a desk: `owner_unit` in `owner_line`, changed by the owner or by headquarters alone (trigger `issue_owner`).
    `parties` are the units that see it, each in its line in `desks` ("key:line"); both grow with each IssueParty (trigger
    `issue_party_joins`). `route_*` say by which rule, from which facts and in which version of the rules it was routed.
    `code` counts within the raising unit: a common number would tell everybody how many there are."""
    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("raised_by", "code"), one_of("owner_line", Line), one_of("ruling_line", Line, "ruling_line"),
                      one_of("severity", Severity), one_of("stage", Stage), one_of("state", IssueState),
                      CheckConstraint("owner_unit = ANY (parties) AND raised_by = ANY (parties)", name="parties"),
                      CheckConstraint("complaint_count >= 0", name="complaint_count"),
                      Index("ix_issue_parties", "parties", postgresql_using="gin"),
                      Index("ix_issue_desks", "desks", postgresql_using="gin"), Index("ix_issue_owner", "owner_unit", "state"),
                      Index("ix_issue_raised_by", "raised_by", "raised_at"), Index("ix_issue_campaign", "campaign_id"),
                      Index("ix_issue_raised_at", "raised_at", "id"), Index("ix_issue_parent", "parent_id"),
                      kind(Kind.SHARED, adds="raised_by = ANY (app.unit_ids())", unit_updates=_BY_PARTIES, hq_updates=_BY_HQ))
    id: Mapped[Key]
    code: Mapped[str]
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaign.id"))
    campaign_words: Mapped[str] = mapped_column(default="")          # how the raiser called a campaign that was not found
    raised_by: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    first_contact_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    owner_unit: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    owner_line: Mapped[str] = mapped_column()
    ruling_line: Mapped[str]
    severity: Mapped[str]
    stage: Mapped[str]
    control_element: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    description: Mapped[str]
    complaint_count: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="routed")
    disagreements: Mapped[int] = mapped_column(default=0)
    ruling_due: Mapped[bool] = mapped_column(default=False)
    ruled: Mapped[bool] = mapped_column(default=False)
    reopened: Mapped[int] = mapped_column(default=0)
    root_cause: Mapped[str] = mapped_column(default="")
    solution: Mapped[str] = mapped_column(default="")
    route_rule: Mapped[str]
    route_facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    route_version: Mapped[int]
    raised_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    chased_at: Mapped[datetime | None]
    chase_count: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("issue.id"))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("issue.id"))
    parties: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    desks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    version: Mapped[int] = mapped_column()
    desk: Mapped[str | None] = column_property(directory.desk_of(owner_unit, owner_line))
    __mapper_args__ = {"version_id_col": version}

    campaign: Mapped[Campaign | None] = relationship(lazy="raise_on_sql")
    raiser: Mapped[Unit] = relationship(foreign_keys=[raised_by], lazy="raise_on_sql")
    owner: Mapped[Unit] = relationship(foreign_keys=[owner_unit], lazy="raise_on_sql")
    first_contact: Mapped[Person] = relationship(lazy="raise_on_sql")

    @property
    def subject(self) -> Subject:
        pairs = (key.split(":", 1) for key in self.desks)
        return Subject(self.owner_unit, Line(self.owner_line), parties=tuple((int(u), Line(line)) for u, line in pairs),
                       first=self.first_contact_id, raiser=self.raised_by, desk=directory.parse_desk(self.desk),
                       ruling=Line(self.ruling_line))


class IssueParty(Base):
    """A unit's part in an issue; nobody ever leaves. A unit may have several parts, each once."""
    __tablename__ = "issue_party"
    __table_args__ = (UniqueConstraint("issue_id", "unit_id", "line", "part"), one_of("line", Line), one_of("part", IssuePart),
                      kind(Kind.CHILD, of=("issue",), unit_updates=("part",), hq_updates=("part",)))
    id: Mapped[Key]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    part: Mapped[str]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class IssueTurn(Base):
    """One desk's time as owner. `start` says how it came to it; the one before it is who handed it over."""
    __tablename__ = "issue_turn"
    __table_args__ = (UniqueConstraint("issue_id", "position"), one_of("line", Line), one_of("start", TurnStart),
                      kind(Kind.CHILD, of=("issue",), unit_updates=("ended_at",), hq_updates=("ended_at",)))
    id: Mapped[Key]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    position: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    start: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class IssueWait(Base):
    """While the owner waits for the raiser's answer; it pauses the owner's share, never the overall clock."""
    __tablename__ = "issue_wait"
    __table_args__ = (Index("ix_issue_wait_issue", "issue_id", "begun_at"),
                      kind(Kind.CHILD, of=("issue",), unit_updates=("ended_at",), hq_updates=("ended_at",)))
    id: Mapped[Key]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class IssueComment(Base):
    """What somebody said, as whom. `mentions` are people of parties who were named and told."""
    __tablename__ = "issue_comment"
    __table_args__ = (one_of("kind", CommentKind), Index("ix_issue_comment_issue", "issue_id", "at"),
                      kind(Kind.CHILD, of=("issue",), adds=AS_ONESELF))
    id: Mapped[Key]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    mentions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    at: Mapped[datetime]

    by: Mapped[Person] = relationship(foreign_keys=[by_id], lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class IssueLink(Base):
    """Two issues that have to do with each other; shown to whoever sees both."""
    __tablename__ = "issue_link"
    __table_args__ = (UniqueConstraint("issue_id", "other_id"), Index("ix_issue_link_other", "other_id"),
                      CheckConstraint("issue_id <> other_id", name="two"), kind(Kind.CHILD, of=("issue",)))
    id: Mapped[Key]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class IssueNumber(Base):
    """The last number given within a raising unit and year; counted by `app.next_issue_number`."""
    __tablename__ = "issue_number"
    __table_args__ = (kind(Kind.INTERNAL),)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class IssueLimit(Base):
    """How long an owner may take to respond and to resolve, in minutes of working time, or around the clock where
    `continuous`. A limit for a stage goes before the one for all stages (`stage` null)."""
    __tablename__ = "issue_limit"
    __table_args__ = (UniqueConstraint("severity", "stage", postgresql_nulls_not_distinct=True), one_of("severity", Severity),
                      one_of("stage", Stage),
                      CheckConstraint("respond_minutes > 0 AND resolve_minutes >= respond_minutes", name="minutes"),
                      kind(Kind.REFERENCE, hq_writes=True, hq_deletes=True,
                           hq_updates=("respond_minutes", "resolve_minutes", "continuous", "version")))
    id: Mapped[Key]
    severity: Mapped[str]
    stage: Mapped[str | None]
    respond_minutes: Mapped[int]
    resolve_minutes: Mapped[int]
    continuous: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class CautionOrigin(Base):
    """Which issue a warning came from, for headquarters alone: units read nothing here."""
    __tablename__ = "caution_origin"
    __table_args__ = (Index("ix_caution_origin_issue", "issue_id"), kind(Kind.PUBLISHED, published="false"))
    id: Mapped[Key]
    caution_id: Mapped[UUID] = mapped_column(ForeignKey("caution.id"), unique=True)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
