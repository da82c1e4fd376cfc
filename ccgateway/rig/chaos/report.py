"""A run's result as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from ccgateway.rig.chaos.conductor import Injected
from ccgateway.rig.chaos.schedule import LEAST_ROUNDS, Kind
from ccgateway.rig.chaos.verdict import Verdict, Wrong

SHOWN = 15  # of each list of wrong calls; JSON has all


@dataclass(frozen=True, slots=True)
class Result:
    """All that a run found. ``left_out``: faults that were not injected, and why; ``least``: how
    often each of the others is to bite; ``busy``: what was not at rest in the end; ``died``: how
    the gateway ended by itself; ``gaps``: how the product tells them; ``remarks``: what else was
    seen, and fails nothing."""

    seed: int
    seconds: float
    rate: float  # calls a second, as they were placed
    verdict: Verdict
    injected: Sequence[Injected]
    left_out: Mapping[Kind, str]
    busy: Mapping[str, float]
    metrics: Mapping[str, float]
    least: int = LEAST_ROUNDS
    died: Sequence[str] = ()
    gaps: Sequence[str] = ()
    remarks: Sequence[str] = ()

    @property
    def toothless(self) -> list[Kind]:
        """Faults that did not bite as often as they are to."""
        return [
            kind for kind in Kind if kind not in self.left_out and self.bitten(kind) < self.least
        ]

    def bitten(self, kind: Kind) -> int:
        """How often it was injected and bit."""
        return sum(one.bit for one in self.injected if one.kind is kind)

    def tried(self, kind: Kind) -> int:
        """How often it was injected."""
        return sum(one.kind is kind for one in self.injected)

    @property
    def holds(self) -> bool:
        """Nothing is lost, every fault bit, and the gateway lived and came to rest."""
        trouble = self.toothless or self.busy or self.died
        return self.verdict.holds and not trouble


def as_json(result: Result) -> dict[str, Any]:
    """For programs."""
    verdict = result.verdict
    lists = {name: _wrongs(found) for name, found in _lists(verdict).items()}
    return {
        "holds": result.holds,
        "seed": result.seed,
        "seconds": round(result.seconds, 1),
        "calls": verdict.calls,
        "calls_per_second": round(result.rate, 2),
        "at_once": verdict.at_once,
        "cut_by_restarts_of_asterisk": verdict.cut,
        "cut_without_record": verdict.cut_without_record,
        "by_crew": verdict.by_crew,
        "scenes_while_something_was_broken": verdict.broken_scenes,
        "of_these_passed_on": verdict.passed_on,
        "known": dict(verdict.known),
        "times_that_sipp_saw_late": verdict.slow,
        "longest_decision_s": round(verdict.decided_s, 3),
        **lists,
        "twice": list(verdict.twice),
        "faults": [
            {
                "kind": one.kind.title,
                "began_s": round(one.began, 1),
                "ended_s": round(one.ended, 1),
                "bit": one.bit,
                "proof": one.proof,
                "trouble": one.trouble,
            }
            for one in result.injected
        ],
        "left_out": {kind.title: why for kind, why in result.left_out.items()},
        "toothless": [kind.title for kind in result.toothless],
        "not_at_rest": dict(result.busy),
        "died": list(result.died),
        "gaps": list(result.gaps),
        "metrics": dict(result.metrics),
        "remarks": list(result.remarks),
    }


def show(result: Result, console: Console) -> None:
    """For people."""
    verdict = result.verdict
    console.print(_faults(result))
    for kind, why in result.left_out.items():
        console.print(f"{kind.title}: left out, {why}", markup=False)
    console.print(
        f"{verdict.calls} calls ({verdict.by_crew} by the crew, {verdict.broken_scenes} of them "
        f"while something was broken, {verdict.passed_on} of these passed on to another line), "
        f"{result.rate:.1f} a second, up to {verdict.at_once} at once; "
        f"{verdict.cut} were cut by restarts of Asterisk and are not judged, "
        f"{verdict.cut_without_record} of them have no record.",
        markup=False,
    )
    console.print(
        "known: " + ", ".join(f"{count} {how}" for how, count in verdict.known.items()),
        markup=False,
    )
    if verdict.slow:
        console.print(f"{verdict.slow} times were seen late by SIPp, and are as CEL tells them")
    console.print(f"longest wait for a decision: {verdict.decided_s:.3f} s", markup=False)
    for name, found in _lists(verdict).items():
        console.print(f"{name}: {len(found)}", style="red" if found else "", markup=False)
        _some((f"  {one.number} {one.did} {'; '.join(one.what)}" for one in found), console)
    console.print(f"twice: {len(verdict.twice)}", style="red" if verdict.twice else "")
    _some((f"  {what}" for what in verdict.twice), console)
    for kind in result.toothless:
        console.print(f"{kind.title} bit less than {result.least} times", style="red", markup=False)
    if result.busy:
        console.print(f"not at rest: {result.busy}", style="red", markup=False)
    for how in result.died:
        console.print(f"the gateway ended by itself: {how}", style="red", markup=False)
    _some(result.gaps, console)
    _some((f"  {remark}" for remark in result.remarks), console)
    console.print("HOLDS" if result.holds else "DOES NOT HOLD", style="bold")


def _lists(verdict: Verdict) -> dict[str, tuple[Wrong, ...]]:
    return {
        "lost": verdict.lost,
        "wrong": verdict.wrong,
        "doubled": verdict.extra,
        "dropped": verdict.dropped,
        "unplaced": verdict.unplaced,
    }


def _some(lines: Iterable[str], console: Console) -> None:
    every = list(lines)
    for line in every[:SHOWN]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(every) > SHOWN:
        console.print(f"  and {len(every) - SHOWN} more")


def _faults(result: Result) -> Table:
    table = Table("fault", "injected", "bit", "the last one's proof", title="Faults")
    for kind in Kind:
        if kind in result.left_out:
            continue
        proofs = [one.proof or one.trouble for one in result.injected if one.kind is kind]
        table.add_row(
            kind.title,
            str(result.tried(kind)),
            str(result.bitten(kind)),
            proofs[-1] if proofs else "",
        )
    return table


def _wrongs(found: Iterable[Wrong]) -> list[dict[str, Any]]:
    return [
        {
            "number": one.number,
            "did": one.did,
            "placed_at": one.placed_at.isoformat() if one.placed_at else None,
            "what": list(one.what),
        }
        for one in found
    ]
