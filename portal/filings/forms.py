"""The plan as a form of many fields: read what was typed, keep it as typed, say what cannot be read.

Several people fill one plan. The form takes along a mark of each field as it was shown (`base`): what one has not touched never
writes over what another has saved."""
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal import texts
from portal.filings.rules import Contact, Content, ItemContent
from tenants.messages import N_, Message
from tenants.vocabulary import Line, Part, System

ITEM_FIELDS = ("owner", "start", "due", "deliverable", "measure")
_BAD_DATE = N_("Write the date as year-month-day, like 2026-06-30.")
_BAD_PERSON = N_("Choose a person of the unit.")


@dataclass(slots=True)
class Sheet:
    """The form's values by field name, as saved or as typed; a field that is chosen several times has several."""
    values: dict[str, list[str]]
    errors: dict[str, list[Message]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def over(self, saved: "Sheet") -> "Sheet":
        """This sheet with the rows that its form did not show (it may show but those returned) as they are saved."""
        rows = {name: values for name, values in saved.values.items() if name.startswith("items.")}
        return Sheet(rows | self.values, self.errors)

    def kept(self) -> "Sheet":
        """With the texts as they are stored: one's own is no other's where a number in it is masked. Nobody is told of it here."""
        with texts.noting():
            return Sheet({n: [texts.prose(v, most) for v in vs] if (most := _longest(n)) else vs for n, vs in self.values.items()},
                         self.errors)

    def base(self) -> str:
        """A mark of each field that holds something, as a hidden field of the form."""
        return json.dumps({n: _mark(self.chosen(n)) for n in self.values if _is_content(n) and _bare(self.chosen(n))})

    def merged(self, base: Mapping[str, str], saved: "Sheet", kept: "Sheet") -> tuple["Sheet", list[str]]:
        """With what is saved in each field that was not touched since `base`; and the fields that both have changed, each
        otherwise. `kept` is this sheet as it would be stored. Rows that the form did not show are in neither."""
        values, both = dict(self.values), list[str]()
        for name in dict.fromkeys([*filter(_is_content, self.values), *saved.values]):
            if name.startswith("items.") and name not in self.values:
                continue
            was, mine, theirs = base.get(name, ""), _mark(kept.chosen(name)), _mark(saved.chosen(name))
            if mine == was:
                values[name] = saved.chosen(name)
            elif theirs not in (was, mine):
                both.append(name)
        return Sheet(values, self.errors), both

    def differing(self, other: "Sheet") -> dict[str, list[str]]:
        """Fields whose value in `other` is another: what somebody else has saved meanwhile."""
        names = [n for n in dict.fromkeys([*self.values, *other.values]) if _is_content(n)]
        return {n: other.chosen(n) for n in names if _bare(self.chosen(n)) != _bare(other.chosen(n))}


def _is_content(name: str) -> bool:
    return name in ("mechanism", "team") or name.startswith(("contacts.", "readiness.", "items."))


def _longest(name: str) -> int:
    """Characters that a text of the plan may have; 0 for what is no text."""
    if name in ("mechanism", "team"):
        return texts.LONG
    return texts.MEDIUM if name.startswith("items.") and name.endswith((".deliverable", ".measure")) else 0


def _bare(values: Sequence[str]) -> list[str]:
    return [v.replace("\r\n", "\n").strip() for v in values if v.strip()]


def _mark(values: Sequence[str]) -> str:
    bare = _bare(values)
    return hashlib.sha256("\n".join(bare).encode("utf-8", "replace")).hexdigest()[:12] if bare else ""


def base_of(form: Mapping[str, str]) -> Mapping[str, str] | None:
    """What the form was opened with; None where it does not say."""
    try:
        found = json.loads(form.get("base", ""))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def sheet_of(content: Content) -> Sheet:
    """The saved plan as the values of its form."""
    values: dict[str, list[str]] = {"mechanism": [content.mechanism], "team": [content.team]}
    for contact in content.contacts:
        name = f"contacts.{contact.part.value}" + (f".{contact.line.value}" if contact.line else "")
        values.setdefault(name, []).append(str(contact.person))
    for system, stages in content.readiness.items():
        values[f"readiness.{system}"] = list(stages)
    for key, item in content.items.items():
        shown = (str(item.owner or ""), _day(item.start), _day(item.due), item.deliverable, item.measure)
        values |= {f"items.{key}.{name}": [value] for name, value in zip(ITEM_FIELDS, shown, strict=True)}
    return Sheet(values)


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def typed(form: "MultiDict[str, str]") -> Sheet:
    """What was typed, whatever it is."""
    return Sheet({name: form.getlist(name) for name in form})


def content_of(sheet: Sheet, keys: Sequence[UUID]) -> Content:
    """The plan that the sheet describes; what cannot be read is left out and noted in `sheet.errors` at its place."""
    return Content(
        sheet.value("mechanism"), sheet.value("team"), tuple(_contacts(sheet)),
        {s.value: tuple(sheet.chosen(f"readiness.{s.value}")) for s in System if sheet.chosen(f"readiness.{s.value}")},
        {key: _item(sheet, key) for key in keys if f"items.{key}.owner" in sheet.values})


def _contacts(sheet: Sheet) -> list[Contact]:
    places: list[tuple[Part, Line | None]] = [(Part.CONTACT, None), (Part.DEPUTY, None), *((Part.COUNTERPART, x) for x in Line)]
    found = []
    for part, line in places:
        name = f"contacts.{part.value}" + (f".{line.value}" if line else "")
        for value in sheet.chosen(name):
            person = _person(sheet, name, value)
            if person is not None:
                found.append(Contact(person, part, line))
    return found


def _item(sheet: Sheet, key: UUID) -> ItemContent:
    def at(name: str) -> str:
        return f"items.{key}.{name}"
    return ItemContent(_person(sheet, at("owner"), sheet.value(at("owner"))), _date(sheet, at("start")), _date(sheet, at("due")),
                       sheet.value(at("deliverable")), sheet.value(at("measure")))


def _person(sheet: Sheet, name: str, value: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        sheet.errors.setdefault(name, []).append(_BAD_PERSON)
        return None


def _date(sheet: Sheet, name: str) -> date | None:
    value = sheet.value(name).strip()
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        sheet.errors.setdefault(name, []).append(_BAD_DATE)
        return None


def remarks_of(form: Mapping[str, str], keys: Sequence[UUID]) -> dict[UUID, str]:
    """The reviewer's remarks at items: assignment → words."""
    return {key: form[f"remark.{key}"] for key in keys if form.get(f"remark.{key}", "").strip()}
