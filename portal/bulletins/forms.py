"""What addresses and forms say of bulletins, read without trust; what was typed is kept as it was typed."""
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal import texts
from portal.bulletins.models import Bulletin
from portal.bulletins.queries import Wanted
from portal.bulletins.rules import Content, Planned, Section
from tenants import directory
from tenants.errors import Invalid, NotVisible
from tenants.messages import Message

FILTERS = ("q", "state", "year", "open")
ALL = "all"


def key_of(text: str) -> UUID:
    """Raises NotVisible for what is no key at all."""
    try:
        if len(text) == 36:
            return UUID(text)
    except ValueError:
        pass
    raise NotVisible


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    found = {name: texts.clean(args.get(name))[:texts.SHORT] for name in FILTERS}
    return {name: value for name, value in found.items() if value}


def wanted(filters: Mapping[str, str]) -> Wanted:
    return Wanted(**{f.name: filters.get(f.name) for f in fields(Wanted) if f.name != "q"}, q=filters.get("q", ""))


def place(cursor: str) -> tuple[datetime, UUID] | None:
    """Where a page begins; None for a cursor that was made up."""
    at, _, key = cursor.partition("~")
    try:
        found = datetime.fromisoformat(at)
        return (found, UUID(key)) if found.tzinfo else None
    except ValueError:
        return None


def cursor_after(at: datetime, key: UUID) -> str:
    return f"{at.isoformat()}~{key}"


def version(text: str | None) -> int:
    """The version that a form was opened with; one that is no number fits none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


@dataclass(slots=True)
class Sheet:
    """A form's values as typed, or as stored; receivers by code, or ALL."""
    values: dict[str, str]
    receivers: list[str] = field(default_factory=list)
    picks: list[str] = field(default_factory=list)
    errors: dict[str, list[Message]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def refused(self, fault: Invalid) -> "Sheet":
        """With what is wrong with it."""
        self.errors |= {name: list(said) for name, said in fault.errors.items()}
        return self


def typed(form: "MultiDict[str, str]") -> Sheet:
    return Sheet({name: form.get(name, "") for name in form}, form.getlist("receivers"), form.getlist("picks"))


def shown(bulletin: Bulletin) -> Sheet:
    """A draft as the values of its form."""
    codes = {u.id: u.code for u in directory.units()}
    return Sheet({**bulletin.words, "title": bulletin.title},
                 [ALL] if bulletin.receivers is None else [codes[u] for u in bulletin.receivers], list(bulletin.picks))


def _receivers(sheet: Sheet) -> frozenset[int] | None:
    if ALL in sheet.receivers:
        return None
    units = {u.code: u.id for u in directory.units()}
    return frozenset(units[code] for code in sheet.receivers if code in units)


def content_of(sheet: Sheet) -> Content:
    return Content(title=sheet.value("title"), words={s.value: sheet.value(s) for s in Section}, receivers=_receivers(sheet),
                   picks=tuple(sheet.picks))


def planned_of(sheet: Sheet) -> Planned:
    day = sheet.value("working_day").strip()
    return Planned(title=sheet.value("title"), rhythm=sheet.value("rhythm"), receivers=_receivers(sheet),
                   working_day=int(day) if day.isascii() and day.isdigit() and len(day) < 4 else 0,
                   by_itself=bool(sheet.value("by_itself")))
