"""Digest authentication (RFC 2617, MD5) as Asterisk asks for it."""

from __future__ import annotations

import hashlib
import re

_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


def authorization(
    challenge: str, request: tuple[str, str], account: tuple[str, str], cnonce: str
) -> str:
    """The Authorization (or Proxy-Authorization) that answers a challenge; ``request``: method and
    URI, ``account``: user and password."""
    (method, uri), (user, password) = request, account
    asked = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(challenge)}
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    ha1, ha2 = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    bare = {"algorithm": "MD5"}
    if "qop" in asked:  # our first and only use of this nonce
        bare |= {"qop": "auth", "nc": "00000001"}
        fields["cnonce"] = cnonce
        fields["response"] = _md5(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")
    else:
        fields["response"] = _md5(f"{ha1}:{nonce}:{ha2}")
    if "opaque" in asked:
        fields["opaque"] = asked["opaque"]
    quoted = [f'{name}="{value}"' for name, value in fields.items()]
    return "Digest " + ", ".join([*quoted, *(f"{name}={value}" for name, value in bare.items())])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
