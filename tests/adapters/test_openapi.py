"""The OpenAPI document: valid, whole, and about the routes that there are; and the page to try."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest
import schemathesis

from ccgateway import __version__
from ccgateway.web.openapi import document
from ccgateway.web.routes import Route
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked

TAKES_BYTES = {"ship"}
NO_JSON = {"capture", "metrics", "events", "openapi", "signOut"}
"""Routes whose answer is no JSON object of ours."""

ROUTES = Served(Unasked()).server.routes()
TOLD = [route for route in ROUTES if route.documented]
DOCUMENT = document(ROUTES)


def operation(route: Route) -> dict[str, Any]:
    told: dict[str, Any] = DOCUMENT["paths"][route.path][route.method.lower()]
    return told


async def test_it_is_served_to_all_and_valid() -> None:
    async with (
        Served(Unasked()) as gateway,
        aiohttp.ClientSession(gateway.url) as nobody,
        nobody.get("/api/openapi.json") as response,
    ):
        told = await response.json()
    assert told == DOCUMENT
    assert told["info"]["version"] == __version__
    schemathesis.openapi.from_dict(told).validate()


def test_every_route_of_the_api_is_in_it() -> None:
    undocumented = {route.path for route in ROUTES if not route.documented}
    assert not {path for path in undocumented if path.startswith("/api/")} - {
        "/api/docs",
        "/api/docs/{file}",
    }
    operations = [
        one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()
    ]
    assert sorted(operations) == sorted(route.name for route in TOLD)
    assert len(set(operations)) == len(operations)


@pytest.mark.parametrize("route", TOLD, ids=lambda route: route.name)
def test_a_route_says_what_it_takes_and_gives(route: Route) -> None:
    told = operation(route)
    in_path = [one["name"] for one in told["parameters"] if one["in"] == "path"]
    assert in_path == re.findall(r"{(\w+)}", route.path)
    fine = told["responses"][str(route.status.value)]
    assert ("application/json" in fine.get("content", {})) == (route.name not in NO_JSON)
    assert ("requestBody" in told) == (route.body is not None or route.name in TAKES_BYTES)
    assert told["summary"].endswith(".")
    if route.least is not None:
        assert {"401", "403", "429"} <= told["responses"].keys()
    else:
        assert told["security"] == []
    if route.acts and route.body is not None and route.least is not None:
        assert route.example is not None


@pytest.mark.parametrize("route", [one for one in TOLD if one.example], ids=lambda one: one.name)
def test_an_example_is_right(route: Route) -> None:
    assert route.body is not None
    route.body.model_validate(route.example)


def test_a_body_says_which_words_it_takes() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["PassOn"]["properties"]["mode"]["enum"] == ["cold", "warm"]
    assert schemas["Ending"]["properties"]["do"]["enum"] == ["take", "join", "complete"]
    assert "next" in schemas["PassOn"]["properties"]["to"]["description"]


def test_names_of_schemas_are_for_people() -> None:
    """Two models of one name would be told apart by their modules."""
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name]


class TestPage:
    async def test_it_is_there_for_all_and_asks_nobody_else(self) -> None:
        async with Served(Unasked()) as gateway, aiohttp.ClientSession(gateway.url) as nobody:
            async with nobody.get("/api/docs") as response:
                page = await response.text()
                policy = response.headers["Content-Security-Policy"]
                assert response.content_type == "text/html"
            parts = re.findall(r'(?:src|href)="([^"]+)"', page)
            for part in parts:
                async with nobody.get(part) as response:
                    assert response.status == 200
                    assert response.headers["X-Content-Type-Options"] == "nosniff"
                    text = await response.text()
                    assert "https://" not in text
                    assert "http://" not in text
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert {part.rpartition(".")[2] for part in parts} >= {"css", "js"}
        assert "<script>" not in page
        assert "style=" not in page

    @pytest.mark.parametrize("name", ["..%2Fserver.py", "server.py", "%00", "index.html.bak"])
    async def test_nothing_else_is_served(self, name: str) -> None:
        async with (
            Served(Unasked()) as gateway,
            aiohttp.ClientSession(gateway.url) as nobody,
            nobody.get(f"/api/docs/{name}") as response,
        ):
            assert response.status in {401, 404}
            assert response.content_type == "application/problem+json"
