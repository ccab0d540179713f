"""One campaign: how it stands, what is missing to 100 %, who has heard of what, what may be done."""
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import texts
from portal.attachments import queries as attachments
from portal.attachments import views as files
from portal.attachments.models import Attachment
from portal.audit.views import history_of
from portal.campaigns import queries, rules, service
from portal.campaigns.models import Campaign, CampaignReceipt, CampaignSync
from portal.web import panels, untrusted
from portal.web.access import identity
from portal.web.addresses import local_path
from portal.web.names import unit_short
from portal.web.templating import done
from portal.web.times import distance
from tenants import directory
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.vocabulary import CampaignState, LaunchElement, SyncEvent, UnitKind, Verdict

_STALE = N_("Nothing was stored yet. Above stands how it is now; below, what you typed. Send it again if it still fits.")
_WHY = N_("Give the reason: those whom it concerns read it.")
PARTS = (*(e.value for e in LaunchElement), queries.AGENT_DOCUMENT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was not accepted: what was typed into it, and why not. `status` is the answer's."""
    action: str
    status: int
    typed: Mapping[str, str]
    errors: Mapping[str, Sequence[Message]] = field(default_factory=dict)
    said: Message | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One step that others were to hear of, with the receipts that this person may see."""
    sync: CampaignSync
    receipts: Sequence[CampaignReceipt]

    @property
    def open(self) -> Sequence[CampaignReceipt]:
        return [r for r in self.receipts if r.acknowledged_at is None]


@dataclass(frozen=True, slots=True)
class Step:
    """Whose turn it is; `act` is the part of the page, or the action, that is the next step."""
    what: Message
    about: Message | None = None
    mine: bool = False
    tone: str | None = None
    act: str = ""


def item(key: str) -> ResponseReturnValue:
    return _page(queries.one(identity(), untrusted.key_of(key)))


def move(key: str) -> ResponseReturnValue:
    def act(c: Campaign, version: int) -> Message:
        unit = next((u.id for u in service.known_units().values() if u.code == request.form.get("unit")), None)
        try:
            service.move(c, unit, request.form.get("words", ""), actor=identity(), version=version)
        except Invalid as fault:                       # whatever does not fit the launcher is told beside it
            others = [m for name, said in fault.errors.items() if name != "words" for m in said]
            told = {"unit": others, "words": list(fault.errors.get("words", ()))}
            raise Invalid({name: said for name, said in told.items() if said}) from None
        return N_("%(unit)s is the launcher now.", unit=unit_short(c.unit))
    return _act_on(key, "move", act)


def check(key: str) -> ResponseReturnValue:
    def act(c: Campaign, version: int) -> Message:
        element, verdict = request.form.get("element", ""), request.form.get("verdict", "")
        service.check(c, element, verdict, request.form.get("reason", ""), actor=identity(), version=version)
        left = sum(not e.met for e in queries.standings([c])[c.id])
        return N_("Kept. %(n)s of 5 launch elements are met.", n=5 - left)
    return _act_on(key, "check", act, "checks")


def go_live(key: str) -> ResponseReturnValue:
    def act(c: Campaign, version: int) -> Message:
        service.go_live(c, actor=identity(), version=version)
        return N_("It is live. Those whom it concerns are told.")
    return _act_on(key, "go_live", act)


def pause(key: str) -> ResponseReturnValue:
    def act(c: Campaign, version: int) -> Message:
        service.pause(c, _reason(), actor=identity(), version=version)
        return N_("Paused. Those whom it concerns are told.")
    return _act_on(key, "pause", act)


def end(key: str) -> ResponseReturnValue:
    def act(c: Campaign, version: int) -> Message:
        service.end(c, _reason(), actor=identity(), version=version)
        return N_("Ended. Those whom it concerns are told.")
    return _act_on(key, "end", act)


def acknowledge(key: str) -> ResponseReturnValue:
    def act(c: Campaign, _version: int) -> Message:
        return N_("Acknowledged: %(n)s.", n=service.acknowledge(c, actor=identity()))
    return _act_on(key, "acknowledge", act)


def chase(key: str) -> ResponseReturnValue:
    def act(c: Campaign, _version: int) -> Message:
        return N_("Chased: %(n)s units.", n=service.chase_receipts(c, request.form.get("text", ""), actor=identity()))
    return _act_on(key, "chase", act, "news")


def _reason() -> str:
    """Programs may leave it out (public contract); a person is asked for it."""
    reason = request.form.get("reason", "")
    if not texts.clean(reason):
        raise Invalid({"reason": [_WHY]})
    return reason


def _act_on(key: str, action: str, act: Callable[[Campaign, int], Message], part: str = "") -> ResponseReturnValue:
    """Do it and go back to where the form stood; what is refused is shown with everything that was typed."""
    c = queries.one(identity(), untrusted.key_of(key))
    way = service.way_to_check(c, actor=identity()) if action == "check" else action
    service.permitted(c, way, actor=identity())
    try:
        said = act(c, untrusted.version(request.form.get("version")))
    except Invalid as fault:
        return _page(c, Attempt(action, 422, request.form, fault.errors))
    except Stale as stale:
        return _page(c, Attempt(action, 412, request.form, said=stale.message))
    except RuleViolated as refused:
        return _page(c, Attempt(action, 409, request.form, said=refused.message))
    done(said)
    home = url_for("campaigns.item", key=str(c.id)) + (f"#{part}" if part else "")
    return redirect(local_path(request.form.get("next"), home), 303)


def _page(c: Campaign, attempt: Attempt | None = None) -> ResponseReturnValue:
    offers, elements = service.offers(c, actor=identity()), queries.standings([c])[c.id]
    news, kind = _news(c), UnitKind(c.unit.kind)
    content = {
        "c": c, "offers": offers, "elements": elements, "met": sum(e.met for e in elements),
        "step": _step(c, offers, elements, news), "news": news, "waits": sum(len(n.open) for n in news),
        "standard": rules.standard_set_by(kind), "verdicts": list(Verdict),
        **_files(c), "panels": panels.of("campaign", c), "history": history_of("campaign", c.id), "attempt": attempt,
        "launchers": _launchers() if "move" in offers else [],
        "stale": _STALE, "most": texts.MEDIUM, "element_words": rules.element_words, "agent_document": queries.AGENT_DOCUMENT}
    return render_template("campaigns/item.html", **content), attempt.status if attempt else 200


def _launchers() -> list[tuple[str, str]]:
    return [(u.code, unit_short(u)) for u in directory.going_on()]


def _news(c: Campaign) -> list[News]:
    """Newest first."""
    by_sync = {key: list(rows) for key, rows in groupby(queries.receipts(c), key=lambda r: r.sync_id)}
    return [News(s, by_sync.get(s.id, [])) for s in queries.syncs(c)]


def _files(c: Campaign) -> dict[str, Any]:
    """The files by what they are for, and which unit's this person may add to and take away now."""
    unit: int | None = None
    with suppress(NotPermitted, RuleViolated):
        unit = service.allow_file(c, identity()).unit
    found: Sequence[Attachment] = attachments.of("campaign", c.id)
    by_part = {part: [f for f in found if f.part == part] for part in PARTS}
    return {"files_by": by_part, "other_files": [f for f in found if f.part not in PARTS], "files_of": unit,
            "file_limits": files.LIMITS}


def _step(c: Campaign, offers: frozenset[str], elements: Sequence[queries.Element], news: Sequence[News]) -> Step:
    left = [e for e in elements if not e.met]
    match CampaignState(c.state):
        case CampaignState.DRAFT | CampaignState.IN_CHECK | CampaignState.PAUSED if "check" in offers and left:
            about = N_("Still missing: %(elements)s", elements=[e.element for e in left])
            return Step(N_("Your turn: judge the launch elements"), about, mine=True, act="checks")
        case _ if "confirm" in offers and "check" not in offers:
            return Step(N_("Your turn: a second person confirms that it does not apply"),
                        N_("Waiting: %(elements)s", elements=[e.element for e in left if e.second_wanted]), mine=True, act="checks")
        case CampaignState.DRAFT | CampaignState.IN_CHECK | CampaignState.PAUSED if "go_live" in offers:
            what = N_("Your turn: all is met, resume it") if c.state == CampaignState.PAUSED else \
                N_("Your turn: all five elements are met, let it go live")
            return Step(what, _starts(c), mine=True, tone="green", act="go_live")
        case CampaignState.DRAFT | CampaignState.IN_CHECK:
            return Step(N_("%(unit)s is getting it ready: %(n)s of 5 launch elements are met", unit=unit_short(c.unit),
                           n=5 - len(left)), _starts(c))
        case _ if "acknowledge" in offers:
            return Step(N_("Your turn: acknowledge what you were told of it"), mine=True, act="acknowledge")
        case CampaignState.LIVE:
            return Step(N_("On sale until %(day)s, %(distance)s", day=c.ends, distance=distance(c.ends).words), tone="green")
        case CampaignState.PAUSED:
            return Step(N_("Paused: %(unit)s resumes or ends it", unit=unit_short(c.unit)), _since(SyncEvent.PAUSE, news),
                        tone="amber")
        case _:
            return Step(N_("Ended: nothing is sold any more"), _since(SyncEvent.END, news))


def _since(event: SyncEvent, news: Sequence[News]) -> Message | None:
    """When it came to this, and why."""
    last = next((n.sync for n in news if n.sync.event == event), None)
    if last is None:
        return None
    if not last.words:
        return N_("Since %(since)s.", since=last.at)
    return N_("Since %(since)s: %(words)s", since=last.at, words=last.words)


def _starts(c: Campaign) -> Message:
    return N_("It starts on %(day)s, %(distance)s.", day=c.starts, distance=distance(c.starts).words)
