"""All writes of the filing loop: a unit drafts and submits, headquarters reviews and puts in force, both may ask."""
from portal.filings.service.drafting import allow, by_place, faults, judge, open_draft, same_version, save, submit
from portal.filings.service.notes import answer, ask
from portal.filings.service.review import allow_review, review, under_review

__all__ = ["allow", "allow_review", "answer", "ask", "by_place", "faults", "judge", "open_draft", "review", "same_version", "save",
           "submit", "under_review"]
