"""How many statements a page sends to the database."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from tenants.db import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collects what is sent while the block runs, in order."""
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
