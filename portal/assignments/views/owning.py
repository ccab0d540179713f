"""Who owns an assignment in force."""
from flask import request
from flask.typing import ResponseReturnValue

from portal.assignments import service
from portal.assignments.models import Assignment
from portal.assignments.views.item import act_on
from portal.web import untrusted
from portal.web.access import identity
from portal.web.names import person_name
from tenants.messages import N_, Message


def name_owner(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        service.name_owner(a, untrusted.key(request.form.get("owner", "")), actor=identity(), version=version)
        return N_("Owner: %(who)s.", who=person_name(a.owner))
    return act_on(key, "name_owner", act)
