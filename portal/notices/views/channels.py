"""The chat rooms and programs that a unit wants told: kept by its contact, or by an administrator for any unit."""
from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.notices import queries, service
from portal.notices.queries import Room
from portal.notices.rules import CHANNELS, KINDS
from portal.notices.service import ChannelFacts
from portal.web.access import Route, identity, may
from portal.web.names import term, unit_short
from portal.web.once import once
from portal.web.templating import done, translate
from portal.webhooks import Allowed, in_words
from tenants import clock, directory
from tenants.access import Subject, permits
from tenants.errors import Invalid, NotPermitted, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line


def keeps() -> list[int]:
    """The units whose channels this person keeps as the function acted as."""
    return [a.unit for a in identity().appointments if may(Permission.ADMINISTER) or may(Permission.CHANNEL_KEEP, Subject(a.unit))]


def _need() -> None:
    if not keeps():
        raise NotPermitted(permits(identity(), Permission.CHANNEL_KEEP).why)


def channels() -> ResponseReturnValue:
    _need()
    return render_template("notices/channels.html", rooms=queries.rooms(), CHANNELS=CHANNELS, KINDS=KINDS, as_of=clock.now(),
                           in_words=in_words, everywhere=may(Permission.ADMINISTER))


def new_channel() -> ResponseReturnValue:
    _need()
    return _form(None, {}, {})


def channel(key: UUID) -> ResponseReturnValue:
    _need()
    return _form(queries.room(key), {}, {})


def add() -> ResponseReturnValue:
    _need()
    typed = request.form
    try:
        service.add_channel(_unit(typed.get("unit")), typed.get("kind", ""), _facts(typed), _allowed(), actor=identity())
    except Invalid as refused:
        return _form(None, typed, refused.errors), 422
    done(N_("Saved. Send a trial message to see whether it works."))
    return redirect(url_for("notices.channels"), 303)


def change(key: UUID) -> ResponseReturnValue:
    _need()
    room, typed = queries.room(key), request.form
    version = typed.get("version", 0, type=int)
    try:
        service.change_channel(room, _facts(typed), _allowed(), version=version if 0 < version < 2**31 else 0, actor=identity())
    except Invalid as refused:
        return _form(room, typed, refused.errors), 422
    except Stale as refused:
        return _form(room, typed, {"": [refused.message]}), 412
    done(N_("Saved."))
    return redirect(url_for("notices.channels"), 303)


def try_channel(key: UUID) -> ResponseReturnValue:
    _need()
    service.try_channel(queries.room(key), actor=identity())
    done(N_("A trial message is on its way; how it went will stand beside the channel."))
    return redirect(url_for("notices.channels"), 303)


def remove(key: UUID) -> ResponseReturnValue:
    _need()
    service.remove_channel(queries.room(key), actor=identity())
    done(N_("Removed. Its address is forgotten."))
    return redirect(url_for("notices.channels"), 303)


def _unit(code: str | None) -> int:
    """An administrator names the unit, a contact has one."""
    if not may(Permission.ADMINISTER):
        return keeps()[0]
    found = directory.unit_by_code(code or "")
    if found is None:
        raise Invalid({"unit": [N_("Choose one of the list.")]})
    return found.id


def _facts(typed: MultiDict[str, str]) -> ChannelFacts:
    return ChannelFacts(typed.get("name", ""), typed.get("address", ""), tuple(typed.getlist("kinds")),
                        tuple(typed.getlist("lines")), typed.get("language", "zh"), "words" in typed, "active" in typed)


def _allowed() -> Allowed:
    return Allowed(current_app.config["PORTAL"].webhook_hosts)


def _form(room: Room | None, typed: Mapping[str, str], faults: Mapping[str, Sequence[Message]]) -> str:
    """What was typed, else what is stored, else a new channel; a stored address is never shown."""
    given = MultiDict(typed) if typed else MultiDict[str, str]()
    chosen = {name: given.getlist(name) if typed else list(getattr(room, name)) if room else [] for name in ("kinds", "lines")}
    shown = {"name": given.get("name", room.name if room else ""), "address": given.get("address", ""),
             "kind": given.get("kind", room.kind if room else ""), "unit": given.get("unit", ""),
             "language": given.get("language", room.language if room else "zh"),
             "words": "words" in given if typed else bool(room and room.words),
             "active": "active" in given if typed else room is None or room.active}
    return render_template(
        "notices/channel.html", room=room, shown=shown, chosen=chosen, kinds=[(k.value, translate(w)) for k, w in KINDS.items()],
        lines=[(line.value, term("line", line.value)) for line in Line], CHANNELS=CHANNELS,
        sorts=[(k.value, translate(w)) for k, w in CHANNELS.items()],
        units=[(u.code, unit_short(u.id)) for u in directory.units()] if may(Permission.ADMINISTER) and room is None else [],
        faults={name: [translate(m) for m in found] for name, found in faults.items()})


ROUTES: tuple[Route, ...] = (
    ("GET", "/channels", channels, Permission.CHANNEL_KEEP),
    ("GET", "/channels/new", new_channel, Permission.CHANNEL_KEEP),
    ("POST", "/channels", once(add), Permission.CHANNEL_KEEP),
    ("GET", "/channels/<uuid:key>", channel, Permission.CHANNEL_KEEP),
    ("POST", "/channels/<uuid:key>", change, Permission.CHANNEL_KEEP),
    ("POST", "/channels/<uuid:key>/test", once(try_channel), Permission.CHANNEL_KEEP),
    ("POST", "/channels/<uuid:key>/remove", remove, Permission.CHANNEL_KEEP),
)
