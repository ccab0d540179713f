"""Files over the web: taken from a form of any page that carries them, given out as downloads and never shown in place."""
from uuid import UUID

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from portal.attachments import queries, registry, service
from portal.attachments.forms import kept, sent
from portal.attachments.rules import ACCEPT, MOST_BYTES
from portal.web import untrusted
from portal.web.access import Route, identity
from portal.web.once import once
from portal.web.templating import done
from tenants.db import db
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.permissions import Permission

LIMITS = {"accept": ACCEPT, "most": MOST_BYTES}        # for the macro of components/files.html


def routes(kind: str, add: Permission) -> tuple[Route, ...]:
    """What a slice adds to its pages' table so that its things carry files: POST <prefix>/<key>/files."""
    def upload(key: str) -> ResponseReturnValue:
        return uploaded(kind, key)
    return (("POST", "/<key>/files", once(upload), add),)


def uploaded(kind: str, key: str) -> ResponseReturnValue:
    """The files of a form, all or none, then the page that shows them; a fault is told there."""
    me, carrier = identity(), registry.of(kind)
    thing, part = carrier.load(me, untrusted.key_of(key)), request.form.get(service.PART, "")
    service.allow(kind, thing, actor=me, part=part)
    place, given = carrier.page(thing), [f for f in request.files.getlist(service.FILE) if f.filename]
    try:
        if not given:
            raise Invalid({service.FILE: [N_("Choose a file first.")]})
        with kept():
            made = [service.attach(kind, thing.id, f.stream, f.filename, actor=me, part=part) for f in given]
    except Invalid as refused:
        db.session.rollback()
        done(next(iter(refused.errors.values()))[0], fault=True)
        return redirect(f"{place}#files", 303)
    done(N_("Added: %(names)s.", names=[f.name for f in made]))
    return redirect(f"{place}#files", 303)


def download(key: UUID) -> Response:
    """To those who may see what it hangs on, at this moment."""
    found, _thing = queries.one(identity(), key)
    return sent(found)


def remove(key: UUID) -> ResponseReturnValue:
    found, thing = queries.one(identity(), key)
    service.remove(found, actor=identity())
    done(N_("Removed: %(name)s.", name=found.name))
    return redirect(f"{registry.of(found.subject_kind).page(thing)}#files", 303)


NAME, PREFIX = "files", "/files"
ROUTES: tuple[Route, ...] = (
    ("GET", "/<uuid:key>", download, Permission.DIRECTORY_READ),
    ("POST", "/<uuid:key>/remove", remove, Permission.DIRECTORY_READ),
)
