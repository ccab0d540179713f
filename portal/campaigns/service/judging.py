"""Who may do what with a campaign now, in which order that is judged, and who hears of it."""
from collections.abc import Collection, Sequence
from contextlib import suppress
from uuid import UUID

from portal import texts
from portal.campaigns import queries, rules
from portal.campaigns.models import Campaign
from portal.notices import service as notices
from tenants import directory
from tenants.access import HEADQUARTERS, Appointment, Identity, need, permits
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import CampaignState, Line, Role

ACTIONS = ("change", "move", "check", "confirm", "go_live", "pause", "end", "acknowledge", "chase")
_WHO = {"change": Permission.CAMPAIGN_CHANGE, "move": Permission.CAMPAIGN_MOVE, "check": Permission.CAMPAIGN_CHECK,
        "confirm": Permission.CAMPAIGN_CONFIRM, "go_live": Permission.CAMPAIGN_RUN, "pause": Permission.CAMPAIGN_RUN,
        "end": Permission.CAMPAIGN_RUN,
        "acknowledge": Permission.CAMPAIGN_ACKNOWLEDGE, "chase": Permission.CAMPAIGN_CHASE}


def permitted(campaign: Campaign, action: str, *, actor: Identity) -> Appointment:
    """May this person ever do that, whatever the state? Raises NotPermitted."""
    return need(actor, _WHO[action], campaign.subject)


def way_to_change(campaign: Campaign, *, actor: Identity) -> str:
    """"move" for who may give it to another launcher and change nothing else of it; "change" for everybody else."""
    may = {action for action in ("change", "move") if permits(actor, _WHO[action], campaign.subject)}
    return "move" if may == {"move"} else "change"


def way_to_check(campaign: Campaign, *, actor: Identity) -> str:
    """"confirm" for who only confirms that an element does not apply, as the second person; "check" for everybody else."""
    may = {action for action in ("check", "confirm") if permits(actor, _WHO[action], campaign.subject)}
    return "confirm" if may == {"confirm"} else "check"


def allow(campaign: Campaign, action: str, *, actor: Identity) -> Appointment:
    """May this person do that now? Returns the appointment that grants it; raises NotPermitted, then RuleViolated."""
    under = permitted(campaign, action, actor=actor)
    if action == "acknowledge":
        if not queries.open_receipts(campaign, actor):
            raise RuleViolated(N_("There is nothing to acknowledge: your unit was not informed of anything since."))
    elif action == "chase":
        if not any(r.acknowledged_at is None for r in queries.receipts(campaign)):
            raise RuleViolated(N_("There is nobody to chase: everybody who was informed has acknowledged."))
    elif action == "confirm":
        rules.MACHINE.step(campaign.state, "check")
        if not any(e.second_wanted for e in queries.standings([campaign])[campaign.id]):
            raise RuleViolated(N_("No launch element waits for a second person."))
    elif action == "go_live" and campaign.state in (CampaignState.DRAFT, CampaignState.IN_CHECK, CampaignState.PAUSED):
        _complete(campaign)
    else:
        rules.MACHINE.step(campaign.state, "change" if action == "move" else action)
    return under


def _complete(campaign: Campaign) -> None:
    """Raises RuleViolated saying exactly what is missing to 100 %."""
    missing = [N_("%(element)s – %(words)s", element=m.element, words=m.words) for m in queries.missing(campaign)]
    if missing:
        raise RuleViolated(N_("The launch elements are not met 100 %%. Missing: %(missing)s", missing=missing))
    rules.MACHINE.step(campaign.state, "go_live")


def offers(campaign: Campaign, *, actor: Identity) -> frozenset[str]:
    """Those of ACTIONS that `allow` grants now."""
    found = set()
    for action in ACTIONS:
        with suppress(NotPermitted, RuleViolated):
            allow(campaign, action, actor=actor)
            found.add(action)
    return frozenset(found)


def begin(campaign: Campaign, action: str, actor: Identity, version: int | None) -> Appointment:
    """Permission, then the row held and read anew, then its version, then its state. `version` is what the person had
    in front of them; None from a program that has no form open. Raises NotPermitted, Stale, RuleViolated."""
    permitted(campaign, action, actor=actor)
    queries.lock(campaign)
    if version is not None and version != campaign.version:
        raise Stale(N_("Somebody else has changed this campaign since you opened it. See what it says now, then decide."))
    return allow(campaign, action, actor=actor)


def words(field: str, text: str, *, required: Message | None = None) -> str:
    """Free text fit to store. Raises Invalid where it is too long, or empty and required."""
    text = texts.prose(text, texts.MEDIUM)
    if len(text) > texts.MEDIUM:
        raise Invalid({field: [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                  n=texts.MEDIUM, m=len(text))]})
    if required is not None and not text:
        raise Invalid({field: [required]})
    return text


def called(campaign: Campaign) -> str:
    return f"{campaign.code} {campaign.name}"


def address(campaign: Campaign) -> str:
    return f"/campaigns/{campaign.id}"


def tell_desk(unit: int, line: Line, message: Message, url: str, *, but: Collection[UUID] = (), second: bool = False) -> None:
    """The desk of a unit's line hears of something: its owner and the unit's contact; at headquarters the line's lead, and
    the office of what wants a `second` person. `but` are people who need not hear it, as they said it themselves."""
    roles: Sequence[Role] = (Role.UNIT_CONTACT, Role.LINE_OWNER)
    if unit == HEADQUARTERS:
        roles = (Role.HQ_LINE_LEAD, Role.HQ_OFFICE) if second else (Role.HQ_LINE_LEAD,)
    if but:
        notices.tell(unit, message, url, people=[p.id for p in directory.holders(unit, roles, line) if p.id not in but])
    else:
        notices.tell(unit, message, url, roles=roles, line=line)
