"""Every fault of the seed's files is told with its file, line and field, and all of them at once."""
from collections.abc import Callable
from pathlib import Path

import pytest

from seed.places import Fault, PlanFaults, dotted, read
from seed.reading import DATA, read_plan
from seed.schema import FILES

Edit = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real data to spoil."""
    for name in FILES:
        (tmp_path / name).write_text((DATA / name).read_text("utf-8"), "utf-8")
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first `old`; the line it stands in."""
    file = folder / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return text[:text.index(old)].count("\n") + 1


def faults(folder: Path) -> list[str]:
    with pytest.raises(PlanFaults) as found:
        read_plan(folder)
    assert str(found.value) == "\n".join(map(str, found.value.faults))
    return [str(fault) for fault in found.value.faults]


def test_the_copy_is_without_fault(folder: Path) -> None:
    assert read_plan(folder) == read_plan()


@pytest.mark.parametrize(("name", "old", "new", "told"), [
    ("units.yaml", "code: hebei", "code: He Bei", "provinces[2].code: String should match pattern"),
    ("units.yaml", "code: hebei", "code: tianjin", "provinces[2].code: “tianjin” is another unit's code"),
    ("units.yaml", "{id: 4,", "{id: 3,", "provinces[2].id: “3” is another unit's id"),
    ("units.yaml", "{id: 4,", "{id: four,", "provinces[2].id: Input should be a valid integer"),
    ("units.yaml", "{id: 4,", "{id: 4, colour: red,", "provinces[2].colour: Extra inputs are not permitted"),
    ("units.yaml", "{id: 4,", "{id: 4, id: 5,", "provinces[2].id: stands here twice"),
    ("units.yaml", "{id: 1,", "{id: 99,", "headquarters[0].id: must be 1"),
    ("units.yaml", ", category: product_support}", "}", "companies[0].category: Field required"),
    ("units.yaml", "category: market_expansion", "category: market", "companies[3].category: Input should be"),
    ("terms.yaml", "{code: market,", "{code: markt,", "line[1].code: no such code: “markt”"),
    ("terms.yaml", "{code: green,", "{code: grey,", "light[1].code: “grey” stands here twice"),
    ("terms.yaml", "stages: [requirement_research,", "stages: [research,", "system[0].stages[0]: no stage “research”"),
    ("responsibilities.yaml", "duty: lead}", "duty: leads}", "duties[2].duty: Input should be"),
    ("responsibilities.yaml", "line: customer_service, process: customer_consumption",
     "line: customer_service, process: product_life_cycle",
     "duties[1]: customer_service × product_life_cycle stands here twice"),
    ("programme.yaml", 'due: "04-30"', 'due: "04-31"', "milestones[0].due: must be a month and a day"),
    ("programme.yaml", 'due: "04-30"', "due: 2020-04-30", "milestones[0].due: must be a month and a day"),
    ("programme.yaml", "{unit: tietong}", "{unit: nowhere}", "templates[6].targets[1]: reaches no unit"),
    ("programme.yaml", "{unit: tietong}", "{unit: tietong, kind: province}",
     "templates[6].targets[1]: must name exactly one of kind, category, focus, unit"),
    ("programme.yaml", "lines: [market, enterprise]", "lines: [market, market]",
     "templates[3].lines: a line stands here twice"),
    ("programme.yaml", "milestone: sorting", "milestone: sorted", "templates[3].milestone: Input should be"),
    ("programme.yaml", 'code: "02"', 'code: "01"',
     "templates[1].lines[0]: this code has a template for the line already"),
    ("programme.yaml", "      - 生产系统有了首批质量管理功能\n", "", "years[0]: the goals differ in number between the languages"),
])
def test_a_fault_is_told_with_its_place(folder: Path, name: str, old: str, new: str, told: str) -> None:
    line = spoil(folder, name, old, new)
    mine = [fault for fault in faults(folder) if told in fault]
    assert len(mine) == 1, faults(folder)
    place, number, _ = mine[0].split(":", 2)
    assert place == name
    assert abs(line - int(number)) <= 10               # the field itself, or the head of what is told as a whole


def test_the_line_is_that_of_the_field(folder: Path) -> None:
    line = spoil(folder, "programme.yaml", "    milestone: sorting", "    milestone: sorted")
    assert faults(folder)[0].startswith(f"programme.yaml:{line}: templates[3].milestone: ")


def test_all_faults_come_at_once_in_the_order_of_the_files(folder: Path) -> None:
    spoil(folder, "units.yaml", "code: hebei", "code: He Bei")
    spoil(folder, "units.yaml", "name_zh: 广东公司", "name_zh: ''")
    spoil(folder, "programme.yaml", 'due: "06-30"', "due: soon")
    told = faults(folder)
    assert [fault.split(":")[0] for fault in told] == ["programme.yaml", "units.yaml", "units.yaml"]


@pytest.mark.parametrize(("content", "told"), [
    ("a: [1, 2\nb: 3\n", "terms.yaml:2: not YAML"),
    ("", "terms.yaml:1: Input should be"),
    ("- 1\n", "terms.yaml:1: Input should be"),
    ("a: \x00\n", "terms.yaml:1: not text"),
    ("a: &x [*x]\n", "terms.yaml:1: nested too deeply, or contains itself"),
    ("a: !!python/object:os.system {}\n", "terms.yaml:1: "),
    ("a: !!python/name:os.system x\n", "terms.yaml:1: "),
])
def test_what_is_no_plan_at_all(folder: Path, content: str, told: str) -> None:
    (folder / "terms.yaml").write_text(content, "utf-8")
    assert any(fault.startswith(told) for fault in faults(folder)), faults(folder)


def test_a_missing_file_and_one_in_another_encoding(folder: Path) -> None:
    (folder / "terms.yaml").unlink()
    (folder / "units.yaml").write_bytes("name: 总部".encode("gb18030"))
    told = faults(folder)
    assert [fault.split(": ")[1] for fault in told] == ["cannot be read", "cannot be read"]


def test_the_value_of_a_fault_outside_the_file_is_its_surroundings(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a:\n  - b: 1\n  - b: 2\n", "utf-8")
    source = read(tmp_path / "x.yaml")
    assert source.data == {"a": [{"b": 1}, {"b": 2}]}
    assert source.fault(("a", 1, "c", "d"), "missing") == Fault("x.yaml", 3, "a[1].c.d", "missing")
    assert source.fault((), "empty") == Fault("x.yaml", 1, "", "empty")
    assert dotted(()) == "" and dotted((0, "a", 1)) == "[0].a[1]"
