"""The lists of campaigns, and of warnings about them, as workbooks."""
from flask import Response, request
from flask_babel import gettext as _

from portal.campaigns import forms, queries, rules
from portal.campaigns.models import Campaign, Caution
from portal.campaigns.views import cautions
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.names import term, unit_name
from portal.web.templating import element_words, state_words, translate
from tenants import clock
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


CAUTIONS = ((N_("Campaign code"), 16), (N_("Campaign name"), 40), (N_("Unit"), 18), (N_("Line"), 14), (N_("State"), 18),
            (N_("What to look at"), 60), (N_("Control element"), 24), (N_("Asked on"), 18), (N_("Answer by"), 12),
            (N_("What was found"), 60), (N_("Answered"), 18), (N_("Answered by"), 14))


def cautions_sheet() -> Response:
    """The same of the list of warnings from elsewhere."""
    me, today = cautions.reader(), clock.today()
    wanted = forms.cautions_wanted(forms.cautions_asked(request.args))
    rows = db.session.scalars(queries.cautions(me, wanted).limit(MOST)).all()

    def cells(c: Caution) -> list[Cell]:
        return [c.campaign.code, c.campaign.name, unit_name(c.unit), term("line", c.line),
                state_words("caution", rules.caution_state(c.due, c.affected, today))[0], c.words, element_words(c.control_element),
                c.at, c.due, c.finding, c.answered_at, c.by.name if c.by else ""]
    columns = [Column(translate(head), width) for head, width in CAUTIONS]
    return as_workbook(translate(N_("Warnings from elsewhere")), columns, map(cells, rows), queries.count_cautions(me, wanted))


NAME, PREFIX = "campaigns_export", ""
ROUTES: tuple[Route, ...] = (
    ("GET", "/campaigns.xlsx", sheet, Permission.CAMPAIGN_LIST),
    ("GET", "/cautions.xlsx", cautions_sheet, Permission.CAUTION_READ),
)
