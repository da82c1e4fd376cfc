"""Lag and spool over time, as SVG. Pure: text from samples."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter

from ccgateway.rig.chaos.conductor import Injected
from ccgateway.rig.chaos.gauge import Sample
from ccgateway.rig.chaos.schedule import Track

SIZE = (12.0, 14.0)  # inches
COLOURS = {
    Track.GATEWAY: "#c0392b",
    Track.POSTGRESQL: "#2471a3",
    Track.ASTERISK: "#b9770e",
    Track.BESIDE: "#7d8a8c",
}
LINE = "#1c2833"
SAID_NOTHING = "#d5dbdd"
SEE_THROUGH = 0.2  # of the bands: two faults at once are darker


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure over time; ``unit`` is that of the metric."""

    metric: str
    title: str
    unit: str = ""


PANELS = (
    Panel("calls_live", "calls under way"),
    Panel("unwritten_facts", "facts that wait for PostgreSQL"),
    Panel("spool_bytes", "spool on disk", "B"),
    Panel("ami_lag_seconds", "AMI lag", "s"),
    Panel("journals_lag_seconds", "journals' lag", "s"),
    Panel("journals_waiting_calls", "calls that wait for repair"),
    Panel("loop_lag_seconds", "event loop's lag", "s"),
)


def svg(samples: Sequence[Sample], injected: Sequence[Injected], title: str) -> str:
    """A drawing with a panel a figure, and the faults as coloured bands."""
    # Text stays text, and the same samples are the same drawing.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ccgateway", "font.size": 9}):
        figure = Figure(figsize=SIZE, layout="constrained")
        figure.suptitle(title, parse_math=False)
        panels = figure.subplots(len(PANELS), sharex=True, squeeze=False)[:, 0]
        for panel, axes in zip(PANELS, panels, strict=True):
            _draw(axes, panel, samples)
            _shade(axes, samples, injected)
        panels[-1].set_xlabel("seconds")
        bands = [Patch(color=c, alpha=SEE_THROUGH, label=t.value) for t, c in COLOURS.items()]
        bands.append(Patch(color=SAID_NOTHING, label="the gateway said nothing"))
        figure.legend(handles=bands, loc="outside lower center", ncols=len(bands))
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def _draw(axes: Axes, panel: Panel, samples: Sequence[Sample]) -> None:
    """The line of a panel; it breaks where nothing was said."""
    values = [one.values.get(panel.metric, 0.0) if one.values else math.nan for one in samples]
    axes.plot([one.at for one in samples], values, color=LINE, linewidth=1, gid=panel.metric)
    axes.set_title(panel.title, loc="left")
    axes.yaxis.set_major_formatter(EngFormatter(panel.unit))
    axes.set_ylim(bottom=0)
    axes.margins(x=0)


def _shade(axes: Axes, samples: Sequence[Sample], injected: Sequence[Injected]) -> None:
    for one in samples:
        if not one.values:
            axes.axvspan(one.at - 1, one.at, color=SAID_NOTHING)
    for fault in injected:
        colour = COLOURS[fault.kind.track]
        axes.axvspan(fault.began, fault.ended, color=colour, alpha=SEE_THROUGH)
