"""What becomes of an issue: one table of states and actions, and what must hold beyond the state. Pure.

A hand-over makes the receiver owner at once; it may be declined, which returns the issue to who handed it over. At the
second disagreement headquarters' line rules, and whoever is ruled owner accepts (public contract; platform rules). A duplicate is
closed by its owner; its own first contact may reopen it, and it goes on by itself again."""
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portal.workflow import Machine, Transition
from tenants.errors import RuleViolated
from tenants.messages import N_, Message
from tenants.permissions import Permission as P
from tenants.vocabulary import IssueState as S
from tenants.vocabulary import TurnStart

DISAGREEMENTS = 2                       # so many, and headquarters' line rules
UNFINISHED = (S.ROUTED, S.ACCEPTED, S.RESOLVED)
LIVE = (*UNFINISHED, S.CLOSED)

MACHINE = Machine(
    Transition(S.ROUTED, "accept", S.ACCEPTED, P.ISSUE_ANSWER),
    *(Transition(s, "hand_over", S.ROUTED, P.ISSUE_ANSWER, ("new_owner",)) for s in (S.ROUTED, S.ACCEPTED)),
    Transition(S.ROUTED, "decline", S.ROUTED, P.ISSUE_ANSWER, ("new_owner", "disagree")),
    *(Transition(s, "rule", S.ROUTED, P.ISSUE_RULE, ("new_owner", "bind")) for s in (S.ROUTED, S.ACCEPTED)),
    *(Transition(s, "identify", S.ROUTED, P.ISSUE_IDENTIFY, ("new_owner",)) for s in (S.ROUTED, S.ACCEPTED)),
    *(Transition(s, "ask", s, P.ISSUE_ANSWER, ("wait",)) for s in (S.ROUTED, S.ACCEPTED)),
    *(Transition(s, "answer", s, P.ISSUE_CONFIRM, ("go_on",)) for s in (S.ROUTED, S.ACCEPTED)),
    Transition(S.ACCEPTED, "split", S.ACCEPTED, P.ISSUE_ANSWER),
    *(Transition(s, "merge", S.CLOSED, P.ISSUE_ANSWER, ("go_on", "finish")) for s in (S.ROUTED, S.ACCEPTED)),
    Transition(S.ACCEPTED, "resolve", S.RESOLVED, P.ISSUE_ANSWER, ("go_on",)),
    Transition(S.RESOLVED, "confirm", S.CLOSED, P.ISSUE_CONFIRM, ("finish",)),
    *(Transition(s, "reopen", S.ACCEPTED, P.ISSUE_CONFIRM) for s in (S.RESOLVED, S.CLOSED)),
    *(Transition(s, "withdraw", S.WITHDRAWN, P.ISSUE_CONFIRM, ("go_on", "finish")) for s in UNFINISHED),
    Transition(S.CLOSED, "warn", S.CLOSED, P.ISSUE_ANSWER),
    *(Transition(s, "chase", s, P.ISSUE_CHASE) for s in (S.ROUTED, S.ACCEPTED)),
    *(Transition(s, "join", s, P.ISSUE_COMMENT) for s in (S.ROUTED, S.ACCEPTED)),
    *(Transition(s, "name_party", s, P.ISSUE_NAME_PARTY) for s in UNFINISHED),
    *(Transition(s, "pass_on", s, P.ISSUE_CONFIRM) for s in LIVE),
    *(Transition(s, "take_over", s, P.ISSUE_TAKE_OVER) for s in LIVE),
    *(Transition(s, action, s, P.ISSUE_COMMENT) for action in ("comment", "link") for s in LIVE),
    names={
        S.ROUTED: N_("routed"), S.ACCEPTED: N_("accepted"), S.RESOLVED: N_("resolved"), S.CLOSED: N_("closed"),
        S.WITHDRAWN: N_("withdrawn"), "accept": N_("accept"), "hand_over": N_("hand over"), "decline": N_("decline"),
        "rule": N_("rule"), "identify": N_("identify"), "ask": N_("ask the raiser"), "answer": N_("answer the owner"),
        "split": N_("open a sub-issue"), "merge": N_("merge"), "resolve": N_("resolve"), "confirm": N_("confirm"),
        "reopen": N_("reopen"), "withdraw": N_("withdraw"), "warn": N_("warn others"), "chase": N_("chase"),
        "join": N_("add complaints"), "name_party": N_("name a party"), "pass_on": N_("pass the first contact on"),
        "take_over": N_("take the first contact over"), "comment": N_("comment"), "link": N_("link"),
    },
)
ACTIONS = tuple(dict.fromkeys(t.action for t in MACHINE.transitions))
WHO: dict[str, P] = {t.action: t.who for t in MACHINE.transitions}
BEFORE_A_RULING = frozenset({"rule", "comment", "link", "name_party", "pass_on", "take_over", "chase"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an issue stands. `handed_over`: its owner got it by hand-over and has not accepted; `open_parts`: sub-issues
    not yet finished; `holds`: other issues that go on in this one; `contact_gone`: the first contact works in the raising
    unit no more."""
    state: str
    handed_over: bool = False
    ruling_due: bool = False
    ruled: bool = False
    overdue: bool = False
    waiting: bool = False
    identified: bool = True
    open_parts: int = 0
    holds: int = 0
    contact_gone: bool = False
    merged: bool = False
    warned: bool = False


def check(action: str, standing: Standing) -> Transition:
    """The step that `action` takes. Raises RuleViolated, which says what to do instead."""
    step = MACHINE.step(standing.state, action)
    refusal = _refusal(action, standing)
    if refusal is not None:
        raise RuleViolated(refusal)
    return step


def offers(standing: Standing) -> tuple[str, ...]:
    """What may be done now, in the order of the table; who may is another question."""
    return tuple(t.action for t in MACHINE.actions(standing.state) if _refusal(t.action, standing) is None)


def _refusal(action: str, s: Standing) -> Message | None:
    if s.ruling_due and action not in BEFORE_A_RULING:
        return N_("Two disagreements: headquarters' line decides who owns it. Until then nothing else is possible.")
    if s.merged and action == "warn":
        return N_("It was merged into another issue: go on there.")
    return next((words for named, refused, words in _GUARDS if named == action and refused(s)), None)


_GUARDS: tuple[tuple[str, Callable[[Standing], bool], Message], ...] = (
    ("decline", lambda s: s.ruled, N_("Headquarters' line has ruled: the owner accepts.")),
    ("decline", lambda s: not s.handed_over, N_("Nobody handed it over: there is nobody to return it to.")),
    ("hand_over", lambda s: s.ruled, N_("Headquarters' line has ruled who owns it: a ruling is binding.")),
    ("hand_over", lambda s: not s.identified, N_("Identify the campaign: the issue then goes to its launcher by itself.")),
    ("rule", lambda s: not (s.ruling_due or s.overdue), N_("There is no second disagreement, and nothing is overdue.")),
    ("identify", lambda s: s.identified, N_("Its campaign is known.")),
    ("ask", lambda s: s.waiting, N_("The raiser has not answered the last question yet.")),
    ("answer", lambda s: not s.waiting, N_("The owner has not asked anything.")),
    ("merge", lambda s: s.holds > 0, N_("Other issues go on in this one: close the other one into it.")),
    ("merge", lambda s: s.open_parts > 0, N_("It has sub-issues that are still open: they are solved first.")),
    ("resolve", lambda s: s.open_parts > 0, N_("It has sub-issues that are still open: they are solved first.")),
    ("withdraw", lambda s: s.holds > 0, N_("Other issues go on in this one: it ends by being solved.")),
    ("take_over", lambda s: not s.contact_gone, N_("Its first contact is still there, and passes the part on.")),
    ("warn", lambda s: not s.identified, N_("Without a campaign there is none that is alike.")),
    ("warn", lambda s: s.warned, N_("Others have been warned already.")),
)


def disagreements_after(action: str, before: int, *, back: bool) -> int:
    """How many disagreements there are after a hand-over or a decline. Handing an issue `back` is a disagreement too, else it
    could go in a circle for ever (platform rule)."""
    return before + (action == "decline" or (action == "hand_over" and back))


def goes_back(turns: Sequence[tuple[Hashable, str]], desk: Hashable) -> bool:
    """Whether a hand-over to `desk` goes back to who has owned it before. Asking a desk again that has declined is none: its
    answer counts. `turns` are desk and start of each, in their order."""
    declined = {before for (before, _), (_, start) in pairwise(turns) if start == TurnStart.DECLINED}
    return desk in {of for of, _ in turns} - declined
