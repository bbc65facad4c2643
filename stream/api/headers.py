"""Headers that tell browsers what a page of ours may do: what it needs, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stream.settings import Settings

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-ancestors {ancestors}; base-uri 'none'; form-action 'self'"
)
NOBODY: Final = "'none'"
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    # A share link has names of tenants and queues in it, which are nobody else's business.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS: Final = "max-age=31536000"


class SecurityHeaders:
    """Middleware: adds them to every answer, errors too; one that an answer has already stays."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        ancestors = settings.frame_ancestors or NOBODY
        self._headers = {"Content-Security-Policy": POLICY.format(ancestors=ancestors), **ALWAYS}
        if ancestors == NOBODY:
            self._headers["X-Frame-Options"] = "DENY"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self._app(scope, receive, sending)
