"""A unit's own colours and words for the lights of its assignments. Pure.

What a light means is the same everywhere, and so is its shape; a unit may call it otherwise and give it another of the
house's tones. Where units are compared, the common legend speaks: the vocabulary `light`, each light in its own tone."""
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tenants.messages import N_, Message

CODES = ("red", "amber", "green", "blue", "closed", "grey")
COMMON: Mapping[str, str] = {code: "green" if code == "closed" else code for code in CODES}
TONES: Mapping[str, Message] = {
    "red": N_("red"), "amber": N_("amber"), "green": N_("green"), "blue": N_("blue"), "violet": N_("violet"),
    "teal": N_("teal"), "grey": N_("grey")}
TOLD_APART = ("red", "amber", "green")                  # these three never share a tone
LONGEST = 20                                            # characters of a word: a cell of the board holds no more
PREFIX = "lights:"                                      # of the setting's name; the unit's key follows, which never changes


@dataclass(frozen=True, slots=True)
class Sign:
    """How a unit shows one light: one of TONES, and its word in both languages."""
    tone: str
    name: str
    name_zh: str


Legend = Mapping[str, Sign]                             # by light; empty: the unit keeps the common one
NONE: Legend = {}


def setting_of(unit: int) -> str:
    """The name of the setting that holds a unit's legend."""
    return f"{PREFIX}{unit}"


def read(value: Any) -> Legend:
    """From what is stored; a light that is not stored as it should be is left to the common legend."""
    found = {}
    for code in CODES:
        given = value.get(code) if isinstance(value, Mapping) else None
        parts = [str(given.get(part) or "") for part in ("tone", "name", "name_zh")] if isinstance(given, Mapping) else [""]
        if all(parts) and parts[0] in TONES:
            found[code] = Sign(*parts)
    return found


def stored(legend: Legend) -> dict[str, dict[str, str]]:
    """As `read` takes it."""
    return {code: asdict(sign) for code, sign in legend.items()}


def faults(legend: Legend) -> dict[str, list[Message]]:
    """What is wrong with a legend, by "<light>_<part of the sign>". All lights have a sign, or none has one."""
    found: dict[str, list[Message]] = {}

    def fault(code: str, part: str, message: Message) -> None:
        found.setdefault(f"{code}_{part}", []).append(message)

    for code in CODES if legend else ():
        if code not in legend:
            fault(code, "tone", N_("This is required."))
            continue
        if legend[code].tone not in TONES:
            fault(code, "tone", N_("Choose one of the list."))
        for part in ("name_zh", "name"):
            for message in _word_faults(legend, code, part):
                fault(code, part, message)
    for place, code in enumerate(TOLD_APART):
        if code in legend and legend[code].tone in {legend[c].tone for c in TOLD_APART[:place] if c in legend}:
            fault(code, "tone", N_("Another of the first three lights has this colour."))
    for code in legend.keys() - set(CODES):
        fault(code, "tone", N_("There is no such light."))
    return found


def _word_faults(legend: Legend, code: str, part: str) -> list[Message]:
    word: str = getattr(legend[code], part)
    if not word:
        return [N_("This is required.")]
    if len(word) > LONGEST:
        return [N_("At most %(most)s characters.", most=LONGEST)]
    before = CODES[:CODES.index(code)]
    if word.casefold() in {getattr(legend[c], part).casefold() for c in before if c in legend}:
        return [N_("Another light is called so.")]
    return []


def changes(before: Legend, after: Legend) -> dict[str, list[str | None]]:
    """What differs, as the trail keeps it: "<light>.<tone, word_zh or word>" with before and after."""
    found: dict[str, list[str | None]] = {}
    for code in CODES:
        for part, field in (("tone", "tone"), ("name_zh", "word_zh"), ("name", "word")):
            pair = [getattr(of[code], part) if code in of else None for of in (before, after)]
            if pair[0] != pair[1]:
                found[f"{code}.{field}"] = pair
    return found
