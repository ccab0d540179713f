"""The pages of reminders: the ladder, what it would say tomorrow, and answers, on the page and from a letter."""
from portal.reminders.views.answering import answer, by_link, deed, of_thing, send_by_link
from portal.reminders.views.ladder import index, save, tomorrow
from portal.web import panels
from portal.web.access import Route
from portal.web.once import once
from tenants.permissions import PUBLIC, Permission

for _kind in ("assignment", "filing", "issue", "campaign", "supervision", "bulletin"):
    panels.register(_kind, of_thing(_kind))

NAME, PREFIX = "reminders", "/reminders"
ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.LADDER_KEEP),
    ("POST", "", save, Permission.LADDER_KEEP),
    ("GET", "/tomorrow", tomorrow, Permission.LADDER_KEEP),
    ("POST", "/<uuid:key>/answer", once(answer), Permission.NOTICE_READ),
    ("GET", "/<uuid:key>/do", deed, Permission.NOTICE_READ),
    ("GET", "/answer/<token>", by_link, PUBLIC),
    ("POST", "/answer/<token>", send_by_link, PUBLIC),
)
