"""Raising an issue: the campaign, at once whose it is and why, what happened, alike issues to join instead.

One form. With a script, choices show the route by themselves; without, the buttons “Search” and “Show the route” send
the form and give it back with everything typed in it."""
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import texts
from portal.attachments import service as files_service
from portal.attachments.forms import kept
from portal.attachments.views import LIMITS
from portal.campaigns import queries as campaigns
from portal.campaigns.models import Campaign
from portal.issues import forms, queries, service
from portal.issues.forms import UNKNOWN, Sheet
from portal.issues.models import Issue
from portal.issues.views import words
from portal.web import untrusted
from portal.web.access import identity
from portal.web.labels import ELEMENTS
from portal.web.names import unit_key
from portal.web.templating import done, element_words, state_words, translate
from tenants import clock
from tenants.access import HEADQUARTERS, Identity
from tenants.db import db
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.vocabulary import Severity, Stage

ALIKE = 8                                              # open issues of the campaign that are shown
_CHOOSE = N_("Choose the campaign, or say that you cannot find it.")
_NAMES: Mapping[str, Message] = {
    "campaign": N_("Campaign"), "campaign_words": N_("What the campaign is called"), "title": N_("Title"),
    "description": N_("What happened"), "severity": N_("Severity"), "stage": N_("Stage"),
    "control_element": N_("Control element"), "complaint_count": N_("Complaints so far"), "also": N_("Also affected"),
    "files": N_("Files")}


def new() -> ResponseReturnValue:
    """The empty form; a campaign's page and kept addresses may choose the campaign."""
    service.allow_raise(None, actor=identity())
    return _page(forms.sheet(request.args), {})


def send() -> ResponseReturnValue:
    """Raise it; or, for the buttons that a browser without script needs, show what they ask for. Nothing typed is lost."""
    me, sheet = identity(), forms.sheet(request.form)
    service.allow_raise(None, actor=me)
    if request.form.get("do") in ("search", "route"):
        return _page(sheet, {})
    try:
        issue = service.raise_issue(_draft(sheet, me), actor=me)
        _attach(issue, me)
    except Invalid as refused:
        db.session.rollback()                           # of an issue whose file was refused nothing is left
        errors = {_FIELDS.get(k, k): v for k, v in refused.errors.items()}
        if not sheet.chosen:
            errors["campaign"] = [_CHOOSE]
        return _page(sheet, errors), 422
    done(N_("Raised as %(code)s. %(unit)s and everybody concerned are told.", code=issue.code,
            unit=issue.owner.short_names))
    return redirect(url_for("issues.item", key=str(issue.id)), 303)


_FIELDS = {files_service.FILE: "files"}


def _attach(issue: Issue, me: Identity) -> None:
    """The files sent along. Raises Invalid."""
    given = [f for f in request.files.getlist("files") if f.filename]
    with kept():
        for f in given:
            files_service.attach("issue", issue.id, f.stream, f.filename, actor=me)


def search() -> ResponseReturnValue:
    """The choices for what was typed so far, as a part of the page."""
    me, sheet = identity(), forms.sheet(request.form)
    service.allow_raise(None, actor=me)
    return render_template("issues/_campaigns.html", sheet=sheet, **_found(me, sheet))


def about() -> ResponseReturnValue:
    """What follows from the campaign chosen: route, units to name, alike issues; as a part of the page."""
    me, sheet = identity(), forms.sheet(request.form)
    service.allow_raise(None, actor=me)
    return render_template("issues/_about.html", sheet=sheet, errors={}, **_follows(me, sheet))


def route() -> ResponseReturnValue:
    """The route card alone, after severity, stage or further units were changed."""
    me, sheet = identity(), forms.sheet(request.form)
    service.allow_raise(None, actor=me)
    return render_template("issues/_route.html", preview=_preview(me, sheet, _campaign(me, sheet)), left=words.left)


def _unit(me: Identity) -> int:
    """The unit for which one raises: that of the function acted as."""
    return next((a.unit for a in me.appointments), HEADQUARTERS)


def _campaign(me: Identity, sheet: Sheet) -> Campaign | None:
    return queries.campaign_to_raise_on(me, sheet.key, _unit(me))


def _also(sheet: Sheet) -> tuple[int, ...]:
    """Keys of the units named; a code that nothing has is no unit's key."""
    return tuple(unit_key(code) or 0 for code in sheet.also)


def _draft(sheet: Sheet, me: Identity) -> service.Draft:
    return service.Draft(
        campaign=None if sheet.campaign == UNKNOWN else sheet.key or untrusted.NOBODY, raised_by=_unit(me), title=sheet.title,
        description=sheet.description, severity=sheet.severity, stage=sheet.stage or Stage.OTHER.value,
        control_element=sheet.control_element, complaint_count=forms.number(sheet.complaint_count),
        campaign_words=sheet.campaign_words, also=_also(sheet))


def _found(me: Identity, sheet: Sheet) -> dict[str, Any]:
    """The campaigns that fit, the one chosen among them."""
    chosen = _campaign(me, sheet)
    found = [c for c in campaigns.findable(me, sheet.q) if chosen is None or c.id != chosen.id]
    return {"campaigns": [*([chosen] if chosen else []), *found], "chosen": chosen, "short": 0 < len(sheet.q) < 2}


def _preview(me: Identity, sheet: Sheet, campaign: Campaign | None) -> Any:
    """The route, once there is something to route."""
    if campaign is None and sheet.campaign != UNKNOWN:
        return None
    severity = sheet.severity if sheet.severity in set(Severity) else Severity.MEDIUM.value
    stage = sheet.stage if sheet.stage in set(Stage) else Stage.OTHER.value
    named = {u.id for u in queries.nameable_at_raising(campaign, _unit(me))}
    return queries.preview_route(me, campaign, _unit(me), severity=severity, stage=stage,
                                 also=[u for u in _also(sheet) if u in named])


def _follows(me: Identity, sheet: Sheet) -> dict[str, Any]:
    campaign = _campaign(me, sheet)
    preview = _preview(me, sheet, campaign)
    engaged = {p.unit for p in preview.route.parties if p.part != "cooperating"} if preview else set()
    nameable = queries.nameable_at_raising(campaign, _unit(me)) if campaign else ()
    units = [u for u in nameable if u.id not in engaged | {HEADQUARTERS}]
    return {"campaign": campaign, "preview": preview, "units": units, "alike": _alike(me, campaign.id) if campaign else [],
            "left": words.left}


def _alike(me: Identity, campaign: UUID) -> Sequence[tuple[Issue, bool]]:
    """Open issues of the campaign that one sees, and whether one may add complaints to each."""
    where = queries.conditions(me, queries.Wanted(campaign=campaign, open=True), clock.now())
    rows = db.session.scalars(queries.listed(where).limit(ALIKE)).all()
    mine = {a.unit for a in me.appointments}
    return [(i, i.raised_by in mine and i.state in ("routed", "accepted")) for i in rows]


def _page(sheet: Sheet, errors: Mapping[str, Sequence[Message]]) -> str:
    me = identity()
    return render_template(
        "issues/new.html", sheet=sheet, errors=errors, names={k: translate(v) for k, v in _NAMES.items()},
        unit=_unit(me), most=texts.LONG, limits=LIMITS, **_found(me, sheet), **_follows(me, sheet),
        severities=[(s.value, state_words("severity", s)[0], translate(words.SEVERITIES[s.value])) for s in Severity],
        stages=[(s.value, state_words("stage", s)[0]) for s in Stage],
        elements=[{"group": state_words("stage", stage)[0], "options": [(code, element_words(code)) for code in of_stage]}
                  for stage, of_stage in ELEMENTS.items()])
