"""The rig's Asterisk configuration: our templates, filled in for one instance."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccgateway.rig.phones import ALL, SCRIPTED, Behaviour, behaviour_of
from ccgateway.rig.ports import LOOPBACK, WORLD
from ccgateway.shipped import shipped
from ccgateway.templates import fill


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where one instance listens, on loopback, and its passwords."""

    sip_port: int
    ami_port: int
    agi_port: int
    trunk_port: int
    phone_ports: Mapping[Behaviour, int]
    rtp: tuple[int, int]
    ami_secret: str
    test_secret: str
    agi_secret: str
    phone_secret: str  # the password of every phone that registers
    fallback: tuple[int, ...]  # phones that are static members of the fallback queue


def write(target: Path, folder: str, addresses: Addresses) -> None:
    """Write the whole configuration into ``target``; ``folder`` is the instance's folder as
    Asterisk sees it (inside a chroot it is another one than ours)."""
    values = _values(folder, addresses)
    target.mkdir(parents=True, exist_ok=True)
    for template in sorted(shipped("asterisk-config/rig").glob("*.conf")):
        text = fill(template.read_text(encoding="utf-8"), values)
        (target / template.name).write_text(text, encoding="utf-8")
    shutil.copytree(shipped("dialplan"), target / "ccgateway", dirs_exist_ok=True)


def _values(folder: str, addresses: Addresses) -> dict[str, str]:
    plain = ("sip_port", "ami_port", "agi_port", "trunk_port")
    secrets = ("ami_secret", "test_secret", "agi_secret", "phone_secret")
    return {
        **{name: str(getattr(addresses, name)) for name in (*plain, *secrets)},
        "folder": folder,
        "world": WORLD,
        "rtp_first": str(addresses.rtp[0]),
        "rtp_last": str(addresses.rtp[1]),
        "phones": "\n".join(_phone(number, addresses.phone_ports) for number in ALL),
        "scripted": "\n".join(_scripted(number) for number in SCRIPTED),
        "fallback_members": "\n".join(
            # interface, penalty, name: the name is the agent's id, as in the managed queues
            f"member => PJSIP/{phone},0,{phone}"
            for phone in addresses.fallback
        ),
    }


def _phone(number: int, ports: Mapping[Behaviour, int]) -> str:
    contact = f"sip:{number}@{LOOPBACK}:{ports[behaviour_of(number)]}"
    return (
        f"[{number}](phone)\naors = {number}\ncallerid = Phone {number} <{number}>\n"
        f"[{number}]\ntype = aor\ncontact = {contact}\n"
    )


def _scripted(number: int) -> str:
    return (
        f"[{number}](registering)\naors = {number}\nauth = {number}\n"
        f"callerid = Phone {number} <{number}>\n"
        f"[{number}](registering-auth)\nusername = {number}\n"
        f"[{number}](registering-aor)\n"
    )
