"""Every text of the interface has its Chinese, and nothing stands in the catalogue that no source names."""
import re
from functools import cache

from babel.messages import Catalog

from tools import messages

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
PLACE = re.compile(r"%\((\w+)\)[sd]")
WORD = re.compile(r"[A-Za-z]{2}")
SAME = {"IT", "OpenAPI %(openapi)s, version %(version)s"}           # written the same in both


@cache
def source() -> Catalog:
    return messages.source()


@cache
def chinese() -> Catalog:
    return messages.chinese()


def forms(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, tuple | list) else [str(value or "")]


def ids(catalog: Catalog) -> set[tuple[str, ...]]:
    return {tuple(forms(m.id)) for m in messages.texts(catalog)}


def test_the_catalogue_has_every_text_of_the_sources() -> None:
    assert ids(source()) - ids(chinese()) == set(), "run: python tools/messages.py update"


def test_the_catalogue_has_no_text_that_is_gone() -> None:
    assert ids(chinese()) - ids(source()) == set(), "run: python tools/messages.py update"


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    assert [m.id for m in messages.texts(chinese()) if m.fuzzy or not messages.translated(m)] == []


def test_translations_are_chinese() -> None:
    """But for what is written the same, and for texts that only put others together."""
    worded = [m for m in messages.texts(chinese()) if WORD.search(PLACE.sub("", messages.key(m)))]
    assert [m.id for m in worded if messages.translated(m) and messages.key(m) not in SAME
            and not all(CHINESE.search(s) for s in forms(m.string))] == []


def test_places_to_fill_match() -> None:
    """Babel's own check, and the names of the places: a missing one loses a fact, a further one fails on the page."""
    assert [(m.id, str(e)) for m in messages.texts(chinese()) for e in m.check()] == []
    assert [m.id for m in messages.texts(chinese()) if messages.translated(m)
            and any(set(PLACE.findall(s)) != set(PLACE.findall(forms(m.id)[-1])) for s in forms(m.string))] == []
