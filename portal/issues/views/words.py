"""How issues are spoken of: tasks, parts, times, the steps of the history."""
from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.web.times import Distance, distance
from tenants import clock
from tenants.messages import N_, Message

# What one has to do; the order is that of the segments.
TASKS: Mapping[str, Message] = {
    "answer": N_("To accept"), "solve": N_("To solve"), "confirm": N_("To confirm"), "rule": N_("To rule"),
    "reply": N_("To reply"), "identify": N_("To identify"),
    "take_over": N_("To take over"), "warn": N_("To warn others")}

SEVERITIES: Mapping[str, Message] = {
    "low": N_("a flaw that hinders nobody; mended in the normal course"),
    "medium": N_("single customers complain, or a rule is misunderstood"),
    "high": N_("many customers are concerned, or charged wrongly"),
    "critical": N_("complaints in bulk, public attention or loss of money: act at once")}

# Steps of the history. `%(…)s` places are filled from what the step changed.
STEPS: Mapping[str, Message] = {
    "raise": N_("raised the issue"), "accept": N_("accepted it"), "hand_over": N_("handed it over"),
    "decline": N_("declined it"), "rule": N_("ruled whose it is"), "resolve": N_("solved it"), "confirm": N_("confirmed: closed"),
    "reopen": N_("reopened it"), "withdraw": N_("withdrew it"), "ask": N_("asked the raiser"), "answer": N_("answered"),
    "question": N_("asks"), "comment": N_("writes"), "name_party": N_("named a further party"),
    "identify": N_("found its campaign"), "merge": N_("closed it as a duplicate"), "merged": N_("closed a duplicate into it"),
    "parted": N_("reopened a duplicate: it goes on by itself"),
    "split": N_("gave a part to another owner"),
    "link": N_("linked another issue"), "pass_on": N_("passed the first contact on"),
    "take_over": N_("took over as first contact"), "chase": N_("chased"), "join": N_("joined with further complaints"),
    "warn": N_("warned alike campaigns"), "succeed": N_("it moved to the unit's successor"), "attach": N_("attached a file"),
    "detach": N_("removed a file")}


RULES: Mapping[str, Message] = {
    "launched_by_headquarters": N_("launched by headquarters"), "launched_by_province": N_("launched by a province"),
    "launched_by_company": N_("launched by a specialised company"), "unidentified": N_("campaign not known yet"),
    "launcher_merged": N_("launched by a unit that was merged into another"),
    "launcher_closed": N_("launched by a unit that is closed")}


def rule(code: str) -> Message:
    return RULES.get(code, Message(code))


def step(action: str) -> Message:
    return STEPS.get(action, Message(action))


def duration(minutes: float | None) -> str:
    """Working time in words: 35 min, 3 h 10 min, 26 h."""
    if minutes is None:
        return "–"
    whole = round(minutes)
    if whole < 60:
        return str(_("%(n)s min", n=whole))
    hours, rest = divmod(whole, 60)
    return str(_("%(h)s h %(m)s min", h=hours, m=rest) if rest and hours < 10 else ngettext("%(num)d h", "%(num)d h", hours))


def hours(minutes: float | None) -> str:
    """Working hours with one decimal, for tables."""
    return "–" if minutes is None else f"{minutes / 60:.1f}"


def left(at: datetime) -> Distance:
    """How far off an instant is: hours and minutes within a day, days beyond."""
    minutes = int((at - clock.now()).total_seconds() // 60)
    if minutes >= 24 * 60 or minutes < -24 * 60:
        return distance(at)
    hours_, rest = divmod(abs(minutes), 60)
    span = str(_("%(h)s h %(m)s min", h=hours_, m=rest) if hours_ else _("%(n)s min", n=rest))
    return Distance(str(_("%(span)s left", span=span)), "amber", 0) if minutes >= 0 else \
        Distance(str(_("%(span)s late", span=span)), "red", 0)
