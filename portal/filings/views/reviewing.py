"""A line's review of its part of a plan; questions and answers."""
from collections.abc import Callable, Mapping, Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.filings import queries, service
from portal.filings.forms import remarks_of, sheet_of
from portal.filings.models import Filing
from portal.filings.rules import DRAFT, SUBMITTED
from portal.filings.views.plan import EDITABLE, Said, common, form_page, grouped, read_page, rows_of
from portal.web import templating, untrusted
from portal.web.access import identity
from portal.web.lights import speak_for
from tenants.access import Identity
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.vocabulary import Line


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
    rows = rows_of(filing, items, notes, unseen)
    changed = {k: v for k, v in unseen.items() if general and not k.startswith("items.")}
    queue = [r for r in queries.overview(me, filing.programme_id) if r.filing and r.filing.state != DRAFT]
    return render_template(
        "filings/review.html", line=line, mine=queries.reviewable_lines(filing, me), groups=grouped(rows), changed=changed,
        marked=bool(changed) or any(r.changed for r in rows), general=general, errors=errors or {}, message=message, said=said,
        typed=request.form, queue=queue, waiting=[r for r in queue if line in r.pending],
        open=filing.state == SUBMITTED and (line in queries.pending_lines([filing]).get(filing.id, ())),
        **common(filing, queries.visible_notes(notes, items, general=general)))


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
            return form_page(filing, sheet_of(queries.content(filing)), checked=False, said=said)
        return read_page(filing, said=said)
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
