"""Path parameters and queries: each a model that says what is right, in the document too."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ccgateway.agents.agent import Verb
from ccgateway.web.problems import problem

LONGEST_ID = 64
"""Characters of an agent's or a call's name in a path; the ids themselves are shorter."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]


class Params(BaseModel):
    """Texts from a path or a query: closed, unchangeable; an error does not repeat them."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False
    )


class AgentPath(Params):
    """An agent by its id, and what it shall do."""

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID, description="The agent's id.")]
    verb: Annotated[Verb, Field(description="What the agent shall do.")]


class CallPath(Params):
    """A call that is live or has just ended."""

    call: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_ID,
            description="The call's id, enough of its beginning, or #1042 (%231042), its case.",
        ),
    ]


Model = TypeVar("Model", bound=Params)


def params_of(request: web.Request, model: type[Model]) -> Model | web.Response:
    """The path's parameters, or the response that says what is wrong with them (404)."""
    try:
        return model.model_validate(dict(request.match_info))
    except ValidationError as error:
        return problem(HTTPStatus.NOT_FOUND, f"There is nothing here: {said(error)}.")


def query_of(request: web.Request, model: type[Model]) -> Model | web.Response:
    """The query, or the response that says what is wrong with it (400). A parameter is given once:
    where one is given twice, which of them counts would be a guess."""
    given = [name for name, _ in request.query.items()]
    twice = next((name for name in given if given.count(name) > 1), None)
    if twice is not None:
        detail = f"Give each parameter of the query once; {twice[:LONGEST_ID]!r} is there twice."
        return problem(HTTPStatus.BAD_REQUEST, detail)
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        known = ", ".join(field.alias or name for name, field in model.model_fields.items())
        detail = f"The query is wrong: {said(error)}. Its parameters are {known}."
        return problem(HTTPStatus.BAD_REQUEST, detail)


def said(error: ValidationError) -> str:
    """The first fault: where, and what is allowed."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))[:LONGEST_ID]
    return f"{where}: {first['msg']}" if where else str(first["msg"])
