"""The workbook of a list, made as somebody outside of any request of theirs."""
from flask import Response, current_app, g, request

from portal.subscriptions.rules import LISTS
from portal.web.access import about_a_thing
from tenants.access import Identity, need
from tenants.errors import NotVisible
from tenants.permissions import Permission


def workbook(who: Identity, page: str, query: str, language: str) -> bytes:
    """What the list's own export would give this person now, in the scope at hand, which is the person's. Raises NotPermitted,
    NotVisible."""
    if page not in LISTS:
        raise NotVisible
    app = current_app._get_current_object()                                # type: ignore[attr-defined]  # the app behind the proxy
    with app.test_request_context(f"{page}.xlsx?{query}", headers={"Cookie": f"language={language}"}):
        declared = app.extensions["portal.declared"].get(request.endpoint)
        if not isinstance(declared, Permission):
            raise NotVisible
        g.identity = g.whole_identity = who
        if not about_a_thing(declared):
            need(who, declared)
        made = app.view_functions[str(request.endpoint)]()
        if not isinstance(made, Response) or made.status_code != 200:
            raise NotVisible
        return made.get_data()
