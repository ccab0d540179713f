"""The web, whose worker kills itself once, when a POST is committed and its answer not yet sent; DYING_MARK is a file that says
that it has happened. What gunicorn loads: `tests.tasks.dying_web:app`."""
import os
import signal
from pathlib import Path

from flask import request
from sqlalchemy import event

from portal.wsgi import app
from tenants.db import db


def _die(_: object) -> None:
    mark = Path(os.environ["DYING_MARK"])
    if request and request.method == "POST" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


with app.app_context():
    event.listen(db.session.session_factory, "after_commit", _die)
