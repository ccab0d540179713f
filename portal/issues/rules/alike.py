"""Which campaigns are alike, so that what went wrong with one is looked for in the others. Pure and explained.

The same product makes two campaigns alike, and so do words of which they share half. The same owner of the product, or
trouble at the same control element, needs fewer words in common. Chinese is compared by pairs of neighbouring characters,
since its words are not set apart; other scripts word by word."""
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar
from unicodedata import category, normalize

from tenants.messages import N_, Message

ENOUGH: Final = 0.5                     # share of words in common that makes alike by itself
HINT: Final = 0.2                       # that does with the same owner of the product, or the same control element
_HAN = "㐀-鿿豈-﫿"
_RUNS = re.compile(rf"([{_HAN}]+)|((?:(?![{_HAN}])[^\W_]){{3,}})")      # two letters or fewer say little: "5G", "VR"
Key = TypeVar("Key", bound=Hashable)

# Codes of the control elements (plan, process 2). What an issue calls otherwise is free text, and may tell whose it is.
ELEMENTS: Final = frozenset({
    "rule_design", "customer_notices", "agent_documents", "launch_configuration", "service_training", "promotion_conformance",
    "key_elements", "handling_conformance", "handling_consistency", "order_success", "benefits_on_time", "function", "content",
    "interface", "performance", "operation", "system_support", "billing_accuracy", "adjustments", "bill_clarity",
    "payment_security", "acceptance", "handling", "feedback", "service_plan", "notice_in_time", "channel_consistency"})


@dataclass(frozen=True, slots=True)
class Traits:
    """What campaigns are compared by: product, its owner's key, and all their words (name, brand, rules). `elements` are the
    control elements at which a campaign has had trouble; of the one that warns, the element of its issue."""
    product: str
    product_owner: int | None
    text: str
    elements: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two campaigns have in common. `shared` is the share of their words, from 0 to 1. True where they are alike."""
    same_product: bool
    same_owner: bool
    same_element: bool
    shared: float

    def __bool__(self) -> bool:
        near = self.same_owner or self.same_element
        return self.same_product or self.shared >= ENOUGH or (near and self.shared >= HINT)

    @property
    def why(self) -> tuple[Message, ...]:
        """In words, the weightiest first."""
        counted = ((self.same_product, N_("the same product")), (self.same_owner, N_("a product of the same company")),
                   (self.same_element, N_("issues at the same control element")),
                   (self.shared >= HINT, N_("%(percent)s %% of the words in common", percent=round(self.shared * 100))))
        return tuple(message for holds, message in counted if holds)


def words(text: str) -> frozenset[str]:
    """What a text is compared by: pairs of Chinese characters (one that stands alone is itself) and words of at least three
    letters or digits. Width and case do not matter."""
    found: set[str] = set()
    for han, other in _RUNS.findall(normalize("NFKC", text).casefold()):
        found.update((han[n:n + 2] for n in range(len(han) - 1)) if len(han) > 1 else (han or other,))
    return frozenset(found)


def likeness(one: Traits, other: Traits) -> Likeness:
    """The same whichever of the two comes first."""
    a, b = words(one.text), words(other.text)
    return Likeness(
        same_product=bool(bare(one.product)) and bare(one.product) == bare(other.product),
        same_owner=one.product_owner is not None and one.product_owner == other.product_owner,
        same_element=bool(one.elements & other.elements),
        shared=2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0)


def bare(text: str) -> str:
    """A text as it is compared: width, case, white space and invisible marks do not matter."""
    return "".join(c for c in normalize("NFKC", text).casefold() if not c.isspace() and category(c) != "Cf")


def alike(one: Traits, others: Iterable[tuple[Key, Traits]]) -> list[Key]:
    """The keys of those that are alike, the most alike first."""
    found = [(key, like) for key, traits in others if (like := likeness(one, traits))]
    return [key for key, like in sorted(found, key=lambda x: (x[1].same_product, x[1].shared), reverse=True)]
