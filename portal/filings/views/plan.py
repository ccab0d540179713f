"""A plan as a page: to write, with what is amiss in it, or to read."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.assignments import queries as assignments
from portal.audit.views import history_of
from portal.filings import queries, service
from portal.filings.forms import Sheet
from portal.filings.models import Filing, FilingItem, FilingNote
from portal.filings.rules import DRAFT, RETURNED, SENT_BACK, SUBMITTED, Faults
from portal.programmes import queries as programmes
from portal.web import panels
from portal.web.access import identity
from portal.web.lights import speak_for
from portal.web.names import term
from tenants.access import permits
from tenants.messages import Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Part, System

EDITABLE = (DRAFT, RETURNED)


@dataclass(frozen=True, slots=True)
class Row:
    """An item as the page shows it: its notes, whether it was returned, what changed since the last submission."""
    item: FilingItem
    notes: Sequence[FilingNote]
    changed: Mapping[str, tuple[Any, Any]]

    @property
    def returned(self) -> bool:
        return self.item.verdict == SENT_BACK and not self.item.cancelled


def rows_of(filing: Filing, items: Sequence[FilingItem], notes: Sequence[FilingNote],
            changed: Mapping[str, tuple[Any, Any]]) -> list[Row]:
    """`changed` are places of the whole plan, with what stood there before and what stands there now."""
    by_item: dict[UUID | None, list[FilingNote]] = {}
    for note in notes:
        by_item.setdefault(note.item_id, []).append(note)
    found = []
    for item in items:
        prefix = f"items.{item.assignment_id}."
        found.append(Row(item, by_item.get(item.id, []), {k[len(prefix):]: v for k, v in changed.items() if k.startswith(prefix)}))
    return found


def grouped(rows: Sequence[Row]) -> list[tuple[str, list[tuple[str, list[Row]]]]]:
    """Milestone → line → rows, in the plan's order."""
    return [(milestone, [(line, list(of_line)) for line, of_line in groupby(list(of_milestone), key=lambda r: r.item.line)])
            for milestone, of_milestone in groupby(rows, key=lambda r: r.item.assignment.milestone)]


def common(filing: Filing, notes: Sequence[FilingNote]) -> dict[str, Any]:
    """What every page of a plan shows."""
    here, gone = queries.here_and_gone(filing)
    return {"filing": filing, "programme": programmes.whole(filing.programme_id), "stages": queries.stages_by_system(),
            "people": {p.id: p for p in (*here, *gone)}, "gone": {p.id for p in gone},
            "lines": list(Line), "parts": Part, "general_notes": [n for n in notes if n.general],
            "part_notes": [n for n in notes if n.item_id is None and not n.general],
            "late": queries.days_late(filing),
            "history": history_of("filing", filing.id, queries.history_reader(filing, identity()))}


def form_page(filing: Filing, sheet: Sheet, *, checked: bool, theirs: Mapping[str, str] | None = None,
              message: Message | None = None, version: str = "", base: str = "", said: "Said | None" = None) -> str:
    """To write: as saved or as typed; `checked` also with what keeps it from being submitted, `theirs` with what others saved."""
    speak_for(filing.unit)
    found = service.faults(filing)
    errors: dict[str, list[Message]] = {k: list(v) for k, v in sheet.errors.items()}
    if checked:
        for fault in found:
            errors.setdefault(fault.place, []).append(fault.message)
    notes = queries.notes(filing)
    rows = rows_of(filing, queries.ordered(filing), notes, {})
    if "returned" in request.args:
        rows = [r for r in rows if r.returned or "items" in request.args]
    return render_template(
        "filings/form.html", sheet=sheet, version=version or filing.version, base=base or sheet.base(), said=said, errors=errors,
        theirs=theirs or {}, message=message, groups=grouped(rows), shown=len(rows), faults=len(found),
        returned=sum(1 for i in filing.asked if i.verdict == SENT_BACK), ordered=queries.ordered(filing),
        counts=counts(filing, found), waivable=assignments.waivable(identity(), [i.assignment_id for i in filing.asked]),
        names=field_names(filing), **common(filing, notes))


def counts(filing: Filing, found: Faults) -> dict[str, str]:
    """How far the plan is, in the words of the page; what saves itself brings them up to date there."""
    total = len(filing.asked)
    complete = total - len({f.place.split(".")[1] for f in found if f.place.startswith("items.")})
    left = ngettext("%(num)d place still to complete", "%(num)d places still to complete", len(found))
    return {"rows": _("%(n)s of %(total)s rows complete", n=complete, total=total), "complete": f"{complete} / {total}",
            "faults": str(len(found)), "left": left if found else _("Everything needed is there.")}


def field_names(filing: Filing) -> dict[str, str]:
    """A fault's place in words: the code of the assignment and the column."""
    columns = {"owner": _("Owner"), "start": _("Start"), "due": _("Due"), "deliverable": _("Deliverable"), "measure": _("Measure")}
    names = {f"items.{i.assignment_id}.{c}": f"{i.assignment.code} {words}" for i in filing.items for c, words in columns.items()}
    names |= {"mechanism": _("Working mechanism"), "team": _("Project team"), "contacts.contact": _("Contact"),
              "contacts.deputy": _("Deputy"), "new_name": _("Name"), "new_email": _("Work mail")}
    names |= {f"readiness.{x.value}": term("system", x) for x in System}
    return names | {f"contacts.counterpart.{x.value}": term("line", x) for x in Line}


def in_words(filing: Filing, fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What stands in fields, as the form shows it: people by name, stages by theirs."""
    people = {str(p.id): p.name for p in queries.choosable(filing)}
    return {name: _(", ").join(term("stage", v) if name.startswith("readiness.") else people.get(v, v) for v in values if v)
            for name, values in fields.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """Words that were not taken, at an item or (no item) at the general part, and why."""
    item: str
    text: str
    fault: Message


def read_page(filing: Filing, message: Message | None = None, unsent: Sequence[tuple[str, str]] = (),
              said: Said | None = None) -> str:
    """To read, as far as one may; `unsent` are words that came too late."""
    speak_for(filing.unit)
    me = identity()
    notes = queries.notes(filing)
    changed = queries.last_changes(filing)
    items, general = queries.visible_items(filing, me), queries.shows_general(filing, me)
    rows = rows_of(filing, items, notes, changed)
    mine = queries.reviewable_lines(filing, me) if filing.state == SUBMITTED else ()
    waiting = queries.pending_lines([filing]).get(filing.id, ())
    return render_template(
        "filings/show.html", panels=panels.of("filing", filing), message=message, unsent=unsent, said=said,
        groups=grouped(rows), changed=changed, general=general,
        reviewable=[line for line in mine if line in waiting], waiting=waiting,
        judged=[line for line in mine if line not in waiting], asks=permits(me, Permission.FILING_ASK, filing.subject),
        reviews=queries.visible_reviews(queries.reviews_of([filing])[filing.id], items, general=general),
        **common(filing, queries.visible_notes(notes, items, general=general)))
