"""dialplan/README.md tells of everything that is in the dialplan, and of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ccgateway.agi.inbound import VARIABLES
from ccgateway.agi.server import HANDLERS

ROOT = Path(__file__).resolve().parents[2]
CONF = {path.name: path.read_text() for path in (ROOT / "dialplan").glob("*.conf")}
KEYS = CONF["ccg-features.conf"]  # for features.conf, all others for extensions.conf
CODE = "\n".join(
    line
    for text in CONF.values()
    if text is not KEYS
    for line in text.splitlines()
    if not line.startswith(";")
)
README = (ROOT / "dialplan" / "README.md").read_text()
GUEST = (ROOT / "asterisk-config" / "guest" / "extensions.conf").read_text()
PYTHON = "\n".join(
    path.read_text()
    for path in (ROOT / "ccgateway").rglob("*.py")
    if not {"rig", "check", "guest"} & set(path.relative_to(ROOT).parts)
)


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the first table under a heading: the name in the first cell -> all cells."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows[2:]]
    return {row[0].strip("`"): row for row in cells}


def section(context: str) -> str:
    return CODE.partition(f"[{context}]\n")[2].partition("\n[")[0]


def extensions(context: str) -> set[str]:
    return set(re.findall(r"^exten => ([^,]+),", section(context), re.MULTILINE))


def words(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def test_contexts() -> None:
    assert set(table("Contexts")) == set(re.findall(r"^\[(.+)\]$", CODE, re.MULTILINE))


@pytest.mark.parametrize("context", table("Contexts"))
def test_extensions_of_a_context(context: str) -> None:
    patterns = {name for name in extensions(context) if name.startswith("_")}
    named = words(table("Contexts")[context][1])
    if not patterns:
        assert extensions(context) == named - {"CCG_MESSAGE_KIND"}
    else:
        assert extensions(context) - patterns <= named | set(table("Feature codes"))


def test_every_goto_goes_somewhere() -> None:
    targets = set(re.findall(r"(?:Goto|Gosub)\((ccg-[a-z-]+),", CODE))
    targets |= set(re.findall(r"[?:](ccg-[a-z-]+),", CODE))  # GotoIf
    targets |= set(re.findall(r"[bF]\((ccg-[a-z-]+)\^", CODE))  # options of Queue and Dial
    targets |= set(re.findall(r"ccg-move,s,1\([^,]+,(ccg-[a-z-]+)\)", CODE))
    targets |= set(re.findall(r"ccg-ring,s,1\((ccg-[a-z-]+)", CODE))
    targets |= set(re.findall(r"(?:_SUB|TRANSFER_CONTEXT)=(ccg-[a-z-]+)", CODE))
    targets |= set(re.findall(r'"(ccg-[a-z]+),', KEYS))
    assert targets <= set(table("Contexts"))
    reasons = set(re.findall(r"ccg-fallback,([a-z]+),1", CODE))
    assert reasons == words(table("Contexts")["ccg-fallback"][1])


def test_variables() -> None:
    used = set(re.findall(r"CCG_[A-Z_]+", CODE + GUEST + PYTHON))
    assert {begin(name) for name in table("Variables")} == used


def test_who_sets_a_variable() -> None:
    for told, cells in table("Variables").items():
        who, name = cells[1], begin(told)
        ending = '"' if name == told else "{"
        assert ("gateway" in who) == (f'"{name}{ending}' in PYTHON), name
        plain = re.search(rf"Set\((?:__)?{name}=", CODE)
        shared = re.search(rf"Set\(SHARED\({name}[,)]", CODE)
        assert ("dialplan" in who) == bool(plain or shared), name
        assert ("shared" in who) == bool(shared), name
        assert ("inherited" in " ".join(cells)) == (f"Set(__{name}=" in CODE), name
        given = re.search(rf"^;?{name}=", GUEST, re.MULTILINE)
        assert ("administrator" in who) == bool(given), name


def begin(variable: str) -> str:
    """What is fixed in a variable's name: CCG_TARGET_<service>_<digit>."""
    return variable.partition("<")[0]


def test_what_the_gateway_sets_is_read() -> None:
    unread = {name for name, _ in VARIABLES if f"${{{name}}}" not in CODE}
    assert not unread


def test_agi_addresses() -> None:
    assert set(table("AGI addresses")) == set(HANDLERS)
    called = set(re.findall(r"AGI\(\$\{CCG_AGI\}/([a-z-]+)", CODE)) - {"agent-"}
    verbs = re.findall(r"Goto\(ccg-agent,([a-z]+),1\)", CODE)
    assert called | {f"agent-{verb}" for verb in verbs} == set(HANDLERS)


def test_user_events() -> None:
    said = re.findall(r"\bUserEvent\((CCG[A-Za-z]+)(?:,([^\n]+))?\)", CODE)
    listed = table("User events")
    for event, headers in said:
        assert set(re.findall(r"(?:^|,)([A-Za-z]+): ", headers)) == words(listed[event][1])
    assert set(listed) == {event for event, _ in said}
    assert set(re.findall(r'"(CCG[A-Z][a-z][A-Za-z]*)"', PYTHON)) == set(listed)


def test_what_is_told_over_ami_stands_in_the_journal_too() -> None:
    """Word by word, and in the next line: one is not told without the other."""
    lines = CODE.splitlines()
    for at, line in enumerate(lines):
        if told := re.search(r"\bUserEvent(\(.*\))$", line):
            assert lines[at + 1] == f" same => n,CELGenUserEvent{told[1]}"
    assert len(re.findall(r"CELGenUserEvent\(", CODE)) == len(re.findall(r"\bUserEvent\(", CODE))


def test_feature_codes() -> None:
    codes = {name.removeprefix("_") for name in extensions("ccg-agent-codes")}
    assert set(table("Feature codes")) == codes
    prompts = {word for cells in table("Feature codes").values() for word in words(cells[2])}
    done = section("ccg-agent-told")
    assert all(prompt in done for prompt in prompts)


def test_keys_during_a_talk() -> None:
    """Each key is in a group of those who may press it, and in the table."""
    mapped = dict(re.findall(r"^(ccg-\S+) => (\*\d+),self,", KEYS, re.MULTILINE))
    grouped = re.findall(r"^(ccg-\S+) =>$", KEYS, re.MULTILINE)
    assert set(grouped) == set(mapped)
    groups = set(re.findall(r"^\[(ccg-.+)\]$", KEYS, re.MULTILINE))
    assert groups == set("#".join(re.findall(r"DYNAMIC_FEATURES=(.+)\)", CODE)).split("#"))
    told = {re.sub(r"(?<=[23])[1-9]$", "D", keys) for keys in mapped.values()}
    assert set(table("Keys during a talk")) == told
    verbs = re.findall(r'"ccg-escalate,([a-z]+),', KEYS)
    assert set(verbs) == extensions("ccg-escalate") - {"unmoved", "refused"}


def test_files() -> None:
    listed = set(re.findall(r"^\| `([^`]+\.conf)`", README, re.MULTILINE))
    assert listed == set(CONF)
    included = set(re.findall(r"#include ccgateway/(\S+)", CONF["ccgateway.conf"]))
    assert included == set(CONF) - {"ccgateway.conf", "ccg-features.conf"}


def test_a_strangers_text_is_used_filtered_only() -> None:
    """Each line that touches what a caller can write filters it, or only measures it."""
    stranger = re.compile(r"\$\{(EXTEN|CALLERID\((?:num|name|all|dnid)\))\}")
    for line in section("ccg-inbound").splitlines():
        for found in stranger.finditer(line):
            before = line[: found.start()]
            assert before.endswith("LEN(") or "${FILTER(" in before, line
    rest = "".join(text for name, text in CONF.items() if name != "ccg-inbound.conf")
    assert "${CALLERID" not in rest
    for context in ("ccg-agent-codes", "ccg-transfer"):  # what phones dial, or name in a REFER
        pattern = ""
        for line in section(context).splitlines():
            pattern = line.split(",")[0] if line.startswith("exten") else pattern
            if pattern.endswith((".", "!")) and "${EXTEN" in line:
                assert re.search(r"\$\{FILTER\([^,]+,\$\{EXTEN", line), line
