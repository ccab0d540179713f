"""Sign-in and change of password; the account page's forms are small enough to be read in the view."""
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_security.forms import ChangePasswordForm, LoginForm
from flask_security.password_util import PasswordUtil
from wtforms import EmailField, Field, PasswordField
from wtforms.validators import DataRequired, EqualTo, Length

from portal.accounts import rules
from portal.web.addresses import local_path
from portal.web.templating import translate

_LONGEST_TYPED = 1_000                                 # characters: what is longer is no password, and costs time to hash


class Rules(PasswordUtil):
    """Our rules for passwords, in the reader's language."""

    def normalize(self, password: str) -> str:
        return rules.secret(password)

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """(faults or None, the password as it is hashed)."""
        user = kwargs.get("user")
        about = (user.identity.email, user.identity.name) if user is not None else ()
        chosen = self.normalize(password)
        return [translate(w) for w in rules.weaknesses(chosen, about)] or None, chosen


class SignIn(LoginForm):
    """Address and password. Every failure reads the same, whatever was wrong (see SECURITY_RETURN_GENERIC_RESPONSES)."""
    email = EmailField(_l("Mail address"), [DataRequired(), Length(max=rules.EMAIL)])
    password = PasswordField(_l("Password"), [DataRequired(), Length(max=_LONGEST_TYPED)])
    remember = None  # type: ignore[assignment]  # WTForms' way to leave a field out: a session lasts one working day

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.next.data = local_path(self.next.data, "")

    def validate_next(self, field: Field) -> None:
        """An address elsewhere is not a fault of who signs in; it is just not gone to."""


class ChangePassword(ChangePasswordForm):
    """The present password, and the new one twice."""
    password = PasswordField(_l("Present password"), [DataRequired(), Length(max=_LONGEST_TYPED)])
    new_password = PasswordField(_l("New password"), [DataRequired(), Length(max=_LONGEST_TYPED)])
    new_password_confirm = PasswordField(
        _l("New password once more"), [DataRequired(), EqualTo("new_password", _l("This is not the same as above."))])
