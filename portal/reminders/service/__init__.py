"""Telling what the ladder says, and keeping the ladder."""
from portal.reminders.service.keeping import keep, seen
from portal.reminders.service.sweeping import Counts, Foreseen, foresee, sweep

__all__ = ["Counts", "Foreseen", "foresee", "keep", "seen", "sweep"]
