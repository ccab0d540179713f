"""Who answers for an issue: every combination of launcher, raiser, product owner and landing, then what holds for all."""
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.issues.rules.routing import REASONS, Facts, Launch, Party, Reason, Route, Rule, explain, may_be_named, route
from tenants.access import HEADQUARTERS
from tenants.vocabulary import IssuePart, Line, UnitKind

HQ, GUANGDONG, TIBET, MIGU, TERMINAL = HEADQUARTERS, 20, 27, 36, 33
KIND = {HQ: UnitKind.HEADQUARTERS, GUANGDONG: UnitKind.PROVINCE, TIBET: UnitKind.PROVINCE, MIGU: UnitKind.SPECIALISED_COMPANY,
        TERMINAL: UnitKind.SPECIALISED_COMPANY}
LAUNCHERS, RAISERS = (None, HQ, GUANGDONG, MIGU), (HQ, GUANGDONG, TIBET, MIGU, TERMINAL)
OWNERS, LANDINGS = (None, MIGU, TERMINAL), (None, frozenset({GUANGDONG}), frozenset({GUANGDONG, TIBET}))
ALSO = (frozenset[int](), frozenset({TIBET}))
TABLE = list(product(LAUNCHERS, RAISERS, OWNERS, LANDINGS, ALSO, Line))


def facts(launcher: int | None, raiser: int, owner: int | None, landing: frozenset[int] | None, also: frozenset[int],
          line: Line) -> Facts:
    launch = Launch(launcher, KIND[launcher], line, owner, landing is None, landing or frozenset()) if launcher else None
    return Facts(raiser, launch, also)


def parts(found: Route, part: IssuePart) -> list[int]:
    return [p.unit for p in found.parties if p.part is part]


def test_every_combination() -> None:
    """The plan's table (section 2), written once more as plainly as can be: 4 launchers × 5 raisers × 3 product owners × 3
    landings × 2 affected × 5 lines."""
    assert len(TABLE) == 1_800
    for row in TABLE:
        launcher, raiser, owner, landing, also, line = row
        found = route(facts(*row))
        if launcher is None:
            assert found.owner == Party(HQ, Line.CUSTOMER_SERVICE, IssuePart.OWNER) and found.rule is Rule.UNIDENTIFIED
            assert found.parties == (found.owner, Party(raiser, Line.CUSTOMER_SERVICE, IssuePart.RAISING))
            continue
        assert found.owner == Party(launcher, line, IssuePart.OWNER)
        assert found.rule.removeprefix("launched_by_") == {HQ: "headquarters", GUANGDONG: "province", MIGU: "company"}[launcher]
        assert parts(found, IssuePart.RAISING) == [raiser]
        assert parts(found, IssuePart.SUPERVISING) == ([] if launcher == HQ else [HQ])
        sold = [owner] if owner and owner not in (launcher, raiser) else []
        affected = [u for u in sorted(also) if u not in {launcher, raiser, owner} and (landing is None or u in landing)]
        assert parts(found, IssuePart.COOPERATING) == sold + affected, row
        assert {p.line for p in found.parties} == {line}
        assert [r.code for r in found.why] == [found.rule, "raising", *["product"] * len(sold), *["affected"] * len(affected),
                                               *["supervising"] * (launcher != HQ)]


UNITS = st.integers(1, 60)


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    kinds = draw(st.sampled_from([*UnitKind]))
    unit = HEADQUARTERS if kinds is UnitKind.HEADQUARTERS else draw(st.integers(2, 60))
    launch = Launch(unit, kinds, draw(st.sampled_from([*Line])), draw(st.none() | st.integers(2, 60)), draw(st.booleans()),
                    draw(st.frozensets(st.integers(2, 60), max_size=8)))
    return Facts(draw(UNITS), draw(st.none() | st.just(launch)), draw(st.frozensets(st.integers(2, 60), max_size=4)))


@given(some_facts())
def test_one_owner_the_raiser_always_and_nobody_outside(given_facts: Facts) -> None:
    found = route(given_facts)
    assert parts(found, IssuePart.OWNER) == [found.owner.unit] and found.owner in found.parties
    assert parts(found, IssuePart.RAISING) == [given_facts.raising]
    assert all(p.unit == given_facts.raising or p.unit == HEADQUARTERS or may_be_named(given_facts, p.unit, UnitKind.PROVINCE)
               for p in found.parties)
    assert (HEADQUARTERS in parts(found, IssuePart.SUPERVISING)) is (found.owner.unit != HEADQUARTERS)
    assert len({(p.unit, p.part) for p in found.parties}) == len(found.parties) == len(found.why)
    assert Facts.from_json(given_facts.as_json()) == given_facts and route(Facts.from_json(given_facts.as_json())) == found


@given(some_facts(), st.permutations(range(2, 61)))
def test_renaming_units_changes_nothing_but_names(given_facts: Facts, order: list[int]) -> None:
    name = {1: 1, **dict(zip(range(2, 61), order, strict=True))}
    launch = given_facts.launch
    renamed = Facts(name[given_facts.raising], launch and Launch(
        name[launch.unit], launch.kind, launch.line, name.get(launch.product_owner or 0), launch.network,
        frozenset(name[u] for u in launch.lands_in)), frozenset(name[u] for u in given_facts.also))
    before, after = route(given_facts), route(renamed)
    assert {(name[p.unit], p.line, p.part) for p in before.parties} == {(p.unit, p.line, p.part) for p in after.parties}
    assert after.rule is before.rule


@pytest.mark.parametrize(("launcher", "landing", "unit", "may"), [
    (HQ, None, TIBET, True), (HQ, None, TERMINAL, True), (MIGU, None, TIBET, True), (MIGU, None, TERMINAL, False),
    (MIGU, frozenset({GUANGDONG}), GUANGDONG, True), (MIGU, frozenset({GUANGDONG}), TIBET, False),
    (MIGU, frozenset({TIBET}), HQ, True),
    (GUANGDONG, frozenset({GUANGDONG}), TIBET, False), (GUANGDONG, frozenset({GUANGDONG}), MIGU, False), (None, None, TIBET, False),
    (None, None, HQ, True)])
def test_only_those_whom_the_campaign_concerns_are_drawn_in(launcher: int | None, landing: frozenset[int] | None, unit: int,
                                                            may: bool) -> None:
    found = facts(launcher, GUANGDONG, None, landing, frozenset(), Line.MARKET)
    assert may_be_named(found, unit, KIND[unit]) is may
    assert may_be_named(found, GUANGDONG, UnitKind.PROVINCE)              # the raiser


@pytest.mark.parametrize(("heir", "rule"), [
    (TERMINAL, Rule.LAUNCHER_MERGED), (TIBET, Rule.LAUNCHER_MERGED), (HQ, Rule.LAUNCHER_CLOSED)])
def test_who_answers_for_a_launcher_that_is_closed(heir: int, rule: Rule) -> None:
    """Over every raiser, product owner, landing, affected and line: the same desks as if it had launched it, for another reason."""
    for row in TABLE:
        if row[0] != MIGU:
            continue
        as_launcher = facts(heir, *row[1:])
        assert as_launcher.launch is not None
        found = route(given_over := replace(as_launcher, launch=replace(as_launcher.launch, in_place_of=MIGU)))
        before = route(as_launcher)
        assert (found.owner, found.parties, found.rule) == (before.owner, before.parties, rule), row
        assert found.why[1:] == before.why[1:]
        assert found.why[0] == Reason(rule, {"unit": heir, "line": row[-1].value, "launcher": MIGU})
        assert Facts.from_json(given_over.as_json()) == given_over


def test_facts_of_the_first_version_are_read() -> None:
    kept = facts(MIGU, GUANGDONG, TERMINAL, None, frozenset(), Line.MARKET).as_json()
    del kept["launch"]["in_place_of"]
    assert Facts.from_json(kept) == facts(MIGU, GUANGDONG, TERMINAL, None, frozenset(), Line.MARKET)


def test_every_reason_has_words() -> None:
    said = {r.code for row in TABLE for r in route(facts(*row)).why}
    assert said == set(REASONS) - {Rule.LAUNCHER_MERGED, Rule.LAUNCHER_CLOSED}
    gone = Launch(TERMINAL, UnitKind.SPECIALISED_COMPANY, Line.MARKET, in_place_of=MIGU)
    assert "36" in str(explain(route(Facts(GUANGDONG, gone)).why[0], str, str))
    for reason in route(facts(MIGU, GUANGDONG, TERMINAL, None, frozenset({TIBET}), Line.MARKET)).why:
        assert "%" not in str(explain(reason, str, str)), reason
