"""Telling what the ladder says, taking answers, and keeping the ladder."""
from portal.reminders.service.answering import Reply, answer
from portal.reminders.service.keeping import keep, seen
from portal.reminders.service.sweeping import Counts, Foreseen, foresee, sweep

__all__ = ["Counts", "Foreseen", "Reply", "answer", "foresee", "keep", "seen", "sweep"]
