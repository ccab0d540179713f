"""All writes of campaigns: registered one by one or from a workbook, checked, run; who was informed; warnings answered."""
from portal.campaigns.service.cautions import answer_caution
from portal.campaigns.service.content import Content, columns, content_of, known_units, to_inform
from portal.campaigns.service.informing import acknowledge, chase_receipts
from portal.campaigns.service.judging import ACTIONS, allow, begin, offers
from portal.campaigns.service.running import (
    change,
    check,
    end,
    go_live,
    may_register,
    pause,
    register,
)

__all__ = ["ACTIONS", "Content", "acknowledge", "allow", "answer_caution", "begin", "change", "chase_receipts", "check", "columns",
           "content_of", "end", "go_live", "known_units", "may_register", "offers", "pause", "register",
           "to_inform"]
