"""“Not applicable”: asked for by the unit, taken back, granted or declined by who would verify."""
from flask import request
from flask.typing import ResponseReturnValue

from portal.assignments import service
from portal.assignments.models import Assignment
from portal.assignments.views.item import act_on, title_of
from portal.web import untrusted
from portal.web.access import identity
from tenants.messages import N_, Message


def ask_waiver(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        service.ask_waiver(a, request.form.get("reason", ""), actor=identity(), version=version)
        return N_("Asked. Headquarters decides; until then the work may go on.")
    return act_on(key, "ask_waiver", act)


def withdraw_waiver(key: str) -> ResponseReturnValue:
    def act(a: Assignment, _: int) -> Message:
        service.withdraw_waiver(a, actor=identity())
        return N_("Taken back: the assignment applies.")
    return act_on(key, "withdraw_waiver", act)


def decide_waiver(key: str) -> ResponseReturnValue:
    def act(a: Assignment, _: int) -> Message:
        verdict, seen = request.form.get("verdict", ""), untrusted.key(request.form.get("waiver", "")) or untrusted.NOBODY
        service.decide_waiver(a, verdict, request.form.get("remark", ""), actor=identity(), request=seen)
        if verdict == "grant":
            return N_("Granted: %(title)s is cancelled, stays visible and counts nowhere.", title=title_of(a))
        return N_("Declined: %(title)s applies.", title=title_of(a))
    return act_on(key, "decide_waiver", act)
