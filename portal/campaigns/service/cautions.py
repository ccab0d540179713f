"""Answering the dated checks that a warning from elsewhere asks for."""
from sqlalchemy import select

from portal.audit import service as audit
from portal.campaigns.models import Caution
from portal.campaigns.service.judging import words
from tenants import clock
from tenants.access import Identity, need
from tenants.db import db
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_
from tenants.permissions import Permission


def answer_caution(caution: Caution, affected: bool | None, finding: str, *, actor: Identity, version: int | None = None) -> None:
    """Whether the unit's campaign has the same fault, and what was found. Raises NotPermitted, Stale, RuleViolated, Invalid."""
    under = need(actor, Permission.CAUTION_ANSWER, caution.subject)
    _hold(caution)
    if version is not None and version != caution.version:
        raise Stale(N_("Somebody else has answered meanwhile. See what they said."))
    if caution.answered_at is not None:
        raise RuleViolated(N_("This check has been answered already."))
    finding = words("finding", finding, required=N_("Say in a sentence or two what was looked at and found."))
    if affected is None:
        raise Invalid({"affected": [N_("Choose: affected, or not.")]})
    caution.affected, caution.finding = affected, finding
    caution.answered_at, caution.by_id = clock.now(), actor.person
    db.session.flush()
    audit.record("answer", "caution", caution.id, {"affected": affected, "text": finding}, under=under)


def _hold(caution: Caution) -> None:
    db.session.scalars(select(Caution).where(Caution.id == caution.id).with_for_update(of=Caution)
                       .execution_options(populate_existing=True)).one()
