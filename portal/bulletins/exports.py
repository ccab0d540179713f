"""The list of bulletins as a workbook, and a bulletin as a document for Word: of an issued one always the same bytes."""
from flask import Response, request
from flask_babel import gettext as _

from portal.bulletins import forms, queries
from portal.bulletins.models import Bulletin
from portal.bulletins.rules import BulletinState
from portal.bulletins.views import shape
from portal.papers import DOCX, Paper
from portal.sheets import MOST, Cell, Column
from portal.web import times, untrusted
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
    b = queries.one(identity(), untrusted.key_of(key))
    response = Response(written(b), mimetype=DOCX)
    response.headers["Content-Disposition"] = disposition(f"{b.code} {b.title}".strip() + ".docx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def written(b: Bulletin) -> bytes:
    """The document: nothing in it but what is stored with the bulletin."""
    office, issued = _("the programme office"), b.state == BulletinState.ISSUED
    paper = Paper(b.title, language=language(), author=office, at=b.published_at or b.as_of)
    paper.head(_("Bulletin %(code)s", code=b.code) if issued else _("Draft, not published"))
    paper.heading(b.title, 0)
    said = [_("Bulletin %(code)s", code=b.code),
            _("published on %(day)s by %(office)s", day=times.day(b.published_at), office=office)]
    paper.note(" · ".join([*(said if issued else [_("Draft, not published")]), shape.named(b.figures["programme"]["name"]),
                           _("figures of %(time)s", time=f"{times.day(b.as_of)} {times.hour(b.as_of)}")]))
    for part in shape.parts(b):
        if part.text or part.tables or part.notes:
            _section(paper, part)
    return paper.bytes()


def _section(paper: Paper, part: shape.Part) -> None:
    paper.heading(part.title)
    paper.text(part.text)
    for n, table in enumerate(part.tables):
        if len(part.tables) > 1:
            paper.heading(table.caption, 2)
        if n < len(part.bars):
            paper.bars(part.bars[n].title, part.bars[n].rows, part.bars[n].unit, part.bars[n].most)
        paper.table(table.caption, table.heads, [(line.cells, line.strong) for line in table.rows], table.numbers)
    for note in part.notes:
        paper.note(note)


NAME, PREFIX = "bulletins_export", "/bulletins"
ROUTES: tuple[Route, ...] = (
    ("GET", ".xlsx", sheet, Permission.BULLETIN_LIST),
    ("GET", "/<key>/document.docx", document, Permission.BULLETIN_READ),
)
