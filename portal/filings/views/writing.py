"""A plan is shown, saved as it is written, and submitted."""
from collections.abc import Collection, Mapping, Sequence

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.filings import queries, service
from portal.filings.forms import Sheet, base_of, content_of, sheet_of, typed
from portal.filings.models import Filing
from portal.filings.rules import RETURNED
from portal.filings.views.plan import EDITABLE, counts, field_names, form_page, in_words, read_page
from portal.units import service as units
from portal.web import templating, untrusted
from portal.web.access import identity
from portal.web.times import hour
from tenants.access import permits
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission


def show(key: str) -> ResponseReturnValue:
    filing = queries.one(identity(), untrusted.key_of(key))
    if filing.state in EDITABLE and permits(identity(), Permission.FILING_DRAFT, filing.subject):
        checked = filing.state == RETURNED or "check" in request.args
        return form_page(filing, sheet_of(queries.content(filing)), checked=checked)
    return read_page(filing)


def save(key: str) -> ResponseReturnValue:
    """Keep what was typed, a colleague who was named with it, and submit it where asked. Faults of a draft never keep it from being
    kept.

    What cannot be kept is shown again as it was typed, whatever the reason."""
    me, form = identity(), request.form
    filing = queries.one(me, untrusted.key_of(key))
    action, version = form.get("action", "save"), form.get("version", type=int)
    sheet, base = typed(form), base_of(form)
    kept, both = sheet.kept(), None
    if base is not None:
        sheet, both = sheet.merged(base, sheet_of(queries.content(filing)), kept)
        version = version if both else filing.version
    content = content_of(sheet, [i.assignment_id for i in filing.asked])
    quiet = "X-Autosave" in request.headers
    adds = not quiet and (action == "add_person" or any(form.get(n, "").strip() for n in _NEW_PERSON.values()))
    try:
        service.allow(filing, "submit" if action == "submit" else "save", actor=me)
        service.same_version(filing, version)
        if adds:
            _add_person(filing, sheet)
        if sheet.errors:
            raise Invalid(sheet.errors)
        found = service.save(filing, content, actor=me, version=version)
    except Invalid as refused:
        judged = service.judge(filing, content, whole=action in ("submit", "check"))
        sheet.errors = judged | {k: list(v) for k, v in refused.errors.items()}
        return _not_saved(filing, sheet, 422, quiet)
    except Stale as refused:
        return _not_saved(filing, sheet, 412, quiet, refused.message, both)
    except RuleViolated as refused:
        return _too_late(filing, sheet, quiet, refused.message)
    if quiet:
        return jsonify(said=_("Saved at %(hour)s", hour=hour(filing.saved_at)), version=filing.version,
                       base=kept.base(), faults=_told(service.by_place(found)), counts=counts(filing, found))
    if adds:
        templating.done(N_("Added: you can choose the person now."))
    return _after(filing, "add_person" if adds and action == "save" else action)


def _told(faults: Mapping[str, Sequence[Message]]) -> dict[str, list[str]]:
    """For the script, which shows them beside the fields that one has left."""
    return {place: [templating.translate(m) for m in messages] for place, messages in faults.items()}


_NEW_PERSON = {"name": "new_name", "email": "new_email"}


def _add_person(filing: Filing, sheet: Sheet) -> None:
    """What is amiss is noted in `sheet.errors`, to be told with the rest."""
    try:
        units.add_person(filing.unit, sheet.value("new_name"), sheet.value("new_email"), actor=identity())
    except Invalid as refused:
        sheet.errors |= {_NEW_PERSON[k]: list(v) for k, v in refused.errors.items()}


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
        return form_page(filing, whole, checked=False, version=request.form.get("version", ""),
                         base=request.form.get("base", "")), status
    theirs = {n: said for n, said in whole.kept().differing(saved).items() if both is None or n in both}
    return form_page(filing, whole, checked=False, theirs=in_words(filing, theirs), message=message, base=saved.base()), status


def _too_late(filing: Filing, sheet: Sheet, quiet: bool, message: Message) -> ResponseReturnValue:
    """The plan was submitted meanwhile: it is shown as it is, and beside it what was typed and is not in it."""
    if quiet:
        return jsonify(said=templating.translate(message)), 409
    queries.reread(filing)
    if not permits(identity(), Permission.FILING_DRAFT, filing.subject) or filing.state in EDITABLE:
        raise RuleViolated(message)
    saved, names = sheet_of(queries.content(filing)), field_names(filing)
    mine = in_words(filing, saved.differing(sheet.kept().over(saved)))
    unsent = [(names[k], words) for k, words in mine.items() if k in names and words.strip()]
    return read_page(filing, message, unsent), 409
