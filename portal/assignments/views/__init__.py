"""The pages of assignments: the list, one assignment, reporting on many, what waits for a verdict."""
from portal.assignments.queries import lines_and_processes
from portal.assignments.views.extensions import ask_extension, decide_extension, withdraw_extension
from portal.assignments.views.item import cancel, chase, hand_in, item, report, verify
from portal.assignments.views.listing import chase_several, index, picked
from portal.assignments.views.owning import name_owner
from portal.assignments.views.progress import progress, save_progress
from portal.assignments.views.verdicts import verdicts
from portal.assignments.views.waivers import ask_waiver, decide_waiver, withdraw_waiver
from portal.attachments import views as files
from portal.units import registry
from portal.web.access import Route
from portal.web.once import once
from tenants.permissions import Permission as P

NAME, PREFIX = "assignments", "/assignments"

registry.register(lines_and_processes)

ROUTES: tuple[Route, ...] = (
    ("GET", "", index, P.ASSIGNMENT_LIST),
    ("GET", "/chase", picked, P.ASSIGNMENT_LIST),
    ("POST", "/chase", once(chase_several), P.ASSIGNMENT_CHASE),
    ("GET", "/progress", progress, P.ASSIGNMENT_LIST),
    ("POST", "/progress", save_progress, P.ASSIGNMENT_REPORT),
    ("GET", "/verify", verdicts, P.ASSIGNMENT_VERIFY),
    ("GET", "/<key>", item, P.ASSIGNMENT_READ),
    ("POST", "/<key>/progress", report, P.ASSIGNMENT_REPORT),
    ("POST", "/<key>/hand-in", hand_in, P.ASSIGNMENT_HAND_IN),
    ("POST", "/<key>/verify", verify, P.ASSIGNMENT_VERIFY),
    ("POST", "/<key>/chase", once(chase), P.ASSIGNMENT_CHASE),
    ("POST", "/<key>/cancel", cancel, P.ASSIGNMENT_CANCEL),
    ("POST", "/<key>/owner", name_owner, P.ASSIGNMENT_OWNER),
    ("POST", "/<key>/waiver", once(ask_waiver), P.ASSIGNMENT_WAIVE),
    ("POST", "/<key>/waiver/withdraw", once(withdraw_waiver), P.ASSIGNMENT_WAIVE),
    ("POST", "/<key>/waiver/verdict", once(decide_waiver), P.ASSIGNMENT_VERIFY),
    ("POST", "/<key>/extensions", once(ask_extension), P.ASSIGNMENT_EXTEND),
    ("POST", "/<key>/extensions/withdraw", once(withdraw_extension), P.ASSIGNMENT_EXTEND),
    ("POST", "/<key>/extensions/verdict", once(decide_extension), P.EXTENSION_GRANT),
    *files.routes("assignment", P.ASSIGNMENT_REPORT),
)
