"""`portal openapi`."""
import json
from collections.abc import Callable

import click
from flask import Flask

from portal import servers
from portal.api import openapi as documents
from portal.api.routes import mounted
from portal.config import Settings


@click.command()
@click.pass_obj
def openapi(create_app: Callable[[Settings], Flask]) -> None:
    """Print the OpenAPI document of the REST interface; needs no server that runs."""
    app = create_app(servers.addressed(Settings.from_environment()))
    click.echo(json.dumps(documents.document(mounted(app)), ensure_ascii=False, indent=2))
