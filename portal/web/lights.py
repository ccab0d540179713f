"""How a page speaks of lights: in the common legend, or in a unit's own.

A page about one unit speaks as that unit does: `speak_for` says so, and everything that somebody of a unit sees is about
that unit. Where units stand side by side, headquarters reads one language. The shape of a light never changes."""
from collections.abc import Mapping
from typing import Any

from flask import g
from flask_babel import gettext

from portal import legends
from portal.legends import Legend, Sign
from portal.web import names
from portal.web.labels import LIGHTS
from portal.web.locale import language
from tenants.access import HEADQUARTERS


def speak_for(unit: Any) -> None:
    """This page is about one unit, given as row, key or code."""
    g.speaks_for = names.unit_key(unit)


def _spoken_for() -> int | None:
    """The page's unit; else the one that the person acts in."""
    if "speaks_for" in g:
        return int(g.speaks_for) if g.speaks_for is not None else None
    units = {a.unit for a in g.identity.appointments} if "identity" in g else set()
    return units.pop() if len(units) == 1 else None


def own(unit: Any) -> Legend:
    """A unit's own legend; empty where it keeps the common one."""
    return own_of_all().get(names.unit_key(unit) or HEADQUARTERS, legends.NONE)


def own_of_all() -> Mapping[int, Legend]:
    """The legends that differ from the common one, by unit. Before signing in nobody has one."""
    return names.legends_kept() if "identity" in g else {}


def _sign(code: str) -> Sign | None:
    unit = _spoken_for()
    return own_of_all().get(unit, legends.NONE).get(code) if unit is not None else None


def light_words(code: str) -> str:
    """The word for a light: data, of the unit or of the administrator; before signing in the interface's own."""
    if code not in LIGHTS:
        return code
    sign = _sign(code)
    return word(sign) if sign else common_words(code)


def common_words(code: str) -> str:
    """The word of the common legend."""
    return names.term("light", code) if "identity" in g else str(gettext(LIGHTS[code][0].msgid))


def common_sign(code: str) -> Sign:
    """How the common legend shows a light."""
    found = names.named("light", code)
    return Sign(legends.COMMON[code], found.name if found else code, found.name_zh if found else code)


def word(sign: Sign) -> str:
    return sign.name_zh if language() == "zh" else sign.name


def light_class(code: str) -> str:
    """The classes of whatever shows a light: its shape, and its colour where that is the unit's own."""
    sign = _sign(code)
    return f"{code} tone-{sign.tone}" if sign and sign.tone != legends.COMMON[code] else code


def light_means(code: str) -> str:
    """The common word, where this page says another: what headquarters calls it."""
    sign = _sign(code)
    return common_words(code) if sign and word(sign) != common_words(code) else ""
