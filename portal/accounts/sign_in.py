"""Flask-Security, as far as it is used: sign-in, sign-out, change of password.

An account says only who somebody is. What the person may do comes from appointments, read anew with every request."""
import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Response, current_app, g, redirect, render_template, request, session, url_for
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user, user_logged_out
from flask_principal import identity_changed
from flask_security import RoleMixin, Security, UserDatastore, UserMixin, password_changed, user_authenticated
from werkzeug.exceptions import BadRequest, TooManyRequests

from portal.accounts import queries, rules, service
from portal.accounts.forms import ChangePassword, Rules, SignIn
from portal.accounts.models import Account
from portal.config import Settings
from portal.texts import clean
from portal.web import access, kept, sessions
from tenants import context, directory
from tenants.access import Identity
from tenants.context import Lane
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import PUBLIC

# Attempts that failed; what succeeds is not counted, so that a whole office may sign in at half past eight.
PER_ACCOUNT, PER_ADDRESS = "10 per minute; 100 per hour", "60 per minute"
_FAILED = 422
_TRANSLATIONS = Path(__file__).parent.parent / "translations"
_NOBODY = UUID(int=0)
_ONE_TIME = "one_time"                                 # in the session: see Account.one_time
_DEMONSTRATION = ".example"                            # the domain of invented people


class SignedIn(UserMixin):
    """Who a session belongs to: a person with the functions in force, and the account where a password is judged.
    Without an identity (the person has left) nobody is active."""
    fs_uniquifier = ""                                 # Flask-Security looks for it on the class

    def __init__(self, person: UUID, uniquifier: str, identity: Identity | None, account: Account | None) -> None:
        self.person, self.fs_uniquifier, self.identity, self.account = person, uniquifier, identity, account
        self.email = identity.email if identity else account.person.email if account else ""
        self.password = account.password if account else None
        self.active = identity is not None and (account is None or account.active)
        self.roles = []


class Accounts(UserDatastore):
    """Accounts as Flask-Security asks for them. It may not commit: the request does, once."""

    def __init__(self) -> None:
        super().__init__(SignedIn, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **by: str) -> SignedIn | None:
        """By `fs_uniquifier`, before there is a scope or in the sign-in lane; by `email`, in the sign-in lane."""
        return _of_session(by["fs_uniquifier"]) if "fs_uniquifier" in by else _of_address(by["email"])

    def put(self, model: SignedIn) -> SignedIn:
        assert model.account is not None
        model.account.fs_uniquifier, model.account.password = model.fs_uniquifier, model.password
        db.session.flush()
        return model

    def commit(self) -> None:
        """Nothing: what was flushed is committed with the request."""


def _of_session(uniquifier: str) -> SignedIn | None:
    identity = directory.identity_of_session(clean(uniquifier))
    if identity is None:
        return None
    scope = context.current()
    judged = scope is not None and scope.lane is Lane.SIGN_IN
    return SignedIn(identity.person, uniquifier, identity, queries.account_of(identity.person) if judged else None)


def _of_address(email: str) -> SignedIn | None:
    """As many steps for an unknown address as for a known one, so that the time tells nothing."""
    account = queries.account_by_email(clean(email))
    identity = directory.identity_of(account.person_id if account else _NOBODY)
    return SignedIn(account.person_id, account.fs_uniquifier, identity, account) if account else None


def _render(template: str, **given: Any) -> Any:
    """A form with faults is answered 422, which also takes back what was written."""
    page = render_template(template, **given)
    form = given.get("login_user_form") or given.get("change_password_form")
    faulty = form is not None and request.method == "POST" and (form.errors or form.form_errors)
    return (page, _FAILED) if faulty else page


def _authenticated(_: Flask, user: SignedIn, **__: Any) -> None:
    """Also after a change of password: a new session number, and what another person had typed is forgotten."""
    sessions.renew()
    kept.signed_in(user.person)
    if user.account is not None and user.account.one_time:
        session[_ONE_TIME] = True


def _changed(_: Flask, user: SignedIn, **__: Any) -> None:
    """The password is the person's own now."""
    if user.account is not None:
        user.account.one_time = False
    session.pop(_ONE_TIME, None)


def _own_password_first() -> Any:
    """Who signed in with a password that was made for him sees nothing before he has changed it."""
    if session.get(_ONE_TIME) and "identity" in g:
        return redirect(url_for("security.change_password"), 303)
    return None


def _signed_out(_: Flask, **__: Any) -> None:
    sessions.end()


# --- limits ----------------------------------------------------------------------------------------------------------

def _account_key() -> str:
    """The account that is tried, known or not; hashed, since anything may have been typed."""
    who = str(current_user.person) if current_user.is_authenticated else rules.address(request.form.get("email", ""))
    return hashlib.sha256(who.encode()).hexdigest()


def _failed(response: Response) -> bool:
    return response.status_code == _FAILED


def _refuse(limit: RequestLimit) -> None:
    """Raises 429 with the seconds to wait."""
    raise TooManyRequests(retry_after=max(1, limit.reset_at - int(time.time())))     # counted in real time, not the portal's


def _limited(app: Flask, endpoint: str) -> None:
    """Judged before the password is; counted after the answer, when it was a failure."""
    limiter: Limiter = app.extensions["portal.limiter"]
    view: Callable[..., Any] = app.view_functions[endpoint]
    for allowed, key in ((_per_account, _account_key), (_per_address, get_remote_address)):
        view = limiter.limit(allowed, key_func=key, methods=["POST"], deduct_when=_failed)(view)
    app.view_functions[endpoint] = view


def _per_account() -> str:
    return str(current_app.config["SIGN_IN_PER_ACCOUNT"])


def _per_address() -> str:
    return str(current_app.config["SIGN_IN_PER_ADDRESS"])


# --- the pages' surroundings -----------------------------------------------------------------------------------------

def _readable() -> None:
    """Pages send forms; the library would take JSON as well, past the limits, which count by the form's address. An address
    to go on to that is none at all stops it with an error. Both are told politely."""
    if request.blueprint != "security":
        return
    if request.is_json:
        raise BadRequest
    for given in (request.args.get("next"), request.form.get("next")):
        try:
            urlsplit(given or "")
        except ValueError:
            raise BadRequest from None


def _sign_in_first(_: object = None, headers: object = None) -> Any:
    """What was typed on the page that changes a password is never kept."""
    return redirect(url_for("security.login", next=request.path), 303)


def _offered() -> dict[str, Any]:
    """In a demonstration the invented people stand on the sign-in page, with the place of their password."""
    settings: Settings = current_app.config["PORTAL"]
    if settings.production:
        return {"offered": [], "password_file": None}
    return {"offered": queries.sign_ins(_DEMONSTRATION), "password_file": settings.data / "demo-password"}


def _messages() -> dict[str, tuple[str, str]]:
    """The library's sentences in ours, so that the catalogue has them."""
    said = {
        "GENERIC_AUTHN_FAILED": N_("Address and password do not go together."),
        "INVALID_PASSWORD": N_("This is not your present password."),
        "PASSWORD_NOT_PROVIDED": N_("Enter a password."),
        "PASSWORD_IS_THE_SAME": N_("The new password is the present one. Choose another."),
        "INVALID_INPUT": N_("This cannot be read. Type it again."),
    }
    done = {"PASSWORD_CHANGE": N_("Your password is changed. Other devices are signed out.")}
    return {f"SECURITY_MSG_{k}": (m.msgid, tone) for texts, tone in ((said, "error"), (done, "success")) for k, m in texts.items()}


def init_app(app: Flask, settings: Settings) -> None:
    """After `access.init_app`, whose `_enter` puts these pages into the sign-in lane."""
    app.config.update(_messages())
    app.config.update(
        SECURITY_LOGIN_URL="/login", SECURITY_LOGOUT_URL="/logout", SECURITY_CHANGE_URL="/account/password",
        SECURITY_POST_LOGIN_VIEW="/desk", SECURITY_POST_LOGOUT_VIEW="/login", SECURITY_POST_CHANGE_VIEW="/account",
        SECURITY_LOGIN_USER_TEMPLATE="accounts/sign_in.html", SECURITY_CHANGE_PASSWORD_TEMPLATE="accounts/password.html",
        SECURITY_CHANGEABLE=True, SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False, SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_PASSWORD_HASH="argon2", SECURITY_PASSWORD_SCHEMES=["argon2"], SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__time_cost": service.ROUNDS, "argon2__memory_cost": service.MEMORY, "argon2__parallelism": service.LANES},
        SECURITY_PASSWORD_NORMALIZE_FORM="NFKC", SECURITY_PASSWORD_LENGTH_MIN=rules.LEAST,
        SECURITY_API_ENABLED_METHODS=["session"], SECURITY_FRESHNESS=timedelta(-1), SECURITY_STATIC_FOLDER=None,
        SECURITY_CLI_USERS_NAME=None, SECURITY_CLI_ROLES_NAME=None, SECURITY_CACHE_CONTROL=None,
        SECURITY_I18N_DOMAIN="messages", SECURITY_I18N_DIRNAME=[str(_TRANSLATIONS)],
        SIGN_IN_PER_ACCOUNT=PER_ACCOUNT, SIGN_IN_PER_ADDRESS=PER_ADDRESS)
    security = Security(app, Accounts(), login_form=SignIn, change_password_form=ChangePassword, password_util_cls=Rules,
                        render_template=_render)
    security.want_json(lambda _: False)                # pages only; programs have tokens of their own
    security.unauthn_handler(_sign_in_first)
    security.login_context_processor(_offered)
    security.login_manager.request_loader(lambda _: None)
    _without_principal(app, security)
    user_authenticated.connect(_authenticated, app)
    password_changed.connect(_changed, app)
    user_logged_out.connect(_signed_out, app)
    for endpoint in ("security.login", "security.logout", "security.change_password"):
        access.declare(app, endpoint, PUBLIC)          # the last asks by itself who is signed in
    app.extensions["portal.limiter"] = Limiter(
        get_remote_address, app=app, on_breach=_refuse, key_prefix="sign-in", headers_enabled=False,
        storage_uri=settings.limits_url or "memory://")
    for endpoint in ("security.login", "security.change_password"):
        _limited(app, endpoint)
    app.before_request(_readable)
    app.before_request(_own_password_first)


def _without_principal(app: Flask, security: Security) -> None:
    """Flask-Principal's idea of an identity, in `g.identity`, would stand in the place of ours."""
    hooks = app.before_request_funcs[None]
    hooks.remove(security.principal._on_before_request)
    identity_changed.disconnect(security.principal._on_identity_changed, app)
