"""Each tone of a light reads on its own tint and on the page, by day and by night (4.5 : 1)."""
import re
from pathlib import Path

import pytest

from portal.legends import TONES

CSS = Path(__file__).resolve().parents[2] / "frontend" / "css"


def colours(file: str) -> dict[str, str]:
    found = re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", (CSS / file).read_text())
    return {name: value if len(value) == 6 else "".join(2 * digit for digit in value) for name, value in found}


def luminance(colour: str) -> float:
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["tokens.css", "dark.css"])
@pytest.mark.parametrize("tone", TONES)
def test_a_tone_reads(theme: str, tone: str) -> None:
    of = colours(theme)
    for ground in (of[f"{tone}-bg"], of["surface"], of["page"]):
        assert contrast(of[tone], ground) >= 4.5, (of[tone], ground)


def test_every_tone_has_its_class() -> None:
    text = (CSS / "tokens.css").read_text()
    assert all(f".tone-{tone} {{ --c: var(--{tone}); --b: var(--{tone}-bg); }}" in text for tone in TONES)
