"""What the tasks of the schedule are called, when they run, and what their figures count. Pure."""
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from tenants.messages import N_, Message

TASKS: Mapping[str, Message] = {
    "tasks.outbox.dispatch": N_("Deliver what waits"),
    "tasks.outbox.drain": N_("Deliver notices to a unit"),
    "tasks.outbox.drain_mail": N_("Send letters of a unit"),
    "tasks.outbox.drain_chat": N_("Tell chat rooms and programs of a unit"),
    "tasks.reminders.begin": N_("Look for what is due in every unit"),
    "tasks.reminders.sweep": N_("Remind a unit of what is due"),
    "tasks.reminders.begin_pressing": N_("Look for quality issues that are due in every unit"),
    "tasks.reminders.sweep_pressing": N_("Remind a unit of quality issues"),
    "tasks.bulletins.compose": N_("Compose bulletins by schedule"),
    "tasks.subscriptions.begin": N_("Look for lists that are to be sent"),
    "tasks.subscriptions.deliver": N_("Send somebody a list"),
    "tasks.upkeep.purge": N_("Forget what nobody needs"),
    "tasks.upkeep.sweep": N_("Remove bytes that no file names"),
}
COUNTS: Mapping[str, Message] = {
    "units": N_("units with something waiting"), "delivered": N_("delivered"), "failed": N_("failed"),
    "asked": N_("started out of turn"), "messages": N_("messages forgotten"), "answers": N_("answers forgotten"),
    "runs": N_("runs forgotten"), "seen": N_("looked at"), "told": N_("reminded"), "nobody": N_("nobody there to be reminded"),
    "composed": N_("composed"), "published": N_("published by schedule"), "empty": N_("without a programme to tell of"),
    "due": N_("to be sent"), "sent": N_("sent"), "ended": N_("ended, not to be seen any more"),
    "workbooks": N_("workbooks forgotten"), "files": N_("files removed"), "swept": N_("units to look through")}
TOPICS: Mapping[str, Message] = {
    "notice": N_("Notice"), "mail": N_("Letter"), "digest": N_("Letter of the day"), "chat": N_("Chat message"),
    "webhook": N_("Webhook"), "appointment.ended": N_("An appointment has ended"), "unit.closed": N_("A unit has closed"),
    "issue.step": N_("A step of an issue"), "issue.warning": N_("A warning from an issue")}
FREQUENT = frozenset({"tasks.outbox.dispatch", "tasks.outbox.drain", "tasks.outbox.drain_mail", "tasks.outbox.drain_chat",
                      "tasks.reminders.begin_pressing", "tasks.reminders.sweep_pressing"})
# What one task hands out another does, run by run: those since that one began are a round.
ROUNDS: Mapping[str, str] = {"tasks.reminders.sweep": "tasks.reminders.begin",
                             "tasks.subscriptions.deliver": "tasks.subscriptions.begin"}
# Whom an event goes on to: the second half of a topic such as "unit.closed>issues".
HEARERS: Mapping[str, Message] = {
    "campaigns": N_("Campaigns"), "issues": N_("Quality issues"), "exchange": N_("Rules of the exchange")}
LONGEST_RUN = timedelta(minutes=2)     # the hard limit of a task: what has not ended by then was killed


def schedule(said: str) -> Message:
    """"every 2 s" or the five fields of cron in words; what has none stays as it is."""
    if every := re.fullmatch(r"every (\S+) s", said):
        return N_("every %(n)s seconds", n=every[1])
    if not (cron := re.fullmatch(r"(\*/)?(\d+) (\*|(\d+)(?:-(\d+))?) \* \* \*", said)):
        return Message(said)
    step, minute, hours, first, last = cron.groups()
    if step:
        return N_("every %(n)s minutes", n=minute) if hours == "*" else Message(said)
    at = f":{int(minute):02}"
    if hours == "*":
        return N_("every hour at minute %(minute)s", minute=minute)
    if last:
        return N_("every hour from %(first)s to %(last)s", first=f"{int(first):02}{at}", last=f"{int(last):02}{at}")
    return N_("every day at %(time)s", time=f"{int(first):02}{at}")


def topic(name: str) -> Message:
    """What a topic of the outbox is called; one that is unknown by its name."""
    event, _, hearer = name.partition(">")
    known = TOPICS.get(event, Message(event))
    return N_("%(event)s: %(hearer)s", event=known, hearer=HEARERS.get(hearer, Message(hearer))) if hearer else known


class Outcome(StrEnum):
    WELL = "well"
    FAILED = "failed"
    RUNS = "runs"
    KILLED = "killed"


def outcome(started_at: datetime, ended_at: datetime | None, error: str | None, now: datetime) -> Outcome:
    if ended_at is not None:
        return Outcome.FAILED if error else Outcome.WELL
    return Outcome.RUNS if now - started_at <= LONGEST_RUN else Outcome.KILLED
