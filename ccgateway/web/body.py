"""The bodies of requests: JSON, small, in time, and as their model says."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from ccgateway.web.problems import problem

BODY_WITHIN = 5.0
"""Seconds for a body to arrive: who trickles does not hold a request open for ever."""


class Body(BaseModel):
    """A body: strict, closed, unchangeable; an error does not repeat what was sent."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


Model = TypeVar("Model", bound=Body)


async def body_of(request: web.Request, model: type[Model], example: str) -> Model | web.Response:
    """The body, or the response that says what is wrong with it, and shows the ``example``."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            sent = await request.read()
        return model.model_validate(orjson.loads(sent))
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.")
    except orjson.JSONDecodeError:
        return problem(HTTPStatus.BAD_REQUEST, f"{example}: the body is no JSON")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        return problem(HTTPStatus.BAD_REQUEST, f"{example}: {where}: {first['msg']}")
