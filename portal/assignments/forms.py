"""What addresses and forms say, read without trust: filters, figures, the page of many reports."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal import texts
from portal.assignments.queries import Wanted
from portal.web import untrusted
from tenants.messages import Message

CODES = ("unit", "kind", "category", "line", "process", "milestone", "state", "light")
SWITCHES = ("overdue", "counted", "requested", "extending", "chased", "later", "owner_left")
FILTERS = ("q", "year", "programme", *CODES, "owner", *SWITCHES)
_YES = ("1", "true", "on", "yes")


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    return untrusted.filters(args, FILTERS)


def wanted(filters: Mapping[str, str], *, me: UUID) -> Wanted:
    """What a list is narrowed to. An unknown code or key fits nothing: never more rows than were asked for."""
    year = filters.get("year")
    owner = filters.get("owner")
    on = {name: filters.get(name) in _YES for name in SWITCHES}
    return Wanted(
        programme=untrusted.sought(filters.get("programme")),
        year=(int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0) if year else None,
        owner=me if owner == "me" else untrusted.sought(owner),
        overdue=on["overdue"], counted=on["counted"], requested=on["requested"], extending=on["extending"], chased=on["chased"],
        later=on["later"], owner_left=on["owner_left"], q=filters.get("q", ""),
        **{name: filters.get(name) for name in CODES})


def day(text: str) -> date | None:
    """None for what is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def percent(text: str) -> int | None:
    """60, also as "60 %"; None for what is no whole number of up to three digits."""
    bare = text.strip().rstrip("%％").strip()
    return int(bare) if bare.isdecimal() and len(bare) <= 3 else None


def keys(values: Iterable[str]) -> list[UUID]:
    """The rows picked in a list. Raises NotVisible for what is no key."""
    return [untrusted.key_of(v) for v in dict.fromkeys(values)]


@dataclass(slots=True)
class Line:
    """One row of the page of many, as typed. `was` is the figure that stood there when the page was opened."""
    percent: str
    text: str
    version: int
    was: str
    hand_in: bool = False
    errors: dict[str, list[Message]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Rows that were not touched are not reported again."""
        return self.hand_in or bool(texts.clean(self.text)) or self.percent.strip() != self.was.strip()


def lines(form: "MultiDict[str, str]") -> dict[UUID, Line]:
    """Every row that the form holds, by assignment. Raises NotVisible for what is no key."""
    handed_in = form.get("hand_in")
    return {untrusted.key_of(k): Line(form.get(f"percent.{k}", ""), form.get(f"text.{k}", ""),
                                      untrusted.version(form.get(f"version.{k}")), form.get(f"was.{k}", ""), k == handed_in)
            for k in dict.fromkeys(form.getlist("row"))}
