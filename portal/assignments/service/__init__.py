"""All writes of assignments: how they arise, the work on them, requests for more time and to be excused from them."""
from portal.assignments.rules import PLAN_FILING
from portal.assignments.service.chasing import chase, chase_all
from portal.assignments.service.extensions import ask_extension, decide_extension, withdraw_extension
from portal.assignments.service.files import allow_file
from portal.assignments.service.judging import ACTIONS, allow, offers
from portal.assignments.service.making import New, create, give_to, move_plan_filing, put_in_force
from portal.assignments.service.owning import name_owner
from portal.assignments.service.waivers import ask_waiver, decide_waiver, withdraw_waiver
from portal.assignments.service.watching import Watcher, watch
from portal.assignments.service.work import Row, cancel, hand_in, report, report_many, verify

__all__ = ["ACTIONS", "PLAN_FILING", "New", "Row", "Watcher", "allow", "allow_file", "ask_extension", "ask_waiver", "cancel",
           "chase", "chase_all", "create", "decide_extension", "decide_waiver", "give_to", "hand_in", "move_plan_filing",
           "name_owner", "offers", "put_in_force", "report", "report_many", "verify", "watch", "withdraw_extension",
           "withdraw_waiver"]
