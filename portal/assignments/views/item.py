"""One assignment: how it stands, whose turn it is, what may be done about it, what happened."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import texts
from portal.assignments import forms, queries, service
from portal.assignments.models import Assignment, ProgressReport
from portal.assignments.rules import (
    CANCELLED,
    CLOSED,
    GRANTED,
    HANDED_IN,
    OPEN,
    Light,
    expected_percent,
    extendable,
    granting,
    latest_due,
    light,
)
from portal.assignments.views import verdicts
from portal.attachments import queries as attachments
from portal.attachments import views as files
from portal.audit import queries as audit
from portal.audit.views import history_of
from portal.web import panels, untrusted
from portal.web.access import identity, may
from portal.web.addresses import local_path
from portal.web.lights import speak_for
from portal.web.locale import language
from portal.web.names import person_name, unit_short
from portal.web.templating import done
from portal.web.times import distance
from tenants import clock, directory
from tenants.access import HEADQUARTERS
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line

_STALE = N_("Nothing was stored yet. Above stands how it is now; below, what you typed. Send it again if it still fits.")


@dataclass(frozen=True, slots=True)
class Step:
    """Whose turn it is. `act` names the form that is the next step: report, verify, waiver, plan (the filing's page), or none."""
    what: Message
    about: Message | None = None
    mine: bool = False
    tone: str | None = None
    act: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was not accepted: what was typed into it, and why not. `status` is the answer's."""
    action: str
    status: int
    typed: Mapping[str, str]
    errors: Mapping[str, Sequence[Message]] = field(default_factory=dict)
    said: Message | None = None


def item(key: str) -> ResponseReturnValue:
    return _page(queries.one(identity(), untrusted.key_of(key)))


def report(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        percent = _percent()
        service.report(a, percent, request.form.get("text", ""), actor=identity(), version=version)
        return N_("Reported: %(percent)s %%.", percent=percent)
    return act_on(key, "report", act)


def hand_in(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        service.hand_in(a, request.form.get("text", ""), actor=identity(), version=version)
        return N_("Handed in. It is verified next.")
    return act_on(key, "hand_in", act)


def verify(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        verdict = request.form.get("verdict", "")
        service.verify(a, verdict, request.form.get("remark", ""), actor=identity(), version=version)
        return N_("Closed: %(title)s", title=title_of(a)) if verdict == "close" else N_("Returned: %(title)s", title=title_of(a))
    return act_on(key, "verify", act)


def chase(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        service.chase(a, request.form.get("text", ""), actor=identity(), version=version)
        return N_("Chased. The owner and the unit's contact are told.")
    return act_on(key, "chase", act)


def cancel(key: str) -> ResponseReturnValue:
    def act(a: Assignment, version: int) -> Message:
        service.cancel(a, request.form.get("reason", ""), actor=identity(), version=version)
        return N_("Cancelled. It stays visible and counts nowhere.")
    return act_on(key, "cancel", act)


def _percent() -> int:
    """-1 for what is no figure: the service says so, after it has judged who asks and in which state."""
    percent = forms.percent(request.form.get("percent", ""))
    return -1 if percent is None else percent


def act_on(key: str, action: str, act: Callable[[Assignment, int], Message]) -> ResponseReturnValue:
    """Do it and go back to where the form stood; what is refused is shown with everything that was typed."""
    a = queries.one(identity(), untrusted.key_of(key))
    try:
        said = act(a, untrusted.version(request.form.get("version")))
    except Invalid as fault:
        return _again(a, Attempt(action, 422, request.form, fault.errors))
    except Stale as stale:
        return _again(a, Attempt(action, 412, request.form, said=stale.message))
    except RuleViolated as refused:
        return _again(a, Attempt(action, 409, request.form, said=refused.message))
    done(said)
    return redirect(local_path(request.form.get("next"), url_for("assignments.item", key=str(a.id))), 303)


def _again(a: Assignment, attempt: Attempt) -> ResponseReturnValue:
    if attempt.action in verdicts.JUDGES and request.form.get("next", "").startswith(verdicts.ADDRESS):
        shown = verdicts.waiting(a.id, attempt.typed.get("remark", ""), attempt.errors, attempt.said)
        return render_template("assignments/verdicts.html", **shown), attempt.status
    return _page(a, attempt)


def _evidence(a: Assignment) -> dict[str, Any]:
    """The files, and which unit's this person may add to and take away now."""
    unit: int | None = None
    with suppress(NotPermitted, RuleViolated):
        unit = service.allow_file(a, identity()).unit
    return {"evidence": attachments.of("assignment", a.id), "files_of": unit, "file_limits": files.LIMITS}


def _page(a: Assignment, attempt: Attempt | None = None) -> ResponseReturnValue:
    speak_for(a.unit)
    today, offers = clock.today(), service.offers(a, actor=identity())
    shows, reports = light(a.facts, today, queries.thresholds(), queries.calendar()), queries.reports(a)
    start = a.facts.begins
    content = {
        "a": a, "shows": shows, "offers": offers, "step": _step(a, offers, shows), "reports": reports, "start": start,
        "expected": expected_percent(start, a.due, today, queries.calendar()) if a.state == OPEN else None,
        "chart": _chart(a, reports, start, today),
        "history": history_of("assignment", a.id), **_evidence(a), "attempt": attempt, "stale": _STALE, "title": title_of(a),
        "verifier": _verifier(a), "last": reports[-1] if reports else None, "most": texts.MEDIUM,
        "extension": a.open_extension if extendable(a.state, a.template_kind) else None, "granter": _granter(a),
        "latest": latest_due(a.year),
        "units": [(u.code, unit_short(u)) for u in directory.units() if u.id != a.unit_id] if "ask_extension" in offers else [],
        "colleagues": directory.people(a.unit_id) if "name_owner" in offers else (),
        "panels": panels.of("assignment", a), "waiver": a.waiver, "asked": a.open_waiver if a.state == OPEN else None}
    return render_template("assignments/item.html", **content), attempt.status if attempt else 200


def title_of(a: Assignment) -> str:
    return a.title_zh if language() == "zh" else a.title


def _verifier(a: Assignment) -> Message:
    """Who gives the verdict: the line at headquarters; of headquarters' own the office, of the office's the leaders."""
    if a.unit_id != HEADQUARTERS:
        return N_("headquarters · %(line)s", line=Line(a.line))
    return N_("the leadership group") if a.line == Line.CUSTOMER_SERVICE else N_("the programme office")


def _granter(a: Assignment) -> Message | None:
    """Who decides on the open request for more time."""
    asked = a.open_extension
    if asked is None:
        return None
    who = granting(asked.due, a.milestone_due, a.year)
    if who is Permission.EXTENSION_GRANT:
        return _verifier(a)
    offices_own = a.unit_id == HEADQUARTERS and a.line == Line.CUSTOMER_SERVICE
    leaders = who is Permission.EXTENSION_GRANT_NEXT_YEAR or offices_own
    return N_("the leadership group") if leaders else N_("the programme office")


def _step(a: Assignment, offers: frozenset[str], shows: Light) -> Step:
    if a.state == CLOSED:
        return Step(N_("Closed on %(day)s: verified by %(who)s", day=a.closed_on, who=_verifier(a)), tone="green")
    if a.state == CANCELLED:
        granted = a.waiver is not None and a.waiver.state == GRANTED
        return Step(N_("Cancelled: it counts nowhere any more"), N_("Not applicable, as the unit had asked.") if granted else None)
    if "decide_extension" in offers:
        return Step(N_("Your turn: the unit asks for more time. Grant or decline?"), _due(a), mine=True, act="more-time")
    if a.template_kind == service.PLAN_FILING:
        return _filing_step(a, shows)
    if a.state == HANDED_IN:
        return _handed_in_step(a, offers)
    if "decide_waiver" in offers:
        return Step(N_("Your turn: the unit says it does not apply. Grant or decline?"), _due(a), mine=True, act="waiver")
    if "report" in offers:
        what = N_("Your turn: it is overdue. Say how far it is, or hand it in") if shows.late_days else \
            N_("Your turn: report how far it is, or hand it in when it is done")
        return Step(what, _due(a), mine=True, tone=_tone(shows), act="report")
    who = person_name(a.owner) if a.owner and not a.owner_gone else _("its contact")
    return Step(N_("Waits for %(unit)s · %(who)s", unit=unit_short(a.unit), who=who), _due(a), tone=_tone(shows))


def _handed_in_step(a: Assignment, offers: frozenset[str]) -> Step:
    if "verify" in offers:
        return Step(N_("Your turn: is this the deliverable that was asked for?"),
                    N_("Handed in on %(day)s. Close it, or return it with what is missing.", day=a.handed_in_on),
                    mine=True, act="verify")
    return Step(N_("Waits for %(who)s to verify", who=_verifier(a)), N_("Handed in on %(day)s.", day=a.handed_in_on), tone="blue")


def _filing_step(a: Assignment, shows: Light) -> Step:
    """The plan's own task is done on the page of the filing."""
    if a.state == HANDED_IN:
        return Step(N_("Waits for the lines at headquarters to approve the plan"),
                    N_("Submitted on %(day)s.", day=a.handed_in_on), tone="blue", act="plan")
    if may(Permission.FILING_DRAFT, a.subject):
        return Step(N_("Your turn: submit the unit's implementation plan"), _due(a), mine=True, tone=_tone(shows), act="plan")
    return Step(N_("Waits for %(unit)s to submit its plan", unit=unit_short(a.unit)), _due(a), tone=_tone(shows), act="plan")


def _due(a: Assignment) -> Message:
    return N_("Due on %(day)s, %(distance)s.", day=a.due, distance=distance(a.due).words)


def _tone(shows: Light) -> str | None:
    return shows.code if shows.code in ("red", "amber") else None


def _set_back(a: Assignment, reports: Sequence[ProgressReport]) -> Iterable[tuple[datetime, int]]:
    """When work handed in was returned, and what it counted again from then on. Asked only where there was such a return."""
    if reports[-1].percent == a.percent and all(r.percent < 100 for r in reports[:-1]):
        return ()
    return [(e.at, e.changes["percent"][1]) for e in audit.history("assignment", a.id) if e.action == "return"]


def _chart(a: Assignment, reports: Sequence[ProgressReport], start: date, today: date) -> dict[str, Any] | None:
    """What was reported, as steps over the days on which something was said, beside what was expected."""
    if not reports:
        return None
    levels = sorted([*((r.at, r.percent) for r in reports), *_set_back(a, reports)])
    said = {clock.local(at).date(): percent for at, percent in levels}
    first, now = min(start, *said), min(today, a.closed_on or today)
    days, worked = sorted({first, start, a.due, now, *said}), queries.calendar()
    reported: list[int | None] = []
    level = 0
    for day in days:
        level = said.get(day, level)
        reported.append(level if day <= now else None)
    return {"labels": [d.isoformat() for d in days], "unit": "%", "min": 0, "max": 100,
            "today": today.isoformat() if today in days else None, "today_label": str(_("today")),
            "series": [{"name": str(_("reported")), "data": reported, "step": True},
                       {"name": str(_("expected")), "step": False,
                        "data": [expected_percent(start, a.due, d, worked) for d in days]}]}
