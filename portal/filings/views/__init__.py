"""Pages of the filing loop: all plans, one plan to write or to read, and a line's review of it."""
from portal.filings.views.listing import begin, index
from portal.filings.views.reviewing import answer, ask, review, review_page
from portal.filings.views.writing import save, show
from portal.web.access import Route
from portal.web.once import once
from tenants.permissions import Permission

__all__ = ["NAME", "PREFIX", "ROUTES"]

NAME, PREFIX = "filings", "/filings"
ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.FILING_LIST),
    ("POST", "", once(begin), Permission.FILING_DRAFT),
    ("GET", "/<key>", show, Permission.FILING_READ),
    ("POST", "/<key>", save, Permission.FILING_DRAFT),
    ("GET", "/<key>/review", review_page, Permission.FILING_REVIEW),
    ("POST", "/<key>/review", review, Permission.FILING_REVIEW),
    ("POST", "/<key>/ask", once(ask), Permission.FILING_ASK),
    ("POST", "/<key>/answer", once(answer), Permission.FILING_REVIEW),
)
