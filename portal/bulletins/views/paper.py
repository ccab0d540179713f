"""A bulletin as a document for Word."""
from flask_babel import gettext as _

from portal.bulletins.models import Bulletin
from portal.bulletins.rules import BulletinState
from portal.bulletins.views import shape
from portal.papers import Paper
from portal.web import times
from portal.web.locale import language, speaking


def document(b: Bulletin, spoken: str) -> bytes:
    """In a language. Nothing in it but what is stored with the bulletin; the words around that are those of this moment, so what
    is issued keeps what is written here."""
    with speaking(spoken):
        return _written(b)


def _written(b: Bulletin) -> bytes:
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
