"""The data itself: the facts of the plan, counted."""
import re
from collections import Counter
from datetime import date

import pytest

from portal.programmes.rules import ProgrammePlan, TemplateKind, TemplatePlan, UnitFacts, shift, targets_match
from seed.reading import Plan, programme_plan, read_plan
from tenants.vocabulary import Category, Line, MilestoneCode, Process, UnitKind

CONTRACT_ORDER = """
hq beijing tianjin hebei shanxi inner-mongolia liaoning jilin heilongjiang shanghai jiangsu zhejiang anhui fujian
jiangxi shandong henan hubei hunan guangdong guangxi hainan chongqing sichuan guizhou yunnan tibet shaanxi gansu qinghai
ningxia xinjiang terminal smart-home cloud central-operations migu online-service tietong
""".split()  # noqa: SIM905  (a list of 39 quoted words would be harder to compare with the contract)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan()


@pytest.fixture(scope="module")
def programme(plan: Plan) -> ProgrammePlan:
    return plan.programme


def facts(plan: Plan) -> list[UnitFacts]:
    focus = {row["category"]: frozenset({Process(row["process"])}) for row in plan.focus}
    return [UnitFacts(u["code"], UnitKind(u["kind"]), Category(u["category"]) if u["category"] else None,
                      focus.get(u["category"], frozenset())) for u in plan.units]


def reached(plan: Plan, template: TemplatePlan) -> set[str]:
    return {unit.code for unit in facts(plan) if targets_match(template.targets, unit)}


def test_the_units_stand_in_the_plans_order(plan: Plan) -> None:
    assert [u["code"] for u in plan.units] == CONTRACT_ORDER
    assert [u["id"] for u in plan.units] == [u["position"] for u in plan.units] == list(range(1, 40))
    assert Counter(u["kind"] for u in plan.units) == {"headquarters": 1, "province": 31, "specialised_company": 7}
    assert Counter(u["category"] for u in plan.units) == {
        None: 32, "product_support": 3, "market_expansion": 2, "capability_support": 2}
    assert len({u["short_zh"] for u in plan.units}) == 39


def test_forty_three_templates_from_thirty_tasks(programme: ProgrammePlan) -> None:
    codes = [t.code for t in programme.templates]
    assert len(codes) == len(set(codes)) == 43
    assert sorted({code[:2] for code in codes}) == [f"{n:02}" for n in range(1, 31)]
    assert [c for c in codes if "-" not in c] == [
        f"{n:02}" for n in range(1, 31) if n not in {4, 5, 10, 11, 12, 13, 14, 15, 16, 26, 29}]
    assert [c for c in codes if c.startswith(("10", "26"))] == ["10-M", "10-E", "10-CS", "26-M", "26-E", "26-CS"]


def test_processes_follow_the_number(programme: ProgrammePlan) -> None:
    of = {**dict.fromkeys((4, 11, 12), Process.PRODUCT_LIFE_CYCLE), 5: Process.CUSTOMER_CONSUMPTION,
          **dict.fromkeys(range(13, 17), Process.CUSTOMER_CONSUMPTION), 6: Process.PROBLEM_RESPONSE,
          **dict.fromkeys(range(17, 25), Process.PROBLEM_RESPONSE), **dict.fromkeys((7, 25), Process.NETWORK_SERVICE)}
    for template in programme.templates:
        assert template.process is of.get(int(template.code[:2])), template.code


def test_milestones_follow_the_number(programme: ProgrammePlan) -> None:
    for template in programme.templates:
        n = int(template.code[:2])
        wanted = (MilestoneCode.KICK_OFF if n <= 3 else MilestoneCode.SORTING if n <= 10
                  else MilestoneCode.IMPROVEMENT if n <= 27 else MilestoneCode.SYSTEMS_CONVERTED if n == 28
                  else MilestoneCode.ASSESSMENT)
        assert template.milestone is wanted, template.code


@pytest.mark.parametrize(("year", "days"), [
    (2026, ["2026-04-30", "2026-06-30", "2026-10-31", "2026-12-31", "2026-12-31", "2027-12-31"]),
    (2100, ["2100-04-30", "2100-06-30", "2100-10-31", "2100-12-31", "2100-12-31", "2101-12-31"]),
])
def test_milestones_of_a_year(programme: ProgrammePlan, year: int, days: list[str]) -> None:
    assert [m.code for m in programme.milestones] == list(MilestoneCode)
    assert [shift(m.due, year) for m in programme.milestones] == [date.fromisoformat(day) for day in days]
    dues = {m.code: shift(m.due, year) for m in programme.milestones}
    assert all(shift(t.due, year) == dues[t.milestone] for t in programme.templates)


def test_special_templates(programme: ProgrammePlan) -> None:
    special = {t.code: t.kind for t in programme.templates if t.kind is not TemplateKind.TASK}
    assert special == {"03": TemplateKind.PLAN_FILING, "28": TemplateKind.SYSTEM}


PROVINCES, COMPANIES = set(CONTRACT_ORDER[1:32]), set(CONTRACT_ORDER[32:])


@pytest.mark.parametrize(("code", "units"), [
    ("01", PROVINCES | COMPANIES), ("04-M", PROVINCES | {"terminal", "smart-home", "cloud"}),
    ("05-E", PROVINCES | {"central-operations", "migu"}), ("07", PROVINCES | {"tietong"}), ("10-CS", {"hq"}),
    ("21", PROVINCES), ("23", {"online-service"}), ("24", {"hq"}), ("25", PROVINCES | {"tietong"}),
    ("26-M", PROVINCES | {"terminal", "smart-home", "cloud", "central-operations", "migu"}),
    ("26-CS", PROVINCES | {"online-service", "tietong"}), ("30", PROVINCES | COMPANIES),
])
def test_whom_a_template_reaches(plan: Plan, programme: ProgrammePlan, code: str, units: set[str]) -> None:
    template = next(t for t in programme.templates if t.code == code)
    assert reached(plan, template) == units


def test_how_much_a_year_asks(plan: Plan, programme: ProgrammePlan) -> None:
    counted = Counter(unit for t in programme.templates if t.kind is not TemplateKind.SYSTEM for unit in reached(plan, t))
    assert counted["hq"] == 4
    assert {counted[province] for province in PROVINCES} == {37}
    assert counted["migu"] == 27 and counted["online-service"] == 21


def test_each_line_has_work(programme: ProgrammePlan) -> None:
    assert {t.line for t in programme.templates} == set(Line)


def test_themes_of_three_years(programme: ProgrammePlan) -> None:
    assert [(y.offset, y.theme_zh) for y in programme.years] == [(0, "打基础"), (1, "强能力"), (2, "优运营")]


def test_chinese_texts_are_chinese_and_english_ones_are_not(plan: Plan, programme: ProgrammePlan) -> None:
    rows = [*plan.units, *plan.terms]
    rows += [{k: getattr(t, k) for k in ("title", "title_zh", "deliverable", "deliverable_zh", "evidence", "evidence_zh")}
             for t in programme.templates]
    for row in rows:
        for key, value in row.items():
            if key.endswith("_zh") and value and value != "IT":
                assert re.search(r"[一-鿿]", value), row
            elif isinstance(value, str):
                assert not re.search(r"[一-鿿]", value), row


def test_every_stage_belongs_to_a_process_and_systems_to_stages(plan: Plan) -> None:
    stages = {t["code"]: t["parent"] for t in plan.terms if t["vocabulary"] == "stage"}
    assert set(stages.values()) == set(Process)
    assert Counter(stages.values()) == {"product_life_cycle": 7, "customer_consumption": 7, "problem_response": 3,
                                        "network_service": 8}
    systems = {t["code"]: t["parent"].split() for t in plan.terms if t["vocabulary"] == "system"}
    assert len(systems) == 5 and {s for found in systems.values() for s in found} == set(stages)
    assert all(t["parent"] is None for t in plan.terms if t["vocabulary"] not in ("stage", "system"))


def test_the_plan_is_read_once() -> None:
    assert programme_plan() is programme_plan()
