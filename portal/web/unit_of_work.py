"""The one place where a request commits: the answer is rendered, nothing is sent yet."""
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from tenants.db import db

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class UnitOfWork(Flask):
    """Flask, with a transaction a request: safe methods and refusals roll back, everything else commits."""

    def dispatch_request(self) -> ResponseReturnValue:
        response: Response = self.make_response(super().dispatch_request())
        if db.session.registry.has():
            if request.method in SAFE or response.status_code >= 400:
                db.session.rollback()                # a GET writes nothing
            else:
                db.session.commit()                  # what fails here still reaches the error handlers
        return response
