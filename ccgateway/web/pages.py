"""What a browser gets: the live page, built from ``desk/src`` into ``desk/dist``.

The files hold no secret and are open to all; what the page shows it asks the API for, as whoever
has signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from importlib import resources

from aiohttp import ETag, web

from ccgateway.web.problems import problem
from ccgateway.web.routes import Route

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            # A caller's name that got as far as innerHTML would throw instead of running.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Always asked again, by ETag seldom sent again: no page meets the script of another release.
    "Cache-Control": "no-cache",
}
"""The page runs our own files only, asks nobody else, and stands in nobody's frame."""

PAGE = "index.html"
BUILT = b'<meta name="built" content="'
"""In the page, followed by what tells one build of all the files from another: a page that was open
during an upgrade sees by it that its script is old, and loads itself anew."""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    body: bytes
    content_type: str
    etag: ETag


class Pages:
    """The routes of pages, styles and scripts. All files are in memory: no name that somebody asks
    for becomes a path."""

    def __init__(self) -> None:
        built = resources.files("ccgateway.web").joinpath("desk", "dist")
        bodies = _marked({file.name: file.read_bytes() for file in built.iterdir()})
        self._files = {name: _file(name, body) for name, body in bodies.items()}

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("GET", "/", "page", self._page, None, "The live page.", documented=False),
            Route(
                "GET", "/sign-in", "page_sign_in", self._page, None, "The same, by a link.",
                documented=False,
            ),
            Route(
                "GET", "/desk/{file}", "page_file", self._file, None,
                "The live page's scripts, styles and pictures.", documented=False,
            ),
        ]  # fmt: skip

    async def _page(self, request: web.Request) -> web.Response:
        return _sent(request, self._files[PAGE])

    async def _file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["file"])
        if file is None:
            return problem(HTTPStatus.NOT_FOUND, "The page has no such file. Load the page again.")
        return _sent(request, file)


def _sent(request: web.Request, file: File) -> web.Response:
    known = request.if_none_match or ()
    if any(tag.value in {file.etag.value, "*"} for tag in known):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED, headers=HEADERS)
    else:
        response = web.Response(
            body=file.body, content_type=file.content_type, charset="utf-8", headers=HEADERS
        )
    response.etag = file.etag
    return response


def _marked(bodies: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files, with the build's mark in the page."""
    mark = _digest(b"".join(bodies[name] for name in sorted(bodies)))
    page = bodies[PAGE].replace(BUILT, BUILT + mark.encode(), 1)
    return {**bodies, PAGE: page}


def _file(name: str, body: bytes) -> File:
    return File(body, TYPES["." + name.rpartition(".")[2]], ETag(_digest(body)))


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]
