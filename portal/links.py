"""Signed links for letters: what they say cannot be forged, and they wear out. They prove whom a letter went to, nothing more:
what may be done by one is judged when it is opened."""
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer

from tenants import clock

LASTS = timedelta(days=7)
_secret = ""


class Worn(Exception):
    """Forged, cut off, made for another purpose, or too old: nobody is told which."""


def configure(secret: str) -> None:
    """Once, when the portal is made: SECRET_KEY."""
    global _secret
    _secret = secret


def sign(purpose: str, *parts: str) -> str:
    """Fit for an address. A link of one purpose is none of another."""
    return str(_serializer(purpose).dumps([int(clock.now().timestamp()), *parts]))


def read(purpose: str, token: str) -> list[str]:
    """The parts that were signed. Raises Worn."""
    try:
        signed_at, *parts = _serializer(purpose).loads(token)
        age = clock.now().timestamp() - int(signed_at)
    except (BadData, ValueError, TypeError) as fault:
        raise Worn from fault
    if not 0 <= age <= LASTS.total_seconds():
        raise Worn
    return [str(part) for part in parts]


def _serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(_secret, salt=f"portal.links.{purpose}")
