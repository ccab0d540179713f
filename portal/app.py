"""Composition root: every slice is named here, and only here."""
from types import ModuleType

from flask import Flask

from portal import api, links
from portal.accounts import sign_in
from portal.accounts import views as accounts
from portal.admin import views as admin
from portal.api import views as api_documentation
from portal.assignments import api as assignments_api
from portal.assignments import exports as assignments_export
from portal.assignments import views as assignments
from portal.attachments import api as files_api
from portal.attachments import storage
from portal.attachments import views as files
from portal.audit import service as audit
from portal.audit import views as audit_views
from portal.board import api as board_api
from portal.board import exports as board_export
from portal.board import views as board
from portal.bulletins import exports as bulletins_export
from portal.bulletins import views as bulletins
from portal.campaigns import api as campaigns_api
from portal.campaigns import exports as campaigns_export
from portal.campaigns import views as campaigns
from portal.campaigns.views import cautions
from portal.config import Settings
from portal.desk import views as desk
from portal.exchange import views as exchange
from portal.feeds import views as feeds
from portal.filings import api as filings_api
from portal.filings import exports as filings_export
from portal.filings import views as filings
from portal.flows import exports as flows_export
from portal.flows import views as flows
from portal.health import views as health
from portal.issues import api as issues_api
from portal.issues import exports as issues_export
from portal.issues import views as issues
from portal.meetings import exports as meetings_export
from portal.meetings import views as meetings
from portal.models import METADATA
from portal.notices import views as notices
from portal.operations import views as operations
from portal.permissions import views as permissions
from portal.programmes import api as programmes_api
from portal.programmes import views as programmes
from portal.reminders import views as reminders
from portal.saved import views as saved
from portal.search import views as search
from portal.subscriptions import views as subscriptions
from portal.supervision import exports as supervision_export
from portal.supervision import views as supervision
from portal.units import api as units_api
from portal.units import exports as units_export
from portal.units import views as units
from portal.web import access, downloads, errors, kept, locale, masked, once, security, sessions, templating, uploads
from portal.web.unit_of_work import UnitOfWork
from tenants import clock, isolation, pool
from tenants.db import db

FEATURES: tuple[ModuleType, ...] = (
    accounts, filings, assignments, units, permissions, desk, reminders, programmes, board, notices, operations, saved, campaigns,
    feeds, search, subscriptions, cautions, issues, bulletins, meetings, supervision, flows, exchange, audit_views, health, files,
    assignments_export, board_export, bulletins_export, campaigns_export, filings_export, flows_export, issues_export,
    meetings_export, supervision_export, units_export)
APIS: tuple[ModuleType, ...] = (
    units_api, assignments_api, programmes_api, board_api, filings_api, campaigns_api, issues_api, files_api, api_documentation)

MIB = 1024 * 1024


def create_app(settings: Settings) -> Flask:
    """The portal for these settings; a second one may be made in the same process."""
    clock.configure(settings.timezone, settings.clock)
    app = UnitOfWork("portal", static_folder="web/static", template_folder="web/templates")
    app.config.update(
        SECRET_KEY=settings.secret_key, SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"prepare_threshold": None, "connect_timeout": 5}, "pool_size": 10,
                                   "max_overflow": 10, "hide_parameters": True},     # logs tell no texts
        MAX_CONTENT_LENGTH=12 * MIB, MAX_FORM_MEMORY_SIZE=12 * MIB, MAX_FORM_PARTS=5_000, PORTAL=settings)
    app.extensions["portal.metadata"] = METADATA      # all tables are known: string foreign keys name them
    db.init_app(app)
    with app.app_context():
        isolation.install(db.engine)
        pool.install(db.engine)
    isolation.install_session()
    audit.install()
    storage.configure(settings)
    links.configure(settings.secret_key)
    sessions.init_app(app, settings)                  # first: whether the broker answers is asked before all else
    uploads.init_app(app)
    access.init_app(app)
    kept.init_app(app)
    errors.init_app(app)
    locale.init_app(app)
    templating.init_app(app)
    once.init_app(app)
    downloads.init_app(app)
    masked.init_app(app)
    security.init_app(app)
    health.init_app(app)
    notices.init_app(app)
    saved.init_app(app)
    subscriptions.init_app(app)
    sign_in.init_app(app, settings)
    for feature in FEATURES:
        access.mount(app, feature.NAME, feature.PREFIX, feature.ROUTES)
    admin.init_app(app)
    api.init_app(app, settings.limits_url)
    api.mount(app, APIS)
    return app
