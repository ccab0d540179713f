"""A unit's chat rooms and programs: who keeps them, what they are told, and how it gets there."""
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal import i18n, texts, webhooks
from portal.audit import service as audit
from portal.notices import queries, rules
from portal.notices.queries import Room
from portal.notices.rules import KINDS, ChannelKind, DeliveryRules, NoticeKind
from portal.notices.service.seeing import Sees, may_see
from portal.notices.service.telling import Told, told
from portal.outbox import rules as outbox_rules
from portal.outbox import service as outbox
from portal.webhooks import Allowed
from tenants import clock, directory
from tenants.access import Appointment, Identity, Subject, need, permits
from tenants.context import current
from tenants.db import db, uuid7
from tenants.errors import Invalid, Stale
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

CHAT, WEBHOOK = "chat", "webhook"
LONGEST_ADDRESS = 1_000
KEEPERS = (Role.UNIT_CONTACT, Role.HQ_OFFICE)          # a room is told what at least one of them may see
BRIEF = N_("A notice for %(unit)s: %(kind)s.")
TRIAL = N_("A trial message of the service quality portal: this channel works.")


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What a channel's keeper says of it. Nothing among `kinds` or `lines` means all; without an address the old one stays."""
    name: str
    address: str
    kinds: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    language: str = "zh"
    words: bool = False
    active: bool = True


def add_channel(unit: int, kind: str, facts: ChannelFacts, allowed: Allowed, *, actor: Identity) -> UUID:
    """Raises NotPermitted, Invalid."""
    under = _keeper(actor, unit)
    if kind not in set(ChannelKind):
        raise Invalid({"kind": [N_("Choose one of the list.")]})
    facts, host = _checked(kind, facts, allowed, new=True)
    key = uuid7()
    db.session.execute(select(func.app.add_channel(
        key, unit, kind, facts.name, facts.address, host, list(facts.kinds), list(facts.lines), facts.language, facts.words,
        facts.active, clock.now())))
    audit.record("create", "channel", key, {"kind": kind, "unit": unit, "host": host, **_told(facts)}, under=under)
    return key


def change_channel(room: Room, facts: ChannelFacts, allowed: Allowed, *, version: int, actor: Identity) -> None:
    """Raises NotPermitted, Invalid, Stale."""
    under = _keeper(actor, room.unit)
    facts, host = _checked(room.kind, facts, allowed, new=False)
    if not db.session.scalar(select(func.app.change_channel(
            room.id, version, facts.name, facts.address or None, host or None, list(facts.kinds), list(facts.lines), facts.language,
            facts.words, facts.active, clock.now()))):
        raise Stale(N_("Somebody else has changed this meanwhile."))
    before = {"name": room.name, "kinds": list(room.kinds), "lines": list(room.lines), "language": room.language,
              "words": room.words, "active": room.active}
    changes = {name: [before[name], value] for name, value in _told(facts).items() if before[name] != value}
    if facts.address:
        changes["host"] = [room.host, host]
    if changes:
        audit.record("change", "channel", room.id, changes, under=under)


def remove_channel(room: Room, *, actor: Identity) -> None:
    """Its address is forgotten; what waits for it goes nowhere. Raises NotPermitted."""
    under = _keeper(actor, room.unit)
    if db.session.scalar(select(func.app.remove_channel(room.id))):
        audit.record("remove", "channel", room.id, {"name": room.name, "host": room.host}, under=under)


def try_channel(room: Room, *, actor: Identity) -> None:
    """Have a trial message sent; how it went is seen at the channel. Raises NotPermitted."""
    _keeper(actor, room.unit)
    outbox.post(_topic(room.kind), room.unit, {"channel": str(room.id), "target": str(room.id), "trial": True})


def _keeper(actor: Identity, unit: int) -> Appointment:
    """The unit's contact for its own, the administrator for any."""
    granted = permits(actor, Permission.ADMINISTER)
    return granted.appointment if granted.appointment else need(actor, Permission.CHANNEL_KEEP, Subject(unit))


def _checked(kind: str, facts: ChannelFacts, allowed: Allowed, *, new: bool) -> tuple[ChannelFacts, str]:
    """Cleaned, and the host of the address. Raises Invalid."""
    name, address, faults = texts.clean(facts.name), facts.address.strip(), dict[str, list[Message]]()
    host = webhooks.readable(kind, address) if address and len(address) <= LONGEST_ADDRESS else ""
    if not name or len(name) > texts.SHORT:
        faults["name"] = [N_("This is required.") if not name else N_("At most %(most)s characters.", most=texts.SHORT)]
    if host is None or (new and not address) or len(address) > LONGEST_ADDRESS:
        faults["address"] = [N_("This is not the address of such a channel: paste what the chat service or the program shows.")]
    elif host and not allowed.host(host) and not _literal(host, allowed):
        faults["address"] = [N_("Nothing may be sent to %(host)s. Ask the administrator to allow it (WEBHOOK_HOSTS).", host=host)]
    if not set(facts.kinds) <= set(NoticeKind) or not set(facts.lines) <= set(Line) or facts.language not in ("zh", "en"):
        faults["kinds"] = [N_("Choose one of the list.")]
    if faults:
        raise Invalid(faults)
    return replace(facts, name=name, address=address), host or ""


def _literal(host: str, allowed: Allowed) -> bool:
    found = webhooks.literal(host)
    return found is not None and allowed.address(found)


def _told(facts: ChannelFacts) -> dict[str, Any]:
    """For the record: all but the address, which holds a secret."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(facts).items() if name != "address"}


def _topic(kind: str) -> str:
    return WEBHOOK if kind == ChannelKind.WEBHOOK else CHAT


def post_to_rooms(key: UUID, unit: int, payload: Mapping[str, Any], what: Told, rule: DeliveryRules) -> None:
    """One message to each channel of the unit that wants this kind and line; chat respects the quiet hours, programs do not."""
    for room in queries.rooms():
        if room.active and rules.wants(room.kinds, room.lines, what.kind, what.line):
            quiet = _topic(room.kind) == CHAT and not what.urgent
            outbox.post(_topic(room.kind), unit, {**payload, "channel": str(room.id), "target": str(room.id), "notice": str(key)},
                        key=f"{key} {room.id}", not_before=rules.speaks_at(clock.now(), rule) if quiet else None)


def say_to_room(_: UUID, payload: Mapping[str, Any], *, base_url: str, sees: Sees | None, allowed: Allowed) -> None:
    """Outbox handler: one message to one channel. Nothing for a channel that is gone, about a thing that none of the
    unit's contacts may see any more, or of what is settled."""
    room = next((r for r in queries.rooms() if str(r.id) == payload["channel"]), None)
    address = db.session.scalar(select(func.app.channel_address(UUID(payload["channel"]))))
    scope = current()
    if room is None or address is None or scope is None:
        return
    if payload.get("trial"):
        _say(room, address, i18n.translate(TRIAL, room.language), {}, allowed, trial=True)
        return
    what, now = told(payload), clock.now()
    if room.kind != ChannelKind.WEBHOOK and not what.urgent and (until := rules.speaks_at(now, queries.delivery_rules())) > now:
        raise outbox_rules.Later(until)
    if not room.active or not _somebody_sees(scope.units[0], what, sees):
        return
    unit = db.session.get_one(Unit, scope.units[0])
    sentence = what.message if room.words else Message(
        BRIEF.msgid, {"unit": unit.names, "kind": KINDS[what.kind]})
    url = base_url + what.url
    facts = {"id": payload["notice"], "kind": what.kind.value, "unit": unit.code, "line": what.line.value if what.line else "",
             "url": url, "at": now.isoformat()}
    _say(room, address, f"{i18n.translate(sentence, room.language)}\n{url}", facts, allowed)


def _somebody_sees(unit: int, what: Told, sees: Sees | None) -> bool:
    if what.subject is None or sees is None:
        return True
    return any(may_see(p.id, what.subject, sees, given=what.given, reminder=what.answering)
               for p in directory.holders(unit, KEEPERS))


def _say(room: Room, address: str, words: str, facts: Mapping[str, str], allowed: Allowed, *, trial: bool = False) -> None:
    try:
        webhooks.say(room.kind, address, words, facts, allowed)
    except webhooks.Refused as refused:
        _note(room.id, str(refused))
        if trial:
            return                                     # whoever tries sees the answer, and tries again
        if isinstance(refused, webhooks.Silent):
            raise outbox_rules.Unreachable(str(refused), str(room.id)) from refused
        raise outbox_rules.Told(str(refused)) from refused
    _note(room.id, None)


def _note(channel: UUID, fault: str | None) -> None:
    """In a transaction of its own: the message's is rolled back when it fails."""
    with db.engine.begin() as connection:
        connection.execute(select(func.app.note_channel(channel, clock.now(), fault)))
