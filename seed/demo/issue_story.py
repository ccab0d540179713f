"""The quality issues of the demonstration year: which ones there are, and when.

What a day must show is told first: issues that are new, late, solved, asked about, disputed. The others fill the year, more of
them in the last months; what would happen after the present is left out, so that they stay wherever they are."""
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from portal.issues.rules.clocks import Limit, Limits, limits_from
from seed.demo.acts import Act
from seed.demo.campaign_story import Running
from seed.demo.issue_scenes import DAY, ORDINARY, SCENES
from seed.demo.issue_telling import Scene, Telling
from seed.demo.issue_thread import TIME
from seed.demo.people import Staff
from seed.demo.when import When
from seed.reading import whole_plan
from tenants.vocabulary import Severity, Stage

RECENT = timedelta(days=75)
SETTLED = timedelta(days=4)            # what happens by itself has had some days for it
_RHYTHM = (1.0, 0.85, 0.7, 0.6, 0.5)   # how many of what could be raised on each weekday is


def issues(staff: Mapping[str, Staff], running: Sequence[Running], when: When, random_seed: int) -> list[Act]:
    """Everything that was done with issues, each one's acts in their order."""
    t = Telling(staff, running, when, Random(f"{random_seed} {when.year} issues"), _limits())
    if not running:
        return []
    number = max(18, int(min(112, 12 + when.span * 0.32) * min(1.0, max(0.5, len(staff) / 24))))
    for scene in SCENES[:max(14, int(number * 0.68))]:
        _tell(t, scene, _raised(t, scene))
    for raised in _rest(t, number - len(t.threads)):
        _tell(t, ORDINARY, raised)
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
    """Moments for all others: every second in the last months, more on Mondays than on Fridays."""
    first = min(r.live for r in t.running)
    until = max(first, t.when.now - SETTLED)
    for n in range(number):
        since = max(first, t.when.now - RECENT) if n % 2 == 0 else first
        while True:
            at = t.when.in_office(since + (until - since) * t.rng.uniform(0.02, 0.99), t.rng, first + timedelta(hours=2))
            if t.rng.random() < _RHYTHM[min(4, at.weekday())]:
                break
        yield at


def _limits() -> Limits:
    """As the plan's data has them from the start."""
    return limits_from(Limit(
        Severity(r["severity"]), Stage(r["stage"]) if r["stage"] else None, timedelta(minutes=r["respond_minutes"]),
        timedelta(minutes=r["resolve_minutes"]), r["continuous"]) for r in whole_plan().limits)
