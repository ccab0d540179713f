"""Files added and removed. The bytes are written before the row is committed: what a failure leaves behind is swept."""
import hashlib
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from portal import texts
from portal.attachments import queries, registry, rules, storage
from portal.attachments.models import Attachment
from portal.audit import service as audit
from portal.office import Unfit
from tenants import clock
from tenants.access import Appointment, Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tenants.messages import N_

FILE, PART = "file", "part"
UNSURE = timedelta(days=1)                             # how long bytes may lie without a row that names them


def allow(kind: str, thing: Any, *, actor: Identity, part: str = "") -> Appointment:
    """May this person add and remove files of the thing now? Raises NotPermitted, RuleViolated."""
    return registry.of(kind).allow(thing, actor, part)


def attach(kind: str, subject: UUID, stream: IO[bytes], filename: str | None, *, actor: Identity, part: str = "") -> Attachment:
    """Add a file to an issue, a campaign or an assignment. The name loses its path and numbers of people; what is in it is
    judged by its content. Raises NotVisible, NotPermitted, RuleViolated, Invalid at "file" or "part", storage.Away."""
    carrier = registry.of(kind)
    thing = carrier.load(actor, subject)
    under = carrier.allow(thing, actor, part)
    if part and part not in carrier.parts:
        raise Invalid({PART: [N_("Choose one of the list.")]})
    name = rules.name_of(texts.prose(rules.name_of(filename)).replace("*", "x"))
    content = stream.read(rules.MOST_BYTES + 1)
    try:
        media_type = rules.media_type(name, content)
    except Unfit as refused:
        raise Invalid({FILE: [N_("%(name)s: %(why)s", name=name, why=refused.message)]}) from None
    if queries.count(kind, subject) >= rules.MOST_FILES:
        raise RuleViolated(N_("There are %(most)s files already. Remove one, or put several into one.", most=rules.MOST_FILES))
    made = Attachment(id=uuid7(), subject_kind=kind, subject_id=subject, unit_id=under.unit, by_id=actor.person, at=clock.now(),
                      name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), media_type=media_type,
                      key=storage.fresh_key(), part=part, removed_at=None)
    storage.current().put(made.key, content)
    db.session.add(made)
    db.session.flush()
    noted = {"file": made.name, "sha256": made.sha256} | ({"part": part} if part else {})
    audit.record("attach", kind, subject, noted, under=under)
    if carrier.changed is not None:
        carrier.changed(thing, actor, made.name, True)
    return made


def remove(attachment: Attachment, *, actor: Identity) -> None:
    """Take a file away; only the unit that added it does. It stays in the history; its bytes go with the next sweep."""
    carrier = registry.of(attachment.subject_kind)
    thing = carrier.load(actor, attachment.subject_id)
    under = carrier.allow(thing, actor, attachment.part)
    if under.unit != attachment.unit_id:
        raise NotPermitted(N_("The unit that added a file removes it."))
    attachment.removed_at = clock.now()
    db.session.flush()
    audit.record("detach", attachment.subject_kind, attachment.subject_id,
                 {"file": attachment.name, "sha256": attachment.sha256}, under=under)
    if carrier.changed is not None:
        carrier.changed(thing, actor, attachment.name, False)


def sweep(age: timedelta = UNSURE) -> int:
    """Remove bytes that no file names any more, or never did; those written lately may belong to a transaction that is
    still open. Returns how many."""
    place, gone = storage.current(), 0
    for keys in place.older(age):
        for key in queries.unknown(keys):
            place.remove(key)
            gone += 1
    return gone
