"""Done on the desk for several things at once."""
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from portal.bulletins import queries as bulletins
from portal.bulletins import service as bulletin_service
from portal.campaigns import queries as campaigns
from portal.campaigns import service as campaign_service
from tenants.access import Identity
from tenants.db import db
from tenants.errors import NotPermitted, NotVisible, RuleViolated
from tenants.messages import N_, Message

MOST = 100                             # acknowledged at once: more than a desk or a page of a list shows
_NOT_THERE = N_("One of those picked is not there any more, or not yours to see.")
Act = Callable[[], object]


def _campaign(key: UUID, actor: Identity) -> tuple[Message, Act]:
    c = campaigns.one(actor, key)
    return N_("%(code)s %(name)s", code=c.code, name=c.name), lambda: campaign_service.acknowledge(c, actor=actor)


def _bulletin(key: UUID, actor: Identity) -> tuple[Message, Act]:
    b = bulletins.one(actor, key)
    return N_("%(code)s %(name)s", code=b.code, name=b.title), lambda: bulletin_service.acknowledge(b, actor=actor)


_KINDS: Mapping[str, Callable[[UUID, Identity], tuple[Message, Act]]] = {"campaign": _campaign, "bulletin": _bulletin}


def acknowledge(picks: Iterable[tuple[str, UUID]], *, actor: Identity) -> tuple[int, list[Message]]:
    """Each for itself: one that is refused keeps no other from being acknowledged. `picks` are kinds and keys. Returns how many
    are, and of each of the others what it is and why not."""
    done, refused = 0, list[Message]()
    for kind, key in picks:
        title: Message | None = None
        try:
            if kind not in _KINDS:
                raise NotVisible
            title, act = _KINDS[kind](key, actor)
            with db.session.begin_nested():
                act()
            done += 1
        except NotVisible:
            refused.append(_NOT_THERE)
        except (NotPermitted, RuleViolated) as fault:
            refused.append(N_("%(title)s: %(why)s", title=title, why=fault.message))
    return done, refused
