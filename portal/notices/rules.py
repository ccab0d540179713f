"""Of what kind a notice is, what it is about, by which way and when it reaches a person. Pure."""
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.workdays import STANDARD as ANNOUNCED
from portal.workdays import Calendar
from tenants import clock
from tenants.messages import N_, Message
from tenants.vocabulary import Line


class NoticeKind(StrEnum):
    """What a person may choose a way for. Where the sender names none, the address that the notice leads to says it."""
    PROGRAMME = "programme"
    FILING = "filing"
    ASSIGNMENT = "assignment"
    ISSUE = "issue"
    CAMPAIGN = "campaign"
    REMINDER = "reminder"
    BULLETIN = "bulletin"
    MEETING = "meeting"
    SUPERVISION = "supervision"
    GENERAL = "general"


class Mode(StrEnum):
    """The ways, the quietest first. In the portal a notice always stands; the others add a letter."""
    IN_APP = "in_app"
    DAILY = "daily"
    AT_ONCE = "at_once"


class ChannelKind(StrEnum):
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WEBHOOK = "webhook"


KINDS: Mapping[NoticeKind, Message] = {
    NoticeKind.PROGRAMME: N_("Programmes"), NoticeKind.FILING: N_("Implementation plans"), NoticeKind.ASSIGNMENT: N_("Assignments"),
    NoticeKind.ISSUE: N_("Quality issues"), NoticeKind.CAMPAIGN: N_("Campaigns"), NoticeKind.REMINDER: N_("Reminders"),
    NoticeKind.BULLETIN: N_("Bulletins"), NoticeKind.MEETING: N_("Meetings"), NoticeKind.SUPERVISION: N_("Supervision orders"),
    NoticeKind.GENERAL: N_("Everything else")}
MODES: Mapping[Mode, Message] = {Mode.AT_ONCE: N_("at once by mail"), Mode.DAILY: N_("one letter a day"),
                                 Mode.IN_APP: N_("only in the portal")}
CHANNELS: Mapping[ChannelKind, Message] = {ChannelKind.WECOM: N_("WeCom"), ChannelKind.DINGTALK: N_("DingTalk"),
                                           ChannelKind.FEISHU: N_("Feishu"), ChannelKind.WEBHOOK: N_("Webhook")}
STANDARD = Mode.AT_ONCE                # of who has chosen nothing

_KEY = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PLURAL = "programme|filing|assignment|issue|campaign|meeting|bulletin"
_ABOUT = re.compile(rf"/((?:{_PLURAL})(?=s)|supervision)s?(?![\w-])(?:/({_KEY})(?![\w-]))?")
About = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """What headquarters has set (setting "notices"): the quietest way that is still allowed, by kind; the hours and days on
    which neither mail nor chat is sent; when the one letter a day goes out. Times are of the portal's time zone. The days are
    those of the `calendar`, which is a setting of its own."""
    least: Mapping[NoticeKind, Mode]
    quiet_from: time
    quiet_until: time
    rest_days: bool
    digest_at: time
    calendar: Calendar = ANNOUNCED


STANDARD_RULES = DeliveryRules({NoticeKind.REMINDER: Mode.DAILY}, time(21), time(7, 30), True, time(8, 30))


def written(rules: DeliveryRules) -> dict[str, Any]:
    """As the setting keeps them."""
    return {"least": {kind.value: mode.value for kind, mode in sorted(rules.least.items()) if mode is not Mode.IN_APP},
            "quiet_from": f"{rules.quiet_from:%H:%M}", "quiet_until": f"{rules.quiet_until:%H:%M}",
            "rest_days": rules.rest_days, "digest_at": f"{rules.digest_at:%H:%M}"}


def read(value: Mapping[str, Any], calendar: Calendar = ANNOUNCED) -> DeliveryRules:
    """The reverse of `written`."""
    return DeliveryRules({NoticeKind(kind): Mode(mode) for kind, mode in value["least"].items()},
                         time.fromisoformat(value["quiet_from"]), time.fromisoformat(value["quiet_until"]),
                         bool(value["rest_days"]), time.fromisoformat(value["digest_at"]), calendar)


def kind_of(url: str) -> NoticeKind:
    found = _ABOUT.match(url)
    return NoticeKind(found[1]) if found else NoticeKind.GENERAL


def about(url: str) -> About | None:
    """The thing on whose page the address leads."""
    found = _ABOUT.match(url)
    return (found[1], UUID(found[2])) if found and found[2] else None


def mode(kind: NoticeKind, chosen: Mode | None, rules: DeliveryRules) -> Mode:
    """What the person has chosen, unless headquarters wants it louder."""
    ways = list(Mode)
    return max(chosen or STANDARD, rules.least.get(kind, Mode.IN_APP), key=ways.index)


def speaks_at(instant: datetime, rules: DeliveryRules) -> datetime:
    """The first moment from `instant` on at which mail and chat may be sent: then itself, or the end of the quiet hours."""
    for _ in range(60):                                # longer than any row of days off
        local = clock.local(instant)
        if rules.rest_days and not rules.calendar.is_workday(local.date()):
            instant = _at(local.date() + timedelta(days=1), time(0))
        elif _quiet(local.time(), rules):
            instant = _end(local, rules)
        else:
            return instant
    return instant


def _quiet(moment: time, rules: DeliveryRules) -> bool:
    begin, end = rules.quiet_from, rules.quiet_until
    return begin <= moment < end if begin <= end else moment >= begin or moment < end


def _end(local: datetime, rules: DeliveryRules) -> datetime:
    day = local.date() + timedelta(days=1 if local.time() >= rules.quiet_until else 0)
    return _at(day, rules.quiet_until)


def digest_after(instant: datetime, rules: DeliveryRules) -> datetime:
    """When the next letter of the day goes out: of days of rest together, one on the first day after."""
    day = clock.local(instant).date()
    if instant >= _at(day, rules.digest_at):
        day += timedelta(days=1)
    while rules.rest_days and not rules.calendar.is_workday(day):
        day += timedelta(days=1)
    return speaks_at(_at(day, rules.digest_at), rules)


def _at(day: date, moment: time) -> datetime:
    return clock.at(day, moment.hour, moment.minute)


def wants(kinds: Iterable[str], lines: Iterable[str], kind: NoticeKind, line: Line | None) -> bool:
    """Whether a channel that is limited to kinds and lines (nothing: all) takes this one. A notice of no line is everybody's."""
    kinds, lines = set(kinds), set(lines)
    return (not kinds or kind.value in kinds) and (not lines or line is None or line.value in lines)
