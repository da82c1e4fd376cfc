"""What the gateway's metrics say, what queue_log says, and how it is drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

from ccgateway.rig.chaos import plot, witness
from ccgateway.rig.chaos.conductor import Injected
from ccgateway.rig.chaos.gauge import Sample, parsed
from ccgateway.rig.chaos.rest import BUSY, busy
from ccgateway.rig.chaos.schedule import Kind

METRICS = """\
# HELP ccgateway_calls_live Calls that are under way.
# TYPE ccgateway_calls_live gauge
ccgateway_calls_live 7.0
ccgateway_loop_late_total 3.0
ccgateway_journals_behind_bytes{node="pbx1"} 10.0
ccgateway_journals_behind_bytes{node="pbx2"} 5.0
ccgateway_agi_sessions_total{outcome="answered"} 4.0
ccgateway_agi_sessions_total{outcome="refused"} 2.0
ccgateway_agi_sessions_total{outcome="dropped"} 1.0
process_cpu_seconds_total 3.0
"""

SVG = "{http://www.w3.org/2000/svg}"
QUEUE_LOG = """\
1795400000|1795400000.1|stations|NONE|ENTERQUEUE||+358401|1
1795400004|1795400000.1|stations|101|CONNECT|4|1795400001.2|3
1795400005|1795400000.1|pumps|NONE|ENTERQUEUE||+358401|1
1795400005|NONE|NONE|NONE|QUEUESTART|
1795400006|1795400006.3|ccg-fallback|NONE|ENTERQUEUE||x|1
half a li"""


def test_metrics_are_read_and_labels_are_summed() -> None:
    assert parsed(METRICS.splitlines()) == {
        "calls_live": 7,
        "loop_late": 3,
        "journals_behind_bytes": 15,
        "agi_answered": 4,
        "agi_sessions": 3,
    }


def test_a_gateway_that_says_nothing_is_not_at_rest() -> None:
    assert busy({}).keys() == set(BUSY)
    assert busy({"calls_live": 0.0, "spool_facts": 2.0}) == {"spool_facts": 2.0}
    assert busy({"calls_live": 0.0}) == {}


def test_the_queues_of_a_channel_in_their_order() -> None:
    first = datetime.fromtimestamp(1795400000, UTC)
    assert witness.entered([*QUEUE_LOG.splitlines(), "odd|1.1|q|NONE|ENTERQUEUE|"]) == {
        "1795400000.1": [("stations", first), ("pumps", first + timedelta(seconds=5))],
        "1795400006.3": [("ccg-fallback", first + timedelta(seconds=6))],
    }


def test_what_cel_tells_of_a_channel_and_when() -> None:
    lines = [
        '"2026-11-22T21:28:06.367061+0000","CHAN_START","1.1","1.1","PJSIP/trunk-1",""',
        '"2026-11-22T21:28:07.5+0000","ANSWER","1.1","1.1","a ""quoted"" name",""',
        '"2026-11-2',
        '"half","ANSWER","1.1"',
    ]
    second = datetime(2026, 11, 22, 21, 28, tzinfo=UTC)
    assert witness.moments(lines) == {
        "1.1": [
            ("CHAN_START", second + timedelta(seconds=6.367061)),
            ("ANSWER", second + timedelta(seconds=7.5)),
        ]
    }


def test_of_whose_service_asterisk_knew_nothing() -> None:
    line = '"2026-11-22T21:28:06+0000","CCGInbound","{}","1.1","x","{{""extra"":""DID: 1,{}""}}"'
    told = [line.format("1.1", "Service: ,Presentation: x"), line.format("1.2", "Service: a,P: x")]
    assert witness.nameless(told) == {"1.1"}


def test_all_parts_that_a_rotation_left_are_read(tmp_path: Path) -> None:
    lines = QUEUE_LOG.splitlines(keepends=True)
    for name, some in {
        "-20261122001": lines[2:4],
        "-20261122000": lines[:2],
        "": lines[4:],
    }.items():
        (tmp_path / f"queue_log{name}").write_text("".join(some), encoding="utf-8")
    told = witness.read(tmp_path)
    assert told.queues["1795400000.1"] == ("stations", "pumps")
    assert told.answered == {"1795400000.1": (("stations", "101"),)}
    assert [name for name, _ in told.moments["1795400000.1"]] == ["ENTERQUEUE", "ENTERQUEUE"]


def test_the_plot_is_svg_with_a_line_that_breaks_where_nothing_was_said() -> None:
    samples = [Sample(at, {} if at == 2 else {"spool_bytes": 1.0}) for at in range(5)]
    fault = Injected(Kind.IMMEDIATE, 0.5, 1.5, "pid 1, now 2")
    drawn = plot.svg(samples, [fault], "30 minutes, seed $1 <&>")
    root = ET.fromstring(drawn)  # noqa: S314 -- our own text
    words = {"".join(one.itertext()) for one in root.iter(f"{SVG}text")}
    assert {"30 minutes, seed $1 <&>", *(one.title for one in plot.PANELS)} <= words
    for panel in plot.PANELS:
        (line,) = [one for one in root.iter(f"{SVG}g") if one.get("id") == panel.metric]
        assert [one.get("d", "").count("M") for one in line.iter(f"{SVG}path")] == [2]
    assert drawn.count(plot.COLOURS[Kind.IMMEDIATE.track]) > len(plot.PANELS)
    assert plot.svg(samples, [fault], "30 minutes, seed $1 <&>") == drawn
