"""What stands around every page: where one can go, as whom one acts, how much is unread."""
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app, g, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from portal.web.access import may, whole_identity
from portal.web.names import person_name, term, unit_short
from tenants.access import Appointment
from tenants.messages import N_, Message
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation. `room` says where it stands: `always` in sight, in the `bar` where there is room, or
    under `more`. `key` is the letter that follows `g`."""
    label: Message
    href: str
    permission: Permission | None
    room: str = "more"
    icon: str = "file-text"
    key: str = ""


PLACES = (
    Place(N_("Desk"), "/desk", Permission.DESK_READ, "always", icon="layout-dashboard", key="d"),
    Place(N_("Board"), "/board", Permission.BOARD_READ, "bar", icon="table", key="b"),
    Place(N_("Plans"), "/filings", Permission.FILING_LIST, "always", icon="clipboard-text", key="f"),
    Place(N_("Assignments"), "/assignments", Permission.ASSIGNMENT_LIST, "always", icon="checklist", key="a"),
    Place(N_("Campaigns"), "/campaigns", Permission.CAMPAIGN_LIST, "bar", icon="speakerphone", key="c"),
    Place(N_("Quality issues"), "/issues", Permission.ISSUE_LIST, "bar", icon="message-report", key="q"),
    Place(N_("Flows"), "/flows", Permission.FLOWS_READ, icon="arrows-exchange", key="w"),
    Place(N_("Meetings"), "/meetings", Permission.MEETING_LIST, icon="users"),
    Place(N_("Supervision orders"), "/supervision", Permission.SUPERVISION_LIST, icon="gavel"),
    Place(N_("Bulletins"), "/bulletins", Permission.BULLETIN_LIST, icon="news"),
    Place(N_("Responsibilities"), "/responsibilities", Permission.DIRECTORY_READ, "bar", icon="hierarchy-2", key="r"),
    Place(N_("Units"), "/units", Permission.DIRECTORY_READ, icon="building", key="u"),
    Place(N_("Programmes"), "/programmes", Permission.PROGRAMME_READ, icon="calendar-event", key="p"),
    Place(N_("Notices"), "/notices", Permission.NOTICE_READ, icon="bell", key="n"),
    Place(N_("Rules of the exchange"), "/exchange", Permission.EXCHANGE_RULES, icon="adjustments-horizontal"),
    Place(N_("Ladder of reminders"), "/reminders", Permission.LADDER_KEEP, icon="bell-ringing"),
    Place(N_("Permissions"), "/permissions", Permission.PERMISSIONS_READ, icon="lock-access"),
    Place(N_("Audit trail"), "/audit", Permission.AUDIT_READ, icon="history"),
    Place(N_("Administration"), "/admin/", Permission.ADMINISTER, icon="settings"),
    Place(N_("Help"), "/help", None, icon="help-circle", key="h"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as it is for this person on this page."""
    label: Message
    href: str
    current: bool
    shown: bool
    room: str
    icon: str
    key: str


@dataclass(frozen=True, slots=True)
class Function:
    """An appointment in words, to act as or to change to."""
    id: UUID
    role: str
    unit: str
    line: str
    for_whom: str
    current: bool


def _there() -> frozenset[str]:
    """The places where a page answers: a slice that is not mounted has no entry."""
    known: frozenset[str] | None = current_app.extensions.get("portal.places")
    if known is None:
        known = current_app.extensions["portal.places"] = frozenset(p.href for p in PLACES if _answers(p.href))
    return known


def _answers(href: str) -> bool:
    try:
        current_app.url_map.bind("").match(href, method="GET")
    except RequestRedirect:
        return True
    except (NotFound, MethodNotAllowed):
        return False
    return True


def nav() -> list[Entry]:
    """The entries in order; those not shown are left in, so that a page can say why. A page asks twice."""
    kept: list[Entry] | None = g.get("nav")
    if kept is None:
        kept = g.nav = _entries()
    return kept


def _entries() -> list[Entry]:
    here, there = request.path.rstrip("/") or "/", _there()

    def entry(p: Place) -> Entry:
        home = p.href.rstrip("/")
        current = here == home or here.startswith(f"{home}/")
        shown = p.href in there and (p.permission is None or may(p.permission))
        return Entry(p.label, p.href, current, shown, p.room, p.icon, p.key)
    return [entry(p) for p in PLACES]


def _function(a: Appointment, current: UUID | None) -> Function:
    line = term("line", a.line) if a.line else ""
    return Function(a.id, term("role", a.role), unit_short(a.unit), line,
                    person_name(a.holder) if a.on_behalf_of else "", a.id == current)


def functions() -> list[Function]:
    """All of the signed-in person's, the one acted as marked."""
    if "identity" not in g:
        return []
    acting = next((a.id for a in g.identity.appointments), None)
    return [_function(a, acting) for a in whole_identity().appointments]


def count_unread_with(app: Flask, count: Callable[[], int]) -> None:
    """Notices lie above this room: the composition root says how they are counted."""
    app.extensions["portal.unread"] = count


def unread() -> int:
    count: Callable[[], int] | None = current_app.extensions.get("portal.unread")
    return count() if count and "identity" in g else 0
