"""The table of who may. Everything that decides, lists, tests or explains reads it here (public contract, "Who may")."""
from collections.abc import Iterator
from enum import Enum, StrEnum

from tenants.vocabulary import Role


class Permission(StrEnum):
    DESK_READ = "desk.read"
    DIRECTORY_READ = "directory.read"
    PERMISSIONS_READ = "permissions.read"
    NOTICE_READ = "notice.read"
    ACCOUNT_USE = "account.use"
    APPOINTMENT_DELEGATE = "appointment.delegate"
    PERSON_ADD = "person.add"
    BOARD_READ = "board.read"
    PROGRAMME_READ = "programme.read"
    PROGRAMME_EDIT = "programme.edit"
    FILING_LIST = "filing.list"
    FILING_READ = "filing.read"
    FILING_GENERAL_READ = "filing.general_read"
    FILING_DRAFT = "filing.draft"
    FILING_REVIEW = "filing.review"
    FILING_ASK = "filing.ask"
    ASSIGNMENT_LIST = "assignment.list"
    ASSIGNMENT_READ = "assignment.read"
    ASSIGNMENT_ADD = "assignment.add"
    ASSIGNMENT_REPORT = "assignment.report"
    ASSIGNMENT_HAND_IN = "assignment.hand_in"
    ASSIGNMENT_WAIVE = "assignment.waive"
    ASSIGNMENT_VERIFY = "assignment.verify"
    ASSIGNMENT_CHASE = "assignment.chase"
    ASSIGNMENT_CANCEL = "assignment.cancel"
    AUDIT_READ = "audit.read"
    ADMINISTER = "administer"


class Public(Enum):
    PUBLIC = "public"


PUBLIC = Public.PUBLIC


class Relation(StrEnum):
    """What an appointment is to the thing in question."""
    NOTHING = "nothing"                    # no particular thing: lists, creation
    UNIT = "unit"                          # of the appointment's own unit
    LINE = "line"                          # of its own unit and line
    OWN = "own"                            # the holder is the named owner, in his own unit
    OVERSIGHT = "oversight"                # of any unit, seen from headquarters
    OVERSIGHT_LINE = "oversight_line"      # of any unit, of the appointment's line
    SUPERVISED = "supervised"              # of a unit other than headquarters
    SUPERVISED_LINE = "supervised_line"    # the same, of the appointment's line
    HQ_OWN = "hq_own"                      # headquarters' own, but not customer service's
    OFFICE_OWN = "office_own"              # headquarters' own, of customer service, which is the office's line


# Nobody verifies or reviews what is his own, nor does his delegate (platform rule).
NEVER_BY_OWNER = frozenset({Permission.ASSIGNMENT_VERIFY, Permission.FILING_REVIEW, Permission.ASSIGNMENT_CANCEL})

P, R = Permission, Relation
_PERSON = frozenset({P.DESK_READ, P.DIRECTORY_READ, P.PERMISSIONS_READ, P.NOTICE_READ, P.ACCOUNT_USE, P.APPOINTMENT_DELEGATE})
_LISTS = _PERSON | {P.PROGRAMME_READ, P.FILING_LIST, P.ASSIGNMENT_LIST, P.BOARD_READ}
_READS = frozenset({P.FILING_READ, P.FILING_GENERAL_READ, P.ASSIGNMENT_READ, P.BOARD_READ})
_WORKS = frozenset({P.ASSIGNMENT_REPORT, P.ASSIGNMENT_HAND_IN, P.ASSIGNMENT_WAIVE})
_JUDGES = frozenset({P.FILING_REVIEW, P.ASSIGNMENT_VERIFY, P.ASSIGNMENT_CHASE, P.ASSIGNMENT_CANCEL})
_LINE_READS = frozenset({P.ASSIGNMENT_READ, P.BOARD_READ})

TABLE: dict[tuple[Role, Relation], frozenset[Permission]] = {
    **{(role, R.NOTHING): _LISTS for role in Role},
    (Role.ASSESSOR, R.NOTHING): _PERSON,
    (Role.ADMINISTRATOR, R.NOTHING): _PERSON | {P.ADMINISTER},
    (Role.AUDITOR, R.NOTHING): _LISTS | {P.AUDIT_READ},
    (Role.HQ_OFFICE, R.NOTHING): _LISTS | {P.PROGRAMME_EDIT, P.ASSIGNMENT_ADD},

    (Role.HQ_LEADER, R.OVERSIGHT): _READS,
    (Role.HQ_LEADER, R.OFFICE_OWN): frozenset({P.ASSIGNMENT_VERIFY}),
    (Role.HQ_LEADER, R.SUPERVISED): frozenset({P.ASSIGNMENT_CHASE}),
    (Role.AUDITOR, R.OVERSIGHT): _READS,
    (Role.HQ_OFFICE, R.OVERSIGHT): _READS,
    (Role.HQ_OFFICE, R.SUPERVISED): _JUDGES,
    (Role.HQ_OFFICE, R.HQ_OWN): frozenset({P.ASSIGNMENT_VERIFY, P.ASSIGNMENT_CHASE, P.ASSIGNMENT_CANCEL}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT): frozenset({P.FILING_READ, P.BOARD_READ}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT_LINE): frozenset({P.ASSIGNMENT_READ, P.FILING_GENERAL_READ}),
    (Role.HQ_LINE_LEAD, R.SUPERVISED_LINE): _JUDGES,
    (Role.HQ_LINE_LEAD, R.LINE): _WORKS,

    (Role.UNIT_HEAD, R.UNIT): _READS,
    (Role.UNIT_CONTACT, R.UNIT): _READS | _WORKS | {P.FILING_DRAFT, P.FILING_ASK, P.PERSON_ADD},
    (Role.LINE_OWNER, R.UNIT): frozenset({P.FILING_READ, P.FILING_GENERAL_READ}),
    (Role.LINE_OWNER, R.LINE): _LINE_READS | _WORKS,
    (Role.LINE_OWNER, R.OWN): _LINE_READS | _WORKS,
    (Role.MEMBER, R.UNIT): frozenset({P.FILING_READ, P.FILING_GENERAL_READ}),
    (Role.MEMBER, R.LINE): _LINE_READS,
    (Role.MEMBER, R.OWN): _LINE_READS | _WORKS,
    (Role.UNIT_HEAD, R.OWN): _WORKS,
}


def grants(permission: Permission) -> Iterator[tuple[Role, Relation]]:
    """Every (role, relation) that grants a permission, in the order of the enums."""
    for role in Role:
        for relation in Relation:
            if permission in TABLE.get((role, relation), frozenset()):
                yield role, relation
