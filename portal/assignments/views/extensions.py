"""More time: asked for by the unit, taken back, granted or declined by who may for a day so far away."""
from flask import request
from flask.typing import ResponseReturnValue

from portal.assignments import forms, service
from portal.assignments.models import Assignment
from portal.assignments.views.item import act_on, title_of
from portal.web import untrusted
from portal.web.access import identity
from tenants.messages import N_, Message


def ask_extension(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        service.ask_extension(a, forms.day(request.form.get("due", "")), request.form.get("reason", ""),
                              request.form.get("blocking", ""), actor=identity(), version=version)
        return N_("Asked. Headquarters decides; until then the day in force holds.")
    return act_on(key, "ask_extension", act)


def withdraw_extension(key: str) -> ResponseReturnValue:
    def act(a: Assignment, _: int) -> Message:
        service.withdraw_extension(a, actor=identity())
        return N_("Taken back: %(day)s holds.", day=a.due)
    return act_on(key, "withdraw_extension", act)


def decide_extension(key: str) -> ResponseReturnValue:
    def act(a: Assignment, _: int) -> Message:
        verdict, seen = request.form.get("verdict", ""), untrusted.key(request.form.get("extension", "")) or untrusted.NOBODY
        service.decide_extension(a, verdict, request.form.get("remark", ""), actor=identity(), request=seen)
        if verdict == "grant":
            return N_("Granted: %(title)s is due on %(day)s.", title=title_of(a), day=a.due)
        return N_("Declined: %(title)s stays due on %(day)s.", title=title_of(a), day=a.due)
    return act_on(key, "decide_extension", act)
