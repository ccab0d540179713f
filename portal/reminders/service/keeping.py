"""The ladder is kept by the programme office: the whole of it is saved at once, or none."""
import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete

from portal.audit import service as audit
from portal.reminders import queries, rules
from portal.reminders.models import ReminderRung
from portal.reminders.rules import Rung
from tenants.access import Identity, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission

Name = tuple[str, int, str, str]


def seen() -> str:
    """What stands there now, in short: who saves says what was there before."""
    text = "\n".join(f"{rung.kind} {rung.code} {rung.channel} {rung.rooms}" for rung in sorted(queries.ladder()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keep(rungs: Sequence[Rung], was: str, *, actor: Identity) -> None:
    """Raises NotPermitted, Stale where another has changed it meanwhile, Invalid with faults by the row's number."""
    under = need(actor, Permission.LADDER_KEEP)
    if was != seen():
        raise Stale(N_("Somebody else has changed the ladder since you opened it. See what it says now, then decide."))
    faults = _faults(rungs)
    if faults:
        raise Invalid(faults)
    there = {_name(queries.rung_of(row)): row for row in queries.rungs()}
    wanted = {_name(rung): rung for rung in rungs}
    for name, row in there.items():
        if name not in wanted:
            db.session.execute(delete(ReminderRung).where(ReminderRung.id == row.id))
            audit.record("remove", "reminder_rung", row.id, {"name": _words(queries.rung_of(row))}, under=under)
        elif changes := _changes(row, wanted[name]):
            audit.record("change", "reminder_rung", row.id, {"name": _words(wanted[name]), **changes}, under=under)
            row.channel, row.rooms = wanted[name].channel.value, wanted[name].rooms
    for name, rung in wanted.items():
        if name not in there:
            made = ReminderRung(id=uuid7(), kind=rung.kind.value, step=rung.step, span=rung.span.value, whom=rung.whom.value,
                                channel=rung.channel.value, rooms=rung.rooms)
            db.session.add(made)
            audit.record("add", "reminder_rung", made.id, {"name": _words(rung)}, under=under)
    db.session.flush()


def _changes(row: ReminderRung, wanted: Rung) -> dict[str, list[Any]]:
    """Of what may change in a rung that stays."""
    now = {"channel": (row.channel, wanted.channel.value), "rooms": (row.rooms, wanted.rooms)}
    return {name: list(pair) for name, pair in now.items() if pair[0] != pair[1]}


def _faults(rungs: Sequence[Rung]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {f"step-{n}": [fault] for n, rung in enumerate(rungs) if (fault := rules.fault(rung))}
    names = [_name(rung) for rung in rungs]
    found |= {f"whom-{n}": [N_("This rung stands in another row.")] for n, name in enumerate(names) if name in names[:n]}
    if len(rungs) > rules.MOST_RUNGS:
        found["ladder"] = [N_("At most %(n)s rungs.", n=rules.MOST_RUNGS)]
    return found


def _name(rung: Rung) -> Name:
    return rung.kind.value, rung.step, rung.span.value, rung.whom.value


def _words(rung: Rung) -> str:
    return f"{rung.kind} {rung.code}"
