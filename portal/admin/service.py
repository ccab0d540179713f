"""What only administration writes: the units' own legends of the lights."""
from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from portal import legends
from portal.admin import queries
from portal.audit import service as audit
from portal.legends import Legend, Sign
from portal.texts import clean
from tenants.access import HEADQUARTERS, Identity, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_
from tenants.models import Setting, Unit
from tenants.permissions import Permission

_CHANGED = N_("Somebody else has changed this meanwhile. Look at it again, then repeat what you meant to change.")


def set_legend(unit: Unit, legend: Legend, *, version: int, actor: Identity) -> None:
    """What a unit calls its lights, and in which tones; `version` is that of the legend seen, 0 where there was none.

    An empty legend gives the unit the common one again. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    if unit.id == HEADQUARTERS:
        raise RuleViolated(N_("Headquarters speaks the common legend; its words are names of codes."))
    kept = queries.legend_row(unit.id)
    if (kept.version if kept else 0) != version:
        raise Stale(_CHANGED)
    legend = _cleaned(legend)
    check(legend)
    before = legends.read(kept.value) if kept else legends.NONE
    if legend == before:
        return
    row = kept or Setting(id=uuid7(), name=legends.setting_of(unit.id))
    row.value = legends.stored(legend)
    _keep(row)
    audit.record("change" if kept else "create", "setting", row.id, _told(unit, before, legend), under=under)


def check(legend: Legend) -> None:
    """Raises Invalid, by "<light>_<part of the sign>"."""
    if found := legends.faults(_cleaned(legend)):
        raise Invalid(found)


def _cleaned(legend: Legend) -> Legend:
    return {code: Sign(s.tone, clean(s.name), clean(s.name_zh)) for code, s in legend.items()}


def _keep(row: Setting) -> None:
    """Two who give a unit its first legend at once: the second is told, as one who comes too late is."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise Stale(_CHANGED) from None


def _told(unit: Unit, before: Legend, after: Legend) -> Mapping[str, object]:
    return {"unit": unit.code, **legends.changes(before, after)}
