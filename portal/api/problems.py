"""Refusals as RFC 9457 problem details. What is invisible and what does not exist get one and the same answer."""
import json
from dataclasses import dataclass

from flask import Response
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, Unauthorized

from portal.web import errors
from tenants.db import db
from tenants.errors import Invalid

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/v1/docs"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of refusal: the anchor of its explanation, its title, the sentence said where there is none closer."""
    anchor: str
    title: str
    detail: str


SORTS: dict[int, Sort] = {
    400: Sort("bad-request", "Bad request", "The request could not be read."),
    401: Sort("unauthorized", "No valid token", "Send `Authorization: Bearer <token>` with a token that is valid."),
    403: Sort("forbidden", "Not permitted", "None of your functions may do this here."),
    404: Sort("not-found", "Not found", "There is nothing here, or nothing that you may see."),
    405: Sort("method-not-allowed", "Method not allowed", "This address does not answer to this method; see Allow."),
    409: Sort("conflict", "Not in this state", "The action does not fit the present state."),
    412: Sort("stale", "Changed meanwhile", "This has changed since you read it."),
    413: Sort("too-large", "Too large", "The request is larger than what is accepted."),
    415: Sort("not-json", "Unsupported media type", "Send the body as `Content-Type: application/json`."),
    422: Sort("invalid", "Content at fault", "Some fields are at fault; see `errors`."),
    428: Sort("precondition-required", "If-Match is missing",
              "Send the ETag of what you have read as `If-Match`, so that nobody's change is lost."),
    429: Sort("too-many", "Too many calls", "Too many calls with this token; wait as `Retry-After` says."),
    500: Sort("fault", "Internal fault", "This is a fault of the portal; nothing was changed. It has been logged."),
    503: Sort("unavailable", "Not available now", "A part of the portal is not reachable; try again soon."),
}


def problem(error: Exception) -> Response:
    """The answer to any error under `/api/`; what the request had written is undone."""
    if db.session.registry.has():
        db.session.rollback()
    status = errors.status_of(error)
    if status not in SORTS:
        status = 400 if status < 500 else 500
    sort = SORTS[status]
    message = None if isinstance(error, Invalid) else errors.message_of(error)
    content: dict[str, object] = {"type": f"{DOCS}#{sort.anchor}", "title": sort.title, "status": status,
                                  "detail": str(message) if message else sort.detail}
    if isinstance(error, Invalid):
        content["errors"] = {field: [str(m) for m in messages] for field, messages in error.errors.items()}
    response = Response(json.dumps(content, ensure_ascii=False).encode() + b"\n", status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After", "WWW-Authenticate"):
                response.headers[name] = value
    return response


def unauthorized(*, presented: bool) -> Unauthorized:
    """401; `presented` tells whether there was a token at all (RFC 6750, section 3)."""
    said: dict[str, str | None] = {"realm": "portal"}
    if presented:
        said["error"] = "invalid_token"
    return Unauthorized(www_authenticate=WWWAuthenticate("bearer", said))
