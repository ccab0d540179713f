"""Questions and answers at an item: nothing is returned by them, no state changes (platform rule)."""
from uuid import UUID

from portal import texts
from portal.audit import service as audit
from portal.filings.models import Filing, FilingItem, FilingNote
from portal.filings.rules import ANSWER, QUESTION
from portal.notices import service as notices
from tenants import clock
from tenants.access import HEADQUARTERS, Identity, Subject, need
from tenants.db import db, uuid7
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role


def ask(filing: Filing, item: FilingItem | None, text: str, *, actor: Identity) -> FilingNote:
    """A question to the line of an item, or to customer service about the general part. Raises Invalid."""
    line = Line(item.line) if item else Line.CUSTOMER_SERVICE
    under = need(actor, Permission.FILING_ASK, Subject(filing.unit_id, line))
    note = add_note(filing, item, line, QUESTION, text, actor.person)
    audit.record("ask", "filing", filing.id, {"line": line, "text": note.text}, under=under)
    notices.tell(HEADQUARTERS, N_("%(unit)s asks about its plan: %(text)s", unit=filing.unit.names, text=note.text),
                 f"/filings/{filing.id}/review?line={line.value}", roles=[Role.HQ_LINE_LEAD], line=line)
    return note


def answer(filing: Filing, item: FilingItem | None, text: str, *, actor: Identity) -> FilingNote:
    """The line's answer. Raises Invalid."""
    line = Line(item.line) if item else Line.CUSTOMER_SERVICE
    under = need(actor, Permission.FILING_REVIEW, Subject(filing.unit_id, line))
    note = add_note(filing, item, line, ANSWER, text, actor.person)
    audit.record("answer", "filing", filing.id, {"line": line, "text": note.text}, under=under)
    notices.tell(filing.unit_id, N_("Headquarters answers about the plan: %(text)s", text=note.text), f"/filings/{filing.id}",
                 roles=[Role.UNIT_CONTACT])
    return note


def add_note(filing: Filing, item: FilingItem | None, line: Line, kind: str, text: str, by: UUID,
             review: UUID | None = None) -> FilingNote:
    """Words at an item or at the general part. Raises Invalid for nothing, or too much."""
    text = texts.prose(text, texts.MEDIUM)
    if not text or len(text) > texts.MEDIUM:
        raise Invalid({"text": [N_("Write something, up to %(n)s characters.", n=texts.MEDIUM)]})
    made = FilingNote(id=uuid7(), unit_id=filing.unit_id, filing_id=filing.id, item_id=item.id if item else None,
                      review_id=review, round=filing.round, line=line.value, kind=kind, text=text, at=clock.now(), by_id=by)
    db.session.add(made)
    db.session.flush()
    return made
