"""All writes of issues: how they arise, go from desk to desk, are solved, spoken of, gathered."""
from collections.abc import Mapping

from portal.accounts.service import ENDED
from portal.issues.service import beyond, files
from portal.issues.service.gathering import merge, split
from portal.issues.service.judging import ACTIONS, allow, granted, offers
from portal.issues.service.moving import accept, decline, hand_over, rule
from portal.issues.service.raising import Draft, allow_raise, identify, raise_issue
from portal.issues.service.solving import answer, ask, confirm, reopen, resolve, withdraw
from portal.issues.service.succession import leave, succeed
from portal.issues.service.talking import chase, comment, join, link, name_party, pass_on, take_over
from portal.issues.service.warning import TOPIC, spread, warn
from portal.outbox.service import Handler
from portal.units.service import CLOSED

# What headquarters does by itself, in its own lane: `portal.delivery` runs it.
HEADQUARTERS_HANDLERS: Mapping[str, Handler] = {
    CLOSED: succeed, ENDED: leave, TOPIC: spread, beyond.TOPIC: beyond.pass_the_word}

__all__ = [
    "ACTIONS", "HEADQUARTERS_HANDLERS", "Draft", "accept", "allow", "allow_raise", "answer", "ask", "chase", "comment",
    "confirm", "decline", "files", "granted", "hand_over", "identify", "join", "link", "merge", "name_party", "offers",
    "pass_on", "raise_issue", "reopen", "resolve", "rule", "split", "take_over", "warn", "withdraw"]
