"""Which lists keep filters, and what of an address is a filter."""
from urllib.parse import parse_qsl, urlencode

PAGES = ("/issues", "/campaigns", "/assignments", "/filings", "/meetings", "/supervision", "/bulletins", "/cautions")
MOST = 20                                              # kept filters of one person for one list
LONGEST = 1_500                                        # characters of a kept address
_NO_FILTER = frozenset({"cursor", "csrf_token", "once_token"})


def filters(query: str) -> str:
    """What follows the question mark, without the place in the list and without what is empty; in a fixed order, so that
    the same filters are the same text."""
    pairs = [(k, v) for k, v in parse_qsl(query.lstrip("?")) if v and k not in _NO_FILTER]
    return urlencode(sorted(pairs))
