"""Reading issues: finding them, what hangs on them, their clocks, their routes, what waits for whom."""
from portal.issues.queries.limits import CALENDAR, WORKING_HOURS, Clocks, Ground, deadlines, ground, overdue
from portal.issues.queries.reading import (
    UNFINISHED,
    Wanted,
    after,
    by_code,
    conditions,
    count,
    listed,
    lock,
    lock_both,
    one,
    readable,
    readable_of,
    reload,
    with_names,
)
from portal.issues.queries.reckoning import clocks, clocks_of, open_parts, standing, times_of
from portal.issues.queries.routes import (
    Names,
    Preview,
    campaign_to_raise_on,
    facts,
    hidden,
    in_codes,
    kept_facts,
    kept_reasons,
    kept_why,
    nameable,
    nameable_at_raising,
    preview_route,
    raising_subject,
    raising_units,
    shown_facts,
    shown_in_codes,
    successor,
    told,
)
from portal.issues.queries.tasks import KINDS, task, to_do
from portal.issues.queries.thread import (
    FIRST_CONTACTS,
    Event,
    audience,
    colleagues,
    comments,
    in_office,
    in_sight,
    linked,
    links,
    merged,
    open_wait,
    parties,
    parties_of,
    sub_issues,
    timeline,
    turns,
    turns_of,
    units_of,
    waits_of,
)

clock = clocks_of

__all__ = [
    "CALENDAR", "FIRST_CONTACTS", "KINDS", "UNFINISHED", "WORKING_HOURS", "Clocks", "Event", "Ground", "Names",
    "Preview", "Wanted", "after", "audience", "by_code", "campaign_to_raise_on", "clock", "clocks", "clocks_of",
    "colleagues", "comments", "conditions", "count", "deadlines", "facts", "ground", "hidden", "in_codes",
    "in_office", "in_sight", "kept_facts", "kept_reasons", "kept_why", "linked", "links", "listed", "lock",
    "lock_both", "merged", "nameable", "nameable_at_raising", "one", "open_parts", "open_wait", "overdue", "parties",
    "parties_of", "preview_route", "raising_subject", "raising_units", "readable", "readable_of", "reload",
    "shown_facts", "shown_in_codes", "standing", "sub_issues", "successor", "task", "timeline", "times_of", "to_do",
    "told", "turns", "turns_of", "units_of", "waits_of", "with_names"]
