"""What the content security policy forbids, and what the interface's rules forbid, in every template."""
import re
from pathlib import Path

import pytest

from portal.web.kept import HIDDEN

PORTAL = Path(__file__).parents[2] / "portal"
TEMPLATES = sorted(p for p in PORTAL.rglob("templates/**/*.html"))
SCRIPTS = sorted((PORTAL.parent / "frontend" / "js").glob("*.js"))
BANNED = {
    r"\sstyle\s*=": "a style attribute: style-src 'self' blocks it",
    r"\son[a-z]+\s*=\s*[\"']": "an inline handler: script-src 'self' blocks it",
    r"<style\b": "an inline style sheet",
    r"<script\b(?![^>]*(\bsrc=|type=\"application/json\"))": "an inline script",
    r"\bhx-on\b|\bhx-on:": "htmx evaluates it",
    r"[\"']\s*(js|javascript):": "it is evaluated",
    r"hx-trigger=[\"'][^\"']*\[": "a filter of htmx, which evaluates it",
    r"\b(https?:)?//(?!www\.w3\.org/)[\w.-]+\.\w": "a foreign address",
    r"\|\s*safe\b|\bMarkup\b|autoescape\s+false": "unescaped output",
    r"<(b|i|center|font)>": "an element without meaning",
    r"\btarget=[\"']_blank": "a page that opens by itself elsewhere",
}
COMMENT = re.compile(r"\{#.*?#\}", re.S)
FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.S | re.I)


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(p, id=str(p.relative_to(PORTAL.parent))) for p in paths]


def bare(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 10


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_the_policy_blocks_nothing_in_it(path: Path) -> None:
    text = bare(path)
    assert [why for rule, why in BANNED.items() if re.search(rule, text, re.I)] == []


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_every_post_carries_the_token(path: Path) -> None:
    tokens = ("csrf_token", "csrf()", "hidden_tag()")
    assert [form[:120] for form in FORM.findall(bare(path)) if not any(t in form for t in tokens)] == []


def test_but_in_the_frame_it_is_the_one_of_the_macro() -> None:
    """Which has the token besides by which a form, sent twice, makes one thing."""
    by_hand = [str(p.relative_to(PORTAL)) for p in TEMPLATES if any("csrf()" not in form for form in FORM.findall(bare(p)))]
    assert by_hand == ["web/templates/components/frame.html"]


CHOSEN = {"reason", "line", "verdict", "element", "part"}     # hidden in one form, for people to choose or type in another
KEYS = {"decision", "extension", "item", "programme", "waiver"}                         # of things, which are no words


def test_what_a_form_hides_is_declared() -> None:
    """So that a form which is shown again says what was typed, and nothing else."""
    posted = "".join(form for path in TEMPLATES for form in FORM.findall(bare(path)))
    hidden = set(re.findall(r'type="hidden" name="([a-z_]+)', posted))
    assert hidden >= {"version", "base"} and hidden - {*HIDDEN, *CHOSEN, *KEYS} == set()


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_every_head_of_a_table_says_what_it_heads(path: Path) -> None:
    assert [th for th in re.findall(r"<th\b[^>]*>", bare(path)) if "scope=" not in th] == []


@pytest.mark.parametrize("path", named(SCRIPTS))
def test_scripts_evaluate_nothing_and_stay_here(path: Path) -> None:
    text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.M)
    assert re.findall(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|https?://", text) == []


def test_pages_extend_the_frame() -> None:
    """A page of its own would miss the token, the language and the way out."""
    whole = [p for p in TEMPLATES if re.search(r"<html\b", bare(p)) and p.name != "base.html"]
    assert [str(p.relative_to(PORTAL)) for p in whole] == []


IMPORTED = re.compile(r"{%-?\s*from\s+\"[^\"]+\"\s+import\s+([^%]+?)(?:\s+with context)?\s*-?%}")
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)")
SPOKEN = {"cell"}                                              # a macro's name that others give to a function


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_what_it_takes_from_others_it_uses(path: Path) -> None:
    text = bare(path)
    taken = {name.split(" as ")[-1].strip() for names in IMPORTED.findall(text) for name in names.split(",")}
    assert taken <= set(words(IMPORTED.sub("", text)))
    known = {name for other in TEMPLATES for name in MACRO.findall(bare(other))} - SPOKEN
    assert known & set(re.findall(r"(?<![\w.])(\w+)\(", text)) <= taken | set(MACRO.findall(text))


def test_every_macro_is_called_somewhere() -> None:
    called = {word for path in TEMPLATES for word in words(MACRO.sub("", IMPORTED.sub("", bare(path))))}
    assert {name for path in TEMPLATES for name in MACRO.findall(bare(path))} - called == set()
