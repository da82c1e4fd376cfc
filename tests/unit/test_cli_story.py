"""The head of a call's story in the terminal."""

from __future__ import annotations

import pytest

from ccgateway.cli.common import out
from ccgateway.cli.story import story
from tests.adapters.postgres_samples import escalated_call, whole_call


def test_an_agent_who_consults_in_a_queue_is_no_waiting_caller(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for call in (whole_call(1), escalated_call(1)):
        out.print(story(call))
        [line] = [row for row in capsys.readouterr().out.splitlines() if "wait, talk" in row]
        assert " 20.0 s, " in line
