"""One form for a campaign that is registered and for one that is changed; what was typed is never lost."""
from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import texts
from portal.campaigns import forms, queries, service
from portal.campaigns.forms import Typed
from portal.campaigns.models import Campaign
from portal.campaigns.service import Content
from portal.web import untrusted
from portal.web.access import identity
from portal.web.names import term, unit_short
from portal.web.templating import done
from tenants import directory
from tenants.access import HEADQUARTERS, Identity, Subject, need, permits, reaches
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Business, CampaignState, Line, Segment, UnitKind

RUNNING = (CampaignState.LIVE, CampaignState.PAUSED)
Errors = Mapping[str, Sequence[Message]]


def new() -> ResponseReturnValue:
    service.may_import(identity())
    return _form(None, _blank(identity()))


def register() -> ResponseReturnValue:
    me, form = identity(), forms.typed(request.form)
    service.may_import(me)
    content = forms.content_of(form, service.known_units().values())
    try:
        service.may_register(content, actor=me)
        campaign = _registered(content, form, me)
    except Invalid as fault:
        return _form(None, form, errors={**fault.errors, **form.errors}), 422
    except NotPermitted as refused:
        return _form(None, form, errors={"unit": [refused.message]}), 403
    done(N_("Registered. Next: the five launch elements."))
    return redirect(url_for("campaigns.item", key=str(campaign.id)), 303)


def _registered(content: Content, form: Typed, me: Identity) -> Campaign:
    """What cannot be read is told together with what the service finds. Raises Invalid."""
    if form.errors:
        raise Invalid(form.errors)
    return service.register(content, actor=me)


def edit(key: str) -> ResponseReturnValue:
    campaign = queries.one(identity(), untrusted.key_of(key))
    service.allow(campaign, "change", actor=identity())
    return _form(campaign, forms.shown(service.content_of(campaign), service.known_units()))


def save(key: str) -> ResponseReturnValue:
    me, form = identity(), forms.typed(request.form)
    campaign = queries.one(me, untrusted.key_of(key))
    need(me, Permission.CAMPAIGN_CHANGE, campaign.subject)
    content = forms.content_of(form, service.known_units().values())
    version = untrusted.version(request.form.get("version"))
    try:
        service.begin(campaign, "change", me, version)
        if form.errors:
            raise Invalid(form.errors)
        service.change(campaign, content, form.value("words"), actor=me, version=version)
    except Invalid as fault:
        return _form(campaign, form, errors=fault.errors, version=version), 422
    except Stale as stale:
        return _form(campaign, form, said=stale.message), 412
    except RuleViolated as refused:
        return _form(campaign, form, said=refused.message), 409
    except NotPermitted as refused:
        return _form(campaign, form, errors={"unit": [refused.message]}, version=version), 403
    done(N_("Saved. Those whom it concerns are told.") if campaign.state in RUNNING else N_("Saved."))
    return redirect(url_for("campaigns.item", key=str(campaign.id)), 303)


def _blank(me: Identity) -> Typed:
    """Of the unit and line acted for; a province's lands in the province."""
    at = next((a for a in me.appointments), None)
    units = service.known_units()
    unit = units.get(at.unit) if at else None
    own = [unit.code] if unit and unit.kind == UnitKind.PROVINCE else []
    return Typed({"unit": unit.code if unit else "", "line": at.line.value if at and at.line else "", "segment": Segment.C.value,
                  "business": Business.NEW.value, "scope": forms.UNITS}, {"lands_in": own})


def _form(campaign: Campaign | None, form: Typed, *, errors: Errors | None = None, said: Message | None = None,
          version: int | None = None) -> str:
    units = service.known_units()
    theirs = forms.shown(service.content_of(campaign), units) if campaign and said else None
    return render_template(
        "campaigns/form.html", c=campaign, form=form, errors=errors or {}, said=said, options=_options(units, campaign, form),
        version=campaign.version if campaign and version is None else version or 0,
        running=bool(campaign and campaign.state in RUNNING),
        theirs=_differing(form, theirs) if theirs else {}, names=NAMES, short=texts.SHORT, long=texts.LONG, medium=texts.MEDIUM)


NAMES = {"code": N_("Campaign code"), "name": N_("Campaign name"), "unit": N_("Launched by"), "line": N_("Line"),
         "starts": N_("Starts"),
         "ends": N_("Ends"), "product": N_("Product"), "product_owner": N_("Product of"), "lands_in": N_("Lands in"),
         "segment": N_("Segment"),
         "brand": N_("Brand"), "business": N_("New or existing"), "rules_text": N_("Rules of the offer"),
         "notice_text": N_("Customer notice"), "training_on": N_("Training on"), "configured_in": N_("Configured in"),
         "words": N_("What changes, and why")}


def _differing(mine: Typed, theirs: Typed) -> dict[str, str]:
    """Fields that somebody else has saved otherwise meanwhile, as they are now."""
    found = {name: theirs.value(name) for name in NAMES if name in forms.SINGLE and name != "words"
             and mine.value(name).replace("\r\n", "\n").strip() != theirs.value(name).strip()}
    for name in forms.SEVERAL:
        if sorted(mine.several(name)) != sorted(theirs.several(name)):
            found[name] = ", ".join(theirs.several(name))
    return found


def _options(units: Mapping[int, Unit], campaign: Campaign | None, form: Typed) -> dict[str, list[Any]]:
    """What can be chosen: of launchers and lines those for which one registers, and those it has already. Closed units
    only where they are named already."""
    me = identity()
    named = {campaign.unit_id, campaign.product_owner_id, *campaign.lands_in, *campaign.configured_in} if campaign else set()
    open_units = [u for u in units.values() if directory.goes_on(u) or u.id in named]
    mine = _launchers(me, open_units)
    launchers = [u for u in open_units if u in mine or (campaign and u.id == campaign.unit_id)]
    lines = [line for line in Line if (campaign and line == campaign.line)
             or any(permits(me, Permission.CAMPAIGN_REGISTER, Subject(u.id, line)) for u in mine)]
    owners = [u for u in open_units if u.kind == UnitKind.SPECIALISED_COMPANY or u.code == form.value("unit")]

    def words(those: Sequence[Unit]) -> list[tuple[str, str]]:
        return [(u.code, unit_short(u)) for u in those]
    landing = [u for u in open_units if u.id != HEADQUARTERS]
    grouped = [{"group": term("unit_kind", kind), "options": words([u for u in landing if u.kind == kind])}
               for kind in (UnitKind.PROVINCE, UnitKind.SPECIALISED_COMPANY)]
    return {"unit": words(launchers), "units": grouped,
            "line": [(x.value, term("line", x)) for x in lines], "product_owner": words(owners),
            "segment": [(x.value, term("segment", x)) for x in Segment],
            "business": [(x.value, term("business", x)) for x in Business]}


def _launchers(me: Identity, units: Sequence[Unit]) -> list[Unit]:
    mine = {r.unit for r in reaches(me, Permission.CAMPAIGN_REGISTER)}
    return [u for u in units if u.id in mine]
