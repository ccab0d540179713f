"""A unit's own legend: which ones may be kept, and that a damaged one never breaks a page."""
from dataclasses import replace

import pytest

from portal import legends
from portal.assignments.rules import LIGHTS
from portal.legends import Sign
from portal.web import labels

OURS = {"red": Sign("violet", "Late", "拖期"), "amber": Sign("amber", "Lagging", "偏慢"), "green": Sign("teal", "Fine", "顺利"),
        "blue": Sign("blue", "With headquarters", "待总部核验"), "closed": Sign("teal", "Done", "办结"),
        "grey": Sign("grey", "Ahead", "未到")}


def test_the_lights_are_the_same_ones_everywhere() -> None:
    assert set(legends.CODES) == set(LIGHTS) == set(labels.LIGHTS) == set(legends.COMMON)
    assert set(legends.COMMON.values()) <= set(legends.TONES) and set(legends.TOLD_APART) <= set(legends.CODES)


def test_what_is_kept_is_read_as_it_was() -> None:
    assert legends.faults(OURS) == {} == legends.faults(legends.NONE)
    assert legends.read(legends.stored(OURS)) == OURS
    assert legends.read({}) == {}


@pytest.mark.parametrize("damaged", [None, "red", [], {"tone": "pink", "name": "a", "name_zh": "b"}, {"tone": ["red"]},
                                     {"tone": "red", "name": "a"}, {"tone": "red", "name": "", "name_zh": ""}])
def test_a_damaged_light_is_left_to_the_common_legend(damaged: object) -> None:
    assert legends.read({**legends.stored(OURS), "red": damaged}) == {k: v for k, v in OURS.items() if k != "red"}


@pytest.mark.parametrize(("code", "change", "field"), [
    ("red", {"tone": "pink"}, "red_tone"), ("amber", {"tone": "violet"}, "amber_tone"),
    ("green", {"tone": "violet"}, "green_tone"), ("green", {"tone": "amber"}, "green_tone"), ("blue", {"name": ""}, "blue_name"),
    ("blue", {"name_zh": "长" * 21}, "blue_name_zh"),
    ("grey", {"name": "LATE"}, "grey_name"), ("closed", {"name_zh": "顺利"}, "closed_name_zh")])
def test_what_is_refused(code: str, change: dict[str, str], field: str) -> None:
    assert set(legends.faults({**OURS, code: replace(OURS[code], **change)})) == {field}


def test_the_other_lights_may_share_a_tone_and_a_word_fills_its_room() -> None:
    assert legends.faults({**OURS, "grey": Sign("violet", "a" * 20, "长" * 20)}) == {}


def test_all_lights_or_none_and_no_others() -> None:
    assert set(legends.faults({"red": OURS["red"]})) == {f"{code}_tone" for code in legends.CODES if code != "red"}
    assert set(legends.faults({**OURS, "pink": OURS["red"]})) == {"pink_tone"}


def test_the_trail_names_what_differs() -> None:
    after = {**OURS, "red": replace(OURS["red"], tone="red")}
    assert legends.changes(OURS, after) == {"red.tone": ["violet", "red"]}
    assert legends.changes(legends.NONE, {"grey": OURS["grey"]}) == {
        "grey.tone": [None, "grey"], "grey.word_zh": [None, "未到"], "grey.word": [None, "Ahead"]}
