"""The list of campaigns as a workbook."""
from flask import Response, request
from flask_babel import gettext as _

from portal.campaigns import forms, queries
from portal.campaigns.models import Campaign
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.names import term, unit_name
from portal.web.templating import state_words, translate
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Campaign code"), 16), (N_("Campaign name"), 40), (N_("State"), 12), (N_("Launched by"), 18), (N_("Line"), 14),
           (N_("Lands in"), 30), (N_("Product"), 24), (N_("Product of"), 18), (N_("Starts"), 12), (N_("Ends"), 12),
           (N_("Segment"), 16), (N_("Brand"), 16),
           (N_("New or existing"), 16), (N_("Training on"), 12), (N_("Live since"), 18), (N_("Receipts open"), 10),
           (N_("Receipts"), 10))


def sheet() -> Response:
    """With the filters of the list, every row of it."""
    where = queries.conditions(identity(), forms.wanted(forms.asked(request.args)))
    rows = db.session.scalars(queries.listed(where).limit(MOST)).all()
    receipts = queries.receipts_in([c.id for c in rows])

    def cells(c: Campaign) -> list[Cell]:
        lands = str(_("whole network")) if c.network else str(_(", ")).join(map(unit_name, c.lands_in))
        still_open, total = receipts.get(c.id, (None, None))
        return [c.code, c.name, state_words("campaign", c.state)[0], unit_name(c.unit), term("line", c.line), lands, c.product,
                unit_name(c.product_owner), c.starts, c.ends, term("segment", c.segment), c.brand, term("business", c.business),
                c.training_on, c.live_at, still_open, total]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Campaigns")), columns, map(cells, rows), queries.count(where))


NAME, PREFIX = "campaigns_export", "/campaigns"
ROUTES: tuple[Route, ...] = (("GET", ".xlsx", sheet, Permission.CAMPAIGN_LIST),)
