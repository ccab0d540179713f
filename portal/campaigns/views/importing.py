"""Campaigns out of a workbook: a template, the upload, what is wrong in which row, then the good rows."""
from collections.abc import Sequence
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from portal.campaigns import queries, service
from portal.campaigns.models import CampaignImport
from portal.campaigns.service import HEADINGS, Judged
from portal.campaigns.views.editing import NAMES
from portal.sheets import Cell, Column, workbook
from portal.web import untrusted
from portal.web.access import identity
from portal.web.downloads import XLSX, disposition
from portal.web.locale import language
from portal.web.names import term
from portal.web.templating import done, translate
from tenants.db import db
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_, Message

FAULTS_SHOWN, ROWS_SHOWN = 200, 20
_WIDE = frozenset({"name", "lands_in", "configured_in", "rules_text", "notice_text"})
_EXAMPLE = {
    "en": {"code": "(example)", "name": "Spring data pack", "unit": "Guangdong", "lands_in": "Guangdong, Guangxi",
           "starts": "2026-04-01", "ends": "2026-09-30", "segment": "C"},
    "zh": {"code": "（示例）", "name": "春季流量包", "unit": "广东", "lands_in": "广东、广西",
           "starts": "2026-04-01", "ends": "2026-09-30", "segment": "C"}}


def choose() -> ResponseReturnValue:
    service.may_import(identity())
    return _page()


def _page(errors: Any = None, status: int = 200) -> ResponseReturnValue:
    waiting = db.session.execute(select(CampaignImport.id, CampaignImport.name, CampaignImport.at)
                                 .order_by(CampaignImport.at.desc())).all()
    return render_template("campaigns/import.html", errors=errors or {}, waiting=waiting, headings=HEADINGS, names=NAMES), status


def template() -> Response:
    """An empty table with the headings, and one row that shows how it is meant."""
    service.may_import(identity())
    example = {**_EXAMPLE[language()], "line": term("line", "market"), "business": term("business", "new")}
    return _download(str(_("Campaigns, to fill in")), [[example.get(h.name, "") for h in HEADINGS]], "",
                     str(_("The row below the headings is an example, and is not taken in. Several units are divided by commas.")))


def read_workbook() -> ResponseReturnValue:
    me = identity()
    service.may_import(me)
    given: FileStorage | None = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Invalid({"file": [N_("Choose a workbook first.")]})
        kept = service.upload(given.stream, given.filename, actor=me)  # type: ignore[arg-type]  # a stream of bytes, that seeks
    except Invalid as fault:
        return _page(fault.errors, 422)
    return redirect(url_for("campaigns.preview", key=str(kept.id)), 303)


def preview(key: str) -> ResponseReturnValue:
    return _preview(_found(key))


def _found(key: str) -> CampaignImport:
    return queries.upload(identity(), untrusted.key_of(key))


def _preview(kept: CampaignImport, said: Message | None = None) -> str:
    looked = service.look(kept, actor=identity())
    return render_template(
        "campaigns/preview.html", kept=kept, good=looked.good[:ROWS_SHOWN], wrong=looked.wrong[:FAULTS_SHOWN], said=said,
        names=NAMES, n_good=len(looked.good), n_wrong=len(looked.wrong), total=len(kept.rows),
        n_faults=sum(len(said) for row in looked.wrong for said in row.faults.values()))


def take_in(key: str) -> ResponseReturnValue:
    kept = _found(key)
    try:
        taken, left = service.take_in(kept, actor=identity())
    except RuleViolated as refused:
        return _preview(kept, refused.message), 409
    done(N_("Registered: %(n)s campaigns.", n=taken))
    return redirect(url_for("campaigns.preview", key=str(left.id)) if left else url_for("campaigns.index"), 303)


def wrong(key: str) -> Response:
    """The rows at fault as they were written, each with its reasons: mend them there and upload that workbook."""
    kept = _found(key)
    looked = service.look(kept, actor=identity())
    rows: list[list[Cell]] = [[*(row.cells.get(h.name, "") for h in HEADINGS), _reasons(row), row.number] for row in looked.wrong]
    return _download(str(_("Campaigns, rows at fault")), rows, "", "", further=[str(_("Reasons")), str(_("Row"))])


def _reasons(row: Judged) -> str:
    return "\n".join(f"{translate(NAMES[name])}{_(': ')}{' '.join(map(translate, said))}" for name, said in row.faults.items())


def _download(title: str, rows: Sequence[Sequence[Cell]], above: str, below: str, further: Sequence[str] = ()) -> Response:
    heads = [h.heads[1 if language() == "zh" else 0] + ("*" if h.required else "") for h in HEADINGS]
    columns = [Column(head, 40 if h.name in _WIDE else 16) for head, h in zip(heads, HEADINGS, strict=True)]
    made = workbook(title, [*columns, *(Column(head, 40) for head in further)], rows, above=above, below=[below])
    response = Response(made, mimetype=XLSX)
    response.headers["Content-Disposition"] = disposition(f"{title}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def discard(key: str) -> ResponseReturnValue:
    service.discard(_found(key))
    done(N_("Forgotten: the workbook's rows are no longer kept here."))
    return redirect(url_for("campaigns.choose"), 303)
