"""``ccgateway check``: is the whole system as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.check.finding import Finding, Severity
from ccgateway.check.judge import judge
from ccgateway.check.probe import look
from ccgateway.check.system import System
from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    FAULT,
    UNREACHABLE,
    WRONG_CONFIG,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
)
from ccgateway.cli.guest import EtcOption, RootOption
from ccgateway.log import plain

NOT_ARRIVED = {"manager-user", "dialplan-included", "keys-included"}
"""Faults of an Asterisk that has never heard of us."""

COLOURS = {
    Severity.OK: "green",
    Severity.WARNING: "yellow",
    Severity.FAULT: "red",
    Severity.UNKNOWN: "bright_black",
}


@command
async def check(
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
    etc: EtcOption = None,
    root: RootOption = Path("/"),
    console: Annotated[
        str,
        typer.Option(help="How Asterisk's own command is run here: 'docker exec pbx asterisk'."),
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Show what is in order, too.")] = False,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Show the secrets in the lines that mend something.")
    ] = False,
) -> None:
    """Look at Asterisk, PostgreSQL and this machine; name each fault, and the line that mends it.

    It reads Asterisk's files with all that they include, asks the running Asterisk (AMI, and its
    own console where it is on this machine), PostgreSQL, and a gateway that runs. It changes
    nothing, and needs no gateway that runs. What cannot be seen from here is said to be so: run it
    as root on the machine of the Asterisk to have all checks.

    Exit codes: 0 no fault (warnings there may be), 1 faults, 2 the TOML file is wrong,
    4 AMI or PostgreSQL cannot be reached, and nothing else is wrong.
    """
    system = await look(config, etc=etc, root=root, console=console)
    findings = judge(system)
    if json:
        print_json(
            {
                "green": _code(system, findings) == 0,
                "findings": [_row(finding, secrets=secrets) for finding in findings],
            }
        )
    else:
        _show(findings, every=every, secrets=secrets)
    if code := _code(system, findings):
        raise typer.Exit(code)


def _code(system: System, findings: Sequence[Finding]) -> int:
    faults = [finding for finding in findings if finding.severity is Severity.FAULT]
    if system.config is None:
        return WRONG_CONFIG
    if any(not finding.away for finding in faults):
        return FAULT
    return UNREACHABLE if faults else 0


def _row(finding: Finding, *, secrets: bool) -> dict[str, object]:
    mend = finding.mend
    return {
        "name": finding.name,
        "node": finding.node,
        "severity": finding.severity,
        "what": finding.what,
        "why": finding.why,
        "mend": mend
        and {
            "file": mend.file and str(mend.file),
            "replaces": mend.replaces,
            "lines": mend.shown(secrets=secrets),
            "then": mend.then,
        },
    }


def _show(findings: Sequence[Finding], *, every: bool, secrets: bool) -> None:
    for finding in _together(findings):
        if every or finding.severity is not Severity.OK:
            for number, line in enumerate(_lines(finding, secrets=secrets)):
                style = COLOURS[finding.severity] if not number else None
                out.print(plain(line), style=style, markup=False, highlight=False, soft_wrap=True)
    counted = Counter(finding.severity for finding in findings)
    said = {
        Severity.OK: "in order",
        Severity.FAULT: "faults",
        Severity.WARNING: "warnings",
        Severity.UNKNOWN: "not seen",
    }
    out.print(", ".join(f"{counted[severity]} {word}" for severity, word in said.items()))
    if {f.name for f in findings if f.severity is Severity.FAULT} >= NOT_ARRIVED:
        out.print("Nothing of ccgateway's is in this Asterisk yet: `ccgateway init` writes it all.")


def _together(findings: Sequence[Finding]) -> list[Finding]:
    """What cannot be seen for one reason, as one."""
    unknown: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        if finding.severity is Severity.UNKNOWN:
            unknown.setdefault((finding.node, finding.what), []).append(finding.name)
    told = []
    for finding in findings:
        if finding.severity is not Severity.UNKNOWN:
            told.append(finding)
        elif names := unknown.pop((finding.node, finding.what), None):
            told.append(replace(finding, name=", ".join(names)))
    return told


def _lines(finding: Finding, *, secrets: bool) -> Iterator[str]:
    where = f" ({finding.node})" if finding.node else ""
    what = f": {finding.what}" if finding.what else ""
    yield f"{finding.severity:<8} {finding.name}{where}{what}"
    if finding.severity in (Severity.OK, Severity.UNKNOWN):
        return
    yield f"         why: {finding.why}"
    if finding.mend:
        yield f"         {finding.mend.place}:"
        for line in finding.mend.shown(secrets=secrets):
            yield f"             {line}"
        if finding.mend.then:
            yield f"         then: {finding.mend.then}"
