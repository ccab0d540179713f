"""What every answer tells the browser to allow, and to keep."""
from flask import Flask, Response, current_app, request

POLICY = "; ".join((
    "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "connect-src 'self'",
    "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"))
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000; includeSubDomains"


def _protect(response: Response) -> Response:
    """A view that has set one of these itself knows better; only the policy is never loosened by omission."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["PORTAL"].base_url.startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    if request.endpoint != "static":
        # Pages show what one person may see; a shared or a later user's browser must not have them.
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("Cookie", "HX-Request-Type"))
    return response


def init_app(app: Flask) -> None:
    app.after_request(_protect)
