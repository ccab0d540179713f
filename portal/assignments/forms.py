"""What addresses and forms say, read without trust: filters, figures, the page of many reports."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal import texts
from portal.assignments.queries import Wanted
from tenants.errors import NotVisible
from tenants.messages import Message

NOBODY = UUID(int=0)                # equals nothing: what is unknown or malformed fits no row
CODES = ("unit", "kind", "category", "line", "process", "milestone", "state", "light")
SWITCHES = ("overdue", "counted", "requested", "extending", "chased")
FILTERS = ("q", "year", "programme", *CODES, "owner", *SWITCHES)
_YES = ("1", "true", "on", "yes")


def key_of(text: str) -> UUID:
    """Raises NotVisible for what is no key at all."""
    found = key(text)
    if found is None:
        raise NotVisible
    return found


def key(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    found = {name: texts.clean(args.get(name))[:texts.SHORT] for name in FILTERS}
    return {name: value for name, value in found.items() if value}


def wanted(filters: Mapping[str, str], *, me: UUID) -> Wanted:
    """What a list is narrowed to. An unknown code or key fits nothing: never more rows than were asked for."""
    year = filters.get("year")
    owner = filters.get("owner")
    on = {name: filters.get(name) in _YES for name in SWITCHES}
    return Wanted(
        programme=key(filters["programme"]) or NOBODY if "programme" in filters else None,
        year=(int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0) if year else None,
        owner=(me if owner == "me" else key(owner) or NOBODY) if owner else None,
        overdue=on["overdue"], counted=on["counted"], requested=on["requested"], extending=on["extending"], chased=on["chased"],
        q=filters.get("q", ""),
        **{name: filters.get(name) for name in CODES})


def place(cursor: str) -> tuple[date, UUID] | None:
    """Where a page begins: after this day and key. None for a cursor that was made up: the first page."""
    day, _, key = cursor.partition("~")
    try:
        return date.fromisoformat(day), UUID(key)
    except ValueError:
        return None


def cursor_after(due: date, key: UUID) -> str:
    return f"{due.isoformat()}~{key}"


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


def version(text: str | None) -> int:
    """The version that a form was opened with; one that is no number fits none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def keys(values: Iterable[str]) -> list[UUID]:
    """The rows picked in a list. Raises NotVisible for what is no key."""
    return [key_of(v) for v in dict.fromkeys(values)]


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
    return {key_of(k): Line(form.get(f"percent.{k}", ""), form.get(f"text.{k}", ""), version(form.get(f"version.{k}")),
                            form.get(f"was.{k}", ""), k == handed_in) for k in dict.fromkeys(form.getlist("row"))}
