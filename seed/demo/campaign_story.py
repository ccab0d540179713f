"""How the campaigns of the demonstration year went: registered, checked element by element, launched, acknowledged; some
changed, paused, ended. Where they lie in the year follows from its length, so that any day of the year shows something."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from portal.worktime import WorkingTime
from seed.demo import exchange_words as words
from seed.demo.acts import Act, Of, Who
from seed.demo.exchange_acts import (
    Acknowledge,
    Attach,
    ChaseReceipts,
    Check,
    End,
    GoLive,
    Offer,
    Pause,
    Prolong,
    Register,
)
from seed.demo.exchange_words import PRODUCTS, Product
from seed.demo.people import Staff
from seed.demo.when import When, workday, workday_before
from tenants import clock
from tenants.vocabulary import Business, LaunchElement, Line, Segment, UnitKind

LIVE, ENDED, PAUSED, RESUMED, CHANGED, MISSING, UNFIT, DRAFT = (
    "live", "ended", "paused", "resumed", "changed", "missing", "unfit", "draft")
_UNFINISHED = (MISSING, UNFIT, DRAFT)
LEAD = timedelta(days=25)              # from the registration to the launch
SHOWN = ("guangdong", "migu")          # units that the demonstration shows most: they have something to acknowledge
NETWORK: tuple[str, ...] = ()
_SEASONS = ("新春", "新春", "春季", "春季", "初夏", "年中", "暑期", "暑期", "开学季", "金秋", "金秋", "岁末")
_PREFIX = {Line.MARKET: "MKT", Line.ENTERPRISE: "ENT", Line.NETWORK: "NET", Line.CUSTOMER_SERVICE: "SVC", Line.IT: "IT"}


@dataclass(frozen=True, slots=True)
class Cast:
    """A campaign to be: who launches what, where it lands (nothing: the whole network), and what becomes of it."""
    unit: str
    line: Line
    product: str
    lands: tuple[str, ...] = NETWORK
    fate: str = LIVE
    hot: bool = False                  # complaints about it rise


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign as those see it who raise issues on it; `units` are those of whom somebody may."""
    cast: Cast
    of: Of
    product: Product
    offer: str
    units: tuple[str, ...]
    live: datetime
    ended: datetime | None

    @property
    def desk(self) -> Who:
        return self.cast.line.value, self.cast.unit


M, E, N, CS = Line.MARKET, Line.ENTERPRISE, Line.NETWORK, Line.CUSTOMER_SERVICE
# The first ones are there from the beginning of a year, the others come as it grows.
CASTS: tuple[Cast, ...] = (
    Cast("hq", M, "video", hot=True),
    Cast("guangdong", M, "gaming", ("guangdong",), hot=True),
    Cast("migu", M, "video", ("guangdong", "sichuan", "beijing", "zhejiang", "hubei", "tibet")),
    Cast("hq", E, "cloud host", fate=CHANGED),
    Cast("sichuan", M, "handset", ("sichuan",)),
    Cast("guangdong", M, "benefits mall", ("guangdong",), DRAFT),
    Cast("tietong", N, "broadband", ("guangdong", "hebei", "shandong", "henan", "beijing"), MISSING),
    Cast("terminal", M, "handset"),
    Cast("hq", CS, "hotline"),
    Cast("smart-home", M, "home network", ("zhejiang", "jiangsu", "guangdong", "fujian", "sichuan")),
    Cast("beijing", E, "cloud desktop", ("beijing",), PAUSED),
    Cast("hq", N, "broadband"),
    Cast("jiangsu", M, "home care", ("jiangsu",)),
    Cast("cloud", E, "cloud desktop", ("shanghai", "guangdong", "jiangsu", "hubei", "shaanxi")),
    Cast("migu", M, "ringtone", ("guangdong", "hunan", "anhui", "jiangxi", "beijing"), ENDED),
    Cast("zhejiang", M, "video", ("zhejiang",), CHANGED),
    Cast("hq", M, "handset", fate=UNFIT),
    Cast("sichuan", E, "cloud host", ("sichuan",), ENDED),
    Cast("central-operations", M, "benefits mall", ("sichuan", "guizhou", "guangdong", "liaoning")),
    Cast("shandong", M, "home network", ("shandong",)),
    Cast("hq", M, "benefits mall"),
    Cast("online-service", CS, "hotline", ("guangdong", "henan", "hebei", "shaanxi")),
    Cast("henan", M, "watch", ("henan",), RESUMED),
    Cast("terminal", M, "watch", ("shanghai", "guangdong", "fujian", "chongqing")),
    Cast("hubei", N, "broadband", ("hubei",)),
    Cast("guangdong", E, "cloud desktop", ("guangdong",)),
    Cast("smart-home", M, "home care", ("hunan", "hubei", "jiangsu", "guangxi", "yunnan")),
    Cast("fujian", M, "ringtone", ("fujian",)),
    Cast("hq", E, "cloud desktop"),
    Cast("migu", M, "gaming", fate=DRAFT),
    Cast("shaanxi", M, "benefits mall", ("shaanxi",), ENDED),
    Cast("hebei", M, "handset", ("hebei",), ENDED),
    Cast("chongqing", E, "cloud host", ("chongqing",)),
)


def campaigns(staff: Mapping[str, Staff], when: When, random_seed: int) -> tuple[list[Act], list[Running]]:
    """What was done with every campaign, and those that were launched."""
    acts: list[Act] = []
    launched: list[Running] = []
    possible = [c for c in CASTS if c.unit in staff and (not c.lands or any(u in staff for u in c.lands))]
    chosen = possible[:max(6, min(len(CASTS), 5 + int(when.span / 8)))]
    for n, cast in enumerate(chosen):
        told = _Told(cast, n, staff, when, Random(f"{random_seed} {when.year} campaign {n} {cast.unit}"))
        acts += told.acts()
        if cast.fate not in _UNFINISHED and told.live < when.now:
            launched.append(told.running())
    return acts, launched


class _Told:
    """One campaign's story."""

    def __init__(self, cast: Cast, n: int, staff: Mapping[str, Staff], when: When, rng: Random) -> None:
        self.cast, self.staff, self.when, self.rng = cast, staff, when, rng
        self.time = WorkingTime()
        self.product = PRODUCTS[cast.product]
        self.offer = rng.choice(self.product.offers)
        self.of = Of(cast.unit, when.year, f"HD-{_PREFIX[cast.line]}-{n + 1:02}")
        self.lands = tuple(u for u in cast.lands if u in staff)
        self.live, lead = self._launch(n)
        self.begun = self.last = self.live - lead
        self.ended = self._end() if cast.fate == ENDED else None

    def _launch(self, n: int) -> tuple[datetime, timedelta]:
        """When it goes live, or would, and how long before that it is registered."""
        span = timedelta(days=self.when.span)
        if self.cast.fate in _UNFINISHED:
            ahead = timedelta(days=self.rng.uniform(4, 9) if self.cast.fate != DRAFT else 18)
            live, least = self.when.now + ahead, ahead + min(span * 0.5, timedelta(days=self.rng.uniform(9, 14)))
            return live, least if self.cast.fate != DRAFT else ahead + min(span * 0.2, timedelta(days=self.rng.uniform(1, 6)))
        place = (0.09 + n * 0.618) % 1
        share = 0.10 + 0.42 * place if self.cast.fate in (ENDED, PAUSED, RESUMED) else 0.12 + 0.72 * place
        if n < 3:                                      # these are talked of from the beginning
            share = 0.10 + 0.05 * n
        live = self.when.in_office(self.when.issued + span * share, self.rng)
        return live, min(LEAD, (live - self.when.issued) * 0.8)

    def _end(self) -> datetime:
        left = self.when.now - self.live
        return self.when.in_office(self.live + left * self.rng.uniform(0.55, 0.85), self.rng, self.live + left * 0.3)

    def running(self) -> Running:
        codes = self.lands or tuple(s.unit for s in self.staff.values() if s.unit != "hq"
                                    and (self.cast.unit == "hq" or s.kind == UnitKind.PROVINCE))
        also = [u for u in (self.product.owner, self.cast.unit) if u in self.staff and u not in (*codes, "hq")]
        return Running(self.cast, self.of, self.product, self.offer, (*codes, *also), self.live, self.ended)

    # --- who --------------------------------------------------------------------------------------------------------------

    @property
    def _line(self) -> Who:
        return self.cast.line.value, self.cast.unit

    @property
    def _other(self) -> Who:
        """A second person who may judge; headquarters' lines have one lead each."""
        return self._line if self.cast.unit == "hq" else ("contact", self.cast.unit)

    @property
    def _second(self) -> Who:
        """Who confirms what does not apply: at headquarters the office."""
        return ("office", "hq") if self.cast.unit == "hq" else self._other

    def _informed(self) -> Sequence[str]:
        """Units with people in them that hear of it."""
        return [u for u in self.running().units if u != self.cast.unit]

    # --- what -------------------------------------------------------------------------------------------------------------

    def acts(self) -> Iterator[Act]:
        offer = self._offer()
        yield Register(at=self._at(0), who=self._line, of=self.of, offer=offer)
        if self.cast.fate == DRAFT:
            return
        if self.cast.fate != UNFIT:
            yield Attach(at=self._at(0.2), who=self._line, of=self.of, name=f"{self.offer}坐席应答要点.txt",
                         text=words.DOCUMENT.format(offer=self.offer, p=self.product.name, rules=offer.rules, notice=offer.notice))
        yield from self._checks()
        if self.cast.fate in _UNFINISHED:
            return
        yield GoLive(at=self.live, who=self._line, of=self.of)
        yield from self._receipts(self.live)
        yield from self._afterwards(offer)

    def _at(self, share: float) -> datetime:
        """A moment of the time before the launch, each later than the one before."""
        lead = self.live - self.begun
        end = self.when.now if self.live > self.when.now else self.live
        self.last = max(self._in_hours(self.begun + min(lead, end - self.begun) * share), self.last + timedelta(minutes=10))
        return self.last

    def _in_hours(self, moment: datetime) -> datetime:
        """The next moment at which somebody works."""
        return self.time.add(moment, timedelta(minutes=1)).replace(second=0, microsecond=0)

    def _offer(self) -> Offer:
        begins = clock.local(self.live).date()
        starts = workday(begins + timedelta(days=self.rng.choice((0, 1, 2))))
        lasting = timedelta(days=self.rng.choice((90, 120, 180)))
        ends = clock.local(self.ended).date() if self.ended else max(starts + lasting, self.when.today + lasting / 2)
        missing = self.cast.fate == MISSING
        rules, notice = self.rng.choice(words.RULES), self.rng.choice(words.NOTICES)
        return Offer(
            line=self.cast.line, name=f"{_SEASONS[starts.month - 1]}{self.offer}（{self.product.name}）", product=self.product.name,
            owner=self.product.owner if self.product.owner in self.staff else None, segment=Segment(self.product.segment),
            business=Business.EXISTING if self.rng.random() < 0.3 else Business.NEW, brand=self.offer, starts=starts, ends=ends,
            rules=rules, notice=notice.format(offer=self.offer, p=self.product.name), lands=self.lands,
            training=None if missing else workday_before(begins - timedelta(days=1)),
            configured=self.lands[:-1] if missing and len(self.lands) > 1 else None)

    def _checks(self) -> Iterator[Act]:
        """A verdict on each element; of what is not fit yet only some."""
        second = self.cast.fate == CHANGED if self.cast.unit == "hq" else self.rng.random() < 0.35
        failed = self.rng.choice(list(LaunchElement)[:4]) if self.rng.random() < 0.25 else None
        mended: list[tuple[LaunchElement, Who]] = []
        for n, element in enumerate(LaunchElement):
            who = self._line if n % 2 == 0 else self._other
            at = self._at(0.35 + 0.09 * n)
            if self.cast.fate == UNFIT and element is LaunchElement.TRAINING:          # the second person has yet to say so
                yield self._verdict(element, "not_applicable", at, self._line, words.NOT_APPLICABLE)
            elif self.cast.fate in _UNFINISHED and element in (LaunchElement.DOCUMENTS, LaunchElement.TRAINING):
                continue
            elif self.cast.fate == UNFIT and element is LaunchElement.NOTICES:
                yield self._verdict(element, "fail", at, who, words.FAILS["notices"][0])
            elif element is LaunchElement.TRAINING and second:
                yield self._verdict(element, "not_applicable", at, self._line, words.NOT_APPLICABLE)
                yield self._verdict(element, "not_applicable", self._at(0.80), self._second, "")
            elif element is failed and self.cast.fate not in _UNFINISHED:
                yield self._verdict(element, "fail", at, who, self.rng.choice(words.FAILS[element.value]))
                mended.append((element, who))
            else:
                yield self._verdict(element, "pass", at, who, self.rng.choice(words.PASSES))
        for element, who in mended:
            yield self._verdict(element, "pass", self._at(0.85), who, "已补充，复核通过。")

    def _verdict(self, element: LaunchElement, verdict: str, at: datetime, who: Who, reason: str) -> Check:
        return Check(at=at, who=who, of=self.of, element=element.value, verdict=verdict, reason=reason)

    def _afterwards(self, offer: Offer) -> Iterator[Act]:
        left = self.when.now - self.live
        match self.cast.fate:
            case "changed":
                at = self._in_hours(self.live + left * 0.6)
                later = offer.ends + timedelta(days=30)
                yield Prolong(at=at, who=self._line, of=self.of, ends=later, text=self.rng.choice(words.CHANGES))
                again = self._in_hours(at + timedelta(hours=3))
                yield self._verdict(LaunchElement.RULES, "pass", again, self._line, "变更后重新核对。")
                yield from self._receipts(at)
            case "paused" | "resumed":
                at = self._in_hours(self.live + left * 0.5 if self.cast.fate == RESUMED else self.when.now - min(
                    left * 0.3, timedelta(days=6)))
                yield Pause(at=at, who=self._line, of=self.of, reason=self.rng.choice(words.PAUSES))
                yield from self._receipts(at)
                if self.cast.fate == RESUMED:
                    again = self._in_hours(at + min(left * 0.2, timedelta(days=12)))
                    yield GoLive(at=again, who=self._line, of=self.of)
                    yield from self._receipts(again)
            case "ended":
                assert self.ended is not None
                yield End(at=self.ended, who=self._line, of=self.of, reason=self.rng.choice(words.ENDS))
                yield from self._receipts(self.ended)

    def _receipts(self, since: datetime) -> Iterator[Act]:
        """Most units acknowledge within days, at the hour at which they look at such things; a few do not. Long ago, those
        who had not were chased until nearly everybody had."""
        old = self.when.now - since > timedelta(days=40)
        late: list[str] = []
        for code in self._informed():
            recent = self.when.now - since < timedelta(days=12)
            if (code in SHOWN and recent) or self.rng.random() > (0.9 if old else 0.8):
                late.append(code)
                continue
            yield self._acknowledge(code, clock.local(since).date() + timedelta(days=self.rng.choice((1, 1, 2, 3, 4))))
        if late and old:
            urged = workday(clock.local(since).date() + timedelta(days=9))
            yield ChaseReceipts(at=clock.at(urged, 10, 20), who=self._line, of=self.of, text=words.RECEIPT_CHASES[0])
            for code in late:
                if self.rng.random() < 0.7:
                    yield self._acknowledge(code, urged + timedelta(days=self.rng.choice((1, 2))))

    def _acknowledge(self, code: str, day: date) -> Acknowledge:
        who = self.cast.line.value if self.rng.random() < 0.2 else "contact"
        minutes = sum(map(ord, code + who)) % 300
        return Acknowledge(at=clock.at(workday(day), 9 + minutes // 60, minutes % 60), who=(who, code), of=self.of)
