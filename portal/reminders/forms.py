"""The ladder as a grid of rows, read as they were typed."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portal.reminders import rules
from portal.reminders.rules import Channel, Deadline, Rung, Span, Whom
from portal.texts import SHORT, clean
from tenants.messages import N_, Message

Row = dict[str, str]
FIELDS = ("kind", "step", "span", "whom", "channel", "rooms", "remove")
_CHOOSE = N_("Choose one of the list.")


@dataclass(frozen=True, slots=True)
class Typed:
    """Rows as typed, the rungs that they say, and what is wrong with which field."""
    rows: list[Row]
    rungs: list[Rung]
    errors: dict[str, list[Message]] = field(default_factory=dict)


def shown(rungs: Iterable[Rung]) -> list[Row]:
    return [{"kind": r.kind.value, "step": str(r.step), "span": r.span.value, "whom": r.whom.value, "channel": r.channel.value,
             "rooms": "1" if r.rooms else ""} for r in rungs]


def read(form: Mapping[str, str]) -> Typed:
    """Rows in which nothing stands and rows to be removed are left out."""
    found = Typed([], [])
    for n in range(rules.MOST_RUNGS + 10):
        row = {name: clean(form.get(f"{name}-{n}"))[:SHORT] for name in FIELDS}
        if row["remove"] or not (row["kind"] or row["step"]):
            continue
        place = len(found.rows)
        found.rows.append(row)
        faults = _faults(row, place)
        found.errors.update(faults)
        if not faults:
            found.rungs.append(Rung(Deadline(row["kind"]), int(row["step"]), Span(row["span"]), Whom(row["whom"]),
                                    Channel(row["channel"]), bool(row["rooms"])))
    return found


def _faults(row: Row, n: int) -> dict[str, list[Message]]:
    codes: Mapping[str, set[str]] = {"kind": set(Deadline), "span": set(Span), "whom": set(Whom), "channel": set(Channel)}
    found = {f"{name}-{n}": [_CHOOSE] for name, known in codes.items() if row[name] not in known}
    bare = row["step"].removeprefix("-").removeprefix("+")
    if not (bare.isascii() and bare.isdigit()):
        found[f"step-{n}"] = [N_("Write a whole number, such as -3 or 5.")]
    return found
