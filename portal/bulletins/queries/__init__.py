"""Bulletins as somebody may see them, and the figures that are put into one."""
from portal.bulletins.queries.figures import calendar, figures
from portal.bulletins.queries.reading import (
    Wanted,
    acknowledged_in,
    after,
    conditions,
    count,
    digests,
    document,
    drafts,
    due_plans,
    last_number,
    listed,
    lock,
    lock_plan,
    one,
    plan,
    plans,
    readable,
    receipts,
    to_acknowledge,
    to_acknowledge_of,
    unacknowledged,
)

__all__ = ["Wanted", "acknowledged_in", "after", "calendar", "conditions", "count", "digests", "document", "drafts", "due_plans",
           "figures", "last_number", "listed", "lock", "lock_plan", "one", "plan", "plans", "readable", "receipts",
           "to_acknowledge", "to_acknowledge_of", "unacknowledged"]
