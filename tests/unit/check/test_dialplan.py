"""The dialplan as values: which numbers an extension takes, and what a context includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccgateway.check.dialplan import Dialplan, matches
from ccgateway.conffile import read

TEXT = """\
[general]
static = yes

[globals]
A = 1

[from-trunk]
include => deeper
exten => _X.,1,NoOp(${EXTEN})
 same => n(here),Goto(ccg-inbound,${FILTER(+0-9,${EXTEN})},1)

[deeper]
include => from-trunk
exten => 100/200,hint,PJSIP/100

[from-trunk]
exten => 7,1,Hangup
"""


@pytest.mark.parametrize(
    ("extension", "number", "expected"),
    [
        ("1000", "1000", True),
        ("1000", "10001", False),
        ("_1XXX", "1000", True),
        ("_1XXX", "100", False),
        ("_NXX", "199", False),
        ("_NXX", "299", True),
        ("_ZXX", "099", False),
        ("_X.", "1", False),
        ("_X.", "12", True),
        ("_X!", "1", True),
        ("_+358942454XXX", "+358942454000", True),
        ("_+358942454XXX", "358942454000", False),
        ("_[13-5]X", "49", True),
        ("_[13-5]X", "29", False),
        ("_[+0-9].", "+1", True),
        ("_555-1212", "5551212", True),
        ("_1XXX/0401234567", "1000", True),
        ("_.", "anything,(even this", True),
    ],
)
def test_patterns_match_as_asterisk_matches_them(
    extension: str, number: str, expected: bool
) -> None:
    assert matches(extension, number) is expected


def test_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "extensions.conf"
    file.write_text(TEXT)
    dialplan = Dialplan.of_file(read(file))
    assert set(dialplan.contexts) == {"from-trunk", "deeper"}
    steps = dialplan.contexts["from-trunk"].steps
    assert [(s.extension, s.application, s.data) for s in steps] == [
        ("_X.", "NoOp", "${EXTEN}"),
        ("_X.", "Goto", "ccg-inbound,${FILTER(+0-9,${EXTEN})},1"),
        ("7", "Hangup", ""),
    ]
    assert str(steps[1].place) == f"{file}:10"
    assert dialplan.within("deeper") == ["deeper", "from-trunk"]
    assert dialplan.within("nowhere") == ["nowhere"]


def test_of_asterisks_own_list() -> None:
    dialplan = Dialplan.of_events(
        [
            {"Event": "ListDialplan", "Context": "a", "Extension": "1", "Application": "NoOp"},
            {"Event": "ListDialplan", "Context": "a", "IncludeContext": "b"},
            {"Event": "ShowDialPlanComplete", "ListItems": "2"},
        ]
    )
    assert [step.application for step in dialplan.contexts["a"].steps] == ["NoOp"]
    assert dialplan.within("a") == ["a", "b"]
