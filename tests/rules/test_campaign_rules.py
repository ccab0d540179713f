"""The life of a campaign and the five launch elements: every state and action, every finding, every run of verdicts."""
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.campaigns.rules import (
    MACHINE,
    NOTICE_LEAST,
    LaunchFacts,
    Said,
    agreed,
    element_words,
    elements,
    examine,
    missing,
    standard_set_by,
    touched,
)
from tenants.errors import RuleViolated
from tenants.permissions import Permission as P
from tenants.vocabulary import CampaignState as S
from tenants.vocabulary import LaunchElement as E
from tenants.vocabulary import UnitKind, Verdict

ONE, TWO = frozenset({UUID(int=1)}), frozenset({UUID(int=2)})
TODAY = date(2026, 3, 10)
READY = LaunchFacts(
    starts=date(2026, 4, 1), ends=date(2026, 6, 30), today=TODAY, notice_text="办理本活动须实名，优惠期六个月，到期恢复原价。",
    agent_document=True, training_on=date(2026, 3, 20), network=False, lands_in=frozenset({20, 27}),
    configured_network=False, configured_in=frozenset({20, 27}))
BARE = LaunchFacts(None, None, TODAY, "", False, None, False, frozenset({20}), False, frozenset())
PASSED = {e: (Said("pass", ONE),) for e in E}


def codes(facts: LaunchFacts) -> set[str]:
    return {m.code for found in examine(facts).values() for m in found}


@pytest.mark.parametrize("state", S)
def test_the_whole_life(state: S) -> None:
    leads: dict[S, dict[str, S]] = {
        S.DRAFT: {"change": S.DRAFT, "check": S.IN_CHECK},
        S.IN_CHECK: {"change": S.IN_CHECK, "check": S.IN_CHECK, "go_live": S.LIVE},
        S.LIVE: {"change": S.LIVE, "check": S.LIVE, "pause": S.PAUSED, "end": S.ENDED},
        S.PAUSED: {"change": S.PAUSED, "check": S.PAUSED, "go_live": S.LIVE, "end": S.ENDED},
        S.ENDED: {}}
    who = {"change": P.CAMPAIGN_CHANGE, "check": P.CAMPAIGN_CHECK, "go_live": P.CAMPAIGN_RUN, "pause": P.CAMPAIGN_RUN,
           "end": P.CAMPAIGN_RUN}
    assert {t.action: (t.target, t.who) for t in MACHINE.actions(state)} == {a: (t, who[a]) for a, t in leads[state].items()}
    for action in who.keys() - leads[state].keys():
        with pytest.raises(RuleViolated):
            MACHINE.step(state, action)


def test_what_is_ready_has_no_finding_and_what_is_bare_has_one_of_each() -> None:
    assert codes(READY) == set() and missing(READY, PASSED) == ()
    assert codes(BARE) == {"period_open", "notice_none", "document_none", "scope_none", "training_none"}
    assert [e.element for e in elements(BARE, {})] == list(E)
    assert {m.code for m in missing(READY, {})} == {"unjudged"} and len(missing(READY, {})) == 5


@pytest.mark.parametrize(("change", "code"), [
    ({"ends": None}, "period_open"), ({"starts": None}, "period_open"),
    ({"ends": date(2026, 3, 31)}, "period_reversed"), ({"ends": date(2026, 4, 1)}, None),
    ({"today": date(2026, 6, 30)}, None), ({"today": date(2026, 7, 1)}, "period_past"),
    ({"notice_text": " \n\t"}, "notice_none"), ({"notice_text": "短" * (NOTICE_LEAST - 1) + "  "}, "notice_short"),
    ({"notice_text": "够" * NOTICE_LEAST}, None), ({"agent_document": False}, "document_none"),
    ({"training_on": None}, "training_none"), ({"training_on": date(2026, 3, 31)}, None),
    ({"training_on": date(2026, 4, 1)}, "training_late"),
    ({"training_on": date(2026, 4, 5), "today": date(2026, 4, 6)}, None),              # launched later than planned
    ({"training_on": date(2026, 4, 6), "today": date(2026, 4, 6)}, "training_late"),
    ({"configured_in": frozenset()}, "scope_none"), ({"configured_in": frozenset({20})}, "scope_short"),
    ({"configured_in": frozenset({20, 27, 5})}, "scope_beyond"),
    ({"configured_in": frozenset(), "configured_network": True}, "scope_kind"),
    ({"network": True, "lands_in": frozenset()}, "scope_kind"),
    ({"network": True, "lands_in": frozenset(), "configured_in": frozenset(), "configured_network": True}, None)])
def test_each_finding_at_its_edge(change: dict[str, Any], code: str | None) -> None:
    facts = replace(READY, **change)
    assert codes(facts) == ({code} if code else set())
    assert all("%(" not in str(m.words) for m in missing(facts, {}))


def test_a_wrong_scope_names_its_units_both_ways() -> None:
    found = examine(replace(READY, configured_in=frozenset({20, 5})))[E.CONFIGURATION]
    assert [(m.code, m.units) for m in found] == [("scope_short", frozenset({27})), ("scope_beyond", frozenset({5}))]


def test_every_run_of_three_verdicts_by_two_people() -> None:
    """The last verdict counts; "not applicable" needs two different people in a row, and forgives all but the period."""
    runs = [run for n in range(4) for run in product(product(Verdict, (ONE, TWO)), repeat=n)]
    assert len(runs) == 1 + 6 + 36 + 216
    for run, element, facts in product(runs, E, (READY, BARE)):
        said = [Said(verdict.value, by) for verdict, by in run]
        found = next(e for e in elements(facts, {element: said}) if e.element is element)
        two = len(run) > 1 and run[-1][0] is run[-2][0] is Verdict.NOT_APPLICABLE and run[-1][1] != run[-2][1]
        by_people = {None: ["unjudged"], Verdict.FAIL: ["failed"], Verdict.PASS: [],
                     Verdict.NOT_APPLICABLE: [] if two else ["second"]}[run[-1][0] if run else None]
        by_itself = [] if facts is READY or (two and element is not E.RULES) else [examine(facts)[element][0].code]
        assert [m.code for m in found.missing] == by_itself + by_people
        assert found.met is (not found.missing) and agreed(said) is two
        assert found.second_wanted is (bool(run) and run[-1][0] is Verdict.NOT_APPLICABLE and not two)


def test_holder_and_delegate_are_one_person() -> None:
    both = Said("not_applicable", ONE | TWO)
    assert not any(agreed([Said("not_applicable", one), both]) or agreed([both, Said("not_applicable", one)]) for one in (ONE, TWO))
    assert agreed([both, Said("not_applicable", frozenset({UUID(int=3)}))])


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(starts=DAYS, length=st.integers(0, 200), today=DAYS, training=st.none() | DAYS, notice=st.text(max_size=40),
       document=st.booleans(), lands=st.frozensets(st.integers(2, 9)), configured=st.frozensets(st.integers(2, 9)))
def test_a_hundred_percent_is_no_finding_and_five_verdicts(
        starts: date, length: int, today: date, training: date | None, notice: str, document: bool, lands: frozenset[int],
        configured: frozenset[int]) -> None:
    facts = LaunchFacts(starts, starts + timedelta(days=length), today, notice, document, training, False, lands, False, configured)
    assert bool(missing(facts, PASSED)) is bool(codes(facts))
    assert all(e.met is (not examine(facts)[e.element]) for e in elements(facts, PASSED))
    for element in E:
        without = {e: said for e, said in PASSED.items() if e is not element}
        assert missing(facts, without)


@pytest.mark.parametrize(("field", "elements_"), [
    ("name", set()), ("starts", {E.RULES, E.TRAINING}), ("notice_text", {E.NOTICES}), ("training_on", {E.TRAINING}),
    ("configured_in", {E.CONFIGURATION}), ("lands_in", {E.CONFIGURATION}),
    ("rules_text", {E.RULES, E.NOTICES, E.DOCUMENTS})])
def test_a_change_takes_back_what_it_was_judged_by(field: str, elements_: set[E]) -> None:
    assert touched(frozenset({field})) == elements_
    assert touched(frozenset()) == frozenset()


def test_every_element_and_every_launcher_has_words() -> None:
    assert len({str(element_words(e)) for e in E}) == 5
    assert len({str(standard_set_by(k)) for k in UnitKind}) == 3
