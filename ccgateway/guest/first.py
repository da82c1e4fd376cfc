"""The first TOML: filled in from what was found and said, with secrets of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import phonenumbers

from ccgateway.guest.phones import Phone
from ccgateway.templates import fill

STATE_DIR = "/var/lib/ccgateway"
"""Where the systemd unit has it."""

SECRET_BYTES = 24
"""Random bytes of a secret: 192 bits, which nobody guesses; 32 characters."""

ZONES = "zoneinfo/"
_TEMPLATE = Path(__file__).with_name("first.toml")


@dataclass(frozen=True, slots=True)
class First:
    """What the first TOML is made from."""

    dids: Sequence[str]
    agents: Sequence[Phone]
    timezone: str
    country: str
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    fallback_queue: str = "ccg-fallback"
    journals: str = ""


def first_toml(first: First) -> str:
    """The text of the file."""
    values = {
        "state_dir": STATE_DIR,
        "agi_secret": secrets.token_urlsafe(SECRET_BYTES),
        "http_token": secrets.token_urlsafe(SECRET_BYTES),
        "ami_secret": secrets.token_urlsafe(SECRET_BYTES),
        "ami_host": first.ami_host,
        "ami_port": str(first.ami_port),
        "fallback_queue": first.fallback_queue,
        "journals": _text(first.journals),
        "dids": _texts(first.dids),
        "own_numbers": _texts([did for did in first.dids if did.startswith("+")][:1]),
        "timezone": first.timezone,
        "country": first.country,
        "agents": "\n".join(map(_agent, first.agents)),
    }
    return fill(_TEMPLATE.read_text("utf-8"), values)


def country_of(dids: Sequence[str]) -> str:
    """The country of the first number with + and country code; "" where none tells."""
    for did in dids:
        if did.startswith("+"):
            try:
                found = phonenumbers.parse(did, None)
            except phonenumbers.NumberParseException:
                continue
            return phonenumbers.region_code_for_number(found) or ""
    return ""


def country_at(timezone: str) -> str:
    """The country that a time zone is in; "" where none is."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        country, *rest = line.split("\t")
        if timezone in rest[1:2]:
            return country
    return ""


def timezone_of(localtime: Path = Path("/etc/localtime")) -> str:
    """The machine's time zone, as the link says that its distribution makes; or UTC."""
    _, found, zone = str(localtime.resolve()).partition(ZONES)
    return zone if found else "UTC"


def _agent(phone: Phone) -> str:
    number = phone.interface.partition("/")[2]
    return (
        f"[[agent]]\nid = {_text(number)}\nname = {_text(phone.name or f'Agent {number}')}\n"
        f'phone = {_text(phone.interface)}\nqueues = ["first"]\n'
    )


def _text(value: str) -> str:
    """A TOML text: its basic strings are escaped as JSON's, but have no surrogates."""
    return json.dumps(value, ensure_ascii=False)


def _texts(values: Sequence[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
