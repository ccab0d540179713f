"""The forms of administration. What is right is judged by the services; here texts become days, numbers and codes, and
what the services find stands beside the fields."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, EmailField, Form, HiddenField, IntegerField, SelectField, StringField, TelField
from wtforms.widgets import NumberInput

from portal import legends
from portal.admin import queries
from portal.assignments.rules import Thresholds
from portal.legends import Legend, Sign
from portal.units.rules import ORDER, Facts
from portal.web import untrusted
from portal.web.lights import common_words
from portal.web.names import term, unit_name
from portal.web.templating import translate
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.models import Person, Unit
from tenants.vocabulary import Category, Duty, Line, Process, Role, UnitKind

_NO_DAY = N_("Write the day as year-month-day, such as 2026-03-01.")
_NO_NUMBER = N_("Give a whole number.")
_OF_THE_LIST = N_("Choose one of the list.")
Pairs = list[tuple[str, str]]
T = TypeVar("T")


class Needed:
    """Says that a field is required; that it is there is judged by the service."""
    field_flags: ClassVar = {"required": True}

    def __call__(self, form: Form, field: object) -> None:
        """Nothing to find."""


class Day(DateField):
    """A calendar day, or None."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if text:
            try:
                self.data = date.fromisoformat(text)
            except ValueError:
                raise ValueError(translate(_NO_DAY)) from None


class Number(IntegerField):
    """A whole number from 0 on, of at most nine digits."""
    widget = NumberInput(min=0, step=1)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError(translate(_NO_NUMBER))
        self.data = int(text)


class Choice(SelectField):
    """A code of a list, or ""; that it is of the list is judged later."""

    def __init__(self, label: Any, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, lambda v: "" if v is None else str(v), [], False, **kwargs)


class AdminForm(Form):
    """`aliases` names the fields to which a service's differently named faults belong."""
    aliases: ClassVar[Mapping[str, str]] = {}
    version = HiddenField()

    def seen(self) -> int:
        """The version that the form was made of; one that was made up fits none."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def blame(self, errors: Mapping[str, Sequence[Message]]) -> None:
        """Put the faults beside their fields; what belongs to none stands above all."""
        for name, messages in errors.items():
            field = self._fields.get(self.aliases.get(name, name))
            texts = [translate(m) for m in messages]
            if field is None:
                self.form_errors = [*self.form_errors, *texts]
            elif not field.errors:                     # else it could not even be read
                field.errors = texts

    def shown(self) -> dict[str, str]:
        """What stands in each field, in the reader's words, by its name."""
        return {f.name: _words(f) for f in self if f.name != "version"}

    def names(self) -> dict[str, str]:
        return {f.name: str(f.label.text) for f in self}


def _words(field: Any) -> str:
    if isinstance(field, BooleanField):
        return str(_("ticked") if field.data else _("not ticked"))
    if isinstance(field, Choice):
        names: dict[str, str] = dict(field.choices or [])  # type: ignore[arg-type]  # ours are pairs
        return names.get(field.data, field.data) or ""
    return "" if field.data is None else str(field.data)


def codes(vocabulary: str, values: Iterable[str], blank: str | None = None) -> Pairs:
    """Codes to choose from, with their names."""
    first: Pairs = [] if blank is None else [("", blank)]
    return [*first, *((str(v), term(vocabulary, str(v))) for v in values)]


class UnitForm(AdminForm):
    aliases = {"parent": "parent_id"}
    code = StringField(_l("Code"), [Needed()], description=_l("Small letters, digits and hyphens; it stands in addresses."))
    kind = Choice(_l("Kind"), [Needed()])
    category = Choice(_l("Category"), description=_l("Of specialised companies; it decides the focus process."))
    name_zh = StringField(_l("Name in Chinese"), [Needed()])
    short_zh = StringField(_l("Short name in Chinese"), [Needed()], description=_l("For narrow columns: at most six characters."))
    name = StringField(_l("Name in English"), [Needed()])
    parent_id = Choice(_l("Part of"), description=_l("Only for a part of another unit."))
    position = Number(_l("Position"), [Needed()], description=_l("The place in every list of units; small numbers come first."))

    def __init__(self, formdata: Any = None, obj: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        above = obj is not None and obj.kind == UnitKind.HEADQUARTERS
        self.kind.choices = codes("unit_kind", [k for k in UnitKind if above or k is not UnitKind.HEADQUARTERS])
        self.category.choices = codes("category", Category, _("none"))
        self.parent_id.choices = [("", _("of no other unit")), *(
            (str(u.id), unit_name(u)) for u in queries.open_units() if obj is None or u.id != obj.id)]

    def facts(self) -> Facts:
        """Raises Invalid for a parent that is none."""
        parent = str(self.parent_id.data or "")
        if parent and not (parent.isascii() and parent.isdigit() and len(parent) < 10):
            raise Invalid({"parent": [_OF_THE_LIST]})
        return Facts(code=self.code.data or "", kind=self.kind.data, category=self.category.data or None,
                     name=self.name.data or "", name_zh=self.name_zh.data or "", short_zh=self.short_zh.data or "",
                     parent=int(parent) if parent else None, position=self.position.data or 0)


class CloseForm(AdminForm):
    closed_on = Day(_l("Closed from"), [Needed()], description=_l("The first day on which the unit is gone."))
    into = Choice(_l("Merged into"), description=_l("The unit that goes on instead, where there is one."))

    def __init__(self, formdata: Any = None, obj: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        self.into.choices = [("", _("no other unit")), *(
            (str(u.id), unit_name(u)) for u in queries.open_units() if obj is None or u.id != obj.id)]


class PersonForm(AdminForm):
    name = StringField(_l("Name"), [Needed()])
    email = EmailField(_l("Mail address"), [Needed()], description=_l("The work address; it is also the sign-in."))
    phone = TelField(_l("Telephone"))
    language = Choice(_l("Language"), description=_l("Of mail and notices, and of pages until another is chosen."))

    def __init__(self, formdata: Any = None, obj: Person | None = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        self.language.choices = [("zh", "中文"), ("en", "English")]


class PersonChange(PersonForm):
    left_on = Day(_l("Left on"), description=_l("The first day on which the person is gone: no sign-in from then on."))


class AppointForm(AdminForm):
    person = Choice(_l("Person"), [Needed()])
    unit = Choice(_l("Unit"), [Needed()])
    role = Choice(_l("Role"), [Needed()])
    line = Choice(_l("Line"), description=_l("Line owners and headquarters line leads have one; members and assessors may."))
    deputy = BooleanField(_l("Deputy of another who holds the same role"))
    valid_from = Day(_l("First day"), description=_l("Empty: from today on."))
    valid_until = Day(_l("Last day"), description=_l("Empty: until it is ended."))

    def __init__(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        self.person.choices = [("", _("choose")), *((str(p.id), f"{p.name} · {p.email}") for p in queries.present_people())]
        self.unit.choices = [("", _("choose")), *((u.code, unit_name(u)) for u in queries.open_units())]
        self.role.choices = codes("role", ORDER, _("choose"))
        self.line.choices = codes("line", Line, _("none"))


class PeriodForm(AdminForm):
    deputy = BooleanField(_l("Deputy of another who holds the same role"))
    valid_from = Day(_l("First day"), [Needed()])
    valid_until = Day(_l("Last day"), description=_l("Empty: until it is ended."))


class EndForm(AdminForm):
    valid_until = Day(_l("Last day"), [Needed()], description=_l("In force through this day; yesterday ends it at once."))


class DutyForm(AdminForm):
    duty = Choice(_l("Duty"), [Needed()])
    segments = StringField(_l("Segments"), description=_l("Parts of the market it is limited to, such as C, H, N. Empty: all."))

    def __init__(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        self.duty.choices = codes("duty", Duty)


class FocusForm(AdminForm):
    aliases = {"process": "focus"}                     # WTForms has a method of that name
    focus = Choice(_l("Focus process"), [Needed()])

    def __init__(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **({"focus": obj.process} if obj is not None else {}), **kwargs)
        self.focus.choices = codes("process", Process)


class TermForm(AdminForm):
    name_zh = StringField(_l("Name in Chinese"), [Needed()])
    name = StringField(_l("Name in English"), [Needed()])


class ThresholdForm(AdminForm):
    near_days = Number(_l("Days before the due date"), [Needed()], description=_l(
        "So many working days left, or fewer: being behind at all turns the light amber. From 0 to 250."))
    behind_points = Number(_l("Points behind"), [Needed()], description=_l(
        "So many percentage points below what is expected turn the light amber at any time. From 1 to 100."))
    silent_days = Number(_l("Days without a report"), [Needed()], description=_l(
        "No report so many working days after the agreed start turns the light amber. From 1 to 250."))

    def thresholds(self) -> Thresholds:
        """Raises Invalid, for what the rules refuse."""
        values, faults = {name: self[name].data for name in THRESHOLDS}, {}
        for name, value in values.items():
            try:
                Thresholds(**{name: value})
            except ValueError:
                faults[name] = [N_("This number lies outside what is possible.")]
        if faults:
            raise Invalid(faults)
        return Thresholds(**values)


@dataclass(frozen=True, slots=True)
class OwnLegend:
    """A unit with the legend it shows; `version` is that of its own, 0 where it has none yet."""
    unit: Unit
    signs: Legend
    version: int
    setting: UUID | None

    @property
    def id(self) -> int:
        return self.unit.id


class Tone(Choice):
    """One of the house's tones."""

    def __init__(self, label: Any, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.choices = [(tone, translate(words)) for tone, words in legends.TONES.items()]


class LegendForm(AdminForm):
    """A tone and a word in both languages for each light; a field is called "<light>_<part of its sign>"."""

    def __init__(self, formdata: Any = None, obj: OwnLegend | None = None, **kwargs: Any) -> None:
        given = {f"{code}_{part}": value for code, sign in obj.signs.items() for part, value in asdict(sign).items()} if obj else {}
        super().__init__(formdata, None, **{**given, "version": obj.version if obj else 0, **kwargs})
        for code, *fields in self.rows:
            for field, part in zip(fields, (N_("Colour"), N_("Name in Chinese"), N_("Name in English")), strict=True):
                field.label.text = f"{common_words(code)} · {translate(part)}"

    @property
    def rows(self) -> list[tuple[str, Any, Any, Any]]:
        return [(code, self[f"{code}_tone"], self[f"{code}_name_zh"], self[f"{code}_name"]) for code in legends.CODES]

    def legend(self) -> Legend:
        return {code: Sign(tone.data or "", name.data or "", zh.data or "") for code, tone, zh, name in self.rows}

    def signs(self) -> Legend:
        """Each light as typed, fit to be shown: in its common tone where none of the list was given."""
        return {code: s if s.tone in legends.TONES else replace(s, tone=legends.COMMON[code]) for code, s in self.legend().items()}


for _code in legends.CODES:
    setattr(LegendForm, f"{_code}_tone", Tone("", [Needed()]))
    setattr(LegendForm, f"{_code}_name_zh", StringField("", [Needed()]))
    setattr(LegendForm, f"{_code}_name", StringField("", [Needed()]))

THRESHOLDS = ("near_days", "behind_points", "silent_days")


def role(text: str) -> Role:
    """Raises Invalid."""
    if text not in set(Role):
        raise Invalid({"role": [_OF_THE_LIST]})
    return Role(text)


def line(text: str) -> Line | None:
    """Raises Invalid."""
    if text and text not in set(Line):
        raise Invalid({"line": [_OF_THE_LIST]})
    return Line(text) if text else None


def of_the_list(field: str, found: Any) -> Any:
    """What was chosen, when there is such a thing. Raises Invalid."""
    if found is None:
        raise Invalid({field: [_OF_THE_LIST]})
    return found


def named(text: str | None, find: Callable[[UUID], T | None]) -> T | None:
    """What a text names by its key; what is no key names nothing."""
    found = untrusted.key(text)
    return find(found) if found is not None else None


def number(text: str | None) -> int | None:
    """A unit's key; None for what is none."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > queries.LARGEST_KEY:
        return None
    return int(text)
