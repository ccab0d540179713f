"""The sweep: of everything open in a unit, the rungs that are due and were not told. It may come as often as it likes."""
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from time import monotonic
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError

from portal.notices import service as notices
from portal.notices.rules import NoticeKind
from portal.outbox import service as outbox
from portal.reminders import queries, rules
from portal.reminders.models import Reminder
from portal.reminders.queries import Within
from portal.reminders.rules import Channel, Deadline, Item, Rung, Said, Told
from portal.worktime import WorkingTime
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.bulk import insert_own
from tenants.db import db, uuid7
from tenants.messages import Message

BUDGET = 45.0
Result = TypeVar("Result")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counts:
    """Things looked at, rungs told, rungs for which nobody is there yet, things that failed. Where time was up before the end,
    `place` is where the next sweep goes on."""
    seen: int = 0
    told: int = 0
    nobody: int = 0
    failed: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would be told, to whom."""
    item: Item
    rung: Rung
    people: tuple[Told, ...]
    message: Message


@dataclass(slots=True)
class Ahead:
    """What would be told, whether everything was looked through for it, how many things failed."""
    found: list[Foreseen]
    whole: bool = True
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is the same for all things of a sweep."""
    now: datetime
    steps: rules.Ladder
    time: WorkingTime
    staff: rules.Staff
    names: Mapping[int, Mapping[str, str]]


def sweep(unit: int, *, kinds: Collection[Deadline] = tuple(Deadline), after: str = "", seconds: float = BUDGET) -> Counts:
    """Tell what is due in a unit, in whose scope this runs, from a place on; a commit a slice. Of two at once, each rung is told by
    one. What fails is counted and left for the next sweep. `seconds` are less than a task may take."""
    counts, until = Counts(), monotonic() + seconds
    ground = _Ground(clock.now(), queries.ladder(), queries.working_time(), queries.staff(unit),
                     queries.names((unit, HEADQUARTERS)))
    for found in queries.open_items(Within(unit), ground.now, ground.steps, ground.time, kinds=kinds, after=after):
        counts.seen += len(found.items)
        said, failed = _isolated(found.items, lambda items: _tell(items, ground))
        counts.told, counts.nobody = counts.told + sum(n for n, _ in said), counts.nobody + sum(n for _, n in said)
        counts.failed += found.broken + failed
        db.session.commit()
        db.session.expunge_all()
        if monotonic() > until:
            counts.place = found.place
            break
    return counts


def _isolated(items: Sequence[Item], act: Callable[[Sequence[Item]], Result]) -> tuple[list[Result], int]:
    """Together where nothing fails, else in halves, until the one that fails stands alone: what came of each part, and how many
    things failed."""
    try:
        with db.session.begin_nested():
            return [act(items)], 0
    except OperationalError:
        raise
    except Exception as fault:
        if len(items) > 1:
            half = len(items) // 2
            (first, lost), (second, more) = _isolated(items[:half], act), _isolated(items[half:], act)
            return first + second, lost + more
        _log.warning("a reminder of %s %s failed: %s", items[0].kind, items[0].key, type(fault).__name__)
        return [], 1


def _tell(items: Sequence[Item], ground: _Ground) -> tuple[int, int]:
    come = [(item, rung, rules.reached(rung.whom, item, ground.staff, gone))
            for item, rung, gone in _due(items, ground.now, ground.steps, ground.time)]
    new = _noted([due for due in come if due[-1]], ground.now)           # whoever is appointed tomorrow hears tomorrow
    outbox.post_all([parcel for key, item, rung, people in _once_each(new)
                     for parcel in _parcels(key, item, rung, people,
                                            rules.message(item, ground.now, ground.names[item.unit], ground.time))])
    return len(new), sum(not people for *_, people in come)


def _due(items: Sequence[Item], now: datetime, steps: rules.Ladder, time: WorkingTime
         ) -> Iterator[tuple[Item, Rung, frozenset[UUID]]]:
    """The rungs that are due and not told, and who has said that the thing is not his."""
    told: Mapping[tuple[UUID, str, str, str], Collection[str]] | None = None
    said: Mapping[tuple[UUID, str, str, str], Collection[Said]] | None = None
    steps_of: dict[tuple[object, ...], rules.Come] = {}                      # of a slice, in which deadlines are often the same
    new_of: dict[tuple[object, ...], tuple[Rung, ...]] = {}
    for item in items:
        same = item.kind, rules.counted_from(item, time), item.due, item.continuous
        if same not in steps_of:
            steps_of[same] = rules.come(item, now, steps, time)
        if steps_of[same]:
            told = queries.told(items) if told is None else told             # asked only where something may be due
            fired = frozenset(told.get((item.key, item.kind, item.part, item.round), ()))
            if (same, fired) not in new_of:
                new_of[same, fired] = rules.fresh(steps_of[same], fired)
            if new := new_of[same, fired]:
                said = queries.answers(items) if said is None else said
                heard = said.get((item.key, item.kind, item.part, item.round), ())
                gone = rules.disowned(heard, now, time)
                yield from ((item, rung, gone) for rung in new if not rules.silenced(rung.whom, item.kind, heard, now, time))


Due = tuple[Item, Rung, tuple[Told, ...]]
Noted = tuple[UUID, Item, Rung, tuple[Told, ...]]


def _noted(come: Sequence[Due], now: datetime) -> list[Noted]:
    """Those that no other sweep has noted before, each with the key of its note."""
    keys = [uuid7() for _ in come]
    written = insert_own(Reminder, [
        {"id": key, "unit_id": item.unit, "subject_kind": item.about, "subject_id": item.key, "kind": item.kind.value,
         "part": item.part, "round": item.round, "rung": rung.code, "people": [p for _, p in people], "at": now}
        for key, (item, rung, people) in zip(keys, come, strict=True)])
    return [(key, *due) for key, due in zip(keys, come, strict=True) if key in written]


def _once_each(noted: Sequence[Noted]) -> Iterator[Noted]:
    """Who is meant by several steps of a thing hears one of them: by the loudest channel."""
    heard: set[tuple[UUID, Deadline, str, Told]] = set()
    for key, item, rung, people in sorted(noted, key=lambda one: tuple(Channel).index(one[2].channel)):
        here = [told for told in people if (item.key, item.kind, item.part, told) not in heard]
        heard |= {(item.key, item.kind, item.part, told) for told in here}
        yield key, item, rung, tuple(here)


def _parcels(key: UUID, item: Item, rung: Rung, people: Sequence[Told], message: Message) -> Iterator[outbox.Parcel]:
    """To each unit in which somebody hears; to rooms once a step, however many hear of it there."""
    parcel = partial(notices.parcel, message=message, url=item.url, subject=(item.about, item.key), kind=NoticeKind.REMINDER,
                     answering=key, calm=rung.channel is Channel.DIGEST, silent=rung.channel is Channel.IN_APP)
    once = f"{item.key} {item.kind} {item.part} {item.round}"
    for unit, group in groupby(sorted(people), key=lambda told: told[0]):
        yield parcel(unit, people=[p for _, p in group], key=f"{once} {rung.code}")
    if rung.rooms:
        yield parcel(rules.house(rung.whom, item), rooms=True, line=item.line, key=f"{once} {rung.step:+d} {rung.span} rooms")


def foresee(until: datetime, most: int = 2_000) -> Ahead:
    """What sweeps would tell up to a moment, over everything that one sees; what fails there takes no other with it here."""
    steps, time, seen = queries.ladder(), queries.working_time(), 0
    look = partial(_foreseen, until=until, steps=steps, time=time, staffs={})
    ahead = Ahead([])
    for part in queries.open_items(Within(), until, steps, time):
        told, failed = _isolated(part.items, look)
        ahead.found += [one for some in told for one in some]
        ahead.failed, seen = ahead.failed + part.broken + failed, seen + len(part.items)
        if len(ahead.found) >= most or seen >= 50 * most:
            return Ahead(ahead.found[:most], False, ahead.failed)
    return ahead


def _foreseen(items: Sequence[Item], until: datetime, steps: rules.Ladder, time: WorkingTime, staffs: dict[int, rules.Staff]
              ) -> list[Foreseen]:
    """`staffs` are those of the units looked at before."""
    due = list(_due(items, until, steps, time))
    units = {item.unit for item, *_ in due}
    names = queries.names(units) if due else {}
    staffs.update({unit: queries.staff(unit) for unit in units - staffs.keys()})
    return [Foreseen(item, rung, rules.reached(rung.whom, item, staffs[item.unit], gone),
                     rules.message(item, until, names[item.unit], time)) for item, rung, gone in due]
