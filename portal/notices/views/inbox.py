"""What was said to me: notices, and in a demonstration the letters that would have gone out."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from portal.i18n import localised
from portal.notices import queries, service
from portal.notices.models import Notice
from portal.notices.rules import KINDS, NoticeKind
from portal.notices.views import channels
from portal.web import cursors, untrusted
from portal.web.access import Route, identity
from portal.web.addresses import local_path
from portal.web.locale import language
from portal.web.templating import done, translate
from tenants import clock
from tenants.errors import NotVisible
from tenants.messages import Message
from tenants.permissions import Permission

PAGE = 50
MOST_MARKED = 500                      # notices marked as read by one form


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in the reader's language."""
    key: UUID
    at: datetime
    words: str
    url: str
    read: bool
    about: str


@dataclass(frozen=True, slots=True)
class Heap:
    """Notices about one thing, the newest on top."""
    top: Said
    below: Sequence[Said]
    about: str

    @property
    def keys(self) -> list[UUID]:
        return [self.top.key, *(n.key for n in self.below)]


def index() -> ResponseReturnValue:
    wanted = _wanted(request.args)
    found = queries.notices(identity(), wanted, _after(), PAGE + 1)
    shown = [_said(n) for n in found[:PAGE]]
    more = len(found) > PAGE
    return render_template("notices/index.html", unread_ones=_heaps(n for n in shown if not n.read),
                           read_ones=_heaps(n for n in shown if n.read), wanted=wanted, some=wanted != queries.Wanted(),
                           kinds=[(k.value, translate(words)) for k, words in KINDS.items()], KINDS=KINDS,
                           next=_place(found[PAGE - 1]) if more else None, as_of=clock.now(), keeps=channels.keeps())


def _wanted(given: Mapping[str, str]) -> queries.Wanted:
    """What an address or a form asks for; what it cannot mean is left out."""
    kind = NoticeKind(given["kind"]) if given.get("kind") in set(NoticeKind) else None
    return queries.Wanted(kind, given.get("state") == "unread", untrusted.key(given.get("about", "")))


def _heaps(notices: Iterable[Said]) -> list[Heap]:
    """In the order of the newest of each; what is about nothing in particular stands alone."""
    found: dict[str, list[Said]] = {}
    for n in notices:
        found.setdefault(n.about or str(n.key), []).append(n)
    return [Heap(first, rest, first.about) for first, *rest in found.values()]


def _after() -> tuple[bool, datetime, UUID] | None:
    cursor = request.args.get("cursor", "")
    place = cursors.read(cursor[1:])
    return (cursor[0] == "u", *place) if place else None


def _place(last: Notice) -> str:
    return ("u" if last.read_at is None else "r") + cursors.written(last.at, last.id)


def follow(key: UUID) -> ResponseReturnValue:
    """Read, and on to what it is about."""
    notice = queries.one(identity(), key)
    service.mark_read(identity(), [notice.id])
    return redirect(local_path(notice.url, url_for("notices.index")), 303)


def read_some() -> ResponseReturnValue:
    """Those that are named, or all that the filter shows."""
    named = [key for text in request.form.getlist("key")[:MOST_MARKED] if (key := untrusted.key(text)) is not None]
    if "key" in request.form:
        service.mark_read(identity(), named)
        return redirect(local_path(request.form.get("next"), url_for("notices.index")), 303)
    wanted = _wanted(request.form)
    count = queries.unread(identity(), wanted)
    service.mark_read(identity(), wanted=wanted)
    done(ngettext("%(num)d notice marked as read.", "%(num)d notices marked as read.", count))
    return redirect(url_for("notices.index", kind=wanted.kind, about=wanted.about), 303)


def mail() -> ResponseReturnValue:
    """Letters are kept to be seen in a demonstration only; otherwise they are in their receivers' boxes."""
    settings = current_app.config["PORTAL"]
    if settings.production:
        raise NotVisible
    found = queries.letters(identity(), cursors.read(request.args.get("cursor")), PAGE + 1)
    return render_template("notices/mail.html", letters=found[:PAGE], as_of=clock.now(),
                           next=cursors.written(found[PAGE - 1].at, found[PAGE - 1].id) if len(found) > PAGE else None,
                           goes_out=bool(settings.mail_url))


def unread() -> int:
    """For the bell in the frame."""
    return queries.unread(identity())


def _said(notice: Notice) -> Said:
    params: Mapping[str, object] = {k: localised(v, language()) for k, v in notice.params.items()}
    return Said(notice.id, notice.at, translate(Message(notice.text, params)), local_path(notice.url), notice.read_at is not None,
                str(notice.subject_id or ""))


ROUTES: tuple[Route, ...] = (
    ("GET", "/notices", index, Permission.NOTICE_READ),
    ("POST", "/notices/read", read_some, Permission.NOTICE_READ),
    ("POST", "/notices/<uuid:key>/open", follow, Permission.NOTICE_READ),
    ("GET", "/mail", mail, Permission.NOTICE_READ),
)
