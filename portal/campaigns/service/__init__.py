"""All writes of campaigns: registered one by one or from a workbook, checked, run; who was informed; warnings answered."""
from collections.abc import Mapping

from portal.campaigns.service.cautions import answer_caution
from portal.campaigns.service.content import Content, columns, content_of, known_units, to_inform
from portal.campaigns.service.files import allow_file
from portal.campaigns.service.importing import HEADINGS, Judged, Preview, discard, look, may_import, take_in, upload
from portal.campaigns.service.informing import acknowledge, chase_receipts
from portal.campaigns.service.judging import ACTIONS, allow, begin, offers, permitted, way_to_check
from portal.campaigns.service.running import (
    change,
    check,
    end,
    go_live,
    may_register,
    move,
    pause,
    register,
)
from portal.campaigns.service.succession import succeed
from portal.outbox.service import Handler
from portal.units.service import CLOSED

# What headquarters does by itself, in its own lane: `portal.delivery` runs it.
HEADQUARTERS_HANDLERS: Mapping[str, Handler] = {CLOSED: succeed}

__all__ = [
    "ACTIONS", "HEADINGS", "HEADQUARTERS_HANDLERS", "Content", "Judged", "Preview", "acknowledge", "allow", "allow_file",
    "answer_caution", "begin", "change", "chase_receipts", "check", "columns", "content_of", "discard", "end", "go_live",
    "known_units", "look", "may_import", "may_register", "move", "offers", "pause", "permitted", "register", "take_in",
    "to_inform", "upload", "way_to_check"]
