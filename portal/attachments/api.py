"""Files for programs: sent as multipart/form-data, given out as they are."""
from flask import Response, request
from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, ApiRoute, Instant, Page, PageQuery, Spec
from portal.attachments import models, queries, registry, service
from portal.attachments.forms import kept, sent
from portal.attachments.rules import MOST_BYTES, MOST_FILES, TYPES
from portal.office import MIB
from portal.web.access import identity
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.permissions import Permission

NAME = "files"
_TAKEN = (f"One file as the part `file`, at most {MOST_BYTES // MIB} MB, {MOST_FILES} on one thing: {', '.join(TYPES)}. "
          "Judged by its content, which must agree with its name. `part` may say what it is for.")


class File(BaseModel):
    """A file's facts. Its content: the same address without `Accept: application/json`."""
    id: str
    name: str = Field(description="Without path; numbers of people are masked.", examples=["evidence.pdf"])
    size: int = Field(description="Bytes.")
    sha256: str = Field(description="Of the content, in hex.")
    media_type: str = Field(examples=["application/pdf"])
    part: str = Field(description="What it is for; empty for nothing in particular.")
    by: str = Field(description="A mail address.")
    at: Instant


def show(f: models.Attachment) -> File:
    return File(id=str(f.id), name=f.name, size=f.size, sha256=f.sha256, media_type=f.media_type, part=f.part,
                by=f.by.email, at=f.at)


def routes(kind: str, prefix: str, read: Permission, add: Permission) -> tuple[ApiRoute, ...]:
    """What a slice adds to its table so that its things carry files."""
    def files(key: str) -> Answer:
        carrier = registry.of(kind)
        thing = carrier.load(identity(), api.key(key))
        return api.page(queries.of(kind, thing.id), api.query(PageQuery), show, key=lambda f: str(f.id))

    def attach(key: str) -> Answer:
        me, carrier = identity(), registry.of(kind)
        thing = carrier.load(me, api.key(key))
        part = request.form.get(service.PART, "")
        service.allow(kind, thing, actor=me, part=part)
        given = request.files.getlist(service.FILE)
        if len(given) != 1 or not given[0].filename:
            raise Invalid({service.FILE: [N_("Send one file, as multipart/form-data.")]})
        with kept():
            made = service.attach(kind, thing.id, given[0].stream, given[0].filename, actor=me, part=part)
        return api.created(show(queries.one(me, made.id)[0]), f"/files/{made.id}")
    return (
        ("GET", f"{prefix}/<key>/files", files, read, Spec(summary="Its files", answer=Page[File], query=PageQuery)),
        ("POST", f"{prefix}/<key>/files", attach, add, Spec(
            summary="Add a file", answer=File, status=201, upload=True, about=_TAKEN,
            conflicts="It takes no files now, or has as many as it may.")))


def single(key: str) -> Answer | Response:
    found, _thing = queries.one(identity(), api.key(key))
    if request.accept_mimetypes.best_match(("application/octet-stream", "application/json")) == "application/json":
        return api.one(show(found))
    return sent(found)


def remove(key: str) -> Answer:
    found, _thing = queries.one(identity(), api.key(key))
    service.remove(found, actor=identity())
    return api.one(show(found))


ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/files/<key>", single, Permission.DIRECTORY_READ, Spec(
        summary="A file's content", answer=None, media_type="*/*",
        about="To those who may read what it hangs on. With `Accept: application/json` its facts instead.")),
    ("POST", "/files/<key>/remove", remove, Permission.DIRECTORY_READ, Spec(
        summary="Take a file away", answer=File, about="By the unit that added it.",
        conflicts="What it hangs on takes and gives no files now.")),
)
