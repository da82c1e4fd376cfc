"""Broken systems: each fault is named, with the line that mends it; and with it all is green."""

from __future__ import annotations

import pytest

from ccgateway.check.judge import ALL_CHECKS, name_of
from tests.unit.check.broken import MENDABLE, UNMENDABLE, Broken
from tests.unit.check.house import House

AT_MOST = 30
"""Mends of one breakage: autoload = no asks for a line a module."""


@pytest.mark.parametrize("broken", MENDABLE, ids=lambda broken: broken.id)
def test_the_line_that_mends_it_makes_it_green(house: House, broken: Broken) -> None:
    broken.breaking(house)
    named = [finding for finding in house.bad() if finding.name == broken.check]
    assert any(broken.says in finding.what for finding in named), house.bad()
    for _ in range(AT_MOST):
        left = house.bad()
        if not left:
            return
        mend = next((f.mend for f in left if f.name == broken.check and f.mend), left[0].mend)
        assert mend, left
        house.mend(mend)
    pytest.fail(f"still wrong: {house.bad()}")


@pytest.mark.parametrize("broken", UNMENDABLE, ids=lambda broken: broken.id)
def test_what_no_line_mends_is_named(house: House, broken: Broken) -> None:
    broken.breaking(house)
    named = [finding for finding in house.bad() if finding.name == broken.check]
    assert any(broken.says in finding.what for finding in named), house.bad()


def test_every_check_of_the_table_is_broken_here_and_at_least_thirty_are_mended() -> None:
    broken = {broken.check for broken in (*MENDABLE, *UNMENDABLE)}
    assert broken == {name_of(check) for check in ALL_CHECKS}
    assert len(MENDABLE) >= 30
