"""A gateway whose book has one supervisor, of one client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ccgateway.access.who import Role, Scope
from tests.adapters.access.asking import (
    SECRET,
)
from tests.adapters.centre import (
    Book,
    Gateway,
)


@pytest.fixture
def book() -> Book:
    made = Book()
    made.add(SECRET, Role.SUPERVISOR, Scope(clients=frozenset(["oilco"])))
    return made


@pytest.fixture
async def gateway(book: Book) -> AsyncIterator[Gateway]:
    async with Gateway(book) as running:
        yield running
