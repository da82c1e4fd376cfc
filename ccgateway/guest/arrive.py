"""The plan of ``ccgateway init``: one line in each of his files, ours in a folder of their own, and
the TOML where there is none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccgateway.config import Config, load
from ccgateway.config.fault import FaultyConfig
from ccgateway.config.tables import NodeSettings
from ccgateway.errors import ConfigError
from ccgateway.guest.answers import FILE, Answers, merged, read_answers, written_answers
from ccgateway.guest.asterisk import Asterisk
from ccgateway.guest.fault import GuestFault
from ccgateway.guest.first import First, first_toml
from ccgateway.guest.his import PARTS, His, look
from ccgateway.guest.line import OURS, put_in
from ccgateway.guest.notes import notes
from ccgateway.guest.phones import Phone, answers_in, phones_in, pjsip_of
from ccgateway.guest.plan import Change, Plan
from ccgateway.guest.snippets import Wanted, snippet
from ccgateway.shipped import shipped

JOURNAL = "cel-custom"
"""Asterisk's folder for cel_custom's files. Where it is missing each event is an error in its log,
and lost."""

GROUP = "ccgateway"
"""Whose members may read the TOML: the gateway's own user, where there is one."""


@dataclass(frozen=True, slots=True)
class Here:
    """What is found before anything is asked: the Asterisk, his files, the TOML (None: none yet),
    what was said before, and the phones of pjsip.conf."""

    asterisk: Asterisk
    his: Mapping[str, His]
    toml: Path
    config: Config | None
    answers: Answers
    phones: Sequence[Phone]


def look_around(asterisk: Asterisk, toml: Path) -> Here:
    """Read everything. Raises ConfigError: what is wrong with his files, or with the TOML; OSError
    where they may not be read."""
    pjsip = pjsip_of(asterisk)
    his = {part.file: look(asterisk, part) for part in PARTS}
    config = load(toml) if toml.exists() else None
    known = merged(read_answers(asterisk.ours), answers_in(pjsip))
    return Here(asterisk, his, toml, config, known, phones_in(pjsip))


def arrive(here: Here, said: Answers, first: First | None, node: str = "") -> Plan:
    """The plan. ``first`` is what a TOML is made from where there is none. Raises ConfigError."""
    text = first_toml(first) if first else ""
    config = here.config or _loaded(text)
    answers = merged(said, here.answers)
    everybody = Answers(fallback=tuple(agent.phone for agent in config.agents))
    wanted = Wanted(
        config, _node(config, node), merged(answers, everybody), here.his, here.asterisk.log
    )
    theirs = [*_lines(here)]
    ours = [*_ours(here, wanted, answers)]
    toml = (
        []
        if here.config
        else [
            Change(
                here.toml,
                None,
                text.encode(),
                "ccgateway's configuration, with new secrets",
                group=GROUP,
            )
        ]
    )
    journal = here.asterisk.log / JOURNAL
    return Plan(
        changes=[*ours, *theirs, *toml],
        new_folders=[] if journal.is_dir() else [journal],
        reloads=[part.reload for part in PARTS] if ours or theirs else [],
        notes=notes(wanted),
    )


def _loaded(text: str) -> Config:
    """The configuration that a first TOML makes. Raises GuestFault: which value does not do."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ccgateway.toml"
        file.touch(mode=0o600)
        file.write_text(text, "utf-8")
        try:
            return load(file)
        except FaultyConfig as error:
            said = str(error).replace(f"{file}:", "line ")
            raise GuestFault(f"what you said makes no configuration:\n{said}") from None


def _node(config: Config, name: str) -> NodeSettings:
    for node in config.nodes:
        if name in ("", node.name):
            return node
    raise ConfigError(f"--node: found {name!r}, wanted one of the TOML's: {_names(config.nodes)}")


def _names(nodes: Sequence[NodeSettings]) -> str:
    return ", ".join(node.name for node in nodes)


def _lines(here: Here) -> Iterator[Change]:
    """Our line in each of his files."""
    for part in PARTS:
        his = here.his[part.file]
        text = put_in(his.text, part.file)
        if text != his.text:
            why = f"#include {OURS}/{part.file}: {part.what}"
            yield Change(his.file, his.text, text, why, like=_like(here.asterisk))


def _ours(here: Here, wanted: Wanted, answers: Answers) -> Iterator[Change]:
    """The files of our folder."""
    ours = here.asterisk.ours
    texts = {part.file: snippet(wanted, part.file).encode() for part in PARTS}
    for file in sorted(shipped("dialplan").glob("*.conf")):
        texts[file.name] = file.read_bytes()
    texts[FILE] = written_answers(answers).encode()
    like, closed = _like(here.asterisk), _is_asterisks(here.asterisk)
    for name, text in texts.items():
        before = (ours / name).read_bytes() if (ours / name).exists() else None
        if before != text:
            yield Change(ours / name, before, text, "ccgateway's own", like, closed=closed)


def _like(asterisk: Asterisk) -> Path:
    """His file whose owner and mode are right for a secret that Asterisk must read."""
    manager = asterisk.etc / "manager.conf"
    return manager if manager.exists() else asterisk.etc


def _is_asterisks(asterisk: Asterisk) -> bool:
    """Whether his files are owned by whom Asterisk runs as, whose the logs are: then they need not
    be open to others, as those of Asterisk's own `make samples` are."""
    log = asterisk.log
    return log.is_dir() and log.stat().st_uid == _like(asterisk).stat().st_uid
