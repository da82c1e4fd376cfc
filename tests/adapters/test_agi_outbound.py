"""``*5``, a prefix and a number from an agent's phone: what the dialplan is told."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from ccgateway.errors import NumberRefused
from ccgateway.outbound.gate import Allowed
from tests.adapters.agi_asterisk import SECRET, Loop, call, request, serving


class Dialler(Loop):
    """Remembers what it was asked."""

    wanted: tuple[str, str, str] | None = None
    allowed = Allowed(
        "hotline", "oilco", "+358401234567", "+358942454000", "b7", 1042, "#1042 Station 17"
    )

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        self.wanted = (phone, prefix, dialled)
        if self.refused:
            raise NumberRefused("+35860012345", "is a premium-rate number")
        return self.allowed


ASKED = request("outbound", (SECRET, "PJSIP/101", "10", "0401234567"))


async def test_the_number_in_full_and_the_proof_last() -> None:
    loop = Dialler()
    async with serving(loop) as server:
        variables = await call(server, ASKED)
    assert loop.wanted == ("PJSIP/101", "10", "0401234567")
    assert list(variables.items()) == [
        ("CCG_NUMBER", "+358401234567"),
        ("CCG_OWN", "+358942454000"),
        ("CCG_SERVICE", "hotline"),
        ("CCG_CALL", "b7"),
        ("CCG_CASE", "1042"),
        ("CCG_DISPLAY", "#1042 Station 17"),
        ("CCG_DONE", "ok"),
    ]


async def test_a_refusal_is_told() -> None:
    async with serving(Dialler(refused=True)) as server:
        with capture_logs() as logs:
            assert await call(server, ASKED) == {"CCG_DONE": "refused"}
    [line] = [line for line in logs if line["event"] == "feature code refused"]
    assert line["why"] == "is a premium-rate number"  # and no person's number, in any line
    assert "60012345" not in str(logs)


@pytest.mark.parametrize("arguments", [(SECRET,), (SECRET, "PJSIP/101"), (SECRET, "", "", "")])
async def test_arguments_that_are_missing_are_empty(arguments: tuple[str, ...]) -> None:
    loop = Dialler(refused=True)
    async with serving(loop) as server:
        assert await call(server, request("outbound", arguments)) == {"CCG_DONE": "refused"}
