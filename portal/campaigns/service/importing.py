"""Campaigns out of a workbook: read, judged row by row with each fault at its place, then the good rows taken in."""
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal import sheets, texts
from portal.campaigns import queries
from portal.campaigns.models import CampaignImport
from portal.campaigns.service.content import Content, Faults, Units, cleaned, faults, known_units
from portal.campaigns.service.running import add, record_registration
from portal.sheets import Heading, Row
from portal.sheets.reading import FILE
from tenants import clock
from tenants.access import Appointment, Identity, Subject, need, permits, reaches
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_, Message
from tenants.models import Term
from tenants.permissions import Permission
from tenants.vocabulary import Business, Line, Segment

MOST_ROWS = 10_000
KEPT_DAYS = 7                          # after which a workbook that was never taken in is forgotten
HEADINGS: Sequence[Heading] = (
    Heading("code", ("Code", "编码", "营销案编码"), required=True), Heading("name", ("Name", "名称", "营销案名称"), required=True),
    Heading("unit", ("Launched by", "发起单位"), required=True), Heading("line", ("Line", "条线"), required=True),
    Heading("lands_in", ("Lands in", "落地范围"), required=True), Heading("starts", ("Starts", "开始日期"), required=True),
    Heading("ends", ("Ends", "结束日期"), required=True), Heading("product", ("Product", "产品")),
    Heading("product_owner", ("Product of", "产品归属单位")), Heading("segment", ("Segment", "市场")),
    Heading("brand", ("Brand", "品牌")), Heading("business", ("New or existing", "新上线或现有")),
    Heading("rules_text", ("Rules of the offer", "规则内容")), Heading("notice_text", ("Customer notice", "客户告知")),
    Heading("training_on", ("Training on", "培训日期")), Heading("configured_in", ("Configured in", "系统配置范围")))
EXAMPLES = frozenset({"(example)", "（示例）"})          # in place of a code: the template's row that shows how it is meant
FIELDS = tuple(h.name for h in HEADINGS)
_DAYS = ("starts", "ends", "training_on")
_NETWORK = frozenset({"network", "whole network", "全网"})
_BETWEEN = re.compile(r"[、,，;；\n]+")
_UNITS_MISSING = N_("There is no unit called “%(name)s”.")
E_ = TypeVar("E_", bound=StrEnum)


@dataclass(slots=True)
class Judged:
    """One row: where it stands in the sheet, what was written there, what it means, and its faults by column."""
    number: int
    cells: Mapping[str, str]
    content: Content
    faults: Faults = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """A workbook looked at: rows to be taken in, rows at fault."""
    good: Sequence[Judged]
    wrong: Sequence[Judged]


def may_import(actor: Identity) -> None:
    """Raises NotPermitted for who registers nothing anywhere."""
    if not reaches(actor, Permission.CAMPAIGN_REGISTER):
        need(actor, Permission.CAMPAIGN_REGISTER)


def upload(stream: BinaryIO, name: str, *, actor: Identity) -> CampaignImport:
    """Read a workbook and keep its rows until they are taken in. Raises NotPermitted, Invalid at "file"."""
    may_import(actor)
    table = sheets.read(stream, HEADINGS, most_rows=MOST_ROWS)
    rows = [row for row in table.rows if str(row.cells.get("code") or "").strip() not in EXAMPLES]
    if not rows:
        raise Invalid({FILE: [N_("There are headings, and no rows below them.")]})
    db.session.execute(delete(CampaignImport).where(CampaignImport.person_id == actor.person,
                                                    CampaignImport.at < clock.now() - timedelta(days=KEPT_DAYS)))
    return _keep(texts.prose(name[:texts.SHORT]), [_written(row) for row in rows], actor)


def _keep(name: str, rows: list[dict[str, Any]], actor: Identity) -> CampaignImport:
    made = CampaignImport(id=uuid7(), person_id=actor.person, name=name, rows=rows, at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


def _written(row: Row) -> dict[str, Any]:
    cells = {name: _stored(name, row) for name in FIELDS if row.cells.get(name) is not None}
    return {"number": row.number, "cells": cells, "formulas": sorted(row.formulas)}


def _stored(name: str, row: Row) -> str:
    """A day as year-month-day; anything else without the numbers of people, since it is kept."""
    value = row.cells[name]
    day = sheets.day(value) if name in _DAYS else None
    return day.isoformat() if day else texts.prose(sheets.words(value)[:texts.LONG])


def look(kept: CampaignImport, *, actor: Identity) -> Preview:
    """Every row judged by today's register."""
    judge = _Judge(actor)
    rows = [judge.row(row) for row in kept.rows]
    return Preview([r for r in rows if not r.faults], [r for r in rows if r.faults])


def take_in(kept: CampaignImport, *, actor: Identity) -> tuple[int, CampaignImport | None]:
    """Register the good rows, all or none; those at fault stay in an upload of their own. Returns how many were registered,
    and that upload. Raises NotPermitted, RuleViolated where there is none to take in."""
    may_import(actor)
    judge = _Judge(actor)
    rows = [judge.row(row) for row in kept.rows]
    good = [r for r in rows if not r.faults]
    if not good:
        raise RuleViolated(N_("There is no row to take in: mend those at fault and upload the workbook again."))
    try:
        with db.session.begin_nested():
            made = [add(row.content, judge.units, actor=actor) for row in good]
            db.session.flush()
    except IntegrityError:
        raise RuleViolated(N_("Somebody registered one of these codes at the same moment. Look at the rows again.")) from None
    for campaign, row in zip(made, good, strict=True):
        record_registration(campaign, row.content, judge.units, judge.under(row.content))
    left = [row for row, judged in zip(kept.rows, rows, strict=True) if judged.faults]
    name = kept.name
    discard(kept)
    return len(made), _keep(name, left, actor) if left else None


def discard(kept: CampaignImport) -> None:
    """Forget an upload of one's own."""
    db.session.delete(kept)
    db.session.flush()


class _Judge:
    """Judges the rows of one workbook against each other, the register, and what this person may register."""

    def __init__(self, actor: Identity) -> None:
        self.actor, self.units = actor, known_units()
        self._by_name = _names(self.units)
        self._codes = _coded()
        self._may: dict[tuple[int, Line], bool] = {}
        self._taken: dict[int, dict[str, int]] = {}       # unit → code → row of this workbook, 0 for the register

    def under(self, content: Content) -> Appointment:
        assert content.unit is not None and content.line is not None
        return need(self.actor, Permission.CAMPAIGN_REGISTER, Subject(content.unit, content.line))

    def row(self, row: Mapping[str, Any]) -> Judged:
        cells: Mapping[str, str] = row["cells"]
        found: Faults = {name: [N_("A formula stands here. Write its value instead.")] for name in row["formulas"]}
        content = cleaned(self._content(cells, found))
        for name, said in faults(content, self.units).items():
            if name not in found:                        # what cannot be read is not missing as well
                found[name] = said
        judged = Judged(row["number"], cells, content, found)
        self._permission(judged)
        self._twice(judged)
        return judged

    def _content(self, cells: Mapping[str, str], found: Faults) -> Content:
        network, lands_in = self._landing(cells, "lands_in", found)
        configured, configured_in = self._landing(cells, "configured_in", found)
        segment = self._code(cells, "segment", Segment, found) or Segment.C
        business = self._code(cells, "business", Business, found) or Business.NEW
        starts, ends, training_on = (self._day(cells, name, found) for name in _DAYS)
        return Content(unit=self._unit(cells, "unit", found), line=self._code(cells, "line", Line, found),
                       product_owner=self._unit(cells, "product_owner", found), network=network, lands_in=lands_in,
                       configured_network=configured, configured_in=configured_in, segment=segment, business=business,
                       starts=starts, ends=ends, training_on=training_on, code=cells.get("code", ""), name=cells.get("name", ""),
                       product=cells.get("product", ""), brand=cells.get("brand", ""), rules_text=cells.get("rules_text", ""),
                       notice_text=cells.get("notice_text", ""))

    def _day(self, cells: Mapping[str, str], name: str, found: Faults) -> date | None:
        text = cells.get(name, "")
        day = sheets.day(text)
        if text and day is None:
            found.setdefault(name, [N_("“%(text)s” is no date. Write year-month-day, like 2026-06-30.", text=text[:40])])
        return day

    def _unit(self, cells: Mapping[str, str], name: str, found: Faults) -> int | None:
        text = cells.get(name, "")
        key = self._by_name.get(text.casefold())
        if text and key is None:
            found.setdefault(name, [Message(_UNITS_MISSING.msgid, {"name": text[:40]})])
        return key

    def _landing(self, cells: Mapping[str, str], name: str, found: Faults) -> tuple[bool, tuple[int, ...]]:
        text = cells.get(name, "")
        if text.casefold() in _NETWORK:
            return True, ()
        parts = [p.strip() for p in _BETWEEN.split(text) if p.strip()]
        unknown = [p[:40] for p in parts if p.casefold() not in self._by_name]
        if unknown:
            found.setdefault(name, [Message(_UNITS_MISSING.msgid, {"name": unknown})])
        return False, tuple(self._by_name[p.casefold()] for p in parts if p.casefold() in self._by_name)

    def _code(self, cells: Mapping[str, str], name: str, codes: type[E_], found: Faults) -> E_ | None:
        text = cells.get(name, "")
        code = self._codes[name].get(text.casefold())
        if text and code is None:
            found.setdefault(name, [N_("“%(text)s” is none of: %(codes)s.", text=text[:40], codes=[c.value for c in codes])])
        return codes(code) if code else None

    def _permission(self, judged: Judged) -> None:
        unit, line = judged.content.unit, judged.content.line
        if unit is None or line is None:
            return
        if (unit, line) not in self._may:
            self._may[unit, line] = bool(permits(self.actor, Permission.CAMPAIGN_REGISTER, Subject(unit, line)))
        if not self._may[unit, line]:
            judged.faults.setdefault("unit", []).append(N_("You do not register campaigns of this unit and line."))

    def _twice(self, judged: Judged) -> None:
        unit, code = judged.content.unit, judged.content.code
        if unit is None or not code or "unit" in judged.faults:
            return
        if unit not in self._taken:
            self._taken[unit] = dict.fromkeys(queries.codes_of(unit), 0)
        other = self._taken[unit].setdefault(code, judged.number)
        if other == 0:
            judged.faults.setdefault("code", []).append(N_("The launching unit has a campaign with this code already."))
        elif other != judged.number:
            judged.faults.setdefault("code", []).append(N_("Row %(row)s has the same code.", row=other))


def _names(units: Units) -> dict[str, int]:
    """Units by code and by each of their names, whatever the case."""
    found: dict[str, int] = {}
    for u in units.values():
        for name in (u.short_zh, u.name_zh, u.name, u.code):
            found[name.casefold()] = u.id
    return found


def _coded() -> dict[str, dict[str, str]]:
    """Codes of lines, segments and businesses, by code and by name in either language."""
    found: dict[str, dict[str, str]] = {"line": {}, "segment": {}, "business": {}}
    for vocabulary, code, name, name_zh in _terms(tuple(found)):
        for word in (name_zh, name, code):
            found[vocabulary][word.casefold()] = code
    return found


def _terms(vocabularies: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    for row in db.session.execute(select(Term.vocabulary, Term.code, Term.name, Term.name_zh)
                                  .where(Term.vocabulary.in_(vocabularies))):
        yield row.vocabulary, row.code, row.name, row.name_zh
