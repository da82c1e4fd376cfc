"""Telephone numbers: what the PBX or a person wrote, as E.164 where it can be told. Pure."""

from __future__ import annotations

import re

import phonenumbers

LONGEST = 40
"""Characters. E.164 has 15 digits; with prefixes and separators no real number is longer."""

SHORTEST_NATIONAL = 7
"""Digits. Fewer without ``+`` are a short code or a number inside the PBX (``101``, ``20000``),
though some countries could read them as one of theirs."""

_SEPARATORS = re.compile(r"[ ()./-]")
_NUMBER = re.compile(r"\+?[0-9]+")


def normalise(number: str, country: str) -> str | None:
    """E.164 (``+358401112223``); plain digits for short codes, numbers inside the PBX and what no
    numbering plan knows; None where it is no number: "", "anonymous", "unknown", any other text.

    ``country`` (ISO 3166, ``FI``) is where a number without ``+`` is dialled from. Never raises;
    whatever comes in, only digits with or without a leading ``+`` come out.
    """
    if len(number) > LONGEST:
        return None
    dialled = _SEPARATORS.sub("", number)
    if not _NUMBER.fullmatch(dialled):
        return None
    if dialled[0] != "+" and len(dialled) < SHORTEST_NATIONAL:
        return dialled
    return _e164(dialled, country) or (None if dialled[0] == "+" else dialled)


def _e164(dialled: str, country: str) -> str | None:
    """The number in E.164, or None where no numbering plan could hold it."""
    try:
        parsed = phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_country(code: str) -> bool:
    """Whether ``code`` is a country that numbers can be read for (``FI``)."""
    return code in phonenumbers.SUPPORTED_REGIONS
