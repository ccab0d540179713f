"""The office's forms: read what was typed, keep it as typed, say what cannot be read. What holds is judged in the service."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from portal.programmes.models import Programme, Template
from portal.programmes.rules import Selector
from portal.programmes.service import TemplateContent, selector_of
from tenants.messages import N_, Message
from tenants.vocabulary import Category, Line, MilestoneCode, Process, UnitKind

WORDS = ("name", "name_zh", "theme", "theme_zh", "goals", "goals_zh")
TEXTS = ("code", "title", "title_zh", "deliverable", "deliverable_zh", "evidence", "evidence_zh")
_BAD_DATE = N_("Write the date as year-month-day, like 2026-06-30.")
_CHOOSE = N_("Choose one of the list.")

# Whom a template may address at one stroke; single units are chosen by name beside it.
CHOICES: Sequence[str] = ("unit:hq", f"kind:{UnitKind.PROVINCE}", f"kind:{UnitKind.SPECIALISED_COMPANY}",
                          *(f"category:{c}" for c in Category), *(f"focus:{p}" for p in list(Process)[:3]))

T = TypeVar("T", Line, MilestoneCode, Process)


@dataclass(slots=True)
class Sheet:
    """A form's values by field name, as stored or as typed, and what is wrong with them."""
    values: dict[str, list[str]]
    errors: dict[str, list[Message]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def fault(self, name: str, message: Message) -> None:
        self.errors.setdefault(name, []).append(message)

    def differing(self, other: "Sheet") -> dict[str, list[str]]:
        """Fields of this form whose value in `other` is another: what somebody else has stored meanwhile."""
        return {n: other.chosen(n) for n in other.values if _bare(self.chosen(n)) != _bare(other.chosen(n))}


def _bare(values: Sequence[str]) -> list[str]:
    return sorted(v.replace("\r\n", "\n").strip() for v in values if v.strip())


def typed(form: "MultiDict[str, str]") -> Sheet:
    """What was typed, whatever it is."""
    return Sheet({name: form.getlist(name) for name in form})


def words_of(programme: Programme) -> Sheet:
    return Sheet(_said(programme, WORDS))


def _said(row: Programme | Template, names: Sequence[str]) -> dict[str, list[str]]:
    """Its texts by field; an English one that is the Chinese was left empty, and follows the Chinese when that is changed."""
    return {name: ["" if getattr(row, f"{name}_zh", None) == getattr(row, name) else getattr(row, name)] for name in names}


def days_of(programme: Programme) -> Sheet:
    return Sheet({m.code: [m.due.isoformat()] for m in programme.milestones})


def dues(sheet: Sheet, codes: Iterable[str]) -> dict[str, date]:
    """Milestone → day; what is no day is noted at its place."""
    found = {code: _day(sheet, code) for code in codes}
    for code, day in found.items():
        if day is None and code not in sheet.errors:
            sheet.fault(code, _BAD_DATE)
    return {code: day for code, day in found.items() if day is not None}


def blank() -> Sheet:
    return Sheet({"targets": []})


def sheet_of(t: Template) -> Sheet:
    """A stored template as the values of its form."""
    return Sheet({**_said(t, TEXTS), "line": [t.line], "process": [t.process or ""],
                  "milestone": [t.milestone], "due": [t.due.isoformat()], "targets": [written(selector_of(s)) for s in t.targets]})


def content_of(sheet: Sheet, programme: Programme) -> TemplateContent:
    """The template that the sheet describes. What cannot be read is noted at its place, and something that can be judged
    stands for it, so that every other fault is found at the same time."""
    line, milestone = _of(sheet, "line", Line), _of(sheet, "milestone", MilestoneCode)
    process = _of(sheet, "process", Process) if sheet.value("process") else None
    dates = {m.code: m.due for m in programme.milestones}
    code = milestone or MilestoneCode(programme.milestones[0].code)
    due = _day(sheet, "due") or dates.get(code.value) or date(programme.year, 12, 31)
    targets = [_target(sheet, value) for value in sheet.chosen("targets") if value]
    return TemplateContent(**{name: sheet.value(name) for name in TEXTS}, line=line or Line.CUSTOMER_SERVICE, process=process,
                           milestone=code, due=due, targets=[t for t in targets if t is not None])


def _of(sheet: Sheet, name: str, codes: type[T]) -> T | None:
    try:
        return codes(sheet.value(name))
    except ValueError:
        sheet.fault(name, _CHOOSE)
        return None


def _day(sheet: Sheet, name: str) -> date | None:
    value = sheet.value(name).strip()
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        sheet.fault(name, _BAD_DATE)
        return None


def _target(sheet: Sheet, value: str) -> Selector | None:
    try:
        return read(value)
    except (ValueError, KeyError):
        sheet.fault("targets", _CHOOSE)
        return None


def written(selector: Selector) -> str:
    """A selector as the value of a choice: its conditions, such as "kind:province"."""
    parts: Mapping[str, str | None] = {"kind": selector.kind, "category": selector.category, "focus": selector.focus,
                                       "unit": selector.unit}
    return "+".join(f"{name}:{value}" for name, value in parts.items() if value)


def read(value: str) -> Selector:
    """The reverse. Raises ValueError for what is no selector; whether a unit of that code exists is the service's to say."""
    parts = dict(part.split(":", 1) for part in value.split("+"))
    if not parts.keys() <= {"kind", "category", "focus", "unit"}:
        raise ValueError(value)
    return selector_of(parts)
