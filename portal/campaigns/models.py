"""Campaigns: who launched what, where it lands, what was checked before launch, and who has heard of it."""
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind
from tenants.vocabulary import Business, CampaignState, LaunchElement, Line, Segment, SyncEvent, Verdict

_FACTS = ("code", "name", "unit_id", "line", "product_owner_id", "product", "starts", "ends", "segment", "brand", "business",
          "network", "lands_in", "configured_network", "configured_in", "notice_text", "training_on", "rules_text", "parties",
          "desks", "everyone")
_LAUNCHED = "unit_id = ANY (app.unit_ids())"
_LAUNCHER = "EXISTS (SELECT FROM campaign c WHERE c.id = campaign_id AND c.unit_id = ANY (app.unit_ids()))"
_LIFE = ("state", "live_at", "version")


class Campaign(Base):
    """`unit_id` and `line` launched it and so set its standard (plan, section 2). It lands in the whole `network` or in
    the units `lands_in`. `parties` are the units that see it, each in its line in `desks`; `everyone` all there will be."""
    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("unit_id", "code"), one_of("line", Line), one_of("state", CampaignState),
                      one_of("segment", Segment), one_of("business", Business),
                      CheckConstraint("ends >= starts", name="period"), CheckConstraint("unit_id = ANY (parties)", name="launcher"),
                      Index("ix_campaign_parties", "parties", postgresql_using="gin"),
                      Index("ix_campaign_desks", "desks", postgresql_using="gin"),
                      Index("ix_campaign_state", "state", "starts", "id"),
                      kind(Kind.SHARED, everyone="everyone", adds=_LAUNCHED, changes=_LAUNCHED, unit_updates=_FACTS + _LIFE,
                           hq_updates=_FACTS + _LIFE))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    product: Mapped[str] = mapped_column(default="")
    product_owner_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    network: Mapped[bool] = mapped_column(default=False)
    lands_in: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    starts: Mapped[date]
    ends: Mapped[date]
    segment: Mapped[str]
    brand: Mapped[str] = mapped_column(default="")
    business: Mapped[str]
    rules_text: Mapped[str] = mapped_column(default="")              # the rules of the offer, as the customer gets them
    notice_text: Mapped[str] = mapped_column(default="")             # the customer notice
    training_on: Mapped[date | None]                                 # when those who sell and serve are trained
    configured_network: Mapped[bool] = mapped_column(default=False)  # the scope as the systems have it
    configured_in: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    state: Mapped[str] = mapped_column(default="draft")
    registered_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    registered_at: Mapped[datetime]
    live_at: Mapped[datetime | None]
    parties: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    desks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    everyone: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id], lazy="raise_on_sql")
    product_owner: Mapped[Unit | None] = relationship(foreign_keys=[product_owner_id], lazy="raise_on_sql")
    registered_by: Mapped[Person] = relationship(lazy="raise_on_sql")

    @property
    def subject(self) -> Subject:
        line = Line(self.line)
        return Subject(self.unit_id, line, parties=tuple((u, line) for u in self.parties), everyone=self.everyone)


class CampaignCheck(Base):
    """A human verdict on one launch element. The last of an element counts; `not_applicable` counts when a second person
    has said the same after the first (platform rule)."""
    __tablename__ = "campaign_check"
    __table_args__ = (one_of("element", LaunchElement), one_of("verdict", Verdict),
                      Index("ix_campaign_check_campaign", "campaign_id", "at"),
                      kind(Kind.CHILD, of=("campaign",), adds=_LAUNCHER, changes=_LAUNCHER, unit_updates=("revoked_at",),
                           hq_updates=("revoked_at",)))
    id: Mapped[Key]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    element: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]                # a change of what it judged took it back

    by: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=by_id)

    @property
    def speakers(self) -> frozenset[UUID]:
        """Who said it, and in whose name: for what takes two, these are one."""
        return frozenset(p for p in (self.by_id, self.on_behalf_of_id) if p)


class CampaignSync(Base):
    """Something that landing units and the product's company must know of: launch, change, pause, resumption, end."""
    __tablename__ = "campaign_sync"
    __table_args__ = (one_of("event", SyncEvent), Index("ix_campaign_sync_campaign", "campaign_id", "at"),
                      kind(Kind.CHILD, of=("campaign",), adds=_LAUNCHER))
    id: Mapped[Key]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    event: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    by: Mapped[Person] = relationship(lazy="raise_on_sql")


class CampaignReceipt(Base):
    """That a unit was informed, and whether it has acknowledged. Between the unit and the launcher (`parties`)."""
    __tablename__ = "campaign_receipt"
    __table_args__ = (UniqueConstraint("sync_id", "unit_id"), one_of("line", Line),
                      Index("ix_campaign_receipt_open", "unit_id", "at", postgresql_where="acknowledged_at IS NULL"),
                      Index("ix_campaign_receipt_campaign", "campaign_id"),
                      Index("ix_campaign_receipt_parties", "parties", postgresql_using="gin"),
                      kind(Kind.SHARED, adds=_LAUNCHER, unit_updates=("acknowledged_at", "by_id", "chased_at", "chase_count"),
                           hq_updates=("acknowledged_at", "by_id", "chased_at", "chase_count")))
    id: Mapped[Key]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    sync_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_sync.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    parties: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    chased_at: Mapped[datetime | None]
    chase_count: Mapped[int] = mapped_column(default=0)

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    sync: Mapped[CampaignSync] = relationship(lazy="raise_on_sql")

    @property
    def subject(self) -> Subject:
        line = Line(self.line)
        return Subject(self.unit_id, line, parties=((self.unit_id, line),))


class Caution(Base):
    """A dated check asked of the owner of a running campaign, since a like one elsewhere had a quality issue. It tells
    nothing of who raised that issue, nor which it was (`CautionOrigin`, for headquarters alone)."""
    __tablename__ = "caution"
    __table_args__ = (one_of("line", Line), Index("ix_caution_unit", "unit_id", "answered_at", "due"),
                      UniqueConstraint("campaign_id", "batch"),
                      kind(Kind.OWNED, unit_updates=("finding", "affected", "answered_at", "by_id", "version"),
                           hq_updates=("finding", "affected", "answered_at", "by_id", "version")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    batch: Mapped[UUID]                                # one warning, however often it is delivered
    control_element: Mapped[str]
    words: Mapped[str]
    due: Mapped[date]
    at: Mapped[datetime]
    affected: Mapped[bool | None]
    finding: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    campaign: Mapped[Campaign] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")

    @property
    def subject(self) -> Subject:
        return Subject(self.unit_id, Line(self.line))


class CampaignImport(Base):
    """Rows read from a workbook, between looking at them and taking them in."""
    __tablename__ = "campaign_import"
    __table_args__ = (kind(Kind.PERSONAL, self_inserts=True, self_deletes=True),)
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime]
