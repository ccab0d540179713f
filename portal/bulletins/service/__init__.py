"""Composing, publishing, acknowledging and chasing bulletins; the plans by which drafts arise."""
from portal.bulletins.service.composing import KIND, allow, change, compose, offers, remove, take_anew
from portal.bulletins.service.planning import PLAN, Ran, add_plan, remove_plan, run_plans, set_active
from portal.bulletins.service.publishing import Write, acknowledge, chase, publish

__all__ = ["KIND", "PLAN", "Ran", "Write", "acknowledge", "add_plan", "allow", "change", "chase", "compose", "offers", "publish",
           "remove", "remove_plan", "run_plans", "set_active", "take_anew"]
