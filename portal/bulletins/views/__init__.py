"""Pages of bulletins: the list, one bulletin, the form of its words, and the plans of the office."""
from portal.bulletins.views.pages import NAME, PREFIX, ROUTES

__all__ = ["NAME", "PREFIX", "ROUTES"]
