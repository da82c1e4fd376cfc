"""The table of routes as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ccgateway import __version__
from ccgateway.web.models import Problem
from ccgateway.web.once import KEY, LONGEST_KEY
from ccgateway.web.routes import Route
from ccgateway.web.session import COOKIE, SECURE_COOKIE

DESCRIPTION = """\
Everything that the gateway knows and does, over HTTP. Show a token (`ccgateway token create`) as \
`Authorization: Bearer`. Times are ISO 8601 with their UTC offset; numbers are E.164. What goes \
wrong is told as application/problem+json, with what to do. Answers may get more fields; those \
that are there stay.\
"""

_REFERENCE = "#/components/schemas/{model}"
_TAGS = {
    **dict.fromkeys(("healthz", "readyz", "metrics", "reload", "openapi.json"), "gateway"),
    **dict.fromkeys(("state", "events"), "live"),
}
"""The parts of paths that stand together in the document."""

_SCHEME = "token"
_COOKIE = "session"


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes: those of the API, not the pages."""
    told = [route for route in routes if route.documented]
    used = {model for route in told for model in _models(route)} | {Problem}
    ordered = sorted(used, key=lambda model: model.__name__)
    refs, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFERENCE
    )
    by_model = {model: refs[model, "validation"] for model in ordered}
    paths: dict[str, dict[str, Any]] = {}
    for route in told:
        at = paths.setdefault(route.path, {})
        at[route.method.lower()] = _operation(route, by_model)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ccgateway", "version": __version__, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{_SCHEME: []}, {_COOKIE: []}],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {
                _SCHEME: {"type": "http", "scheme": "bearer"},
                _COOKIE: {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": "What POST /api/session gives to a browser; over TLS its name "
                    f"is {SECURE_COOKIE}.",
                },
            },
        },
    }


def _models(route: Route) -> list[type[BaseModel]]:
    return [model for model in (route.body, route.answer) if model]


def _operation(route: Route, by_model: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [_tag(route)],
        "parameters": _parameters(route),
        "responses": _responses(route, by_model),
    }
    if route.least is None:
        told["security"] = []
    else:
        told["x-least-role"] = route.least.name.lower()
    if route.also is not None:
        told["x-also-role"] = route.also.name.lower()
    if route.body is not None:
        content: dict[str, Any] = {"schema": by_model[route.body]}
        if route.example is not None:
            content["example"] = route.example
        needed = any(field.is_required() for field in route.body.model_fields.values())
        told["requestBody"] = {"required": needed, "content": {"application/json": content}}
    more = dict(route.extra)
    told["responses"] |= more.pop("responses", {})
    return {**told, **more}


def _tag(route: Route) -> str:
    """The thing that it is about: the first part of the path after /api."""
    part = route.path.removeprefix("/api").strip("/").split("/")[0]
    return _TAGS.get(part, part)


def _parameters(route: Route) -> list[dict[str, Any]]:
    told = [
        *_texts(route.params, "path"),
        *_texts(route.query, "query"),
    ]
    if route.once:
        told.append(
            {
                "name": KEY,
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": LONGEST_KEY, "pattern": r"^[ -~]*$"},
                "description": "A new UUID for each request: who repeats it with the same key gets "
                "the first answer, and it is done once.",
            }
        )
    return told


def _texts(model: type[BaseModel] | None, where: str) -> list[dict[str, Any]]:
    """The fields of a model as parameters. Its definitions (enums) are written out in place, for
    a parameter has no other place for them."""
    if model is None:
        return []
    schema = model.model_json_schema()
    named = schema.get("$defs", {})
    needed = schema.get("required", [])
    return [
        _parameter(name, _whole(of, named), where, needed=name in needed or where == "path")
        for name, of in schema["properties"].items()
    ]


def _parameter(name: str, schema: dict[str, Any], where: str, *, needed: bool) -> dict[str, Any]:
    told = {"name": name, "in": where, "required": needed}
    description = schema.pop("description", "")
    schema.pop("title", None)
    if schema.get("default", "") is None:  # not there
        del schema["default"]
    return {**told, "schema": schema, **({"description": description} if description else {})}


def _whole(value: Any, named: Mapping[str, Any]) -> Any:
    """A schema with its references replaced, and "or null" taken out: a parameter that is not
    there is null."""
    if isinstance(value, list):
        return [_whole(one, named) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _whole(named[value["$ref"].rpartition("/")[2]], named)
    whole = {name: _whole(one, named) for name, one in value.items()}
    choices = [one for one in whole.get("anyOf", ()) if one != {"type": "null"}]
    if "anyOf" in whole and len(choices) == 1:
        del whole["anyOf"]
        return {**choices[0], **whole}
    return whole


def _responses(route: Route, by_model: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    fine: dict[str, Any] = {"description": route.status.phrase}
    if route.answer is not None:
        fine["content"] = {route.media: {"schema": by_model[route.answer]}}
    refused = {**_general(route), **route.refusals}
    told = {str(route.status.value): fine}
    for status, why in sorted(refused.items()):
        told[str(status.value)] = {
            "description": why,
            "content": {"application/problem+json": {"schema": by_model[Problem]}},
        }
    return told


def _general(route: Route) -> dict[HTTPStatus, str]:
    """What any route of its kind may answer."""
    told: dict[HTTPStatus, str] = {}
    if route.body or route.query or route.once:
        told[HTTPStatus.BAD_REQUEST] = "What was sent is not as it must be; the detail names it."
    if route.params:
        told[HTTPStatus.NOT_FOUND] = "There is no such thing."
    if route.least is not None:
        told[HTTPStatus.UNAUTHORIZED] = "No token, or none that is valid."
        told[HTTPStatus.FORBIDDEN] = "The token's role or scope does not reach so far."
        told[HTTPStatus.SERVICE_UNAVAILABLE] = "PostgreSQL is away, and this token is not known."
    if route.least is not None or route.acts:
        told[HTTPStatus.TOO_MANY_REQUESTS] = "Too many requests; Retry-After says when again."
    if route.body:
        told[HTTPStatus.REQUEST_TIMEOUT] = "The body did not arrive in time."
        told[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = "The body is too large."
    return told
