"""Files as they come with requests and leave with answers, for pages and programs alike."""
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response
from werkzeug.exceptions import ServiceUnavailable

from portal.attachments import storage
from portal.attachments.models import Attachment
from portal.web.downloads import disposition

log = logging.getLogger(__name__)


@contextmanager
def kept() -> Iterator[None]:
    """503 while the storage is away."""
    try:
        yield
    except storage.Away as fault:
        log.error("the storage does not take a file: %s", fault)
        raise ServiceUnavailable from fault


def sent(found: Attachment) -> Response:
    """The bytes, as a download that no browser takes for anything else."""
    try:
        pieces = storage.current().get(found.key)
    except storage.Away as fault:
        log.error("the storage does not give file %s: %s", found.id, fault)
        raise ServiceUnavailable from fault
    response = Response(pieces, mimetype=found.media_type)
    response.headers["Content-Type"] = found.media_type        # without a charset: which one a text has is not known
    response.headers["Content-Disposition"] = disposition(found.name)
    response.headers["Content-Length"] = str(found.size)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
