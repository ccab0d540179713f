"""One quality issue of the demonstration year, told step by step in working time: each method is something that happens to it."""
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from portal.issues.rules.clocks import Limit, Limits, limit_for
from portal.worktime import WorkingTime
from seed.demo import exchange_words as words
from seed.demo.acts import Act, Of, Who
from seed.demo.campaign_story import Running
from seed.demo.exchange_acts import (
    AnswerCaution,
    At,
    Comment,
    Desk,
    Evidence,
    Identify,
    Join,
    Move,
    OnIssue,
    PassOn,
    Raise,
    Say,
    Split,
    Warn,
    WithOther,
)
from seed.demo.exchange_words import TOPICS, Topic
from tenants.vocabulary import Line, Severity, Stage

UNKNOWN: Desk = ("hq", Line.CUSTOMER_SERVICE)          # who finds out which campaign is meant
TIME = WorkingTime()


class Thread:
    """An issue while it is told: `at` is when the last step was, `desk` whose it is now. Spans are minutes of working time,
    around the clock where the limit runs so."""

    def __init__(self, about: Running, raiser: Who, raised: datetime, severity: Severity, rng: Random, limits: Limits, *,
                 complaints: int, known: bool = True, also: tuple[str, ...] = ()) -> None:
        self.about, self.raiser, self.raised, self.at, self.rng = about, raiser, raised, raised, rng
        self.known = known
        self.topic: Topic = TOPICS[rng.choice(about.product.topics)]
        self.limit: Limit = limit_for(limits, severity, Stage(self.topic.stage))
        self.desk: Desk = (about.cast.unit, about.cast.line) if known else UNKNOWN
        self.line = about.cast.line if known else UNKNOWN[1]
        self.key: At = (raiser[1], raised)
        self.of = about.of if known else Of(about.of.unit, about.of.year)
        self.title = self._filled(rng.choice(self.topic.titles))
        self.acts: list[Act] = [Raise(
            at=raised, who=raiser, of=self.of, title=self.title, description=self._filled(rng.choice(self.topic.descriptions)),
            severity=severity.value, stage=self.topic.stage, element=self.topic.element, complaints=complaints,
            called="" if known else rng.choice(words.UNKNOWN), also=also)]

    def _filled(self, text: str) -> str:
        return text.format(p=self.about.offer if self.rng.random() < 0.4 else self.about.product.name)

    # --- time and people --------------------------------------------------------------------------------------------------

    @property
    def owner(self) -> Who:
        return self.desk[1].value, self.desk[0]

    @property
    def ruler(self) -> Who:
        return self.line.value, "hq"

    def later(self, minutes: float) -> datetime:
        """So much later than the last step."""
        self.at = after(self.at, minutes, continuous=self.limit.continuous)
        return self.at

    def until(self, share: float, *, resolve: bool) -> float:
        """How many minutes are left until that share of the limit is used up; at least a few."""
        span = (self.limit.resolve if resolve else self.limit.respond) * share
        gone = self.at - self.raised if self.limit.continuous else TIME.between(self.raised, self.at)
        return max(7.0, (span - gone) / timedelta(minutes=1))

    def _add(self, act: OnIssue) -> None:
        self.acts.append(act)

    def _say(self, action: str, who: Who, minutes: float, *texts: str) -> "Thread":
        self._add(Say(at=self.later(minutes), who=who, of=self.of, issue=self.key, action=action, texts=texts))
        return self

    def _move(self, action: str, who: Who, minutes: float, desk: Desk, *texts: str) -> "Thread":
        self._add(Move(at=self.later(minutes), who=who, of=self.of, issue=self.key, action=action, desk=desk, texts=texts))
        return self

    # --- what happens -----------------------------------------------------------------------------------------------------

    def accept(self, minutes: float | None = None) -> "Thread":
        """Mostly in time."""
        share = self.rng.uniform(1.2, 2.4) if self.rng.random() < 0.1 else self.rng.uniform(0.08, 0.85)
        return self._say("accept", self.owner, self.until(share, resolve=False) if minutes is None else minutes)

    def resolve(self, minutes: float | None = None) -> "Thread":
        share = self.rng.uniform(1.05, 1.6) if self.rng.random() < 0.14 else self.rng.uniform(0.25, 0.92)
        return self._say("resolve", self.owner, self.until(share, resolve=True) if minutes is None else minutes,
                         self._filled(self.rng.choice(self.topic.causes)), self._filled(self.rng.choice(self.topic.solutions)))

    def confirm(self, minutes: float | None = None) -> "Thread":
        return self._say("confirm", self.raiser, self.rng.uniform(60, 1300) if minutes is None else minutes)

    def reopen(self) -> "Thread":
        return self._say("reopen", self.raiser, self.rng.uniform(100, 900), self.rng.choice(words.REOPENS))

    def withdraw(self) -> "Thread":
        return self._say("withdraw", self.raiser, self.rng.uniform(40, 500), self.rng.choice(words.WITHDRAWALS))

    def ask(self, minutes: float = 45) -> "Thread":
        return self._say("ask", self.owner, minutes, self.topic.question[0])

    def answer(self) -> "Thread":
        return self._say("answer", self.raiser, self.rng.uniform(40, 420), self.topic.question[1])

    def chase(self, minutes: float, *, by_headquarters: bool = True) -> "Thread":
        return self._say("chase", self.ruler if by_headquarters and self.desk[0] != "hq" else self.raiser, minutes,
                         self.rng.choice(words.CHASES))

    def hand_over(self, to: Desk, minutes: float | None = None, *, again: bool = False) -> "Thread":
        share = self.rng.uniform(0.15, 0.6)
        self._move("hand_over", self.owner, self.until(share, resolve=False) if minutes is None else minutes, to,
                   self.rng.choice(words.AGAINS if again else words.HAND_OVERS))
        self.desk = to
        return self

    def decline(self, back: Desk, minutes: float = 90) -> "Thread":
        self._say("decline", self.owner, minutes, self.rng.choice(words.DECLINES))
        self.desk = back
        return self

    def rule(self, to: Desk, minutes: float = 200) -> "Thread":
        self._move("rule", self.ruler, minutes, to, words.RULINGS[0 if to != (self.about.cast.unit, self.line) else 1])
        self.desk = to
        return self

    def name_party(self, desk: Desk) -> "Thread":
        return self._move("name_party", self.owner, self.rng.uniform(15, 60), desk)

    def comment(self, minutes: float | None = None) -> "Thread":
        """The owner to the first contact or the other way round, who is named; at times headquarters' line to both."""
        who, other = self.rng.choice(((self.owner, self.raiser), (self.raiser, self.owner)))
        if self.desk[0] != "hq" and self.raiser[1] != "hq" and self.rng.random() < 0.15:
            who, other = self.ruler, self.owner
        mentions = (other,) if self.rng.random() < 0.75 and other != who else ()
        self._add(Comment(at=self.later(self.rng.uniform(20, 160) if minutes is None else minutes), who=who, of=self.of,
                          issue=self.key, text=self.rng.choice(self.topic.comments), mentions=mentions))
        return self

    def evidence(self) -> "Thread":
        self._add(Evidence(at=self.later(9), who=self.raiser, of=self.of, issue=self.key, name="问题样本说明.txt",
                           text=words.EVIDENCE.format(what=self.title)))
        return self

    def join(self) -> "Thread":
        self._add(Join(at=self.later(self.rng.uniform(60, 240)), who=self.raiser, of=self.of, issue=self.key,
                       count=self.rng.randrange(2, 9), text=self.rng.choice(words.JOINS)))
        return self

    def pass_on(self, to: str) -> "Thread":
        self._add(PassOn(at=self.later(30), who=self.raiser, of=self.of, issue=self.key, to=to))
        self.raiser = to, self.raiser[1]
        return self

    def identify(self) -> "Thread":
        self._add(Identify(at=self.later(self.rng.uniform(60, 300)), who=self.owner, of=self.about.of, issue=self.key))
        self.desk, self.line, self.of = (self.about.cast.unit, self.about.cast.line), self.about.cast.line, self.about.of
        return self

    def merge(self, into: "Thread") -> "Thread":
        """When both lie with the same desk, after whichever of them moved last."""
        self.at = max(self.at, into.at)
        self._add(WithOther(at=self.later(25), who=self.owner, of=self.of, issue=self.key, action="merge", other=into.key))
        into.at = self.at
        return self

    def link(self, other: "Thread") -> "Thread":
        self.at = max(self.at, other.raised)
        self._add(WithOther(at=self.later(35), who=self.ruler, of=self.of, issue=self.key, action="link", other=other.key))
        return self

    def split(self, to: Desk, limits: Limits) -> "Thread":
        """The part, which the owner of the whole raises. What the whole does next comes after it is through."""
        title, description = (text.format(p=self.about.product.name) for text in self.rng.choice(words.PARTS))
        at = self.later(40)
        part = Thread(self.about, self.owner, at, Severity(self.limit.severity), self.rng, limits, complaints=0)
        part.topic, part.limit = self.topic, self.limit
        part.acts = [Split(at=at, who=self.owner, of=self.of, issue=self.key, desk=to, title=title, description=description)]
        part.desk = to
        return part

    def warn(self, others: Sequence[Running]) -> "Thread":
        """Owners of alike campaigns are asked to look. Whichever of these hear of it answer, but for a few of late."""
        self._add(Warn(at=self.later(120), who=self.owner, of=self.of, issue=self.key, text=self.rng.choice(words.WARNINGS)))
        for other in others:
            if self.rng.random() < 0.92:
                affected = self.rng.random() < 0.2
                at = after(self.at, self.rng.uniform(300, 2200), continuous=False)
                self.acts.append(AnswerCaution(at=at, who=other.desk, of=other.of, affected=affected,
                                               finding=words.FINDINGS[affected]))
        return self


def after(start: datetime, minutes: float, *, continuous: bool) -> datetime:
    """Whole minutes, later than `start` in any case."""
    span = timedelta(minutes=max(1, int(minutes)))
    found = start + span if continuous else TIME.add(start, span)
    return max(found.replace(second=0, microsecond=0), start + timedelta(minutes=1))
