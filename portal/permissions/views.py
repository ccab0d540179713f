"""One page: the table of who may, and why somebody may do something here, or not."""
from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext as _

from portal.permissions import queries, rules
from portal.texts import clean
from portal.web.access import Route, identity, whole_identity
from tenants import directory
from tenants.access import Identity, Subject
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

NAME, PREFIX = "permissions", ""
MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to do what, to whose thing; `fault` says what is missing."""
    who: Identity
    action: Permission | None
    unit: Unit | None
    line: Line | None
    own: bool
    fault: str = ""

    @property
    def subject(self) -> Subject | None:
        if self.action is None or self.unit is None or not rules.takes_thing(self.action):
            return None
        me, line = self.who.person if self.own else None, self.line
        return Subject(self.unit.id, line, me, parties=((self.unit.id, line),), first=me, raiser=self.unit.id,
                       desk=directory.desk(self.unit.id, line) if line else None, ruling=line)


def index() -> str:
    for_others = any(a.role in rules.ASK_FOR_OTHERS for a in identity().appointments)
    question = _question(for_others)
    explanation, others = None, []
    if question.action and not question.fault:
        explanation = rules.explain(question.who, question.action, question.subject)
        if not explanation.allowed:
            unit = question.unit.id if question.unit else None
            others = rules.who_may(queries.colleagues(unit), question.action, question.subject)
    return render_template(
        "permissions/index.html", question=question, explanation=explanation, others=others[:MOST_NAMES],
        only_me=not for_others and _asks_for_another(question.who), more=len(others) - MOST_NAMES, for_others=for_others,
        groups=rules.GROUPS, actions=rules.ACTIONS, relations=rules.RELATIONS, cell=rules.cell, roles=Role,
        units=directory.units(), lines=Line,
        myself=question.who.person == whole_identity().person, acting={a.id for a in identity().appointments})


def _asks_for_another(me: Identity) -> bool:
    return clean(request.args.get("person")).lower() not in ("", me.email.lower())


def _question(for_others: bool) -> Question:
    given = {name: clean(request.args.get(name))[:300] for name in ("person", "action", "unit", "line", "own")}
    action = Permission(given["action"]) if given["action"] in set(Permission) else None
    who, fault = whole_identity(), ""
    if for_others and given["person"]:
        person = queries.person_by_email(given["person"])
        who, fault = (queries.identity_of(person), "") if person else (who, str(_("Nobody has this address.")))
    unit = directory.unit_by_code(given["unit"]) if given["unit"] else None
    if not fault and action and unit is None and rules.needs_thing(action):
        fault = str(_("Say whose it is: this is only ever allowed for a unit's own thing."))
    line = Line(given["line"]) if given["line"] in set(Line) else None
    return Question(who, action, unit, line, bool(given["own"]), fault)


ROUTES: tuple[Route, ...] = (("GET", "/permissions", index, Permission.PERMISSIONS_READ),)
