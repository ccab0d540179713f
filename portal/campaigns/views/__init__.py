"""The pages of campaigns: the list, one to read or to write, a workbook of many, warnings from elsewhere."""
from portal.attachments import views as files
from portal.campaigns.views.editing import edit, new, register, save
from portal.campaigns.views.importing import choose, discard, preview, read_workbook, take_in, template, wrong
from portal.campaigns.views.item import acknowledge, chase, check, end, go_live, item, move, pause
from portal.campaigns.views.listing import index
from portal.web.access import Route
from portal.web.once import once
from tenants.permissions import Permission as P

NAME, PREFIX = "campaigns", "/campaigns"

ROUTES: tuple[Route, ...] = (
    ("GET", "", index, P.CAMPAIGN_LIST),
    ("GET", "/new", new, P.CAMPAIGN_REGISTER),
    ("POST", "/new", once(register), P.CAMPAIGN_REGISTER),
    ("GET", "/import", choose, P.CAMPAIGN_REGISTER),
    ("POST", "/import", once(read_workbook), P.CAMPAIGN_REGISTER),
    ("GET", "/import/template.xlsx", template, P.CAMPAIGN_REGISTER),
    ("GET", "/import/<key>", preview, P.CAMPAIGN_REGISTER),
    ("POST", "/import/<key>", once(take_in), P.CAMPAIGN_REGISTER),
    ("GET", "/import/<key>/wrong.xlsx", wrong, P.CAMPAIGN_REGISTER),
    ("POST", "/import/<key>/discard", discard, P.CAMPAIGN_REGISTER),
    ("GET", "/<key>", item, P.CAMPAIGN_READ),
    ("GET", "/<key>/edit", edit, P.CAMPAIGN_CHANGE),
    ("POST", "/<key>/edit", save, P.CAMPAIGN_CHANGE),
    ("POST", "/<key>/move", move, P.CAMPAIGN_MOVE),
    ("POST", "/<key>/checks", check, P.CAMPAIGN_CHECK),
    ("POST", "/<key>/go-live", go_live, P.CAMPAIGN_RUN),
    ("POST", "/<key>/pause", pause, P.CAMPAIGN_RUN),
    ("POST", "/<key>/end", end, P.CAMPAIGN_RUN),
    ("POST", "/<key>/receipt", acknowledge, P.CAMPAIGN_ACKNOWLEDGE),
    ("POST", "/<key>/chase", once(chase), P.CAMPAIGN_CHASE),
    *files.routes("campaign", P.CAMPAIGN_CHECK),
)
