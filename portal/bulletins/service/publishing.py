"""Publishing, once and for good; what units say to it, and asking those who have said nothing."""
import hashlib
from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import select

from portal.audit import service as audit
from portal.bulletins import queries
from portal.bulletins.models import Bulletin, BulletinDocument, BulletinReceipt
from portal.bulletins.rules import BulletinState, Spoken
from portal.bulletins.service.composing import KIND, allow, begin
from portal.notices import service as notices
from portal.outbox import service as outbox
from tenants import clock, directory
from tenants.access import Appointment, Identity
from tenants.db import db, uuid7
from tenants.errors import NotVisible, RuleViolated
from tenants.messages import N_, Message
from tenants.vocabulary import Role

RECEIPT = "bulletin_receipt"           # of its own in the trail: the bulletin's page shows the receipts as a table
_HEAR = (Role.UNIT_CONTACT, Role.UNIT_HEAD)
Write = Callable[[Bulletin, str], bytes]               # a bulletin as a document, in a language


def publish(bulletin: Bulletin, write: Write, *, actor: Identity, version: int | None = None) -> None:
    """Give it its number, keep it as documents, send it to its receivers and leave it as it is for ever. Raises NotPermitted,
    RuleViolated, Stale."""
    issue(bulletin, write, by=actor.person, under=begin(bulletin, "publish", actor, version))


def issue(bulletin: Bulletin, write: Write, *, by: UUID | None, under: Appointment | None) -> None:
    """The same by whoever it is, the portal itself too."""
    now = clock.now()
    to = directory.standing() if bulletin.receivers is None else [u for u in directory.going_on() if u.id in bulletin.receivers]
    parties = sorted(u.id for u in to)
    if not parties:
        raise RuleViolated(N_("There is no unit to send it to."))
    bulletin.year = clock.local(now).year
    bulletin.number = queries.last_number(bulletin.year) + 1
    bulletin.parties, bulletin.state = parties, BulletinState.ISSUED.value
    bulletin.published_at, bulletin.published_by_id = now, by
    db.session.flush()
    db.session.add_all([BulletinReceipt(id=uuid7(), bulletin_id=bulletin.id, unit_id=unit, at=now, acknowledged_at=None, by_id=None,
                                        chase_count=0, chased_at=None) for unit in parties])
    for language in Spoken:
        content = write(bulletin, language.value)
        db.session.add(BulletinDocument(id=uuid7(), bulletin_id=bulletin.id, language=language.value, content=content,
                                        digest=hashlib.sha256(content).digest()))
    db.session.flush()
    audit.record("publish", KIND, bulletin.id, {"state": ["draft", bulletin.state], "code": bulletin.code, "as_of": bulletin.as_of},
                 under=under)
    _tell(bulletin, parties, N_("Bulletin %(code)s: %(title)s. Read it and acknowledge it.", code=bulletin.code,
                                title=bulletin.title), "published")


def _tell(bulletin: Bulletin, units: Iterable[int], message: Message, step: str) -> None:
    outbox.post_all([notices.parcel(unit, message, f"/bulletins/{bulletin.id}", roles=_HEAR, subject=(KIND, bulletin.id),
                                    key=f"bulletin {bulletin.id} {step} {unit}") for unit in units])


def acknowledge(bulletin: Bulletin, *, actor: Identity) -> None:
    """For the unit, once: again changes nothing. Raises NotPermitted, RuleViolated, NotVisible."""
    under = allow(bulletin, "acknowledge", actor=actor)
    r = BulletinReceipt
    row = db.session.scalars(select(r).where(r.bulletin_id == bulletin.id, r.unit_id == under.unit).with_for_update()
                             .execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotVisible
    if row.acknowledged_at is None:
        row.acknowledged_at, row.by_id = clock.now(), actor.person
        db.session.flush()
        audit.record("acknowledge", RECEIPT, row.id, {"code": bulletin.code, "title": bulletin.title, "unit": under.unit},
                     under=under)


def chase(bulletin: Bulletin, *, actor: Identity) -> int:
    """Ask those who have not acknowledged, each at most once a day; how many. Raises NotPermitted, RuleViolated."""
    under, today = allow(bulletin, "chase", actor=actor), clock.today()
    late = queries.unacknowledged(bulletin)
    if not late:
        raise RuleViolated(N_("Every unit has acknowledged it."))
    rows = [r for r in late if r.chased_at is None or clock.local(r.chased_at).date() < today]
    if not rows:
        raise RuleViolated(N_("All that have yet to acknowledge were chased today already."))
    for row in rows:
        row.chase_count, row.chased_at = row.chase_count + 1, clock.now()
    db.session.flush()
    audit.record("chase", KIND, bulletin.id, {"code": bulletin.code, "units": _codes(rows)}, under=under)
    _tell(bulletin, [r.unit_id for r in rows], N_("The programme office waits for your unit to acknowledge bulletin %(code)s: "
          "%(title)s", code=bulletin.code, title=bulletin.title), f"chased {today.isoformat()}")
    return len(rows)


def _codes(rows: Iterable[BulletinReceipt]) -> str:
    keys = {r.unit_id for r in rows}
    return ", ".join(u.code for u in directory.units() if u.id in keys)
