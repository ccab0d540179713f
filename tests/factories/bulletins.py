"""Bulletins for tests of what is done with them: a draft, or one that is out."""
from uuid import UUID

from portal.bulletins import service
from portal.bulletins.rules import Content
from portal.bulletins.views import paper
from tenants import directory
from tenants.db import db
from tests.conftest import As


def content(*units: str, title: str = "示例 Bulletin of February", picks: tuple[str, ...] = (), **words: str) -> Content:
    """To the units named, or to all."""
    keys = {u.code: u.id for u in directory.units()}
    return Content(title=title, words=words, receivers=frozenset(keys[u] for u in units) if units else None, picks=picks)


def bulletin(acting: As, *units: str, issued: bool = True, title: str = "示例 Bulletin of February") -> UUID:
    with acting("office") as office:
        made = service.compose(title, actor=office)
        service.change(made, content(*units, title=title, opening="Much was done."), actor=office)
        if issued:
            service.publish(made, paper.document, actor=office)
        db.session.commit()
        return made.id
