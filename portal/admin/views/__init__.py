"""The composition of /admin: every view on the one base class, every endpoint declared."""
from pathlib import Path

from flask import Flask
from flask_admin import Admin, expose
from flask_admin.theme import Theme

from portal.admin import queries
from portal.admin.views.base import Closed, Records
from portal.admin.views.legends import Legends
from portal.admin.views.people import Appointments, Delegations, People
from portal.admin.views.reference import Duties, Focuses, Settings, Terms
from portal.admin.views.units import Units
from portal.web import access
from tenants.models import Appointment, Delegation, Focus, Person, Responsibility, Setting, Term, Unit
from tenants.permissions import Permission

PREFIX = "/admin"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_VIEWS: tuple[tuple[type[Records], type, str], ...] = (
    (Units, Unit, "units"), (People, Person, "people"), (Appointments, Appointment, "appointments"),
    (Delegations, Delegation, "delegations"), (Duties, Responsibility, "duties"), (Focuses, Focus, "focus"),
    (Terms, Term, "terms"), (Settings, Setting, "lights"), (Legends, Unit, "legends"))


class Index(Closed):
    """What is where, how much of it, and what is missing."""

    @expose("/")
    def index(self) -> str:
        return str(self.render("administration/index.html", counts=queries.counts()))


def init_app(app: Flask) -> None:
    """After the other features: none of Flask-Admin's own templates, and no static files of it."""
    theme = Theme(folder=str(_TEMPLATES), base_template="base.html")
    admin = Admin(app, index_view=Index(endpoint="admin", url=PREFIX), theme=theme)
    for view, model, name in _VIEWS:
        admin.add_view(view(model, name=name, endpoint=f"admin_{name}", url=name))
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in {v.endpoint for v in admin._views}:
            access.declare(app, rule.endpoint, Permission.ADMINISTER)
