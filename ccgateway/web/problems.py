"""Errors as the API tells them: application/problem+json (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from ccgateway.errors import (
    ActionTimeout,
    CcgError,
    Forbidden,
    NoGateway,
    PbxUnavailable,
    Refused,
    StoreUnavailable,
    UnknownAgent,
    UnknownCall,
    UnknownNode,
    UnsafeText,
)
from ccgateway.web.feed import as_json

log = structlog.get_logger(__name__)

STATUS: tuple[tuple[type[CcgError], HTTPStatus], ...] = (
    (UnknownAgent, HTTPStatus.NOT_FOUND),
    (UnknownCall, HTTPStatus.NOT_FOUND),
    (UnknownNode, HTTPStatus.NOT_FOUND),
    (UnsafeText, HTTPStatus.BAD_REQUEST),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (Refused, HTTPStatus.CONFLICT),
    (ActionTimeout, HTTPStatus.GATEWAY_TIMEOUT),
    (PbxUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (NoGateway, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first that fits counts: the special ones stand first."""

DETAIL = {
    HTTPStatus.NOT_FOUND: "There is nothing here. /api/docs shows what there is, and "
    "/api/openapi.json tells it to programs.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Use the method that the Allow header names.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: 'Send a small body, as {"reason": "lunch"}.',
    HTTPStatus.INTERNAL_SERVER_ERROR: "This is a fault of the gateway; its log has the cause.",
}


ACTING = {
    HTTPStatus.SERVICE_UNAVAILABLE: "Asterisk or PostgreSQL cannot be reached: nothing was done.",
    HTTPStatus.GATEWAY_TIMEOUT: "Asterisk did not answer; whether it was done is not known.",
}
"""What may become of an act, beside a refusal."""


def problem(status: HTTPStatus, detail: str, **headers: str) -> web.Response:
    """A response that says what is wrong, and what to do."""
    plain = detail.encode("utf-8", "replace").decode()  # halves of surrogate pairs are no JSON
    return web.Response(
        status=status,
        body=as_json({"title": status.phrase, "status": status.value, "detail": plain}),
        content_type="application/problem+json",
        headers=headers,
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell every error in that form."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        status = HTTPStatus(error.status)
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return problem(status, DETAIL.get(status, error.reason), **allow)
    except CcgError as error:
        fits = [status for kind, status in STATUS if isinstance(error, kind)]
        if fits:
            return problem(fits[0], str(error))
        log.exception("web request failed")
    except Exception as error:
        if isinstance(error, ConnectionError) and _is_gone(request):
            return problem(HTTPStatus.BAD_REQUEST, "The connection was cut.")
        log.exception("web request failed")
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(status, DETAIL[status])


def _is_gone(request: web.Request) -> bool:
    """Whether they hung up, with half a body sent or before our answer: no fault of ours, and
    whoever likes to do so must not fill the log."""
    return request.transport is None or request.transport.is_closing()
