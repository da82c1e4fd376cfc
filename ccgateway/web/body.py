"""The bodies of requests: JSON, small, in time, and as their model says."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from ccgateway.web.client import USER_AGENT
from ccgateway.web.problems import problem

BODY_WITHIN = 5.0
"""Seconds for a body to arrive: who trickles does not hold a request open for ever."""


LARGEST_BODY = 16_384
"""Bytes. The largest is a note of LONGEST_TEXT characters, each escaped in twelve (JSON)."""

LONGEST_TEXT = 1000
"""Characters of a note; the loop takes fewer, and says so in a refusal of its own."""


class Body(BaseModel):
    """A body: strict, closed, unchangeable; an error does not repeat what was sent."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


Model = TypeVar("Model", bound=Body)


def asker(request: web.Request) -> str:
    """Who asks: a person at the command line, or another program."""
    return "cli" if request.headers.get("User-Agent") == USER_AGENT else "api"


async def read(request: web.Request) -> bytes | web.Response:
    """The body as it came, or the response that says why it did not."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await request.read()
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.")
    except web.RequestPayloadError:  # it is not packed, or cut in chunks, as its headers say
        detail = "The body cannot be read as its headers say; send it without Content-Encoding."
        return problem(HTTPStatus.BAD_REQUEST, detail)


async def body_of(
    request: web.Request, model: type[Model], example: str, *, empty: bytes = b""
) -> Model | web.Response:
    """The body, or the response that says what is wrong with it, and shows the ``example``.
    ``empty``: what no body at all stands for."""
    sent = await read(request)
    if isinstance(sent, web.Response):
        return sent
    try:
        return model.model_validate(orjson.loads(sent.strip() or empty))
    except orjson.JSONDecodeError:
        return problem(HTTPStatus.BAD_REQUEST, f"{example}: the body is no JSON")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        return problem(HTTPStatus.BAD_REQUEST, f"{example}: {where}: {first['msg']}")
