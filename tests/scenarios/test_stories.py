"""What the API tells of each recorded call is what its models say, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccgateway.engine.story import story_view
from ccgateway.web.feed import as_json
from ccgateway.web.stories import Story
from tests.scenarios.test_recordings import NAMES, play


@pytest.mark.parametrize("name", NAMES)
def test_a_story_is_as_its_model_says(name: str) -> None:
    calls, _ = play(name)
    for call in calls.values():
        story = Story.model_validate_json(as_json(story_view(call)), extra="forbid")
        assert (story.call_id, story.started_at) == (call.call_id, call.started_at)
        assert [visit.queue for visit in story.visits] == [visit.queue for visit in call.visits]
        assert [talk.ended_at for talk in story.talks] == [talk.ended_at for talk in call.talks]
        assert [str(one.end) for one in story.escalations] == [one.end for one in call.escalations]
        assert [line.at for line in story.timeline] == sorted(line.at for line in story.timeline)


def test_a_withheld_number_is_nowhere_in_it() -> None:
    (call,) = play("queue_call")[0].values()
    shown = as_json(story_view(replace(call, caller_name="Ahola", withheld=True))).decode()
    assert "358401110001" not in shown
    assert "Ahola" not in shown
