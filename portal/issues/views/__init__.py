"""The pages of quality issues: the inbox, raising one, one issue and what may be done with it."""
from portal.attachments import views as files
from portal.issues.rules.life import ACTIONS, WHO
from portal.issues.views.item import act, item
from portal.issues.views.listing import index
from portal.issues.views.panels import of_campaign
from portal.issues.views.raising import about, new, route, search, send
from portal.web import panels
from portal.web.access import Route
from portal.web.once import once
from tenants.permissions import Permission as P

NAME, PREFIX = "issues", "/issues"

panels.register("campaign", of_campaign)

ROUTES: tuple[Route, ...] = (
    ("GET", "", index, P.ISSUE_LIST),
    ("GET", "/new", new, P.ISSUE_RAISE),
    ("POST", "/new", once(send), P.ISSUE_RAISE),
    ("POST", "/new/campaigns", search, P.ISSUE_RAISE),
    ("POST", "/new/about", about, P.ISSUE_RAISE),
    ("POST", "/new/route", route, P.ISSUE_RAISE),
    ("GET", "/<key>", item, P.ISSUE_READ),
    *files.routes("issue", P.ISSUE_COMMENT),
    *(("POST", f"/<key>/{action.replace('_', '-')}", once(act(action)), WHO[action]) for action in ACTIONS),
)
