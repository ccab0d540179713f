"""The pages of notices: what was said to me, how I want to hear of it, what my unit's chat rooms are told, what holds for all."""
from flask import Flask

from portal.notices.views import channels, choices, inbox
from portal.web import frame
from portal.web.access import Route

NAME, PREFIX = "notices", ""


def init_app(app: Flask) -> None:
    frame.count_unread_with(app, inbox.unread)


ROUTES: tuple[Route, ...] = (*inbox.ROUTES, *choices.ROUTES, *channels.ROUTES)
