"""The forms of the rules: grids of rows, read as they were typed. Faults stand beside their fields, nothing typed is lost."""
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from werkzeug.datastructures import MultiDict

from portal.exchange import rules
from portal.exchange.rules import CALENDAR, DESKS, HOURS, LIMITS, World
from portal.issues.rules.clocks import Limit
from portal.texts import SHORT, clean
from tenants.messages import N_, Message
from tenants.vocabulary import Line, Severity, Stage

Row = dict[str, str]
Units = Mapping[str, int]                              # their keys, by code
Errors = dict[str, list[Message]]                      # by the field's name and row: "respond-3"
FIELDS: Mapping[str, tuple[str, ...]] = {
    LIMITS: ("severity", "stage", "respond", "resolve", "continuous", "remove"), HOURS: ("begin", "end"),
    CALENDAR: ("day", "works"), DESKS: ("unit", "line", "served", "remove")}
MOST_ROWS = 250
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CHOOSE = N_("Choose one of the list.")
_NO_TIME = N_("Write the time as hours and minutes, such as 08:30.")
_NO_DAY = N_("Write the day as year-month-day, such as 2026-03-01.")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as typed, and the part of a world that it says; the rest of that world is empty."""
    rows: Sequence[Row]
    world: World
    errors: Errors = field(default_factory=dict)


def shown(part: str, world: World, codes: Mapping[int, str]) -> list[Row]:
    """The rules in force as rows; `codes` are the units'."""
    if part == LIMITS:
        return [{"severity": severity.value, "stage": stage.value if stage else "", "respond": str(rules.minutes(x.respond)),
                 "resolve": str(rules.minutes(x.resolve)), "continuous": "1" if x.continuous else ""}
                for (severity, stage), x in sorted(world.limits.items(), key=lambda item: rules.order(item[0]))]
    if part == HOURS:
        return [{"begin": f"{begin:%H:%M}", "end": f"{end:%H:%M}"} for begin, end in world.hours]
    if part == CALENDAR:
        return [{"day": day.isoformat(), "works": "1" if works else "0"} for day, works in sorted(world.days.items())]
    return [{"unit": codes.get(unit, ""), "line": line.value, "served": served.value}
            for (unit, line), served in sorted(world.served.items())]


def padded(part: str, rows: Sequence[Row], more: int = 1) -> list[Row]:
    """With empty rows to write into."""
    wanted = max(len(rows), rules.MOST_PERIODS) if part == HOURS else len(rows) + more
    return [*rows, *({} for _ in range(wanted - len(rows)))]


def read(part: str, form: MultiDict[str, str], units: Units) -> Typed:
    rows = _rows(part, form)
    return _READERS[part](rows, units)


def _rows(part: str, form: MultiDict[str, str]) -> list[Row]:
    """In the order of their numbers; rows in which nothing stands are left out."""
    numbers: set[int] = set()
    for key in form:
        name, _, number = key.rpartition("-")
        if name in FIELDS[part] and number.isascii() and number.isdigit() and len(number) <= 4:
            numbers.add(int(number))
    rows = [{name: clean(form.get(f"{name}-{n}"))[:SHORT] for name in FIELDS[part]} for n in sorted(numbers)[:MOST_ROWS]]
    return [row for row in rows if any(value for name, value in row.items() if name not in ("works", "continuous"))]


def _limits(rows: Sequence[Row], _: Units) -> Typed:
    errors: Errors = {}
    limits: dict[tuple[Severity, Stage | None], Limit] = {}
    for n, row in enumerate(rows):
        if row["remove"]:
            continue
        if row["severity"] not in set(Severity):
            errors[f"severity-{n}"] = [_CHOOSE]
        if row["stage"] and row["stage"] not in set(Stage):
            errors[f"stage-{n}"] = [_CHOOSE]
        respond, resolve = _number(row["respond"]), _number(row["resolve"])
        for name, fault in rules.limit_faults(respond, resolve).items():
            errors[f"{name}-{n}"] = [fault]
        if _faulty(errors, n) or respond is None or resolve is None:
            continue
        key = Severity(row["severity"]), Stage(row["stage"]) if row["stage"] else None
        if key in limits:
            errors[f"stage-{n}"] = [N_("This severity and stage have a limit in another row.")]
        limits[key] = rules.limit(*key, respond, resolve, bool(row["continuous"]))
    if not errors and rules.common_missing(limits):
        errors[""] = [rules.NO_COMMON_LIMIT]
    return Typed(rows, World(limits=limits), errors)


def _hours(rows: Sequence[Row], _: Units) -> Typed:
    errors: Errors = {f"{name}-{n}": [_NO_TIME] for n, row in enumerate(rows) for name in ("begin", "end")
                      if not _TIME.fullmatch(row[name])}
    if not rows:
        errors["begin-0"] = [rules.NO_PERIODS]
    if len(rows) > rules.MOST_PERIODS:
        errors[f"begin-{rules.MOST_PERIODS}"] = [rules.NO_PERIODS]
    if errors:
        return Typed(rows, World(), errors)
    periods = tuple((time.fromisoformat(row["begin"]), time.fromisoformat(row["end"])) for row in rows)
    for n, fault in rules.hour_faults(periods).items():
        ends_early = periods[n][0] >= periods[n][1]
        errors[f"{'end' if ends_early else 'begin'}-{n}"] = [fault]
    return Typed(rows, World(hours=periods), errors)


def _calendar(rows: Sequence[Row], _: Units) -> Typed:
    errors: Errors = {}
    days: dict[date, bool] = {}
    for n, row in enumerate(rows):
        day = _day(row["day"])
        fault = _NO_DAY if day is None else rules.day_fault(day)
        if fault is not None or day is None:
            errors[f"day-{n}"] = [fault or _NO_DAY]
        elif day in days:
            errors[f"day-{n}"] = [N_("This day stands in another row.")]
        elif row["works"] not in ("0", "1"):
            errors[f"works-{n}"] = [_CHOOSE]
        else:
            days[day] = row["works"] == "1"
    if len(days) > rules.MOST_DAYS:
        errors[""] = [rules.TOO_MANY_DAYS]
    return Typed(rows, World(days=days), errors)


def _desks(rows: Sequence[Row], units: Units) -> Typed:
    errors: Errors = {}
    served: dict[rules.Desk, Line] = {}
    for n, row in enumerate(rows):
        if row["remove"]:
            continue
        found = {f"unit-{n}": row["unit"] in units,
                 **{f"{name}-{n}": row[name] in set(Line) for name in ("line", "served")}}
        errors |= {name: [_CHOOSE] for name, known in found.items() if not known}
        if _faulty(errors, n):
            continue
        desk = units[row["unit"]], Line(row["line"])
        if desk in served:
            errors[f"line-{n}"] = [N_("This desk stands in another row.")]
        elif row["line"] == row["served"]:
            errors[f"served-{n}"] = [rules.SAME_LINE]
        else:
            served[desk] = Line(row["served"])
    return Typed(rows, World(served=served), errors)


def _faulty(errors: Iterable[str], n: int) -> bool:
    return any(name.endswith(f"-{n}") for name in errors)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[Sequence[Row], Units], Typed]] = {
    LIMITS: _limits, HOURS: _hours, CALENDAR: _calendar, DESKS: _desks}
