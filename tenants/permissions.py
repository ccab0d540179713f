"""The table of who may. Everything that decides, lists, tests or explains reads it here (public contract, "Who may")."""
from enum import Enum, StrEnum
from functools import cache

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
    ASSIGNMENT_EXTEND = "assignment.extend"
    ASSIGNMENT_OWNER = "assignment.owner"
    ASSIGNMENT_VERIFY = "assignment.verify"
    ASSIGNMENT_CHASE = "assignment.chase"
    ASSIGNMENT_CANCEL = "assignment.cancel"
    EXTENSION_GRANT = "extension.grant"                            # within the milestone
    EXTENSION_GRANT_BEYOND = "extension.grant_beyond"              # beyond it, within the year
    EXTENSION_GRANT_NEXT_YEAR = "extension.grant_next_year"
    CAMPAIGN_LIST = "campaign.list"
    CAMPAIGN_READ = "campaign.read"
    CAMPAIGN_REGISTER = "campaign.register"
    CAMPAIGN_CHANGE = "campaign.change"
    CAMPAIGN_CHECK = "campaign.check"
    CAMPAIGN_CONFIRM = "campaign.confirm"                          # as the second person: a launch element does not apply
    CAMPAIGN_MOVE = "campaign.move"                                # to another launching unit
    CAMPAIGN_RUN = "campaign.run"
    CAMPAIGN_ACKNOWLEDGE = "campaign.acknowledge"
    CAMPAIGN_CHASE = "campaign.chase"
    CAUTION_READ = "caution.read"
    CAUTION_ANSWER = "caution.answer"
    ISSUE_LIST = "issue.list"
    ISSUE_RAISE = "issue.raise"
    ISSUE_READ = "issue.read"
    ISSUE_COMMENT = "issue.comment"
    ISSUE_ANSWER = "issue.answer"
    ISSUE_IDENTIFY = "issue.identify"
    ISSUE_CONFIRM = "issue.confirm"
    ISSUE_TAKE_OVER = "issue.take_over"
    ISSUE_RULE = "issue.rule"
    ISSUE_NAME_PARTY = "issue.name_party"
    ISSUE_CHASE = "issue.chase"
    FLOWS_READ = "flows.read"
    EXCHANGE_RULES = "exchange.rules"
    CHANNEL_KEEP = "channel.keep"
    LADDER_KEEP = "ladder.keep"
    MEETING_LIST = "meeting.list"
    MEETING_READ = "meeting.read"
    MEETING_HOLD = "meeting.hold"
    MEETING_ANSWER = "meeting.answer"
    SUPERVISION_LIST = "supervision.list"
    SUPERVISION_READ = "supervision.read"
    SUPERVISION_ORDER = "supervision.order"                        # issue, judge the reply, extend, withdraw
    SUPERVISION_REPLY = "supervision.reply"
    BULLETIN_LIST = "bulletin.list"
    BULLETIN_READ = "bulletin.read"
    BULLETIN_WRITE = "bulletin.write"
    BULLETIN_ACKNOWLEDGE = "bulletin.acknowledge"
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
    COORDINATION = "coordination"          # of any unit, seen from the line that carries the whole programme
    PARTY = "party"                        # of several units, the appointment's among them
    PARTY_LINE = "party_line"              # the same, in the appointment's line
    DESK = "desk"                          # the appointment serves the desk that has to answer, today
    FIRST = "first"                        # the holder is its first contact, in his own unit
    RAISER = "raiser"                      # raised by the appointment's unit
    RULING = "ruling"                      # the appointment's line at headquarters has the last word on it


# Nobody verifies or reviews what is his own, nor does his delegate (platform rule).
_GRANTS = frozenset({Permission.EXTENSION_GRANT, Permission.EXTENSION_GRANT_BEYOND, Permission.EXTENSION_GRANT_NEXT_YEAR})
NEVER_BY_OWNER = _GRANTS | {Permission.ASSIGNMENT_VERIFY, Permission.FILING_REVIEW, Permission.ASSIGNMENT_CANCEL}

P, R = Permission, Relation
_PERSON = frozenset({P.DESK_READ, P.DIRECTORY_READ, P.PERMISSIONS_READ, P.NOTICE_READ, P.ACCOUNT_USE, P.APPOINTMENT_DELEGATE})
_LISTS = _PERSON | {P.PROGRAMME_READ, P.FILING_LIST, P.ASSIGNMENT_LIST, P.BOARD_READ, P.CAMPAIGN_LIST, P.ISSUE_LIST}
_READS = frozenset({P.FILING_READ, P.FILING_GENERAL_READ, P.ASSIGNMENT_READ, P.BOARD_READ})
_WORKS = frozenset({P.ASSIGNMENT_REPORT, P.ASSIGNMENT_HAND_IN, P.ASSIGNMENT_WAIVE, P.ASSIGNMENT_EXTEND})
_JUDGES = frozenset({P.FILING_REVIEW, P.ASSIGNMENT_VERIFY, P.ASSIGNMENT_CHASE, P.ASSIGNMENT_CANCEL, P.EXTENSION_GRANT})
_LINE_READS = frozenset({P.ASSIGNMENT_READ, P.BOARD_READ})
_RUNS = frozenset({P.CAMPAIGN_REGISTER, P.CAMPAIGN_CHANGE, P.CAMPAIGN_CHECK, P.CAMPAIGN_RUN, P.CAMPAIGN_CHASE})
_RAISES = frozenset({P.CAMPAIGN_READ, P.ISSUE_RAISE})
_TALKS = frozenset({P.ISSUE_READ, P.ISSUE_COMMENT, P.ISSUE_CHASE})
_DESK = frozenset({P.ISSUE_READ, P.ISSUE_COMMENT, P.ISSUE_ANSWER, P.ISSUE_NAME_PARTY})
_FIRST = frozenset({P.ISSUE_READ, P.ISSUE_COMMENT, P.ISSUE_CONFIRM, P.ISSUE_NAME_PARTY, P.ISSUE_CHASE})

_PROGRAMME: dict[tuple[Role, Relation], frozenset[Permission]] = {
    **{(role, R.NOTHING): _LISTS for role in Role},
    (Role.ASSESSOR, R.NOTHING): _PERSON,
    (Role.ADMINISTRATOR, R.NOTHING): _PERSON | {P.ADMINISTER},
    (Role.AUDITOR, R.NOTHING): _LISTS | {P.AUDIT_READ},
    (Role.HQ_OFFICE, R.NOTHING): _LISTS | {P.PROGRAMME_EDIT, P.ASSIGNMENT_ADD, P.LADDER_KEEP},

    (Role.HQ_LEADER, R.OVERSIGHT): _READS | {P.EXTENSION_GRANT_NEXT_YEAR},
    (Role.HQ_LEADER, R.OFFICE_OWN): frozenset({P.ASSIGNMENT_VERIFY, P.EXTENSION_GRANT, P.EXTENSION_GRANT_BEYOND}),
    (Role.HQ_LEADER, R.SUPERVISED): frozenset({P.ASSIGNMENT_CHASE}),
    (Role.AUDITOR, R.OVERSIGHT): _READS,
    (Role.HQ_OFFICE, R.OVERSIGHT): _READS,
    (Role.HQ_OFFICE, R.SUPERVISED): _JUDGES | {P.EXTENSION_GRANT_BEYOND},
    (Role.HQ_OFFICE, R.HQ_OWN): frozenset({P.ASSIGNMENT_VERIFY, P.ASSIGNMENT_CHASE, P.ASSIGNMENT_CANCEL, P.EXTENSION_GRANT,
                                           P.EXTENSION_GRANT_BEYOND}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT): frozenset({P.FILING_READ, P.BOARD_READ}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT_LINE): frozenset({P.ASSIGNMENT_READ, P.FILING_GENERAL_READ}),
    (Role.HQ_LINE_LEAD, R.SUPERVISED_LINE): _JUDGES,
    (Role.HQ_LINE_LEAD, R.LINE): _WORKS,

    (Role.UNIT_HEAD, R.UNIT): _READS,
    (Role.UNIT_CONTACT, R.UNIT): _READS | _WORKS | {P.FILING_DRAFT, P.FILING_ASK, P.PERSON_ADD, P.CHANNEL_KEEP,
                                                        P.ASSIGNMENT_OWNER},
    (Role.LINE_OWNER, R.UNIT): frozenset({P.FILING_READ, P.FILING_GENERAL_READ}),
    (Role.LINE_OWNER, R.LINE): _LINE_READS | _WORKS,
    (Role.LINE_OWNER, R.OWN): _LINE_READS | _WORKS,
    (Role.MEMBER, R.UNIT): frozenset({P.FILING_READ, P.FILING_GENERAL_READ}),
    (Role.MEMBER, R.LINE): _LINE_READS,
    (Role.MEMBER, R.OWN): _LINE_READS | _WORKS,
    (Role.UNIT_HEAD, R.OWN): _WORKS,
}

# Campaigns and quality issues: a unit works on what it is a party of; the desk that owns an issue answers it, who first
# received it confirms, the campaign's line at headquarters rules (plan, section 2; public contract, "Who may").
_EXCHANGE: dict[tuple[Role, Relation], frozenset[Permission]] = {
    **{(role, R.NOTHING): frozenset({P.FLOWS_READ}) for role in (Role.HQ_LEADER, Role.HQ_OFFICE, Role.HQ_LINE_LEAD, Role.AUDITOR)},
    (Role.HQ_OFFICE, R.NOTHING): frozenset({P.FLOWS_READ, P.EXCHANGE_RULES}),
    (Role.HQ_LEADER, R.OVERSIGHT): frozenset({P.CAMPAIGN_READ, P.CAMPAIGN_CHASE, P.CAUTION_READ, P.ISSUE_READ, P.ISSUE_CHASE}),
    (Role.AUDITOR, R.OVERSIGHT): frozenset({P.CAMPAIGN_READ, P.CAUTION_READ, P.ISSUE_READ}),
    (Role.HQ_OFFICE, R.OVERSIGHT): _RAISES | _TALKS | {P.CAMPAIGN_CHASE, P.CAUTION_READ},
    (Role.HQ_OFFICE, R.UNIT): frozenset({P.CAMPAIGN_CONFIRM}),
    (Role.HQ_OFFICE, R.DESK): _DESK | {P.ISSUE_IDENTIFY},
    (Role.HQ_OFFICE, R.FIRST): _FIRST,
    (Role.HQ_OFFICE, R.RAISER): frozenset({P.ISSUE_TAKE_OVER}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT): _RAISES,
    (Role.HQ_LINE_LEAD, R.OVERSIGHT_LINE): frozenset({P.CAMPAIGN_MOVE, P.CAMPAIGN_CHASE, P.CAUTION_READ}),
    (Role.HQ_LINE_LEAD, R.LINE): _RUNS | {P.CAUTION_ANSWER},
    (Role.HQ_LINE_LEAD, R.COORDINATION): _TALKS | {P.CAMPAIGN_CHASE, P.CAUTION_READ},
    (Role.HQ_LINE_LEAD, R.PARTY_LINE): _TALKS,
    (Role.HQ_LINE_LEAD, R.DESK): _DESK | {P.ISSUE_IDENTIFY},
    (Role.HQ_LINE_LEAD, R.FIRST): _FIRST,
    (Role.HQ_LINE_LEAD, R.RULING): _TALKS | {P.ISSUE_RULE, P.ISSUE_NAME_PARTY},

    (Role.UNIT_HEAD, R.UNIT): frozenset({P.CAUTION_READ}),
    (Role.UNIT_HEAD, R.PARTY): _TALKS | {P.CAMPAIGN_READ},
    (Role.UNIT_HEAD, R.DESK): _DESK,
    (Role.UNIT_HEAD, R.FIRST): _FIRST,
    (Role.UNIT_HEAD, R.RAISER): frozenset({P.ISSUE_TAKE_OVER}),
    (Role.UNIT_CONTACT, R.UNIT): _RUNS | {P.CAUTION_READ, P.CAUTION_ANSWER},
    (Role.UNIT_CONTACT, R.PARTY): _RAISES | _TALKS | {P.CAMPAIGN_ACKNOWLEDGE},
    (Role.UNIT_CONTACT, R.DESK): _DESK,
    (Role.UNIT_CONTACT, R.FIRST): _FIRST,
    (Role.UNIT_CONTACT, R.RAISER): frozenset({P.ISSUE_TAKE_OVER}),
    (Role.LINE_OWNER, R.LINE): _RUNS | {P.CAUTION_READ, P.CAUTION_ANSWER},
    (Role.LINE_OWNER, R.PARTY): _RAISES,
    (Role.LINE_OWNER, R.PARTY_LINE): _TALKS | {P.CAMPAIGN_ACKNOWLEDGE},
    (Role.LINE_OWNER, R.DESK): _DESK,
    (Role.LINE_OWNER, R.FIRST): _FIRST,
    (Role.MEMBER, R.PARTY_LINE): frozenset({P.CAMPAIGN_READ, P.ISSUE_READ, P.ISSUE_COMMENT}),
    (Role.MEMBER, R.FIRST): _FIRST,
}

# Meetings: headquarters calls them, the office for all, a line's lead for that line; units see what they are invited to.
_MEETINGS: dict[tuple[Role, Relation], frozenset[Permission]] = {
    **{(role, R.NOTHING): frozenset({P.MEETING_LIST}) for role in Role if role not in (Role.ASSESSOR, Role.ADMINISTRATOR)},
    (Role.HQ_LEADER, R.OVERSIGHT): frozenset({P.MEETING_READ}),
    (Role.AUDITOR, R.OVERSIGHT): frozenset({P.MEETING_READ}),
    (Role.HQ_OFFICE, R.OVERSIGHT): frozenset({P.MEETING_READ, P.MEETING_HOLD}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT): frozenset({P.MEETING_READ}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT_LINE): frozenset({P.MEETING_HOLD}),
    (Role.UNIT_HEAD, R.PARTY): frozenset({P.MEETING_READ, P.MEETING_ANSWER}),
    (Role.UNIT_CONTACT, R.PARTY): frozenset({P.MEETING_READ, P.MEETING_ANSWER}),
    (Role.LINE_OWNER, R.PARTY): frozenset({P.MEETING_READ}),
    (Role.MEMBER, R.PARTY): frozenset({P.MEETING_READ}),
}

# Supervision orders: the office issues them, a line's lead for that line. Besides them only the unit, the leadership group and
# the auditor see one.
_SUPERVISION: dict[tuple[Role, Relation], frozenset[Permission]] = {
    **{(role, R.NOTHING): frozenset({P.SUPERVISION_LIST})
       for role in Role if role not in (Role.ASSESSOR, Role.ADMINISTRATOR, Role.MEMBER)},
    **{(role, R.OVERSIGHT): frozenset({P.SUPERVISION_READ}) for role in (Role.HQ_LEADER, Role.HQ_OFFICE, Role.AUDITOR)},
    (Role.HQ_OFFICE, R.SUPERVISED): frozenset({P.SUPERVISION_ORDER}),
    (Role.HQ_LINE_LEAD, R.OVERSIGHT_LINE): frozenset({P.SUPERVISION_READ}),
    (Role.HQ_LINE_LEAD, R.SUPERVISED_LINE): frozenset({P.SUPERVISION_ORDER}),
    **{(role, R.UNIT): frozenset({P.SUPERVISION_READ, P.SUPERVISION_REPLY}) for role in (Role.UNIT_HEAD, Role.UNIT_CONTACT)},
    (Role.LINE_OWNER, R.LINE): frozenset({P.SUPERVISION_READ}),
}

# Bulletins: the office writes them, headquarters reads what is issued; units read and acknowledge what was sent to them.
_BULLETINS: dict[tuple[Role, Relation], frozenset[Permission]] = {
    **{(role, R.NOTHING): frozenset({P.BULLETIN_LIST}) for role in Role if role not in (Role.ASSESSOR, Role.ADMINISTRATOR)},
    (Role.HQ_OFFICE, R.NOTHING): frozenset({P.BULLETIN_LIST, P.BULLETIN_WRITE}),
    **{(role, R.OVERSIGHT): frozenset({P.BULLETIN_READ})
       for role in (Role.HQ_LEADER, Role.HQ_OFFICE, Role.HQ_LINE_LEAD, Role.AUDITOR)},
    **{(role, R.PARTY): frozenset({P.BULLETIN_READ, P.BULLETIN_ACKNOWLEDGE}) for role in (Role.UNIT_HEAD, Role.UNIT_CONTACT)},
    **{(role, R.PARTY): frozenset({P.BULLETIN_READ}) for role in (Role.LINE_OWNER, Role.MEMBER)},
}

_ALL = (_PROGRAMME, _EXCHANGE, _MEETINGS, _SUPERVISION, _BULLETINS)
TABLE = {key: frozenset().union(*(part.get(key, frozenset()) for part in _ALL))
         for role in Role for relation in Relation if any((key := (role, relation)) in part for part in _ALL)}


@cache
def grants(permission: Permission) -> tuple[tuple[Role, Relation], ...]:
    """Every (role, relation) that grants a permission, in the order of the enums."""
    return tuple(key for role in Role for relation in Relation if permission in TABLE.get(key := (role, relation), frozenset()))


@cache
def granting(role: Role, permission: Permission) -> tuple[Relation, ...]:
    """The relations in which a role has a permission, in the order of the enum."""
    return tuple(relation for granted, relation in grants(permission) if granted is role)
