"""Telling what the ladder says, taking answers, and keeping the ladder."""
from portal.reminders.service.answering import Reply, answer
from portal.reminders.service.keeping import keep, seen
from portal.reminders.service.offering import Offer, offer, thing_of
from portal.reminders.service.sweeping import Ahead, Counts, Foreseen, foresee, sweep

__all__ = ["Ahead", "Counts", "Foreseen", "Offer", "Reply", "answer", "foresee", "keep", "offer", "seen", "sweep", "thing_of"]
