"""Campaigns of the test world, by the services, as their launchers make them."""
from dataclasses import replace
from datetime import date
from typing import Any

from portal.attachments.models import Attachment
from portal.campaigns import queries, service
from portal.campaigns.models import Campaign
from portal.campaigns.service import Content
from tenants import clock
from tenants.access import Identity
from tenants.db import db, uuid7
from tenants.models import Unit
from tenants.vocabulary import LaunchElement, Line

NOTICE = "The offer costs 19 yuan a month and renews until you cancel it."


def units() -> dict[str, int]:
    return {u.code: u.id for u in db.session.query(Unit)}


def content(launcher: str = "guangdong", line: Line = Line.MARKET, **more: Any) -> Content:
    """Complete in all that the portal examines; units in `lands_in` and `product_owner` by code, "network" for everywhere."""
    known = units()
    lands = more.pop("lands_in", [launcher])
    network = lands == "network"
    keys = () if network else tuple(known[code] for code in lands)
    owner = more.pop("product_owner", None)
    made = Content(
        code="C-1", name="Spring data pack", unit=known[launcher], line=line, starts=date(2026, 4, 1), ends=date(2026, 9, 30),
        product_owner=known[owner] if owner else None, network=network, lands_in=keys, configured_network=network,
        configured_in=keys, notice_text=NOTICE, rules_text="One pack a month.", training_on=date(2026, 3, 20))
    return replace(made, **more)


def document(campaign: Campaign, actor: Identity, part: str = queries.AGENT_DOCUMENT) -> None:
    """Something that agents work by, or that shows how an element stands, as a row only."""
    key = uuid7()
    db.session.add(Attachment(id=key, subject_kind="campaign", subject_id=campaign.id, unit_id=actor.appointments[0].unit,
                              by_id=actor.person, at=clock.now(), name="script.pdf", size=1, sha256="0" * 64,
                              media_type="application/pdf", key=str(key), part=part, removed_at=None))
    db.session.flush()


def checked(actor: Identity, made: Content) -> Campaign:
    """Registered, and met 100 %."""
    campaign = service.register(made, actor=actor)
    document(campaign, actor)
    for element in LaunchElement:
        service.check(campaign, element, "pass", "looked at", actor=actor)
    return campaign


def live(actor: Identity, made: Content) -> Campaign:
    campaign = checked(actor, made)
    service.go_live(campaign, actor=actor)
    return campaign
