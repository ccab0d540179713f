"""Parts of a page that a higher slice contributes: a campaign's page shows its issues, and knows nothing of them.

A slice registers at import: `panels.register("campaign", show)`, where `show(campaign)` gives the HTML of one panel (what
`render_template` gave), or "" where this person has nothing to see. The page loops over `panels.of("campaign", campaign)`."""
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

Show = Callable[[Any], str]
_known: dict[str, list[Show]] = {}


def register(kind: str, show: Show) -> Show:
    """Shown in the order of registration; the same one again changes nothing."""
    of_kind = _known.setdefault(kind, [])
    if show not in of_kind:
        of_kind.append(show)
    return show


def of(kind: str, thing: Any) -> Sequence[Markup]:
    """The panels of a thing for the person who asks, those with nothing in them left out. Templates made them, so they are
    HTML already."""
    return [Markup(html) for show in _known.get(kind, ()) if (html := show(thing)).strip()]
