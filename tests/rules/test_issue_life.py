"""What may become of an issue: every state, action and standing against the rules written a second time."""
from itertools import product

import pytest

from portal.issues.rules.life import ACTIONS, MACHINE, WHO, Standing, check, disagreements_after, goes_back, offers
from tenants.errors import RuleViolated
from tenants.permissions import Permission as P
from tenants.vocabulary import IssueState as S

FLAGS = ("handed_over", "ruling_due", "ruled", "overdue", "waiting", "identified", "contact_gone", "merged", "warned")
ALWAYS = {"comment", "link", "pass_on"}                       # while it lives


def wanted(s: Standing) -> set[str]:
    """The offers, written by state."""
    if s.state == S.WITHDRAWN:
        return set()
    if s.state == S.CLOSED:
        found = ALWAYS | {"reopen", "warn"}
        found -= {"warn"} if s.warned or not s.identified else set()
        found -= {"warn"} if s.merged else set()
    elif s.state == S.RESOLVED:
        found = ALWAYS | {"confirm", "reopen", "withdraw", "name_party"}
    else:
        found = ALWAYS | {"merge", "withdraw", "chase", "join", "name_party", "answer" if s.waiting else "ask"}
        found |= {"accept"} if s.state == S.ROUTED else {"split"}
        found |= {"resolve"} if s.state == S.ACCEPTED and not s.open_parts else set()
        found |= {"hand_over"} if s.identified and not s.ruled else set()
        found |= {"decline"} if s.state == S.ROUTED and s.handed_over and not s.ruled else set()
        found |= {"rule"} if s.ruling_due or s.overdue else set()
        found |= set() if s.identified else {"identify"}
    found |= {"take_over"} if s.contact_gone else set()
    found -= {"withdraw", "merge"} if s.holds else set()
    found -= {"merge"} if s.open_parts else set()
    return found & (ALWAYS | {"rule", "name_party", "take_over", "chase"}) if s.ruling_due else found


def refused(action: str, standing: Standing) -> str:
    try:
        check(action, standing)
    except RuleViolated as why:
        return str(why.message)
    raise AssertionError(f"{action} is let through: {standing}")


def test_every_state_action_and_standing() -> None:
    seen, reasons = 0, set()
    for state, parts, holds, flags in product(S, (0, 2), (0, 1), product((False, True), repeat=len(FLAGS))):
        standing = Standing(state, open_parts=parts, holds=holds, **dict(zip(FLAGS, flags, strict=True)))
        open_now = wanted(standing)
        assert set(offers(standing)) == open_now, standing
        seen += 1
        reasons |= {refused(action, standing) for action in ACTIONS if action not in open_now}
    assert seen == 5 * 2 * 2 * 2 ** len(FLAGS)
    assert [why for why in reasons if "%(" in why] == []


def test_where_each_step_leads() -> None:
    leads = {(t.source, t.action): t.target for t in MACHINE.transitions}
    assert leads[S.ROUTED, "accept"] == leads[S.RESOLVED, "reopen"] == leads[S.CLOSED, "reopen"] == S.ACCEPTED
    assert leads[S.ACCEPTED, "hand_over"] == leads[S.ROUTED, "decline"] == leads[S.ACCEPTED, "rule"] == S.ROUTED
    assert leads[S.ACCEPTED, "resolve"] == S.RESOLVED and leads[S.RESOLVED, "confirm"] == leads[S.ROUTED, "merge"] == S.CLOSED
    assert {leads[s, "withdraw"] for s in (S.ROUTED, S.ACCEPTED, S.RESOLVED)} == {S.WITHDRAWN}


def test_who_is_asked_for_what() -> None:
    desk = {"accept", "hand_over", "decline", "resolve", "ask", "split", "merge", "warn"}
    assert {a for a, p in WHO.items() if p is P.ISSUE_ANSWER} == desk
    assert {a for a, p in WHO.items() if p is P.ISSUE_CONFIRM} == {"confirm", "reopen", "withdraw", "answer", "pass_on"}
    assert WHO["rule"] is P.ISSUE_RULE and WHO["identify"] is P.ISSUE_IDENTIFY and WHO["take_over"] is P.ISSUE_TAKE_OVER


@pytest.mark.parametrize(("hands", "count"), [
    ("A >B", 0), ("A >B !A", 1), ("A >B !A >B", 1), ("A >B !A >B !A", 2),                # asked again, declined again
    ("A >B >A", 1), ("A >B >A >B", 2),                                                    # to and fro, nobody ever declines
    ("A >B >C !B", 1), ("A >B >C !B >C !B", 2), ("A >B >C >A", 1), ("A >B !A >C !A", 2), ("A >B !A >C >A", 2)])
def test_a_circle_counts_like_a_refusal(hands: str, count: int) -> None:
    """`>` hands over, `!` declines."""
    turns: list[tuple[str, str]] = []
    found = 0
    for step in hands.split():
        desk = step[-1]
        if step[0] == ">":
            found = disagreements_after("hand_over", found, back=goes_back(turns, desk))
        elif step[0] == "!":
            found = disagreements_after("decline", found, back=False)
        turns.append((desk, {">": "handed_over", "!": "declined"}.get(step[0], "routed")))
    assert found == count
