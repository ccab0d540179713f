"""How quality issues of the demonstration year go, and which ones there must be so that a day shows something of each kind."""
from datetime import timedelta

from seed.demo.exchange_acts import Desk
from seed.demo.issue_telling import Scene, Telling
from seed.demo.issue_thread import Thread
from tenants.vocabulary import Line, Severity

DAY = 480                              # minutes of working time


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
    if units and issue.raiser[1] != issue.about.cast.unit:
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
    if t.twin(issue.about, issue.at) is not None:
        issue.warn([r for r in t.running if r.live < issue.at and r.desk != issue.owner])


def _linked(t: Telling, issue: Thread) -> None:
    """Headquarters' line sees that it has to do with an earlier one."""
    earlier = [x for x in t.threads if x.known and x.line == issue.line and x.raised < issue.raised]
    other = min(earlier, key=lambda x: (x.about is not issue.about, x.topic is not issue.topic), default=None)
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
# A young year has the first ones only.
SCENES: tuple[Scene, ...] = (
    Scene(_new, (0.05, 0.3), "guangdong", "migu", severity=_M), Scene(_new, (0.05, 0.3), "hq", "guangdong", severity=_M),
    Scene(_solved, (1.8, 2.6), "hq", "guangdong", Line.MARKET, _M), Scene(_ruling_due, (1.2, 2.2), "guangdong", line=Line.MARKET),
    Scene(_asked, (0.4, 1.0), "migu", "guangdong", severity=_M),
    Scene(_late_answer, (2.1, 3.4), "hq", line=Line.MARKET, severity=_H),
    Scene(_unidentified, (0.2, 0.9), raiser="guangdong", severity=_S, known=False), Scene(_late, (6.2, 8.0), "migu", severity=_H),
    Scene(_accepted, (0.5, 1.5), "guangdong", severity=_M), Scene(_solved, (1.6, 2.4), "guangdong", "hq", severity=_M),
    Scene(_to_systems, (0.4, 0.8), "hq", line=Line.MARKET, severity=_M), Scene(_chain, (4, 8)), Scene(_withdrawn, (4, 9)),
    Scene(_reopened, (6, 9), severity=_H), Scene(_merged, (5, 9), "hq", severity=_M), Scene(_declined, (4, 8), "guangdong"),
    Scene(_split_open, (2, 3), "hq", line=Line.MARKET, severity=_M),
    Scene(_handed, (0.3, 0.8), "hq", line=Line.ENTERPRISE, severity=_M), Scene(_new, (0.05, 0.4), "migu", "guangdong", severity=_S),
    Scene(_accepted, (0.5, 2), "hq", line=Line.ENTERPRISE, severity=_S), Scene(_warned, (7, 12), "hq", line=Line.MARKET, twin=True),
    Scene(_new, (0.1, 0.4), "hq", "sichuan", Line.CUSTOMER_SERVICE, _S),
    Scene(_reopened_now, (3, 4), "hq", "guangdong", severity=_M), Scene(_identified, (8, 20), raiser="sichuan", known=False),
    Scene(_asked, (0.5, 1.2), "guangdong", "migu", severity=_M), Scene(_late_answer, (1.8, 2.6), "sichuan", severity=_H),
    Scene(_late, (7, 9), "guangdong", severity=_M), Scene(_ruled, (15, 60)), Scene(_split, (12, 40), "hq", severity=_M),
    Scene(_passed_on, (9, 30), raiser="guangdong"), Scene(_chased, (14, 50), severity=_M), Scene(_with_party, (10, 60)),
    Scene(_linked, (10, 30), "hq", line=Line.MARKET), Scene(_chain, (10, 60), "guangdong"), Scene(_chain, (10, 60), "hq"),
    Scene(_ruling_due, (2, 3), "sichuan"), Scene(_solved, (2, 3), "migu", "sichuan", severity=_M),
    Scene(_unidentified, (1.2, 2), known=False), Scene(_late, (9, 12), severity=_S),
    Scene(_accepted, (0.5, 1.5), "hq", line=Line.NETWORK), Scene(_warned, (20, 70), "guangdong", twin=True),
    Scene(_warned, (40, 120), twin=True), Scene(_identified, (30, 90), known=False), Scene(_ruled, (30, 120), "guangdong"),
    Scene(_ruled, (40, 160)), Scene(_ruled, (20, 200), "hq"), Scene(_merged, (20, 60), "hq"), Scene(_merged, (30, 120), "migu"),
    Scene(_reopened, (20, 90)), Scene(_reopened, (30, 150)), Scene(_withdrawn, (20, 90)), Scene(_withdrawn, (10, 150)),
    Scene(_passed_on, (20, 100)), Scene(_chased, (20, 90)), Scene(_with_party, (20, 150)), Scene(_linked, (20, 90), "hq"),
    Scene(_linked, (10, 60), "guangdong"), Scene(_with_party, (5, 90)), Scene(_long_chain, (10, 60), "guangdong"),
    Scene(_long_chain, (20, 150), "hq"), *(Scene(_chain, (8, 200)) for _ in range(7)), Scene(_declined, (20, 150)),
    Scene(_declined, (10, 90), "hq"),
)
ORDINARY = Scene(_ordinary, (0, 0))
