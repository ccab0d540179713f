"""How I want to hear of each kind of notice; and, for the administrator, what holds for everybody."""
from collections.abc import Mapping, Sequence
from datetime import time

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.notices import queries, rules, service
from portal.notices.rules import KINDS, MODES, DeliveryRules, Mode, NoticeKind
from portal.web.access import Route, identity
from portal.web.templating import done, translate
from tenants.errors import Invalid, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission

_TIMES = ("quiet_from", "quiet_until", "digest_at")


def preferences() -> ResponseReturnValue:
    chosen, rule = queries.preferences(identity()), queries.delivery_rules()
    rows = [(kind, words, rules.mode(kind, chosen.get(kind), rule), _offered(rule.least.get(kind, Mode.IN_APP)))
            for kind, words in KINDS.items()]
    return render_template("notices/preferences.html", rows=rows, rule=rule, MODES=MODES)


def _offered(least: Mode) -> list[tuple[str, str]]:
    """The ways that headquarters leaves open."""
    ways = list(Mode)
    return [(mode.value, translate(words)) for mode, words in MODES.items() if ways.index(mode) >= ways.index(least)]


def choose() -> ResponseReturnValue:
    had, rule = queries.preferences(identity()), queries.delivery_rules()
    chosen = {kind: Mode(value) for kind in NoticeKind if (value := request.form.get(kind.value)) in set(Mode)}
    service.prefer(identity(), {kind: mode for kind, mode in chosen.items() if mode != rules.mode(kind, had.get(kind), rule)})
    done(N_("Saved. It holds from the next notice on."))
    return redirect(url_for("notices.preferences"), 303)


def for_all() -> ResponseReturnValue:
    row, rule = queries.rules_row(), queries.delivery_rules()
    return _page(rule, row.version if row else 0, {})


def set_for_all() -> ResponseReturnValue:
    try:
        wanted = _read(request.form)
        service.set_rules(wanted, version=_number(request.form.get("version")), actor=identity())
    except Invalid as refused:
        return _page(queries.delivery_rules(), _number(request.form.get("version")), refused.errors), 422
    except Stale as refused:
        row = queries.rules_row()
        return _page(queries.delivery_rules(), row.version if row else 0, {"": [refused.message]}), 412
    done(N_("Saved. It holds from the next notice on."))
    return redirect(url_for("notices.for_all"), 303)


def _read(form: Mapping[str, str]) -> DeliveryRules:
    """Raises Invalid."""
    faults: dict[str, Sequence[Message]] = {}
    times = {name: _time(form.get(name, ""), name, faults) for name in _TIMES}
    asked = {kind: form[f"least-{kind}"] for kind in NoticeKind if f"least-{kind}" in form}
    faults |= {f"least-{kind}": [N_("Choose one of the list.")] for kind, value in asked.items() if value not in set(Mode)}
    if times["quiet_from"] == times["quiet_until"]:
        faults.setdefault("quiet_until", [N_("Quiet hours end at another time than they begin.")])
    if faults:
        raise Invalid(faults)
    return DeliveryRules({kind: Mode(value) for kind, value in asked.items()}, times["quiet_from"], times["quiet_until"],
                         "rest_days" in form, times["digest_at"])


def _time(text: str, name: str, faults: dict[str, Sequence[Message]]) -> time:
    try:
        hour, minute = text.split(":")[:2]
        return time(int(hour), int(minute))
    except ValueError:
        faults[name] = [N_("Write the time as hours and minutes, such as 08:30.")]
        return time(0)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _page(rule: DeliveryRules, version: int, faults: Mapping[str, Sequence[Message]]) -> str:
    return render_template(
        "notices/rules.html", rule=rule, version=version, KINDS=KINDS, typed=request.form,
        modes=[(mode.value, translate(words)) for mode, words in MODES.items()],
        faults={name: [translate(m) for m in found] for name, found in faults.items()})


ROUTES: tuple[Route, ...] = (
    ("GET", "/notices/preferences", preferences, Permission.NOTICE_READ),
    ("POST", "/notices/preferences", choose, Permission.NOTICE_READ),
    ("GET", "/operations/notices", for_all, Permission.ADMINISTER),
    ("POST", "/operations/notices", set_for_all, Permission.ADMINISTER),
)
