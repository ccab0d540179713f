"""The directory as a workbook: whom to call where."""
from collections.abc import Iterable

from flask import Response

from portal.sheets import Cell, Column
from portal.units import queries
from portal.units.rules import Group
from portal.units.views import asked
from portal.web.access import Route
from portal.web.downloads import as_workbook
from portal.web.names import term, unit_name
from portal.web.templating import translate
from tenants.messages import N_
from tenants.models import Person
from tenants.permissions import Permission
from tenants.vocabulary import Line

COLUMNS = ((N_("Code"), 16), (N_("Unit"), 24), (N_("Kind"), 16), (N_("Category"), 18), (N_("Part of"), 20), (N_("Head"), 30),
           (N_("Contact"), 30), (N_("Deputy"), 30))


def sheet() -> Response:
    """With the filters of the list; people with the mail and telephone of their work, which are there to be called."""
    wanted = asked()
    groups = queries.directory(wanted.kind, wanted.category, wanted.words)
    lines = [wanted.line] if wanted.line else list(Line)
    entries = [(group, e) for group, found in groups.items() for e in found]

    def cells(group: Group, e: queries.Entry) -> list[Cell]:
        unit, category = e.unit, term("category", group.category) if group.category else ""
        return [unit.code, unit_name(unit), term("unit_kind", group.kind), category,
                unit_name(unit.parent) if unit.parent else "", _called(e.heads), _called(e.contacts), _called(e.deputies),
                *(_called(e.counterparts.get(line.value, ())) for line in lines)]
    columns = [*(Column(translate(head), width) for head, width in COLUMNS), *(Column(term("line", line), 30) for line in lines)]
    return as_workbook(translate(N_("Units")), columns, (cells(*e) for e in entries), len(entries))


def _called(people: Iterable[Person]) -> str:
    return "\n".join(" ".join(filter(None, (p.name, p.phone, p.email))) for p in people)


NAME, PREFIX = "units_export", "/units"
ROUTES: tuple[Route, ...] = (("GET", ".xlsx", sheet, Permission.DIRECTORY_READ),)
