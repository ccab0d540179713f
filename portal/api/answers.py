"""What a view gives back, and how it becomes HTTP: JSON in UTF-8, an ETag on single resources."""
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from flask import Response, request
from pydantic import BaseModel, PlainSerializer, WithJsonSchema
from werkzeug.exceptions import PreconditionRequired

from tenants import clock
from tenants.errors import RuleViolated, Stale
from tenants.messages import N_

PREFIX = "/api/v1"
JSON = "application/json"


def stamp(instant: datetime) -> str:
    """RFC 3339 on the portal's wall clock, with its offset."""
    return clock.local(instant).isoformat(timespec="seconds")


Instant = Annotated[datetime, PlainSerializer(stamp, return_type=str, when_used="json"),
                    WithJsonSchema({"type": "string", "format": "date-time"})]


@dataclass(frozen=True, slots=True)
class Answer:
    """A resource or a page of a list. `location` is the address of what was made, below `/api/v1`; `tagged` gives it an ETag."""
    content: BaseModel
    status: int = 200
    location: str | None = None
    tagged: bool = False

    def response(self) -> Response:
        """GET answers 304 to the ETag that the client has already."""
        raw = encoded(self.content)
        response = Response(raw, self.status, mimetype=JSON)
        response.headers["Cache-Control"] = "no-store" if not self.tagged else "private, no-cache"
        if self.location:
            response.headers["Location"] = PREFIX + self.location
        if self.tagged:
            response.set_etag(_digest(raw))
            response.make_conditional(request)
        return response


def one(resource: BaseModel) -> Answer:
    """A single resource; also the answer to a POST that does something to it."""
    return Answer(resource, tagged=True)


def created(resource: BaseModel, location: str) -> Answer:
    """201. `location` is the address of the new resource below `/api/v1`, such as `/filings/…`."""
    return Answer(resource, 201, location, tagged=True)


def encoded(content: BaseModel) -> bytes:
    """Fields in the order of the model, characters as they are."""
    return json.dumps(content.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def etag_of(resource: BaseModel) -> str:
    """Of what is shown, so it changes with every part of it."""
    return _digest(encoded(resource))


def if_match(resource: BaseModel, guard: Callable[[], object] = lambda: None) -> None:
    """For PATCH: the client must have seen what it changes. `resource` is the thing as it would be shown now; `guard` is
    the service's own check, so that the order is permission (403), then this (428, 412), then state (409).

    Raises what the guard raises, 428 without the header, Stale where it is another's."""
    try:
        guard()
    except RuleViolated:
        _seen(resource)
        raise
    _seen(resource)


def _seen(resource: BaseModel) -> None:
    if "If-Match" not in request.headers:
        raise PreconditionRequired
    if not (request.if_match.star_tag or request.if_match.contains(etag_of(resource))):
        raise Stale(N_("This has changed since you read it. Read it again, then repeat what you meant to change."))


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]
