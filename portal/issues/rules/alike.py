"""Which campaigns are alike, so that what went wrong with one is looked for in others. Pure and explained.

Four things count, in points: the product, the words of name and brand, a control element, and the market. Chinese words
are compared by pairs of neighbouring characters, since they are not set apart; others word by word."""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize
from uuid import UUID

from tenants.messages import N_, Message

PRODUCT: Final = 50
WORDS: Final = 60                       # for the same words; fewer in common, fewer points
ELEMENT: Final = 15
SEGMENT: Final = 10
ENOUGH: Final = 50                      # points from which campaigns are alike
_HAN = re.compile(r"[㐀-鿿豈-﫿]+|[^\W_㐀-鿿豈-﫿]+")


@dataclass(frozen=True, slots=True)
class Traits:
    """What campaigns are compared by. `product_owner` is a unit's key; `elements` are the control elements at which the
    campaign has had quality issues (of the one that warns: the element of its issue)."""
    name: str
    product: str = ""
    product_owner: int | None = None
    brand: str = ""
    segment: str = ""
    elements: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Points, 100 at most, and what they were given for."""
    points: int
    why: tuple[Message, ...]

    @property
    def alike(self) -> bool:
        return self.points >= ENOUGH


def grams(text: str) -> frozenset[str]:
    """What a text is compared by: pairs of Chinese characters (one that stands alone is itself), and other words. Width and
    case do not matter."""
    found: set[str] = set()
    for run in _HAN.findall(normalize("NFKC", text).casefold()):
        han = "㐀" <= run[0] <= "鿿" or "豈" <= run[0] <= "﫿"
        found.update((run[n:n + 2] for n in range(len(run) - 1)) if han and len(run) > 1 else (run,))
    return frozenset(found)


def overlap(one: str, other: str) -> float:
    """The share of what two texts have in common, from 0 to 1; 0 where one says nothing."""
    a, b = grams(one), grams(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def likeness(one: Traits, other: Traits) -> Likeness:
    """The same whichever of the two comes first."""
    counted = (
        (PRODUCT * _same_product(one, other), N_("the same product")),
        (round(WORDS * overlap(f"{one.name} {one.brand}", f"{other.name} {other.brand}")), N_("similar words in name and brand")),
        (ELEMENT * bool(one.elements & other.elements), N_("issues at the same control element")),
        (SEGMENT * (one.segment != "" and one.segment == other.segment), N_("the same market")),
    )
    return Likeness(min(100, sum(points for points, _ in counted)), tuple(words for points, words in counted if points))


def _same_product(one: Traits, other: Traits) -> bool:
    """Called the same, or made of the same words, of the same owner."""
    a, b = grams(one.product), grams(other.product)
    return bool(a) and a == b and one.product_owner == other.product_owner


def alike(one: Traits, others: Iterable[tuple[UUID, Traits]], most: int = 20) -> tuple[tuple[UUID, Likeness], ...]:
    """Those that are alike, the most alike first, at most so many."""
    found = ((key, likeness(one, other)) for key, other in others)
    return tuple(sorted((x for x in found if x[1].alike), key=lambda x: (-x[1].points, x[0]))[:most])
