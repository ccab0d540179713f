"""Pages of the filing loop: all plans, one plan to write or to read, and a line's review of it."""
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.assignments import queries as assignments
from portal.audit.views import history_of
from portal.filings import queries, service
from portal.filings.forms import Sheet, base_of, content_of, remarks_of, sheet_of, typed
from portal.filings.models import Filing, FilingItem, FilingNote
from portal.filings.rules import DRAFT, RETURNED, SENT_BACK, SUBMITTED
from portal.programmes import queries as programmes
from portal.programmes.models import Programme
from portal.units import service as units
from portal.web import panels, templating, untrusted
from portal.web.access import Route, identity
from portal.web.lights import speak_for
from portal.web.names import term, unit_name
from portal.web.once import once
from portal.web.times import hour
from tenants import clock
from tenants.access import Identity, Subject, need, permits
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Part, System

EDITABLE = (DRAFT, RETURNED)


def index() -> ResponseReturnValue:
    """Every unit that owes a plan, and where it stands with it."""
    me = identity()
    programme, every = chosen_programme()
    if programme is None:
        return render_template("filings/none.html")
    rows, wanted = queries.overview(me, programme.id), asked_filters()
    shown = [r for r in rows if r.matches(**wanted)]
    mine = [r for r in rows if permits(me, Permission.FILING_DRAFT, Subject(r.unit.id))]
    return render_template("filings/index.html", programme=programme, programmes=every, rows=shown, all_rows=rows, mine=mine,
                           wanted=wanted, set_filters=_chips(wanted), lines=list(Line), as_of=clock.now())


def chosen_programme() -> tuple[Programme | None, Sequence[Programme]]:
    """The one of the year asked for, else the current one; and all that one may choose from."""
    return programmes.chosen(identity(), request.args.get("year", type=int))


def asked_filters() -> dict[str, str]:
    return {k: request.args.get(k, "") for k in ("state", "kind", "category", "waits_for", "late", "unit")}


def _chips(wanted: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filters that are set, in words, each with the address without it."""
    words: dict[str, Callable[[str], str]] = {
        "state": lambda v: templating.state_words("filing", v)[0], "kind": lambda v: term("unit_kind", v),
        "category": lambda v: term("category", v),
        "waits_for": lambda v: str(_("waits for the unit") if v == queries.UNIT else _("waits for %(line)s", line=term("line", v))),
        "late": lambda _value: str(_("late")), "unit": unit_name}
    return [(words[name](value), templating.without(name)) for name, value in wanted.items() if value]


def begin() -> ResponseReturnValue:
    """Open the unit's draft and go there; one that exists already is simply gone to."""
    me = identity()
    programme = programmes.one(me, untrusted.key_of(request.form.get("programme", "")))
    unit = me.appointments[0].unit if me.appointments else 0
    need(me, Permission.FILING_DRAFT, Subject(unit))
    filing = queries.latest(programme.id, unit) or _opened(programme.id, unit, me)
    return redirect(url_for("filings.show", key=str(filing.id)), 303)


def _opened(programme: UUID, unit: int, me: Identity) -> Filing:
    """A new draft, or the one that a colleague opened at the same moment."""
    try:
        return service.open_draft(programme, unit, actor=me)
    except RuleViolated:
        if (found := queries.latest(programme, unit)) is None:
            raise
        return found


def show(key: str) -> ResponseReturnValue:
    filing = queries.one(identity(), untrusted.key_of(key))
    if filing.state in EDITABLE and permits(identity(), Permission.FILING_DRAFT, filing.subject):
        checked = filing.state == RETURNED or "check" in request.args
        return _form(filing, sheet_of(queries.content(filing)), checked=checked)
    return _read(filing)


def save(key: str) -> ResponseReturnValue:
    """Keep what was typed, a colleague who was named with it, and submit it where asked. Faults of a draft never keep it from being
    kept.

    What cannot be kept is shown again as it was typed, whatever the reason."""
    me, form = identity(), request.form
    filing = queries.one(me, untrusted.key_of(key))
    action, version = form.get("action", "save"), form.get("version", type=int)
    sheet, base = typed(form), base_of(form)
    shown, both = sheet.kept().base(), None
    if base is not None:
        sheet, both = sheet.merged(base, sheet_of(queries.content(filing)))
        version = version if both else filing.version
    content = content_of(sheet, [i.assignment_id for i in filing.asked])
    quiet = "X-Autosave" in request.headers
    adds = not quiet and (action == "add_person" or any(form.get(n, "").strip() for n in _NEW_PERSON.values()))
    try:
        service.allow(filing, "submit" if action == "submit" else "save", actor=me)
        service.same_version(filing, version)
        if sheet.errors:
            raise Invalid(sheet.errors)
        found = service.save(filing, content, actor=me, version=version)
        if adds:
            units.add_person(filing.unit, form.get("new_name", ""), form.get("new_email", ""), actor=me)
    except Invalid as refused:
        sheet.errors = {_NEW_PERSON.get(k, k): list(v) for k, v in refused.errors.items()}
        return _not_saved(filing, sheet, 422, quiet)
    except Stale as refused:
        return _not_saved(filing, sheet, 412, quiet, refused.message, both)
    except RuleViolated as refused:
        return _too_late(filing, sheet, quiet, refused.message)
    if quiet:
        return jsonify(said=_("Saved at %(hour)s", hour=hour(filing.saved_at)), version=filing.version,
                       base=shown, faults=_told(service.by_place(found)))
    if adds:
        templating.done(N_("Added: you can choose the person now."))
    return _after(filing, "add_person" if adds and action == "save" else action)


def _told(faults: Mapping[str, Sequence[Message]]) -> dict[str, list[str]]:
    """For the script, which shows them beside the fields that one has left."""
    return {place: [templating.translate(m) for m in messages] for place, messages in faults.items()}


_NEW_PERSON = {"name": "new_name", "email": "new_email"}


def _after(filing: Filing, action: str) -> ResponseReturnValue:
    place = url_for("filings.show", key=str(filing.id))
    if action == "submit":
        if service.faults(filing):
            return redirect(f"{place}?check=1", 303)
        service.submit(filing, actor=identity())
        templating.done(N_("Submitted. Headquarters' lines have been told."))
    elif action == "check":
        return redirect(f"{place}?check=1", 303)
    elif action == "add_person":
        return redirect(f"{place}#contacts", 303)
    else:
        templating.done(N_("Saved."))
    return redirect(place, 303)


def _not_saved(filing: Filing, sheet: Sheet, status: int, quiet: bool, message: Message | None = None,
               both: Collection[str] | None = None) -> ResponseReturnValue:
    """`both` are the fields that somebody else has changed, too; None where the form does not tell."""
    if quiet:
        said = templating.translate(message) if message else _("Not saved: see the marked fields.")
        return jsonify(said=said, faults=_told(sheet.errors)), status
    queries.reread(filing)
    saved = sheet_of(queries.content(filing))
    whole = sheet.over(saved)
    if message is None:                                  # the version stays what was typed over
        return _form(filing, whole, checked=False, version=request.form.get("version", ""),
                     base=request.form.get("base", "")), status
    theirs = {n: said for n, said in whole.kept().differing(saved).items() if both is None or n in both}
    return _form(filing, whole, checked=False, theirs=theirs, message=message, base=saved.base()), status


def _too_late(filing: Filing, sheet: Sheet, quiet: bool, message: Message) -> ResponseReturnValue:
    """The plan was submitted meanwhile: it is shown as it is, and beside it what was typed and is not in it."""
    if quiet:
        return jsonify(said=templating.translate(message)), 409
    queries.reread(filing)
    if not permits(identity(), Permission.FILING_DRAFT, filing.subject) or filing.state in EDITABLE:
        raise RuleViolated(message)
    saved, names = sheet_of(queries.content(filing)), _field_names(filing)
    people = {str(p.id): p.name for p in queries.choosable(filing)}
    mine = saved.differing(sheet.kept().over(saved))
    unsent = [(names[k], people.get(words, words)) for k, words in mine.items() if k in names and words.strip()]
    return _read(filing, message, unsent), 409


@dataclass(frozen=True, slots=True)
class Row:
    """An item as the page shows it: its notes, whether it was returned, what changed since the last submission."""
    item: FilingItem
    notes: Sequence[FilingNote]
    changed: Mapping[str, tuple[Any, Any]]

    @property
    def returned(self) -> bool:
        return self.item.verdict == SENT_BACK and not self.item.cancelled


def _rows(filing: Filing, items: Sequence[FilingItem], notes: Sequence[FilingNote],
          changed: Mapping[str, tuple[Any, Any]]) -> list[Row]:
    by_item: dict[UUID | None, list[FilingNote]] = {}
    for note in notes:
        by_item.setdefault(note.item_id, []).append(note)
    found = []
    for item in items:
        prefix = f"items.{item.assignment_id}."
        found.append(Row(item, by_item.get(item.id, []), {k[len(prefix):]: v for k, v in changed.items() if k.startswith(prefix)}))
    return found


def _grouped(rows: Sequence[Row]) -> list[tuple[str, list[tuple[str, list[Row]]]]]:
    """Milestone → line → rows, in the plan's order."""
    return [(milestone, [(line, list(of_line)) for line, of_line in groupby(list(of_milestone), key=lambda r: r.item.line)])
            for milestone, of_milestone in groupby(rows, key=lambda r: r.item.assignment.milestone)]


def _common(filing: Filing, notes: Sequence[FilingNote]) -> dict[str, Any]:
    return {"filing": filing, "programme": programmes.whole(filing.programme_id), "stages": queries.stages_by_system(),
            "lines": list(Line), "parts": Part, "general_notes": [n for n in notes if n.general],
            "part_notes": [n for n in notes if n.item_id is None and not n.general],
            "late": queries.days_late(filing),
            "history": history_of("filing", filing.id, queries.history_reader(filing, identity()))}


def _form(filing: Filing, sheet: Sheet, *, checked: bool, theirs: Mapping[str, str] | None = None,
          message: Message | None = None, version: str = "", base: str = "", said: "Said | None" = None) -> str:
    speak_for(filing.unit)
    found = service.faults(filing)
    errors: dict[str, list[Message]] = {k: list(v) for k, v in sheet.errors.items()}
    if checked:
        for fault in found:
            errors.setdefault(fault.place, []).append(fault.message)
    notes = queries.notes(filing)
    rows = _rows(filing, queries.ordered(filing), notes, {})
    if "returned" in request.args:
        rows = [r for r in rows if r.returned or "items" in request.args]
    faulty = {f.place.split(".")[1] for f in found if f.place.startswith("items.")}
    return render_template(
        "filings/form.html", sheet=sheet, version=version or filing.version, base=base or sheet.base(), said=said, errors=errors,
        theirs=theirs or {}, message=message, groups=_grouped(rows), shown=len(rows), faults=len(found),
        returned=sum(1 for i in filing.asked if i.verdict == SENT_BACK), ordered=queries.ordered(filing),
        complete=len(filing.asked) - len(faulty), total=len(filing.asked),
        waivable=assignments.waivable(identity(), [i.assignment_id for i in filing.asked]),
        people=queries.choosable(filing), names=_field_names(filing), **_common(filing, notes))


def _field_names(filing: Filing) -> dict[str, str]:
    """A fault's place in words: the code of the assignment and the column."""
    columns = {"owner": _("Owner"), "start": _("Start"), "due": _("Due"), "deliverable": _("Deliverable"), "measure": _("Measure")}
    names = {f"items.{i.assignment_id}.{c}": f"{i.assignment.code} {words}" for i in filing.items for c, words in columns.items()}
    names |= {"mechanism": _("Working mechanism"), "team": _("Project team"), "contacts.contact": _("Contact"),
              "contacts.deputy": _("Deputy"), "new_name": _("Name"), "new_email": _("Work mail")}
    names |= {f"readiness.{x.value}": term("system", x) for x in System}
    return names | {f"contacts.counterpart.{x.value}": term("line", x) for x in Line}


@dataclass(frozen=True, slots=True)
class Said:
    """Words that were not taken, at an item or (no item) at the general part, and why."""
    item: str
    text: str
    fault: Message


def _read(filing: Filing, message: Message | None = None, unsent: Sequence[tuple[str, str]] = (), said: Said | None = None) -> str:
    speak_for(filing.unit)
    me = identity()
    notes = queries.notes(filing)
    changed = queries.last_changes(filing)
    items, general = queries.visible_items(filing, me), queries.shows_general(filing, me)
    rows = _rows(filing, items, notes, changed)
    mine = queries.reviewable_lines(filing, me) if filing.state == SUBMITTED else ()
    waiting = queries.pending_lines([filing]).get(filing.id, ())
    return render_template(
        "filings/show.html", panels=panels.of("filing", filing), message=message, unsent=unsent, said=said,
        groups=_grouped(rows), changed=changed, general=general,
        reviewable=[line for line in mine if line in waiting], waiting=waiting,
        judged=[line for line in mine if line not in waiting],
        reviews=queries.visible_reviews(queries.reviews_of([filing])[filing.id], items, general=general),
        people={p.id: p for p in queries.choosable(filing)}, asks=permits(me, Permission.FILING_ASK, filing.subject),
        **_common(filing, queries.visible_notes(notes, items, general=general)))


def review_page(key: str) -> ResponseReturnValue:
    filing = queries.one(identity(), untrusted.key_of(key))
    return _review(filing, _line(filing, identity()))


def _line(filing: Filing, me: Identity) -> Line:
    """The line asked for, else the first that this person may judge. Raises NotPermitted."""
    mine = queries.reviewable_lines(filing, me)
    asked = request.values.get("line", "")
    if asked and asked not in set(Line):
        raise NotVisible
    line = Line(asked) if asked else next(iter(mine), None)
    if line is None or line not in mine:
        raise NotPermitted(N_("Your function does not review this part of the plan."))
    return line


def _review(filing: Filing, line: Line, errors: Mapping[str, Sequence[Message]] | None = None, message: Message | None = None,
            said: Said | None = None) -> str:
    speak_for(filing.unit)
    me = identity()
    notes = queries.notes(filing)
    general, unseen = line is Line.CUSTOMER_SERVICE, queries.changes_unseen(filing, line)
    items = [i for i in queries.ordered(filing) if i.line == line]
    rows = _rows(filing, items, notes, unseen)
    changed = {k: v for k, v in unseen.items() if general and not k.startswith("items.")}
    queue = [r for r in queries.overview(me, filing.programme_id) if r.filing and r.filing.state != DRAFT]
    return render_template(
        "filings/review.html", line=line, mine=queries.reviewable_lines(filing, me), groups=_grouped(rows), changed=changed,
        marked=bool(changed) or any(r.changed for r in rows), general=general, errors=errors or {}, message=message, said=said,
        typed=request.form, queue=queue,
        waiting=[r for r in queue if line in r.pending], people={p.id: p for p in queries.choosable(filing)},
        open=filing.state == SUBMITTED and (line in queries.pending_lines([filing]).get(filing.id, ())),
        **_common(filing, queries.visible_notes(notes, items, general=general)))


def review(key: str) -> ResponseReturnValue:
    """Approve or return a line's part; then the next unit that waits for it, when asked."""
    me, form = identity(), request.form
    filing = queries.one(me, untrusted.key_of(key))
    line = _line(filing, me)
    keys = [i.assignment_id for i in filing.asked if i.line == line]
    verdict = form.get("verdict", "")
    try:
        service.review(filing, line, verdict, form.get("remark", ""), remarks_of(form, keys), actor=me,
                       seen=form.get("round", type=int))
    except Invalid as refused:
        return _not_judged(filing, line, 422, {_remark_place(k): v for k, v in refused.errors.items()})
    except (Stale, RuleViolated) as refused:
        return _not_judged(filing, line, 412 if isinstance(refused, Stale) else 409, {}, refused.message)
    templating.done(N_("Approved.") if verdict == "approve" else N_("Returned with your remarks."))
    waiting = [r for r in queries.overview(me, filing.programme_id) if line in r.pending and r.filing]
    target = next(iter(waiting), None) if "next" in form else None
    if target and target.filing:
        return redirect(url_for("filings.review_page", key=str(target.filing.id), line=line.value), 303)
    return redirect(url_for("filings.review_page", key=str(filing.id), line=line.value), 303)


def _remark_place(place: str) -> str:
    """The field of the page at which a fault of the service belongs."""
    head, _dot, key = place.partition(".")
    return f"remark.{key}" if key else {"remarks": "remark", "verdict": "remark"}.get(head, head)


def _not_judged(filing: Filing, line: Line, status: int, errors: Mapping[str, Sequence[Message]],
                message: Message | None = None) -> ResponseReturnValue:
    """The page again, with the remarks as they were typed."""
    queries.reread(filing)
    return _review(filing, line, errors, message), status


def ask(key: str) -> ResponseReturnValue:
    def again(filing: Filing, said: Said) -> str:
        if filing.state in EDITABLE:
            return _form(filing, sheet_of(queries.content(filing)), checked=False, said=said)
        return _read(filing, said=said)
    return _say(key, service.ask, N_("Asked. The line has been told."), again)


def answer(key: str) -> ResponseReturnValue:
    def again(filing: Filing, said: Said) -> str:
        item = next((i for i in filing.items if str(i.id) == said.item), None)
        return _review(filing, Line(item.line) if item else Line.CUSTOMER_SERVICE, said=said)
    return _say(key, service.answer, N_("Answered. The unit has been told."), again)


def _say(key: str, act: Callable[..., object], done: Message, again: Callable[[Filing, Said], str]) -> ResponseReturnValue:
    filing = queries.one(identity(), untrusted.key_of(key))
    item = next((i for i in filing.items if str(i.id) == request.form.get("item", "")), None)
    if request.form.get("item") and item is None:
        raise NotVisible
    try:
        act(filing, item, request.form.get("text", ""), actor=identity())
    except Invalid as refused:
        said = Said(request.form.get("item", ""), request.form.get("text", ""), next(iter(refused.errors.values()))[0])
        return again(filing, said), 422
    templating.done(done)
    back = request.form.get("back", "")
    return redirect(back if back.startswith(f"/filings/{filing.id}") else url_for("filings.show", key=key), 303)


NAME, PREFIX = "filings", "/filings"
ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.FILING_LIST),
    ("POST", "", once(begin), Permission.FILING_DRAFT),
    ("GET", "/<key>", show, Permission.FILING_READ),
    ("POST", "/<key>", save, Permission.FILING_DRAFT),
    ("GET", "/<key>/review", review_page, Permission.FILING_REVIEW),
    ("POST", "/<key>/review", review, Permission.FILING_REVIEW),
    ("POST", "/<key>/ask", once(ask), Permission.FILING_ASK),
    ("POST", "/<key>/answer", once(answer), Permission.FILING_REVIEW),
)
