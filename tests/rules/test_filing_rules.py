"""What must be in a plan, what changed in it, and what a review makes of it: tables and properties."""
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import texts
from portal.filings import rules
from portal.filings.rules import Bounds, Contact, Content, ItemContent, changes, check, late_days, snapshot, verdict_after
from tenants.vocabulary import Line, Part, System

A, B, C = (UUID(int=n) for n in (1, 2, 3))
FIRST, SECOND, OWNER, LEFT = (UUID(int=n) for n in (11, 12, 13, 14))
HERE = frozenset({FIRST, SECOND, OWNER})
BOUNDS = {A: Bounds(date(2026, 1, 1), date(2026, 6, 30)), B: Bounds(date(2026, 1, 1), date(2026, 12, 31))}
GOOD = ItemContent(OWNER, date(2026, 2, 1), date(2026, 6, 30), "a list", "by hand")
CONTACTS = (Contact(FIRST, Part.CONTACT), Contact(SECOND, Part.DEPUTY), *(Contact(OWNER, Part.COUNTERPART, x) for x in Line))
WHOLE = Content("led", "five", CONTACTS, {"marketing": ("campaign_launch",)}, {A: GOOD, B: GOOD})


def places(content: Content, here: frozenset[UUID] = HERE) -> list[str]:
    return [f.place for f in check(content, BOUNDS, here)]


def with_item(**more: Any) -> Content:
    return replace(WHOLE, items={**WHOLE.items, A: replace(GOOD, **more)})


def test_a_whole_plan_has_no_fault() -> None:
    assert check(WHOLE, BOUNDS, HERE) == ()


@pytest.mark.parametrize(("item", "fields"), [
    ({"owner": None}, ["owner"]), ({"owner": LEFT}, ["owner"]), ({"start": None}, ["start"]), ({"due": None}, ["due"]),
    ({"deliverable": ""}, ["deliverable"]), ({"measure": ""}, ["measure"]), ({"measure": "x" * texts.MEDIUM}, []),
    ({"measure": "x" * (texts.MEDIUM + 1)}, ["measure"]), ({"deliverable": "x" * (texts.MEDIUM + 1)}, ["deliverable"]),
    ({"start": date(2025, 12, 31)}, ["start"]), ({"start": date(2026, 1, 1)}, []),
    ({"due": date(2026, 7, 1)}, ["due"]), ({"start": date(2026, 6, 30)}, []),                      # one day's work
    ({"due": date(2026, 1, 31)}, ["due"]), ({"start": date(2026, 7, 2), "due": date(2026, 7, 1)}, ["due", "due"]),
    ({"start": date.max, "due": date.min}, ["due"])])
def test_faults_of_an_item(item: Mapping[str, Any], fields: list[str]) -> None:
    assert places(with_item(**item)) == [f"items.{A}.{name}" for name in fields]


def test_an_item_that_is_not_there_is_all_missing() -> None:
    every = [f"items.{B}.{n}" for n in ("owner", "start", "due", "deliverable", "measure")]
    assert places(replace(WHOLE, items={A: GOOD})) == every
    assert places(replace(WHOLE, items={**WHOLE.items, C: ItemContent()})) == []          # asked of another unit


@pytest.mark.parametrize(("contacts", "found"), [
    ((), ["contact", "deputy", *(f"counterpart.{x}" for x in Line)]),
    (CONTACTS[1:], ["contact"]), ((CONTACTS[0], *CONTACTS[2:]), ["deputy"]), (CONTACTS[:-1], [f"counterpart.{list(Line)[-1]}"]),
    ((*CONTACTS, Contact(FIRST, Part.DEPUTY)), ["deputy"]), ((*CONTACTS, Contact(LEFT, Part.CONTACT)), ["contact"]),
    ((*CONTACTS, Contact(LEFT, Part.COUNTERPART, Line.IT)), ["counterpart.it"]), ((*CONTACTS, Contact(OWNER, Part.CONTACT)), [])])
def test_faults_of_the_contacts(contacts: tuple[Contact, ...], found: list[str]) -> None:
    assert places(replace(WHOLE, contacts=contacts)) == [f"contacts.{x}" for x in found]


@pytest.mark.parametrize("name", ["mechanism", "team"])
@pytest.mark.parametrize(("text", "faults"), [("", 1), ("x" * texts.LONG, 0), ("x" * (texts.LONG + 1), 1)])
def test_faults_of_the_general_part(name: str, text: str, faults: int) -> None:
    found = places(replace(WHOLE, **{name: text}))
    assert found == [name] * faults


days = st.none() | st.dates(date(2025, 6, 1), date(2027, 6, 1))
people = st.sampled_from([None, FIRST, OWNER, LEFT])
text = st.sampled_from(["", "a", "b"])
items = st.builds(ItemContent, people, days, days, text, text)
contacts = st.lists(st.builds(Contact, st.sampled_from([FIRST, SECOND, LEFT]), st.sampled_from([Part.CONTACT, Part.DEPUTY]))
                    | st.builds(Contact, st.sampled_from([OWNER, LEFT]), st.just(Part.COUNTERPART), st.sampled_from(list(Line))),
                    max_size=9).map(tuple)
readiness = st.dictionaries(
    st.sampled_from([s.value for s in System]), st.lists(st.sampled_from(["x", "y"]), max_size=2).map(tuple))
contents = st.builds(Content, text, text, contacts, readiness, st.dictionaries(st.sampled_from([A, B]), items))


@given(contents)
def test_every_fault_has_a_place_of_the_form_and_mending_them_makes_the_plan_whole(content: Content) -> None:
    """A plan is without fault exactly when each of its parts is: faults of one part never hide or make another's."""
    found = places(content)
    known = {"mechanism", "team", "contacts.contact", "contacts.deputy", *(f"contacts.counterpart.{x}" for x in Line),
             *(f"items.{k}.{n}" for k in BOUNDS for n in ("owner", "start", "due", "deliverable", "measure"))}
    assert set(found) <= known
    mended = replace(
        content, mechanism=content.mechanism or "m", team=content.team or "t",
        contacts=CONTACTS if any(p.startswith("contacts") for p in found) else content.contacts,
        items={k: GOOD if any(p.startswith(f"items.{k}.") for p in found) else content.items[k] for k in BOUNDS})
    assert places(mended) == []


@given(contents, contents)
def test_changes_are_exact(one: Content, other: Content) -> None:
    before, after = snapshot(one), snapshot(other)
    assert changes(before, before) == {}
    found = changes(before, after)
    assert {k: (b, a) for k, (a, b) in changes(after, before).items()} == found                  # seen from the other end
    assert bool(found) is (before != after)
    for place, (was, now) in found.items():
        assert was != now
        if place.startswith("items."):
            _, key, name = place.split(".")
            assert after["items"].get(key, {}).get(name) == now
        else:
            assert (before[place], after[place]) == (was, now)


def test_a_new_item_has_nothing_before() -> None:
    found = changes(snapshot(replace(WHOLE, items={A: GOOD})), snapshot(WHOLE))
    assert found[f"items.{B}.owner"] == (None, str(OWNER)) and {p.split(".")[1] for p in found} == {str(B)}


@given(contents)
def test_contacts_survive_their_stored_form(content: Content) -> None:
    assert rules.contacts_from(snapshot(content)["contacts"]) == content.contacts


@pytest.mark.parametrize(("verdict", "changed", "after"), [
    ("approved", False, "approved"), ("approved", True, "pending"), ("returned", False, "pending"), ("returned", True, "pending"),
    ("pending", False, "pending"), ("pending", True, "pending")])
def test_what_a_verdict_becomes_when_the_plan_is_submitted_again(verdict: str, changed: bool, after: str) -> None:
    assert verdict_after(verdict, changed=changed) == after


@pytest.mark.parametrize(("present", "concerned"), [
    ([], ["customer_service"]), (["it"], ["customer_service", "it"]),
    (["network", "market", "network"], ["customer_service", "market", "network"]),
    (["customer_service"], ["customer_service"])])
def test_lines_concerned(present: list[str], concerned: list[str]) -> None:
    assert rules.lines_concerned(map(Line, present)) == tuple(x for x in Line if x.value in concerned)


@given(due=st.dates(date(2020, 1, 1), date(2090, 1, 1)), apart=st.integers(-400, 400), later=st.integers(0, 400))
def test_lateness_counts_to_the_first_submission(due: date, apart: int, later: int) -> None:
    submitted = due + timedelta(apart)
    today = submitted + timedelta(later)
    assert late_days(submitted, due, today) == max(0, apart) == late_days(None, due, submitted)
    assert late_days(None, due, today) >= late_days(submitted, due, today)


STAGES = {"marketing": ("a", "b"), "service": ("c",)}


@pytest.mark.parametrize(("declared", "found"), [
    ({}, {("marketing", False): ("a", "b"), ("service", False): ("c",)}),
    ({"marketing": ("b", "a"), "service": ("c",)}, {("marketing", True): ("a", "b"), ("service", True): ("c",)}),
    ({"marketing": ("b",), "service": ("nonsense",), "nonsense": ("a",)},
     {("marketing", True): ("b",), ("marketing", False): ("a",), ("service", False): ("c",)})])
def test_readiness_is_split(declared: Mapping[str, tuple[str, ...]], found: Mapping[tuple[str, bool], tuple[str, ...]]) -> None:
    systems = [s.value for s in System][:2]
    names = dict(zip(STAGES, systems, strict=True))
    stages = {names[k]: v for k, v in STAGES.items()}
    split = rules.readiness_split({names.get(k, k): v for k, v in declared.items()}, stages)
    assert split == {(System(names[k]), has): v for (k, has), v in found.items()}


@pytest.mark.parametrize(("recorded", "codes", "lines", "general", "left"), [
    ({"mechanism": ["", "x"], "K-01.owner": [1, 2], "K-02.due": [1, 2]}, {"K-01"}, {"it"}, False, {"K-01.owner"}),
    ({"mechanism": ["", "x"], "contacts": [[], []], "K-02.due": [1, 2]}, set(), set(), True, {"mechanism", "contacts"}),
    ({"line": "it", "remark": "x", "state": "returned", "remark K-01": "y"}, {"K-01"}, {"market"}, True, {"line", "state"}),
    ({"line": "it", "remark": "x", "remark K-01": "y", "remark K-02": "z"}, {"K-01"}, {"it"}, False,
     {"line", "remark", "remark K-01"}),
    ({"state": [None, "draft"], "items": 34}, set(), set(), False, {"state", "items"})])
def test_a_history_is_read_as_far_as_its_plan(recorded: dict[str, Any], codes: set[str], lines: set[str], general: bool,
                                              left: set[str]) -> None:
    assert set(rules.readable_changes(recorded, codes, lines, general=general)) == left
