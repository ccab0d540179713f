"""What waits for a verdict, longest first: requests of units, and what was handed in. Judged in place."""
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from portal import texts
from portal.assignments import queries
from portal.web.access import identity
from tenants import clock
from tenants.access import reaches
from tenants.db import db
from tenants.errors import NotPermitted
from tenants.messages import N_, Message
from tenants.permissions import Permission

MOST = 30                            # on one page; the rest follow when these are judged
ADDRESS = "/assignments/verify"
JUDGES = ("verify", "decide_waiver", "decide_extension")    # the forms that stand on this page


def verdicts() -> ResponseReturnValue:
    return render_template("assignments/verdicts.html", **waiting())


def waiting(at: UUID | None = None, remark: str = "", errors: Mapping[str, Sequence[Message]] | None = None,
            said: Message | None = None) -> dict[str, Any]:
    """What the page shows; `at` is the row whose form was at fault, with what was typed there."""
    me = identity()
    if not reaches(me, Permission.ASSIGNMENT_VERIFY):
        raise NotPermitted(N_("None of your functions verifies assignments."))
    rows = db.session.scalars(queries.to_verify(me).limit(MOST)).all()
    where = queries.requests_to_decide(me)
    more = queries.extensions_to_decide(me)
    asked = db.session.scalars(queries.requested(where).limit(MOST)).all()
    return {"rows": rows, "total": queries.count(queries.waiting_for_verdict(me)), "as_of": clock.now(),
            "asked": asked, "asked_total": queries.count(where),
            "extending": db.session.scalars(queries.extending(more).limit(MOST)).all(),
            "extending_total": queries.count(more),
            "lights": queries.lights(rows, clock.today()), "last": queries.last_reports([a.id for a in rows]),
            "at": at, "remark": remark, "errors": errors or {}, "said": said, "most": texts.MEDIUM}
