"""What people have read and want, and what headquarters has set for all."""
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import func, select, update

from portal.audit import service as audit
from portal.notices import queries, rules
from portal.notices.models import Notice
from portal.notices.queries import Wanted
from portal.notices.rules import DeliveryRules, Mode, NoticeKind
from tenants import clock
from tenants.access import Identity, need
from tenants.db import db, uuid7
from tenants.errors import Stale
from tenants.messages import N_
from tenants.models import Setting
from tenants.permissions import Permission


def mark_read(identity: Identity, keys: Collection[UUID] | None = None, wanted: Wanted | None = None) -> None:
    """Some, or all that are wanted, of one's own notices; the database lets nobody touch another's."""
    mine = update(Notice).where(*queries.conditions(identity, wanted), Notice.read_at.is_(None))
    if keys is not None:
        mine = mine.where(Notice.id.in_(keys))
    db.session.execute(mine.values(read_at=clock.now()), execution_options={"synchronize_session": False})


def prefer(identity: Identity, chosen: Mapping[NoticeKind, Mode]) -> None:
    """How one wants to hear of each kind; what headquarters wants louder stays louder."""
    need(identity, Permission.NOTICE_READ)
    if chosen:
        db.session.execute(select(*(func.app.prefer(uuid7(), kind.value, mode.value) for kind, mode in chosen.items())))


def set_rules(wanted: DeliveryRules, *, version: int, actor: Identity) -> None:
    """For everybody, from the next notice on; `version` is 0 while nothing has ever been set. Raises NotPermitted, Stale."""
    under = need(actor, Permission.ADMINISTER)
    row, value = queries.rules_row(), rules.written(wanted)
    if (row.version if row else 0) != version:
        raise Stale(N_("Somebody else has changed this meanwhile."))
    before = row.value if row else rules.written(rules.STANDARD_RULES)
    if row is None:
        row = Setting(id=uuid7(), name=queries.RULES, value=value)
        db.session.add(row)
    row.value = value
    db.session.flush()
    changes = {name: [before[name], value[name]] for name in value if before[name] != value[name]}
    if changes:
        audit.record("change", "setting", row.id, changes, under=under)
