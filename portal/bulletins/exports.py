"""The list of bulletins as a workbook, and a bulletin as a document for Word: of an issued one the bytes it was issued with."""
from flask import Response, request

from portal.bulletins import forms, queries
from portal.bulletins.models import Bulletin
from portal.bulletins.views import paper
from portal.papers import DOCX
from portal.sheets import MOST, Cell, Column
from portal.web import untrusted
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook, disposition
from portal.web.locale import language
from portal.web.templating import state_words, translate
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Bulletin number"), 10), (N_("Title"), 40), (N_("State"), 12), (N_("Figures of"), 18), (N_("Published on"), 18),
           (N_("Sent to"), 10), (N_("Acknowledged"), 14))


def sheet() -> Response:
    """With the filters of the list, every row of it."""
    where = queries.conditions(identity(), forms.wanted(forms.asked(request.args)))
    rows = db.session.scalars(queries.listed(where).limit(MOST)).all()
    sent = queries.acknowledged_in([b.id for b in rows])

    def cells(b: Bulletin) -> list[Cell]:
        done, all_ = sent.get(b.id, (None, None))
        return [b.code, b.title, state_words("bulletin", b.state)[0], b.as_of, b.published_at, all_, done]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Bulletins")), columns, map(cells, rows), queries.count(where))


def document(key: str) -> Response:
    """In the reader's language, as far as the portal speaks in it."""
    b, spoken = queries.one(identity(), untrusted.key_of(key)), language()
    kept = queries.document(b, spoken)
    response = Response(kept.content if kept else paper.document(b, spoken), mimetype=DOCX)
    response.headers["Content-Disposition"] = disposition(f"{b.code} {b.title}".strip() + ".docx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


NAME, PREFIX = "bulletins_export", "/bulletins"
ROUTES: tuple[Route, ...] = (
    ("GET", ".xlsx", sheet, Permission.BULLETIN_LIST),
    ("GET", "/<key>/document.docx", document, Permission.BULLETIN_READ),
)
