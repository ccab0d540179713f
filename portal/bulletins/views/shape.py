"""A bulletin as headings, words, bars and tables in the reader's language: what its page and its document both show."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from portal.bulletins.models import Bulletin
from portal.bulletins.rules import LEAST_ISSUES, SECTIONS, Section
from portal.issues.views import words
from portal.web.locale import language
from portal.web.templating import translate

Cell = str | int
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table, its first cell the head; `strong` ones sum up."""
    cells: Sequence[Cell]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`numbers` are the columns of figures, `meter` one of them that is a share of a hundred."""
    caption: str
    heads: Sequence[str]
    rows: Sequence[Line]
    numbers: frozenset[int] = frozenset()
    meter: int | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: each label with its figure. `most` is the end of the axis, None as far as it needs."""
    title: str
    rows: Sequence[tuple[str, int]]
    unit: str = ""
    most: int | None = None


@dataclass(slots=True)
class Part:
    """A section. `notes` say what the tables leave out, or that there is nothing to tell."""
    section: Section
    title: str
    text: str
    bars: list[Bars] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def named(name: Mapping[str, str] | None) -> str:
    """A kept name in the reader's language."""
    return (name or {}).get("zh" if language() == "zh" else "en", "")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def percent(count: Mapping[str, int]) -> int:
    """Closed ones in a hundred, rounded down, so that 100 means all."""
    return count["closed"] * 100 // count["total"] if count["total"] else 0


def parts(b: Bulletin) -> list[Part]:
    """Every section, in order."""
    return [_PARTS[section](Part(section, translate(title), b.words.get(section, "")), b) for section, title in SECTIONS.items()]


def _opening(part: Part, b: Bulletin) -> Part:
    every, flows = b.figures["all"]["total"], b.figures["flows"]["all"]
    rows = [(_("Assignments closed"), f"{every['closed']} / {every['total']} ({percent(every)} %)"),
            (_("Overdue"), f"{b.figures['overdue']['total']}"),
            (_("Units with something overdue"), f"{b.figures['overdue']['units']}"),
            (_("Quality issues raised since %(day)s", day=b.figures["flows"]["since"]), f"{flows['count']}"),
            (_("of them overdue now"), f"{flows['overdue']}")]
    part.tables.append(Table(_("Key figures"), [_("Figure"), _("Value")], [Line(r) for r in rows], frozenset({1})))
    return part


def _completion(part: Part, b: Bulletin) -> Part:
    f = b.figures
    codes = [m["code"] for m in f["milestones"]]
    part.bars.append(Bars(_("Closed, in percent of what is asked, by milestone"), [
        (named(m["name"]), percent(f["all"]["cells"][m["code"]])) for m in f["milestones"]], "%", 100))

    def line(name: str, row: Figures, strong: bool = False) -> Line:
        counts, total = [row["cells"][code] for code in codes], row["total"]
        return Line([name, *(f"{c['closed']}/{c['total']}" if c["total"] else "–" for c in (*counts, total)),
                     percent(total) if total["total"] else "–", total["overdue"]], strong)
    rows: list[Line] = []
    for group in f["groups"]:
        if len(group["rows"]) > 1:
            rows.append(line(capital(named(group["name"])), group["together"], True))
        rows += [line(named(row["name"]), row) for row in group["rows"]]
    rows.append(line(_("All units"), f["all"], True))
    heads = [_("Unit"), *(f"{named(m['name'])}\n{m['due']}" for m in f["milestones"]), _("All milestones"), _("Percent closed"),
             _("Overdue")]
    part.tables.append(Table(_("Closed of all that is asked"), heads, rows, frozenset(range(1, len(heads)))))
    return part


def _overdue(part: Part, b: Bulletin) -> Part:
    found = b.figures["overdue"]
    if not found["rows"]:
        part.notes.append(_("No assignment is overdue."))
        return part
    part.tables.append(Table(
        _("The longest overdue"), [_("Unit"), _("Assignment"), _("Line"), _("Due"), _("Days late")],
        [Line([named(r["unit"]), f"{r['code']} {named(r['title'])}", capital(named(r["line"])), r["due"], r["late"]])
         for r in found["rows"]], frozenset({4})))
    if found["total"] > len(found["rows"]):
        part.notes.append(_("The %(n)s that are longest overdue, of %(all)s.", n=len(found["rows"]), all=found["total"]))
    return part


def _ranking(part: Part, b: Bulletin) -> Part:
    for group in b.figures["ranking"]:
        name = capital(named(group["name"]))
        part.bars.append(Bars(_("%(group)s: closed in percent", group=name), [
            (named(r["unit"]), r["percent"]) for r in group["rows"]], "%", 100))
        part.tables.append(Table(
            name, [_("Unit"), _("Rank"), _("Closed"), _("All"), _("Percent closed"), _("Overdue")],
            [Line([named(r["unit"]), r["rank"], r["closed"], r["total"], r["percent"], r["overdue"]]) for r in group["rows"]],
            frozenset(range(1, 6)), 4))
    if b.figures["ranking"]:
        part.notes.append(_("By the share that is closed; of equals the one with fewer overdue stands first."))
    return part


def _flows(part: Part, b: Bulletin) -> Part:
    found = b.figures["flows"]
    if not found["all"]["count"]:
        part.notes.append(_("No quality issue was raised since %(day)s.", day=found["since"]))
        return part

    def line(name: str, f: Figures, strong: bool = False) -> Line:
        return Line([name, f["count"], f["overdue"], words.duration(f["respond"]), words.duration(f["resolve"])], strong)
    flows = [(f"{named(p['raiser'])} → {named(p['owner'])}", p) for p in found["pairs"]]
    if flows:
        part.bars.append(Bars(_("Issues by flow"), [(name, p["count"]) for name, p in flows]))
    rows = [line(name, p) for name, p in flows]
    if found["others"]["count"]:
        rows.append(line(_("all others together"), found["others"]))
    rows.append(line(_("All flows"), found["all"], True))
    heads = [_("Flow"), _("Issues"), _("Overdue"), _("Median to accept"), _("Median to solve")]
    part.tables.append(Table(_("Who raises to whom"), heads, rows, frozenset(range(1, 5))))
    part.notes.append(_("Raised since %(day)s; medians in working time. Flows of fewer than %(n)s issues are not named.",
                        day=found["since"], n=LEAST_ISSUES))
    return part


def _practice(part: Part, b: Bulletin) -> Part:
    picked = [r for r in b.figures["practice"] if r["key"] in b.picks]
    if picked:
        part.tables.append(Table(
            _("Closed on time, with evidence"), [_("Unit"), _("Assignment"), _("Due"), _("Closed on"), _("Files")],
            [Line([named(r["unit"]), f"{r['code']} {named(r['title'])}", r["due"], r["closed_on"], r["files"]]) for r in picked],
            frozenset({4})))
    return part


_PARTS: Mapping[Section, Callable[[Part, Bulletin], Part]] = {
    Section.OPENING: _opening, Section.COMPLETION: _completion, Section.OVERDUE: _overdue, Section.RANKING: _ranking,
    Section.FLOWS: _flows, Section.PRACTICE: _practice}
