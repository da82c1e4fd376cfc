"""Whether a number may be called at all, by numbering plan and by rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

from ccgateway.errors import NumberRefused, Refused
from ccgateway.routing.blocked import blocks
from ccgateway.routing.service import ANYWHERE, Service
from ccgateway.telephony.numbers import LONGEST, SHORTEST_NATIONAL, normalise

_DEAR = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.PERSONAL_NUMBER: "a personal number, which costs as premium ones do",
}
"""What ``allow_premium`` is for. Not among them: UAN, as most firms of some countries have one at
the price of a local call (Finland's 010, 020 and 029)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Where a service may call to. ``ours``: our own numbers, as ``normalise`` gives them."""

    country: str
    countries: Collection[str] = ()
    allow_premium: bool = False
    ours: Collection[str] = ()
    blocked: Collection[str] = ()


def rules_of(service: Service, ours: Collection[str], blocked: Collection[str]) -> Rules:
    """The rules of a service; ``blocked``: its client's numbers."""
    return Rules(
        country=service.country,
        countries=service.countries or (service.country,),
        allow_premium=service.allow_premium,
        ours=ours,
        blocked=service.blocked | frozenset(blocked),
    )


def emergency(dialled: str, country: str) -> str:
    """The digits of ``dialled`` where they are an emergency number of ``country`` and nothing more;
    else ''."""
    number = normalise(dialled, country) or ""
    return number if shortnumberinfo.is_emergency_number(number, country) else ""


def reaches_emergency(dialled: str, country: str) -> bool:
    """Whether help may answer where ``dialled`` is dialled from ``country``: also where more digits
    come after such a number, as many networks do not wait for them."""
    return len(dialled) <= LONGEST and shortnumberinfo.connects_to_emergency_number(
        dialled, country
    )


def allowed(dialled: str, rules: Rules) -> str:
    """The number in E.164, if it may be called. Raises Refused, which says why not."""
    number = normalise(dialled, rules.country)
    if number is None:
        raise Refused("that is no telephone number: digits, with + or not, blanks and ( ) . / -")
    if number in rules.ours:
        raise NumberRefused(number, "is a number of our own: the call would come back to us")
    if len(number) < SHORTEST_NATIONAL and number[0] != "+":
        raise NumberRefused(
            number, "is a short code or a number inside the PBX, which are not called"
        )
    parsed = _parsed(number, rules.country)
    _check_kind(number, parsed, rules)
    if blocks(rules.blocked, number):
        raise NumberRefused(number, "is blocked: see blocked under [[client]] and [[service]]")
    return number


def _parsed(number: str, country: str) -> phonenumbers.PhoneNumber:
    """The number of a numbering plan that really has it. Raises Refused."""
    if number[0] == "+":
        parsed = phonenumbers.parse(number, None)
        if phonenumbers.is_valid_number(parsed):
            return parsed
    raise NumberRefused(
        number, f"is no number of any numbering plan; without + it is read as one of {country}"
    )


def _check_kind(number: str, parsed: phonenumbers.PhoneNumber, rules: Rules) -> None:
    """Raises Refused for what costs more than a call, and for other countries."""
    dear = _DEAR.get(phonenumbers.number_type(parsed))
    if dear and not rules.allow_premium:
        raise NumberRefused(number, f"is {dear}: the service's allow_premium is false")
    country = phonenumbers.region_code_for_number(parsed) or ""
    if country not in phonenumbers.SUPPORTED_REGIONS:
        # 001: satellites and other networks without a country, which cost as they like
        raise NumberRefused(number, "belongs to no country, and only countries can be allowed")
    if ANYWHERE not in rules.countries and country not in rules.countries:
        known = ", ".join(sorted(rules.countries))
        raise NumberRefused(number, f"is in {country}: the service's countries are {known}")
