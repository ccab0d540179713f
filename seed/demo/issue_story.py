"""The quality issues of the demonstration year: which ones there are, who raises them about what, and how each goes.

What a day must show is told first: issues that are new, late, solved, asked about, disputed. The others fill the year, more of
them in the last weeks; what would happen after the present is left out, so that they stay wherever they are."""
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portal.issues.rules.clocks import Limit, Limits, limits_from
from seed.demo.acts import Act, Who
from seed.demo.campaign_story import Running
from seed.demo.exchange_acts import At, Desk
from seed.demo.issue_thread import TIME, Thread
from seed.demo.people import Staff
from seed.demo.when import When
from seed.reading import read_plan
from tenants.vocabulary import Line, Severity, Stage

DAY = 480                              # minutes of working time
RECENT = timedelta(days=25)
_SEVERITIES = {Severity.LOW: 25, Severity.MEDIUM: 45, Severity.HIGH: 25, Severity.CRITICAL: 5}
_RHYTHM = (1.0, 0.85, 0.7, 0.6, 0.5)   # how many of what could be raised on each weekday is
_OFTEN = {"guangdong": 5, "sichuan": 3, "migu": 0.8, "terminal": 0.4, "cloud": 0.4, "smart-home": 0.4}
_SHOWN = ("guangdong", "sichuan", "migu")
_HQ_RAISERS = ("office", "customer_service")


@dataclass(frozen=True, slots=True)
class Scene:
    """An issue that there must be. `ages` in working days; `owner` and `raiser` are the units meant, where that can be."""
    tell: Callable[["Telling", Thread], None]
    ages: tuple[float, float]
    owner: str = ""
    raiser: str = ""
    line: Line | None = None
    severity: Severity | None = None
    known: bool = True
    twin: bool = False


@dataclass(slots=True)
class Telling:
    """What is known while issues are told: the campaigns, the people, the moments taken."""
    staff: Mapping[str, Staff]
    running: Sequence[Running]
    when: When
    rng: Random
    limits: Limits
    taken: set[At] = field(default_factory=set)
    threads: list[Thread] = field(default_factory=list)

    def begin(self, scene: Scene, raised: datetime) -> Thread | None:
        """An issue about a campaign that runs then; None where there is none."""
        about = self._about(scene, raised)
        if about is None:
            return None
        raiser = self._raiser(scene, about)
        while (raiser[1], raised) in self.taken:
            raised += timedelta(minutes=3)
        self.taken.add((raiser[1], raised))
        severity = scene.severity or self.rng.choices(list(_SEVERITIES), list(_SEVERITIES.values()))[0]
        others = [u for u in about.units if u not in (raiser[1], about.cast.unit, about.product.owner)]
        also = (self.rng.choice(others),) if others and scene.known and self.rng.random() < 0.06 else ()
        thread = Thread(about, raiser, raised, severity, self.rng, self.limits, complaints=self._complaints(about, raised),
                        known=scene.known, also=also)
        self.threads.append(thread)
        return thread

    def _about(self, scene: Scene, raised: datetime) -> Running | None:
        now = [r for r in self.running if r.live + timedelta(hours=1) < raised
               and (r.ended is None or raised < r.ended + timedelta(days=3)) and len(r.units) + (r.cast.unit != "hq") > 1]
        for wanted in (self._twinned, self._owned, self._raisable):
            now = [r for r in now if wanted(scene, r)] or now
        if not now or (scene.twin and not any(self._twinned(scene, r) for r in now)):
            return None
        return self.rng.choices(now, [5 if r.cast.hot else 2 if r.cast.unit in _SHOWN else 1 for r in now])[0]

    def _owned(self, scene: Scene, r: Running) -> bool:
        return scene.owner in ("", r.cast.unit) and scene.line in (None, r.cast.line)

    def _raisable(self, scene: Scene, r: Running) -> bool:
        return not scene.raiser or (scene.raiser in (*r.units, "hq") and r.cast.unit != scene.raiser)

    def _twinned(self, scene: Scene, r: Running) -> bool:
        return not scene.twin or self.twin(r, self.when.now) is not None

    def twin(self, about: Running, at: datetime) -> Running | None:
        """Another campaign that sells the same and runs at that moment."""
        return next((r for r in self.running if r.product is about.product and r.desk != about.desk and r.ended is None
                     and r.live < at), None)

    def _raiser(self, scene: Scene, about: Running) -> Who:
        units = [u for u in about.units if u != about.cast.unit]
        unit = self.rng.choices(units, [_OFTEN.get(u, 1) for u in units])[0] if units else "hq"
        if scene.raiser and scene.raiser in (*units, "hq"):
            unit = scene.raiser
        elif about.cast.unit != "hq" and self.rng.random() < 0.08:
            unit = "hq"
        if unit == "hq":
            return self.rng.choice(_HQ_RAISERS), unit
        return about.cast.line.value if self.rng.random() < 0.4 else "contact", unit

    def _complaints(self, about: Running, raised: datetime) -> int:
        """They rise where a campaign is talked of."""
        if not about.cast.hot:
            return self.rng.randrange(0, 12)
        begun = (raised - about.live) / max(self.when.now - about.live, timedelta(days=1))
        return int(3 + 40 * begun ** 2 + self.rng.randrange(0, 5))

    def elsewhere(self, thread: Thread) -> Desk:
        """Where the cause may lie instead: with the company whose product it is, or with those who build the systems."""
        product, launcher = thread.about.product.owner, thread.about.cast.unit
        found: list[Desk] = [("hq", Line.IT)]
        if launcher != "hq":
            found.append((launcher, Line.IT))
        if product in self.staff and product != launcher:
            found = [(product, thread.line)] * 5 + found
        return self.rng.choice([d for d in found if d != thread.desk])


# --- how issues go ----------------------------------------------------------------------------------------------------------

def _new(_: Telling, __: Thread) -> None:
    pass


def _ordinary(t: Telling, issue: Thread) -> None:
    rng = t.rng
    if rng.random() < 0.12:
        issue.evidence()
    issue.accept()
    if rng.random() < 0.2:
        issue.ask(rng.uniform(10, 60)).answer()
    if rng.random() < 0.07:
        issue.join()
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        issue.comment()
    issue.resolve()
    if rng.random() > 0.06:
        issue.confirm()


def _accepted(t: Telling, issue: Thread) -> None:
    issue.accept(t.rng.uniform(15, 60))
    if t.rng.random() < 0.6:
        issue.comment(25)


def _late(t: Telling, issue: Thread) -> None:
    issue.accept(90).comment().chase(DAY * 3, by_headquarters=t.rng.random() < 0.5)


def _late_answer(_: Telling, issue: Thread) -> None:
    issue.chase(DAY, by_headquarters=True)


def _solved(t: Telling, issue: Thread) -> None:
    issue.accept(40).comment().resolve(t.rng.uniform(150, 500))


def _asked(_: Telling, issue: Thread) -> None:
    issue.accept(40).ask(50)


def _handed(t: Telling, issue: Thread) -> None:
    issue.hand_over(t.elsewhere(issue), 45)


def _to_systems(_: Telling, issue: Thread) -> None:
    issue.accept(30).hand_over(("hq", Line.IT), 50)


def _disputed(t: Telling, issue: Thread) -> tuple[Desk, Desk]:
    """To the second disagreement; returns the two desks."""
    first, other = issue.desk, t.elsewhere(issue)
    issue.hand_over(other, 60).decline(first, 110).hand_over(other, 80, again=True).decline(first, 70)
    return first, other


def _ruling_due(t: Telling, issue: Thread) -> None:
    _disputed(t, issue)


def _ruled(t: Telling, issue: Thread) -> None:
    issue.rule(t.rng.choice(_disputed(t, issue))).accept(60).comment().resolve().confirm()


def _unidentified(_: Telling, __: Thread) -> None:
    pass


def _identified(_: Telling, issue: Thread) -> None:
    issue.identify().accept(70).resolve().confirm()


def _chain(t: Telling, issue: Thread) -> None:
    issue.hand_over(t.elsewhere(issue)).accept(t.rng.uniform(30, 200))
    if t.rng.random() < 0.4:
        issue.comment()
    issue.resolve().confirm()


def _long_chain(t: Telling, issue: Thread) -> None:
    issue.accept()
    third: Desk = ("hq", Line.IT)
    second = t.elsewhere(issue)
    issue.hand_over(second, 120).accept(100)
    if second != third:
        issue.comment().hand_over(third, 200).accept(80)
    issue.resolve().confirm()


def _declined(t: Telling, issue: Thread) -> None:
    first = issue.desk
    issue.hand_over(t.elsewhere(issue)).decline(first).accept(60).resolve().confirm()


def _reopened(_: Telling, issue: Thread) -> None:
    issue.accept().resolve().reopen().comment().resolve(DAY).confirm()


def _reopened_now(_: Telling, issue: Thread) -> None:
    issue.accept(40).resolve(300).reopen()


def _withdrawn(t: Telling, issue: Thread) -> None:
    if t.rng.random() < 0.6:
        issue.accept()
    issue.withdraw()


def _merged(t: Telling, issue: Thread) -> None:
    """Somebody else raises the same a little later; the owner sees that."""
    units = [u for u in issue.about.units if u not in (issue.raiser[1], issue.about.cast.unit)]
    if units:
        raised = issue.raised + timedelta(minutes=20)
        raiser = "contact", t.rng.choice(units)
        while (raiser[1], raised) in t.taken:
            raised += timedelta(minutes=3)
        t.taken.add((raiser[1], raised))
        double = Thread(issue.about, raiser, raised, Severity(issue.limit.severity), t.rng, t.limits, complaints=4)
        t.threads.append(double)
        issue.accept(60)
        double.merge(issue)
    else:
        issue.accept()
    issue.comment().resolve().confirm()


def _part(t: Telling, issue: Thread) -> Thread:
    issue.accept(50)
    part = issue.split(t.elsewhere(issue), t.limits)
    t.taken.add(part.key)
    t.threads.append(part)
    return part


def _split_open(t: Telling, issue: Thread) -> None:
    _part(t, issue).accept(60)


def _split(t: Telling, issue: Thread) -> None:
    part = _part(t, issue).accept(60).resolve(400).confirm(120)
    issue.at = part.at
    issue.resolve().confirm()


def _chased(t: Telling, issue: Thread) -> None:
    issue.accept()
    issue.chase(issue.until(0.9, resolve=True), by_headquarters=t.rng.random() < 0.6)
    issue.resolve(issue.until(t.rng.uniform(1.1, 1.5), resolve=True)).confirm()


def _passed_on(_: Telling, issue: Thread) -> None:
    issue.accept()
    if issue.raiser[1] != "hq":
        issue.pass_on("deputy")
    issue.resolve().confirm()


def _warned(t: Telling, issue: Thread) -> None:
    issue.accept().resolve().confirm()
    twin = t.twin(issue.about, issue.at)
    if twin is not None:
        issue.warn(twin)


def _linked(t: Telling, issue: Thread) -> None:
    other = next((x for x in t.threads if x is not issue and x.about is issue.about and x.line == issue.line
                  and x.raised < issue.raised), None)
    issue.accept()
    if other is not None:
        issue.link(other)
    issue.resolve().confirm()


def _with_party(t: Telling, issue: Thread) -> None:
    issue.evidence().accept()
    product, known = issue.about.product.owner, (issue.raiser[1], issue.desk[0])
    desks: list[Desk] = [(u, issue.line) for u in issue.about.units if u not in (*known, product)] or [("hq", Line.IT)]
    issue.name_party(t.rng.choice(desks)).comment().resolve().confirm()


_M, _H, _S = Severity.MEDIUM, Severity.HIGH, Severity.LOW
# Round after round: a young year has the first ones only.
SCENES: tuple[Scene, ...] = (
    Scene(_new, (0.05, 0.3), "guangdong", "migu", severity=_M), Scene(_new, (0.05, 0.3), "hq", "guangdong", severity=_M),
    Scene(_solved, (1.8, 2.6), "hq", "guangdong", Line.MARKET, _M), Scene(_ruling_due, (1.2, 2.2), "guangdong", line=Line.MARKET),
    Scene(_asked, (0.4, 1.0), "migu", "guangdong", severity=_M), Scene(_late_answer, (2.1, 3.4),
    "hq", line=Line.MARKET, severity=_H),
    Scene(_unidentified, (0.2, 0.9), raiser="guangdong", severity=_S, known=False), Scene(_late, (6.2, 8.0), "migu", severity=_H),
    Scene(_accepted, (0.5, 1.5), "guangdong", severity=_M), Scene(_solved, (1.6, 2.4), "guangdong", "hq", severity=_M),
    Scene(_to_systems, (0.4, 0.8), "hq", line=Line.MARKET, severity=_M), Scene(_chain, (4, 8)), Scene(_withdrawn, (4, 9)),
    Scene(_reopened, (6, 9), severity=_H), Scene(_merged, (5, 9), "hq", severity=_M), Scene(_declined, (4, 8), "guangdong"),

    Scene(_split_open, (2, 3), "hq", line=Line.MARKET, severity=_M), Scene(_handed, (0.3, 0.8),
    "hq", line=Line.ENTERPRISE, severity=_M),
    Scene(_new, (0.05, 0.4), "migu", "guangdong", severity=_S), Scene(_accepted, (0.5, 2), "hq", line=Line.ENTERPRISE, severity=_S),
    Scene(_warned, (12, 30), "hq", line=Line.MARKET, twin=True), Scene(_new, (0.1, 0.4), "hq", "sichuan",
    Line.CUSTOMER_SERVICE, _S),
    Scene(_reopened_now, (3, 4), "hq", "guangdong", severity=_M), Scene(_identified, (8, 20), raiser="sichuan", known=False),
    Scene(_asked, (0.5, 1.2), "guangdong", "migu", severity=_M), Scene(_late_answer, (1.8, 2.6), "sichuan", severity=_H),
    Scene(_late, (7, 9), "guangdong", severity=_M), Scene(_ruled, (15, 60)), Scene(_split, (12, 40), "hq", severity=_M),
    Scene(_passed_on, (9, 30), raiser="guangdong"), Scene(_chased, (14, 50), severity=_M), Scene(_with_party, (10, 60)),
    Scene(_linked, (10, 30), "hq", line=Line.MARKET), Scene(_chain, (10, 60), "guangdong"), Scene(_chain, (10, 60), "hq"),

    Scene(_ruling_due, (2, 3), "sichuan"), Scene(_solved, (2, 3), "migu", "sichuan", severity=_M), Scene(_unidentified,
    (1.2, 2), known=False),
    Scene(_late, (9, 12), severity=_S), Scene(_accepted, (1, 2), "smart-home", severity=_S), Scene(_new, (0.3, 0.7), severity=_S),
    Scene(_solved, (2, 3), "terminal", severity=_M), Scene(_accepted, (1, 2), "migu", severity=_S), Scene(_late_answer,
    (2.2, 3), severity=_H),
    Scene(_new, (0.1, 0.3), "hq", line=Line.ENTERPRISE, severity=_M), Scene(_accepted, (0.5, 1.5), "hubei", line=Line.NETWORK),
    Scene(_warned, (20, 70), "guangdong", twin=True), Scene(_warned, (40, 120), twin=True), Scene(_identified,
    (30, 90), known=False),
    Scene(_ruled, (30, 120), "guangdong"), Scene(_ruled, (40, 160)), Scene(_ruled, (20, 200), "hq"),
    Scene(_merged, (20, 60), "hq"), Scene(_merged, (30, 120), "migu"), Scene(_reopened, (20, 90)), Scene(_reopened, (30, 150)),
    Scene(_withdrawn, (20, 90)), Scene(_withdrawn, (10, 150)), Scene(_passed_on, (20, 100)), Scene(_chased, (20, 90)),
    Scene(_with_party, (20, 150)), Scene(_linked, (20, 90), "hq"), Scene(_linked, (10, 60), "guangdong"), Scene(_with_party,
    (5, 90)),
    Scene(_long_chain, (10, 60), "guangdong"), Scene(_long_chain, (20, 150), "hq"), *(Scene(_chain, (8, 200)) for _ in range(7)),
    Scene(_declined, (20, 150)), Scene(_declined, (10, 90), "hq"),
)
_ORDINARY = Scene(_ordinary, (0, 0))


def issues(staff: Mapping[str, Staff], running: Sequence[Running], when: When, random_seed: int) -> list[Act]:
    """Everything that was done with issues, each one's acts in their order."""
    t = Telling(staff, running, when, Random(f"{random_seed} {when.year} issues"), _limits())
    if not running:
        return []
    number = max(18, int(min(112, 12 + when.span * 0.32) * min(1.0, max(0.5, len(staff) / 24))))
    for scene in SCENES[:max(14, int(number * 0.68))]:
        _tell(t, scene, _raised(t, scene))
    for raised in _rest(t, number - len(t.threads)):
        _tell(t, _ORDINARY, raised)
    return [act for thread in t.threads for act in thread.acts]


def _tell(t: Telling, scene: Scene, raised: datetime) -> None:
    issue = t.begin(scene, raised)
    if issue is not None:
        scene.tell(t, issue)


def _raised(t: Telling, scene: Scene) -> datetime:
    """So many working days ago, in hours of work; no longer ago than the first campaign has run."""
    found = TIME.passed_before(t.when.now, timedelta(minutes=t.rng.uniform(*scene.ages) * DAY))
    first = min(r.live for r in t.running)
    if found < first + timedelta(hours=4):
        found = t.when.in_office(first + (t.when.now - first) * t.rng.uniform(0.1, 0.5), t.rng, first + timedelta(hours=2))
    return found.replace(second=0, microsecond=0)


def _rest(t: Telling, number: int) -> Iterator[datetime]:
    """Moments for all others: every third in the last weeks, more on Mondays than on Fridays."""
    first = min(r.live for r in t.running)
    for n in range(number):
        while True:
            since = max(first, t.when.now - RECENT) if n % 3 == 0 else first
            at = t.when.in_office(since + (t.when.now - since) * t.rng.uniform(0.02, 0.99), t.rng, first + timedelta(hours=2))
            if t.rng.random() < _RHYTHM[min(4, at.weekday())]:
                break
        yield at


def _limits() -> Limits:
    """As the plan's data has them from the start."""
    return limits_from(Limit(
        Severity(r["severity"]), Stage(r["stage"]) if r["stage"] else None, timedelta(minutes=r["respond_minutes"]),
        timedelta(minutes=r["resolve_minutes"]), r["continuous"]) for r in read_plan().limits)
