"""Answers that are saved and not shown: the name in any script (RFC 6266), and lists as workbooks."""
import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Flask, Response, request
from flask_babel import gettext as _

from portal.sheets import MOST, Cell, Column, workbook
from portal.web import times
from tenants import clock

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")


def disposition(name: str) -> str:
    """`Content-Disposition` of a file to save under a name: in ASCII for old programs, in UTF-8 for the others."""
    plain = _PLAIN.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "replace").decode()).strip(" .") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def as_workbook(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], total: int, *, about: Iterable[str] = (),
                notes: Sequence[str] = ()) -> Response:
    """A list as a download, written before the answer leaves, while the rows may still be read. `total` is how many there
    are; a list with more than MOST says in its last line that it ends early. `about` stands in its first line, `notes` in its
    last ones."""
    now = clock.now()
    above = _("as of %(time)s", time=clock.local(now).strftime("%Y-%m-%d %H:%M"))
    left_out = _("Only the first %(most)s of %(total)s rows: narrow the list by its filters.", most=MOST, total=total)
    below = [*notes, *([str(left_out)] if total > MOST else [])]
    made = workbook(title, columns, rows, above=" · ".join([*about, str(above)]), below=below)
    response = Response(made, mimetype=XLSX)
    response.headers["Content-Disposition"] = disposition(f"{title} {times.day(clock.today())}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def export_address(path: str = "") -> str:
    """The present list as a workbook: the same filters, from its first row on. `path` is another list's, of the same filters."""
    query = "&".join(f"{quote(k)}={quote(v)}" for k, v in request.args.items(multi=True) if k != "cursor" and v)
    return f"{path or request.path.rstrip('/')}.xlsx" + (f"?{query}" if query else "")


def init_app(app: Flask) -> None:
    app.jinja_env.globals["export_address"] = export_address
