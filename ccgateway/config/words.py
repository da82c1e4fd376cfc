"""The small languages inside the TOML's texts: opening hours, holidays, names, numbers.

Each reader takes the text and returns the value, or raises ValueError with what is allowed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

from ccgateway.routing.blocked import ANY_MORE
from ccgateway.routing.service import ANYWHERE
from ccgateway.routing.week import Hours
from ccgateway.telephony.numbers import is_country, normalise

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = time(0)
A_LANGUAGE = "a language of Asterisk's sounds, as en or pt_BR"
Network = IPv4Network | IPv6Network

_HOURS = re.compile(
    r"(?P<days>[a-z]{3}(?:[-,][a-z]{3})*) +(?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)", re.ASCII
)
_HOLIDAY = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)(?: +(?P<name>\S.*))?", re.ASCII)
_PREFIX = re.compile(r"\+[1-9][0-9]{0,13}\*", re.ASCII)
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the text around them, so that a log line reads as what it is not."""


def free_text(text: str) -> str:
    """A text for people: anything that prints."""
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _DIRECTIONS:
            raise ValueError(f"a text without control characters (it has U+{ord(character):04X})")
    return text


def hours(text: str) -> Hours:
    """``mon-fri 08:00-16:00``; ``sat,sun 22:00-00:00`` is open until midnight."""
    found = _HOURS.fullmatch(text.strip().lower())
    if not found:
        raise ValueError('days and times as "mon-fri 08:00-16:00" or "sat,sun 10:00-14:00"')
    opens, closes = _time(found["opens"]), _time(found["closes"])
    if closes != MIDNIGHT and closes <= opens:
        raise ValueError(
            "an end after the beginning: open over midnight is two entries, "
            '"fri 22:00-00:00" and "sat 00:00-06:00"'
        )
    return Hours(_days(found["days"]), opens, closes)


def _time(text: str) -> time:
    if text == "24:00":
        raise ValueError("00:00 for the end of the day")
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError("times from 00:00 to 23:59") from None


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        names = part.split("-")
        if len(names) > 2 or not set(names) <= set(DAYS):  # noqa: PLR2004 - from and to
            raise ValueError(f"days of {', '.join(DAYS)}, one or as mon-fri")
        first, last = DAYS.index(names[0]), DAYS.index(names[-1])
        if last < first:
            raise ValueError(f'days in the week\'s order: "{names[0]}-sun,mon-{names[1]}"')
        days.update(range(first, last + 1))
    return frozenset(days)


def holiday(text: str) -> tuple[date, str]:
    """``2026-12-25 Christmas Day``; the name may be left out."""
    found = _HOLIDAY.fullmatch(text.strip())
    if not found:
        raise ValueError('a day and perhaps its name, as "2026-12-25 Christmas Day"')
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        raise ValueError("a day that the calendar has") from None
    return day, free_text(found["name"] or "")


def holidays(days: tuple[tuple[date, str], ...]) -> tuple[tuple[date, str], ...]:
    """The holidays, each once."""
    seen = set()
    for day, _ in days:
        if day in seen:
            raise ValueError(f"each day once ({day} stands twice)")
        seen.add(day)
    return days


def time_zone(name: str) -> ZoneInfo:
    """``Europe/Helsinki``."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name; a folder, or too long
        raise ValueError("a time zone of the IANA list, as Europe/Helsinki") from None


def country(code: str) -> str:
    """``FI``."""
    if not is_country(code):
        raise ValueError("a country of two capital letters (ISO 3166), as FI")
    return code


def number(text: str, country_code: str) -> str:
    """A telephone number in E.164; ``country_code`` is '' where only ``+...`` will do."""
    if not country_code and not text.startswith("+"):
        raise ValueError("a telephone number with + and country code, as +358401112223")
    found = normalise(text, country_code or "ZZ")
    if found is None or not found.startswith("+"):
        raise ValueError("a telephone number, best with + and country code, as +358401112223")
    return found


def blocked(text: str, country_code: str) -> str:
    """A number as ``number`` reads it; or a prefix: ``+358100*``."""
    if ANY_MORE not in text:
        return number(text, country_code)
    if not _PREFIX.fullmatch(text):
        raise ValueError('a prefix with + and country code and a * at its end, as "+358100*"')
    return text


def on_call(text: str) -> tuple[str, Hours | None]:
    """``+358401112223``, always on call; ``+358401112223 mon-fri 08:00-16:00``, at these times.
    The number is as it is written."""
    number_as_written, _, times = text.strip().partition(" ")
    return number_as_written, hours(times) if times else None


def destination(code: str) -> str:
    """``FI``, or ``*`` for any country."""
    if code != ANYWHERE and not is_country(code):
        raise ValueError(f'countries of two capital letters (ISO 3166), as FI, or "{ANYWHERE}"')
    return code


def language(text: str) -> str:
    """``en``, ``pt_BR``: of characters that the dialplan may see."""
    if not re.fullmatch(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,16}){0,4}", text):
        raise ValueError(A_LANGUAGE)
    return text


def phone(text: str) -> str:
    """A phone as a queue member's interface: ``PJSIP/101``."""
    if text.lower().startswith("local/"):
        raise ValueError(
            "the phone itself, as PJSIP/101, no Local channel: through one Asterisk reports the "
            "Local channel as the agent, and loses the caller's number and the transfer keys"
        )
    if not re.fullmatch(r"[A-Za-z0-9]{1,16}/[A-Za-z0-9_.-]{1,60}", text):
        raise ValueError("technology and name of a phone, as PJSIP/101")
    return text


def network(given: object) -> Network:
    """``127.0.0.1/32``, or one address."""
    if isinstance(given, IPv4Network | IPv6Network):
        return given
    try:
        return ip_network(given if isinstance(given, str) else "")
    except ValueError:
        raise ValueError(
            "a network as 10.1.2.0/24 (no bits set behind the mask), or one address"
        ) from None


def folder_or_none(text: str) -> Path | None:
    """A folder, or "" for none."""
    return folder(text) if text else None


def folder(text: str) -> Path:
    """A folder: absolute, or in a home (``~``)."""
    try:
        path = Path(free_text(text)).expanduser()
    except (RuntimeError, ValueError):  # no such home; control characters
        path = Path()
    if not path.is_absolute():
        raise ValueError("the path of a folder that begins with / or ~")
    return path
