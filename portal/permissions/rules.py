"""The table of who may, in words; and why somebody may do something, or not. Pure: it only reads `tenants.permissions`."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tenants.access import Appointment, Identity, Subject, permits, relations
from tenants.messages import N_, Message
from tenants.permissions import NEVER_BY_OWNER, Permission, Relation, granting, grants
from tenants.vocabulary import Role

P, R = Permission, Relation

GROUPS: Sequence[tuple[Message, Mapping[Permission, Message]]] = (
    (N_("Everyone"), {
        P.DESK_READ: N_("open the desk"),
        P.DIRECTORY_READ: N_("read units, people and responsibilities"),
        P.PERMISSIONS_READ: N_("read who may do what"),
        P.NOTICE_READ: N_("read notices of one's own"),
        P.ACCOUNT_USE: N_("use an account and tokens of one's own"),
        P.APPOINTMENT_DELEGATE: N_("let somebody else act in a function of one's own"),
    }),
    (N_("Programme and board"), {
        P.PROGRAMME_READ: N_("read programmes"),
        P.PROGRAMME_EDIT: N_("create, change and issue a programme"),
        P.BOARD_READ: N_("read the board"),
    }),
    (N_("Implementation plans"), {
        P.FILING_LIST: N_("list implementation plans"),
        P.FILING_READ: N_("read an implementation plan"),
        P.FILING_GENERAL_READ: N_("read mechanism, team and contacts of a plan"),
        P.FILING_DRAFT: N_("draft and submit a plan"),
        P.FILING_ASK: N_("ask the reviewing line a question"),
        P.FILING_REVIEW: N_("review a line's part of a plan"),
        P.PERSON_ADD: N_("add a colleague to the directory"),
    }),
    (N_("Assignments"), {
        P.ASSIGNMENT_LIST: N_("list assignments"),
        P.ASSIGNMENT_READ: N_("read an assignment"),
        P.ASSIGNMENT_ADD: N_("add an assignment in mid-year"),
        P.ASSIGNMENT_REPORT: N_("report progress and attach evidence"),
        P.ASSIGNMENT_HAND_IN: N_("hand in for closing"),
        P.ASSIGNMENT_WAIVE: N_("ask for an assignment to be cancelled as not applicable"),
        P.ASSIGNMENT_EXTEND: N_("ask for more time"),
        P.ASSIGNMENT_OWNER: N_("name the owner of an assignment in force"),
        P.EXTENSION_GRANT: N_("grant more time within the milestone"),
        P.EXTENSION_GRANT_BEYOND: N_("grant more time beyond the milestone"),
        P.EXTENSION_GRANT_NEXT_YEAR: N_("grant more time beyond the year"),
        P.LADDER_KEEP: N_("keep the ladder of reminders"),
        P.ASSIGNMENT_VERIFY: N_("verify: close or return; grant or decline “not applicable”"),
        P.ASSIGNMENT_CHASE: N_("chase"),
        P.ASSIGNMENT_CANCEL: N_("cancel as not applicable"),
    }),
    (N_("Campaigns"), {
        P.CAMPAIGN_LIST: N_("list campaigns"),
        P.CAMPAIGN_READ: N_("read a campaign"),
        P.CAMPAIGN_REGISTER: N_("register a campaign"),
        P.CAMPAIGN_CHANGE: N_("change a campaign"),
        P.CAMPAIGN_MOVE: N_("change who launches a campaign"),
        P.CAMPAIGN_CHECK: N_("give a verdict on a launch element"),
        P.CAMPAIGN_CONFIRM: N_("confirm as the second person that a launch element does not apply"),
        P.CAMPAIGN_RUN: N_("let a campaign go live, pause it, end it"),
        P.CAMPAIGN_ACKNOWLEDGE: N_("acknowledge news of a campaign"),
        P.CAMPAIGN_CHASE: N_("chase those who have not acknowledged news of a campaign"),
        P.CAUTION_READ: N_("read a warning from elsewhere"),
        P.CAUTION_ANSWER: N_("answer a warning from elsewhere"),
    }),
    (N_("Quality issues"), {
        P.ISSUE_LIST: N_("list quality issues"),
        P.ISSUE_RAISE: N_("raise or route an issue on a campaign"),
        P.ISSUE_READ: N_("read an issue"),
        P.ISSUE_COMMENT: N_("comment and attach files"),
        P.ISSUE_ANSWER: N_("accept, hand over, decline, resolve"),
        P.ISSUE_IDENTIFY: N_("identify the campaign of an issue"),
        P.ISSUE_CONFIRM: N_("confirm, reopen, withdraw"),
        P.ISSUE_TAKE_OVER: N_("take the first contact's part over"),
        P.ISSUE_RULE: N_("rule who owns an issue"),
        P.ISSUE_NAME_PARTY: N_("name a further party"),
        P.ISSUE_CHASE: N_("chase the owner of an issue"),
        P.FLOWS_READ: N_("read who raises to whom"),
        P.EXCHANGE_RULES: N_("set limits, working hours and desks"),
    }),
    (N_("Meetings"), {
        P.MEETING_LIST: N_("list meetings"),
        P.MEETING_READ: N_("read a meeting"),
        P.MEETING_HOLD: N_("call a meeting, write down decisions and minutes"),
        P.MEETING_ANSWER: N_("answer an invitation"),
    }),
    (N_("Supervision orders"), {
        P.SUPERVISION_LIST: N_("list supervision orders"),
        P.SUPERVISION_READ: N_("read a supervision order"),
        P.SUPERVISION_ORDER: N_("issue a supervision order, judge its reply, extend and withdraw it"),
        P.SUPERVISION_REPLY: N_("reply to a supervision order"),
    }),
    (N_("Bulletins"), {
        P.BULLETIN_LIST: N_("list bulletins"),
        P.BULLETIN_READ: N_("read a bulletin"),
        P.BULLETIN_WRITE: N_("compose, publish and chase bulletins, keep their plans"),
        P.BULLETIN_ACKNOWLEDGE: N_("acknowledge a bulletin"),
    }),
    (N_("Administration"), {
        P.CHANNEL_KEEP: N_("keep the channels of a unit"),
        P.AUDIT_READ: N_("read the whole audit trail"),
        P.ADMINISTER: N_("manage units, people, functions and duties"),
    }),
)
ACTIONS: Mapping[Permission, Message] = {p: words for _, group in GROUPS for p, words in group.items()}

# Short, for the table's cells, and in full, for sentences ("may do so …").
RELATIONS: Mapping[Relation, tuple[Message, Message]] = {
    R.NOTHING: (N_("may"), N_("without regard to a unit")),
    R.UNIT: (N_("own unit"), N_("in the own unit")),
    R.LINE: (N_("own unit and line"), N_("in the own unit and line")),
    R.OWN: (N_("as owner"), N_("as the named owner, in the own unit")),
    R.OVERSIGHT: (N_("all units"), N_("in all units")),
    R.OVERSIGHT_LINE: (N_("own line, all units"), N_("for the own line in all units")),
    R.SUPERVISED: (N_("other units"), N_("in units other than headquarters")),
    R.SUPERVISED_LINE: (N_("own line, other units"), N_("for the own line in units other than headquarters")),
    R.HQ_OWN: (N_("headquarters' own"), N_("for headquarters' own, customer service's excepted")),
    R.OFFICE_OWN: (N_("customer service's own"), N_("for what headquarters' customer service line owns itself")),
    R.COORDINATION: (N_("customer service: all units"), N_("for headquarters' customer service line, in all units")),
    R.PARTY: (N_("unit is a party"), N_("where the own unit is a party")),
    R.PARTY_LINE: (N_("unit and line are a party"), N_("where the own unit is a party in the own line")),
    R.DESK: (N_("serves the owning desk"), N_("where this function serves the desk that has to answer")),
    R.FIRST: (N_("as first contact"), N_("as the named first contact")),
    R.RAISER: (N_("own unit raised it"), N_("where the own unit raised it")),
    R.RULING: (N_("line has the last word"), N_("where the own line at headquarters has the last word")),
}

# Who may ask the question for somebody else.
ASK_FOR_OTHERS = frozenset({Role.ADMINISTRATOR, Role.HQ_OFFICE, Role.AUDITOR})


def cell(permission: Permission, role: Role) -> tuple[Relation, ...]:
    """In which relations a role may do it."""
    return granting(role, permission)


def needs_thing(permission: Permission) -> bool:
    """Whether it is only ever granted for a particular thing."""
    return not any(relation is R.NOTHING for _, relation in grants(permission))


def takes_thing(permission: Permission) -> bool:
    return any(relation is not R.NOTHING for _, relation in grants(permission))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one function says to it: granted in a relation, or why not."""
    appointment: Appointment
    granted: Relation | None
    why: Message


@dataclass(frozen=True, slots=True)
class Explanation:
    """`verdicts` one a function; `would` says which functions may, in which relations."""
    allowed: bool
    verdicts: tuple[Verdict, ...]
    would: tuple[tuple[Role, tuple[Relation, ...]], ...]


def explain(identity: Identity, permission: Permission, subject: Subject | None) -> Explanation:
    """Asks `permits` function by function, as it judges itself: what several functions reach is never combined."""
    verdicts = tuple(_verdict(identity, a, permission, subject) for a in identity.appointments)
    would = tuple((role, found) for role in Role if (found := cell(permission, role)))
    return Explanation(bool(permits(identity, permission, subject)), verdicts, would)


def _verdict(identity: Identity, a: Appointment, permission: Permission, subject: Subject | None) -> Verdict:
    decision = permits(replace(identity, appointments=(a,), also=identity.selves), permission, subject)
    mine = cell(permission, a.role)
    if decision:
        granted = next(r for r in sorted(relations(a, subject)) if r in mine)
        return Verdict(a, granted, RELATIONS[granted][1])
    if not mine:
        return Verdict(a, None, N_("This function never may do it."))
    if permission in NEVER_BY_OWNER and subject is not None and subject.owner in identity.selves:
        return Verdict(a, None, decision.why)
    return Verdict(a, None, N_("This function may only do it %(where)s.", where=[RELATIONS[r][1] for r in mine]))


def who_may(people: Iterable[Identity], permission: Permission, subject: Subject | None) -> list[Identity]:
    """Those of the people to whom it is granted, to be asked."""
    return [p for p in people if permits(p, permission, subject)]
