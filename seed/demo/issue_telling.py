"""Whom an issue of the demonstration year is about and by whom it is raised, so that each is somebody whom it can be."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portal.issues.rules.clocks import Limits
from seed.demo.acts import Who
from seed.demo.campaign_story import Running
from seed.demo.exchange_acts import At, Desk
from seed.demo.issue_thread import Thread
from seed.demo.people import Staff
from seed.demo.when import When
from tenants.vocabulary import Line, Severity

_SEVERITIES = {Severity.LOW: 25, Severity.MEDIUM: 45, Severity.HIGH: 25, Severity.CRITICAL: 5}
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
        return about.cast.line.value if not scene.raiser and self.rng.random() < 0.5 else "contact", unit

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
