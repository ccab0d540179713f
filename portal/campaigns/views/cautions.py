"""Warnings from elsewhere: dated checks that the owners of running campaigns are asked for."""
from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import texts
from portal.campaigns import queries, service
from portal.campaigns.models import Caution
from portal.web import labels, untrusted
from portal.web.access import Route, identity
from portal.web.templating import done
from tenants import clock
from tenants.access import need, permits, reaches
from tenants.db import db
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission

NAME, PREFIX = "cautions", "/cautions"
MOST = 100
_ANSWERS = {"yes": True, "no": False}


def index() -> ResponseReturnValue:
    if not reaches(identity(), Permission.CAUTION_READ):
        need(identity(), Permission.CAUTION_READ)
    return _page()


def answer(key: str) -> ResponseReturnValue:
    caution = queries.caution(identity(), untrusted.key_of(key))
    need(identity(), Permission.CAUTION_ANSWER, caution.subject)
    try:
        service.answer_caution(caution, _ANSWERS.get(request.form.get("affected", "")), request.form.get("finding", ""),
                               actor=identity(), version=untrusted.version(request.form.get("version")))
    except Invalid as fault:
        return _page(caution, fault.errors), 422
    except Stale as stale:
        return _page(caution, said=stale.message), 412
    except RuleViolated as refused:
        return _page(caution, said=refused.message), 409
    done(N_("Answered. Headquarters reads what you found."))
    return redirect(PREFIX, 303)


def _page(at: Caution | None = None, errors: Mapping[str, Sequence[Message]] | None = None, said: Message | None = None) -> str:
    me = identity()
    rows = db.session.scalars(queries.cautions(me).limit(MOST)).all()
    waiting = [c for c in rows if c.answered_at is None]
    return render_template(
        "campaigns/cautions.html", waiting=waiting, answered=[c for c in rows if c.answered_at is not None], as_of=clock.now(),
        mine={c.id for c in waiting if permits(me, Permission.CAUTION_ANSWER, c.subject)}, at=at.id if at else None,
        typed=request.form if at else {}, errors=errors or {}, said=said, most=texts.MEDIUM, element=labels.element)


ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.CAUTION_READ),
    ("POST", "/<key>", answer, Permission.CAUTION_ANSWER),
)
