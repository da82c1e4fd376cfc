"""The texts of our own files, each of which one of the administrator's includes: filled in from
the TOML, from what he said, and with regard to what he has already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from ccgateway.config import Config
from ccgateway.config.tables import NodeSettings
from ccgateway.guest.answers import Answers
from ccgateway.guest.fault import GuestFault
from ccgateway.guest.his import His
from ccgateway.guest.phones import hook
from ccgateway.shipped import shipped
from ccgateway.templates import fill

LOOPBACK = "127.0.0.1"
DATES = "%Y%m%dT%H%M%S.%6q%z"
"""cel.conf's ``dateformat``, so short because of ``DATE_MOST``."""

DATE_MOST = 29
"""Characters that Asterisk keeps of a time in CEL (main/cel.c): with dashes and colons the zone is
cut off. Asterisk 22.10 keeps more."""

_YES = {"yes", "true", "y", "t", "1", "on"}  # as Asterisk's ast_true()


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that the texts are made from. ``his``: by the name of Asterisk's file."""

    config: Config
    node: NodeSettings
    answers: Answers
    his: Mapping[str, His]
    log: Path

    @property
    def gateway(self) -> str:
        """The address at which Asterisk and the gateway find each other."""
        listen = self.config.agi.listen
        try:
            address = ip_address(listen)
        except ValueError:
            return LOOPBACK
        return LOOPBACK if address.is_unspecified or address.is_loopback else listen

    @property
    def dids(self) -> list[str]:
        """Every number that is ours."""
        return [did for service in self.config.services for did in service.dids]


def snippet(wanted: Wanted, file: str) -> str:
    """The text of our ``file``. Raises GuestFault where his and ours cannot stand together."""
    template = shipped("asterisk-config/guest") / file
    return fill(template.read_text("utf-8"), _VALUES[file](wanted, wanted.his[file]))


def is_true(value: str) -> bool:
    """Whether Asterisk takes it for a yes."""
    return value.lower() in _YES


def _manager(wanted: Wanted, his: His) -> dict[str, str]:
    node = wanted.node
    for section in his.named(node.username):
        raise GuestFault(
            f"{section.place}: there is an AMI user [{node.username}] already: take it out, or "
            f"give the gateway another name (username in the TOML's [[node]])"
        )
    listening = []
    if not is_true(his.get("general", "enabled") or "no"):
        listening.append("enabled = yes")
        if not his.get("general", "bindaddr"):  # without it AMI would listen everywhere
            listening.append(f"bindaddr = {LOOPBACK}")
    return {
        "general": his.head("general"),
        "listening": "".join(f"{line}\n" for line in listening),
        "username": node.username,
        "secret": node.secret.get_secret_value().replace(";", r"\;"),
        "permit": "".join(f"permit = {_alone(address)}\n" for address in _comes_from(wanted, his)),
    }


def _comes_from(wanted: Wanted, his: His) -> list[str]:
    """The addresses that the gateway has for AMI. Who asks at an address of his own machine comes
    from there."""
    bound = his.get("general", "bindaddr") or wanted.gateway
    there = [bound] if bound == wanted.node.host else []
    return list(dict.fromkeys([wanted.gateway, *there]))


def _alone(address: str) -> str:
    return f"{address}/{'128' if ':' in address else '255.255.255.255'}"


def _extensions(wanted: Wanted, his: His) -> dict[str, str]:
    for section in his.sections:
        if section.name.startswith("ccg-"):
            raise GuestFault(
                f"{section.place}: there is a context [{section.name}] already: ccgateway's "
                f"dialplan is included by hand; take those lines out first"
            )
    answers = wanted.answers
    return {
        "globals": his.head("globals"),
        "gateway": wanted.gateway,
        "agi_port": str(wanted.config.agi.port),
        "agi_secret": wanted.config.agi.secret.get_secret_value(),
        "node": wanted.node.name,
        "fallback_queue": wanted.node.fallback_queue,
        "trunk": answers.trunk,
        "phones": answers.phones_context,
        "door": _door(wanted, his),
        "codes": _codes(answers, his),
    }


def _door(wanted: Wanted, his: His) -> str:
    if not wanted.answers.trunk_context:
        return "; (Say where they arrive: ccgateway init --trunk-context NAME)\n"
    context = hook(wanted.answers.trunk_context, his.sections)
    lines = [f"exten => {did},1,Goto(ccg-inbound,${{EXTEN}},1)" for did in wanted.dids]
    return _section(context, lines)


def _codes(answers: Answers, his: His) -> str:
    if not answers.phones_context:
        return "; (Say where they dial: ccgateway init --phones-context NAME)\n"
    return _section(hook(answers.phones_context, his.sections), ["include => ccg-agent-codes"])


def _queues(wanted: Wanted, his: His) -> dict[str, str]:
    for queue in wanted.config.queues:
        for section in his.named(queue.name):
            raise GuestFault(
                f"{section.place}: there is a queue [{queue.name}] already; ccgateway's own queues "
                f"have dynamic members only: give its [[queue]] in the TOML another name"
            )
    name = wanted.node.fallback_queue
    return {
        "general": his.head("general"),
        "managed": "".join(f"[{queue.name}](ccg-managed)\n" for queue in wanted.config.queues),
        "fallback": "" if his.named(name) else _fallback(name, wanted.answers.fallback),
    }


def _fallback(name: str, phones: Iterable[str]) -> str:
    lines = [
        "strategy = ringall",
        "timeout = 15",
        "retry = 1",
        "autofill = yes",
        "ringinuse = no",
        "joinempty = yes",
        "leavewhenempty = no",
        "musicclass = default",
        *(f"member => {phone}" for phone in phones),
    ]
    return (
        "; The static fallback queue: first line when the gateway is away. The gateway never\n"
        "; touches its members. joinempty = yes: whoever comes here waits, whatever happens.\n"
        + _section(name, lines)
    )


def _features(wanted: Wanted, his: His) -> dict[str, str]:
    return {"general": his.head("general")}


def _cel(wanted: Wanted, his: His) -> dict[str, str]:
    theirs = his.get("general", "dateformat")
    return {
        "general": his.head("general"),
        "dates": "; (dateformat: yours)" if theirs else f"dateformat = {DATES}",
    }


def _cel_custom(wanted: Wanted, his: His) -> dict[str, str]:
    return {"mappings": his.head("mappings"), "log": str(wanted.log)}


def _section(name: str, lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (f"[{name}]", *lines))


_VALUES = {
    "manager.conf": _manager,
    "extensions.conf": _extensions,
    "queues.conf": _queues,
    "features.conf": _features,
    "cel.conf": _cel,
    "cel_custom.conf": _cel_custom,
}
