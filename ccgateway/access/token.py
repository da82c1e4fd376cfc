"""Tokens: what somebody shows to say who they are, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from ccgateway.access.who import Role, Scope, Who

PREFIX = "ccg_"
"""How our tokens begin: scanners of repositories and logs know them by it."""

SECRET_BYTES = 32
"""Random bytes of a token: nobody guesses one."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token; the secret itself is not. Times are aware UTC; ``expires_at`` and
    ``revoked_at`` are None where it does not end, ``used_at`` where it was never shown."""

    id: str
    name: str
    role: Role
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def who(self, queues: frozenset[str] = frozenset()) -> Who:
        """Whom it stands for. An agent's token without limits shows what comes to ``queues``,
        those that the agent works in, besides the agent's own."""
        scope = self.scope
        if self.role is Role.AGENT and scope.is_all:
            scope = replace(scope, queues=queues)
        return Who(self.name, self.role, scope, scope.agent, self.id)


def digest(secret: str) -> bytes:
    """What is kept of a secret. One round of SHA-256 is enough: slow hashes guard what people
    choose, and nobody searches through 2 to the power of 256 random ones."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()
