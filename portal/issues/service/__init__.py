"""All writes of issues: how they arise, go from desk to desk, are solved, spoken of, gathered."""
from portal.issues.service.gathering import merge, split
from portal.issues.service.judging import ACTIONS, allow, offers
from portal.issues.service.moving import accept, decline, hand_over, rule
from portal.issues.service.raising import Draft, allow_raise, identify, raise_issue
from portal.issues.service.solving import answer, ask, confirm, reopen, resolve, withdraw
from portal.issues.service.talking import chase, comment, join, link, name_party, pass_on, take_over

__all__ = ["ACTIONS", "Draft", "accept", "allow", "allow_raise", "answer", "ask", "chase", "comment", "confirm", "decline",
           "hand_over", "identify", "join", "link", "merge", "name_party", "offers", "pass_on", "raise_issue", "reopen", "resolve",
           "rule", "split", "take_over", "withdraw"]
