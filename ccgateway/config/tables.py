"""The tables of the TOML file, and what is allowed in each: one model a table.

A field's description is what a message says is allowed. Values are taken as they are written: no
"5038" for 5038. Names that reach Asterisk are of characters that nothing there evaluates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from platformdirs import user_state_path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from ccgateway.config import words
from ccgateway.routing.service import FALLBACK, MESSAGE
from ccgateway.routing.tier import BACK, FIRST, NEXT
from ccgateway.routing.week import Hours

MOST_REASONS = 9
"""A pause reason is chosen by one digit, 1 to 9."""

LONGEST_NAME = 64
"""Characters of what Asterisk has to name, too: its own queues' names have 80, a label in a
variable's name less."""

LONGEST_TEXT = 100
"""Characters of a name for people: a line of a list. A sound's path has as many."""

LONGEST_PATH = 1_000
"""Characters; Linux takes 4,096 bytes, of up to four a character."""

SHORTEST_SECRET, LONGEST_SECRET = 8, 128
"""Characters: fewer can be guessed (limits.FAILED in the web room reckons with them); more does not
fit the line of the dialplan that carries one."""

A_NAME = f"1 to {LONGEST_NAME} of the characters A-Z a-z 0-9 _ -"
A_TEXT = f"a text of 1 to {LONGEST_TEXT} characters, without control characters"
A_SOUND = 'a sound file as Playback names it: no ending, A-Z a-z 0-9 _ - and /, or ""'
AN_OVERFLOW = (
    f'"{MESSAGE}", "{FALLBACK}" (the fallback queue), or the name of a target of this service'
)
A_DESTINATION = (
    f'"{BACK}" (to the agent who escalated), "{FIRST}" (to first line\'s queue), or the name of '
    "another target of this service"
)
WORDS = (BACK, FIRST, NEXT, MESSAGE, FALLBACK)
A_COUNTRY = 'a list of countries that may be called (ISO 3166), as ["FI", "SE"], or ["*"]'
A_HOST = "a host name or an IP address"
SAFE_SECRET = f"{SHORTEST_SECRET} to {LONGEST_SECRET} of the characters A-Z a-z 0-9 _ . ~ -"
EXAMPLE = "change-me"
"""How the secrets of example.toml begin."""

A_FILE = "the path of a file that holds the secret alone and that others may not read"


def _read(reader: Callable[[str], object]) -> BeforeValidator:
    """Texts go through ``reader``; the model refuses what is neither text nor the value itself."""
    return BeforeValidator(lambda value: reader(value) if isinstance(value, str) else value)


Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=r"\A[A-Za-z0-9_-]+\z")]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(words.free_text)]
Sound = Annotated[
    str, Field(max_length=LONGEST_TEXT, pattern=r"\A(/?[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?\z")
]
Host = Annotated[str, Field(pattern=r"\A[A-Za-z0-9.:_-]{1,253}\z")]
FilePath = Annotated[str, Field(max_length=LONGEST_PATH), AfterValidator(words.free_text)]
Did = Annotated[str, Field(pattern=r"\A\+?[0-9]{2,20}\z")]  # the door's _X. and _+X. match two


def _own(secret: SecretStr) -> str:
    """The secret's text, unless everybody can read it in our example."""
    value = secret.get_secret_value()
    if value.lower().startswith(EXAMPLE):
        raise ValueError(f"your own secret, not the example's ({EXAMPLE}...)")
    return value


def _safe(secret: SecretStr) -> SecretStr:
    """It travels in a dialplan line and an HTTP header: no comma, blank, quote or bracket."""
    value = _own(secret)
    if not (SHORTEST_SECRET <= len(value) <= LONGEST_SECRET and value.isascii()):
        raise ValueError(SAFE_SECRET)
    if not all(c.isalnum() or c in "_.~-" for c in value):
        raise ValueError(SAFE_SECRET)
    return secret


def _one_line(secret: SecretStr) -> SecretStr:
    value = _own(secret)
    if not value or len(value) > 128:  # noqa: PLR2004 - as the field's description says
        raise ValueError("1 to 128 characters")
    words.free_text(value)
    return secret


def _is_dsn(dsn: SecretStr) -> SecretStr:
    value = words.free_text(dsn.get_secret_value())
    if value and not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("postgresql://...")
    return dsn


class Table(BaseModel):
    """A table: strict, closed, unchangeable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class GatewaySettings(Table):
    """[gateway]"""

    state_dir: Annotated[Path, _read(words.folder)] = Field(
        default_factory=lambda: user_state_path("ccgateway"),
        description="the path of a folder that begins with / or ~",
    )


class LogSettings(Table):
    """[log]"""

    format: Literal["console", "json"] = Field(default="console", description='"console" or "json"')
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description='"debug", "info", "warning" or "error"'
    )


class DatabaseSettings(Table):
    """[database]; the DSN may hold a password. ``audit_days``: how long the audit is kept.
    ``spool_mb``: how much may wait on disk while PostgreSQL is away."""

    dsn: Annotated[SecretStr, AfterValidator(_is_dsn)] = Field(
        default=SecretStr(""),
        description='"postgresql://user:password@host:port/name", or "" for the embedded one; or '
        "dsn_file in its place",
    )
    dsn_file: FilePath = Field(default="", description=A_FILE)
    audit_days: int = Field(
        default=400, ge=1, le=36_500, description="a whole number of days from 1 to 36500"
    )
    spool_mb: int = Field(
        default=2048, ge=16, le=1_000_000, description="a whole number of MB from 16 to 1000000"
    )


class AgiSettings(Table):
    """[agi]: the FastAGI port."""

    listen: Host = Field(default="127.0.0.1", description=A_HOST)
    port: int = Field(
        default=4573, ge=0, le=65535, description="a port from 1 to 65535, or 0: a free one"
    )
    secret: Annotated[SecretStr, AfterValidator(_safe)] = Field(
        description=f"{SAFE_SECRET}; or secret_file in its place"
    )
    secret_file: FilePath = Field(default="", description=A_FILE)
    allow: tuple[Annotated[words.Network, BeforeValidator(words.network)], ...] = Field(
        default=(words.network("127.0.0.1/32"),),
        description='a list of the networks Asterisk may call from, as ["127.0.0.1/32"]',
    )


class WebSettings(Table):
    """[web]: where the web side listens as a process of its own. ``plain``: may be reached from
    other machines without TLS."""

    listen: Host = Field(default="127.0.0.1", description=A_HOST)
    port: int = Field(
        default=8071, ge=0, le=65535, description="a port from 1 to 65535, or 0: a free one"
    )
    tls_cert: FilePath = Field(
        default="", description='the path of a PEM file with the certificate and its chain, or ""'
    )
    tls_key: FilePath = Field(default="", description='the path of a PEM file with its key, or ""')
    proxies: tuple[Annotated[words.Network, BeforeValidator(words.network)], ...] = Field(
        default=(),
        description='a list of the networks your proxies call from, as ["10.0.0.2/32"]',
    )
    plain: bool = Field(default=False, description="true or false")


class HttpSettings(WebSettings):
    """[http]: the API, the live feed and the page, by the gateway itself."""

    port: int = Field(
        default=8070, ge=0, le=65535, description="a port from 1 to 65535, or 0: a free one"
    )
    token: Annotated[SecretStr, AfterValidator(_safe)] = Field(
        description=f"{SAFE_SECRET}; or token_file in its place"
    )
    token_file: FilePath = Field(default="", description=A_FILE)


class NodeSettings(Table):
    """[[node]]: an Asterisk and its AMI."""

    name: Name = Field(description=A_NAME)
    host: Host = Field(default="127.0.0.1", description=A_HOST)
    port: int = Field(default=5038, ge=1, le=65535, description="a port from 1 to 65535")
    username: Name = Field(default="ccgateway", description=A_NAME)
    secret: Annotated[SecretStr, AfterValidator(_one_line)] = Field(
        description="1 to 128 characters, no control characters; or secret_file in its place"
    )
    secret_file: FilePath = Field(default="", description=A_FILE)
    tls: bool = Field(default=False, description="true or false")
    tls_ca: FilePath = Field(
        default="", description='the path of a PEM file, or "" for the system\'s'
    )
    fallback_queue: Name = Field(default="ccg-fallback", description=A_NAME)
    contexts: tuple[Name, ...] = Field(default=(), description=f"a list of contexts: {A_NAME}")
    journals: Annotated[Path | None, _read(words.folder_or_none)] = Field(
        default=None,
        description='the path of a folder that begins with / or ~, or "" where it is not seen here',
    )


class ClientSettings(Table):
    """[[client]]: a company that the centre works for."""

    id: Name = Field(description=A_NAME)
    name: Text = Field(description=A_TEXT)
    blocked: tuple[str, ...] = Field(
        default=(),
        description="a list of telephone numbers with + and country code, or of prefixes with a "
        'trailing *, as "+358100*"',
    )


class QueueSettings(Table):
    """[[queue]]: a managed queue; its members come and go by AMI only."""

    name: Name = Field(description=A_NAME)


class MessagesTable(Table):
    """[service.messages]: sound files."""

    greeting: Sound = Field(default="", description=A_SOUND)
    closed: Sound = Field(default="ccg/closed", description=A_SOUND)
    full: Sound = Field(default="ccg/full", description=A_SOUND)
    nobody: Sound = Field(default="ccg/nobody", description=A_SOUND)
    blocked: Sound = Field(default="ccg/blocked", description=A_SOUND)


def _no_word(name: str) -> str:
    """A target's name must not be a word that says another way."""
    if name in WORDS:
        raise ValueError(f"{A_NAME}; {', '.join(WORDS)} have meanings of their own")
    return name


class TargetTable(Table):
    """[[service.target]]: where agents can escalate a call to."""

    name: Annotated[Name, AfterValidator(_no_word)] = Field(description=A_NAME)
    digit: int = Field(ge=2, le=9, description="a whole number from 2 to 9: what agents press")
    tier: int = Field(default=2, ge=2, le=9, description="a whole number from 2 to 9")
    queue: Annotated[str, Field(pattern=r"\A[A-Za-z0-9_-]{0,64}\z")] = Field(
        default="", description="the name of a [[queue]]; or on_call in its place"
    )
    on_call: tuple[Annotated[tuple[str, Hours | None], _read(words.on_call)], ...] = Field(
        default=(),
        description='a list of numbers and when they are on call, as ["+358401112223 mon-fri '
        '08:00-16:00", "+358401112224"]; or queue in its place',
    )
    wait_limit: int = Field(
        default=30, ge=1, le=7200, description="a whole number of seconds from 1 to 7200"
    )
    then: Name = Field(default=BACK, description=A_DESTINATION)
    priority: int = Field(default=10, ge=0, le=1000, description="a whole number from 0 to 1000")
    whisper: Sound = Field(default="", description=A_SOUND)


class ServiceTable(Table):
    """[[service]]: what a client offers on its numbers."""

    id: Name = Field(description=A_NAME)
    client: Name = Field(description="the id of a [[client]]")
    name: Text = Field(description=A_TEXT)
    dids: tuple[Did, ...] = Field(
        min_length=1, description="a list of numbers as the PBX says them, 2 to 20 digits, + or not"
    )
    queue: Name = Field(description="the name of a [[queue]]")
    timezone: Annotated[ZoneInfo, _read(words.time_zone)] = Field(
        description="a time zone of the IANA list, as Europe/Helsinki"
    )
    country: Annotated[str, AfterValidator(words.country)] = Field(
        default="US", description="a country of two capital letters (ISO 3166), as FI"
    )
    hours: tuple[Annotated[Hours, _read(words.hours)], ...] = Field(
        default=(), description='a list of days and times, as ["mon-fri 08:00-16:00"]'
    )
    holidays: Annotated[
        tuple[Annotated[tuple[date, str], _read(words.holiday)], ...],
        AfterValidator(words.holidays),
    ] = Field(default=(), description='a list of days, as ["2026-12-25 Christmas Day"]')
    language: Annotated[str, AfterValidator(words.language)] = Field(
        default="en", description=words.A_LANGUAGE
    )
    priority: int = Field(default=0, ge=0, le=1000, description="a whole number from 0 to 1000")
    wait_limit: int = Field(
        default=600, ge=1, le=7200, description="a whole number of seconds from 1 to 7200"
    )
    overflow: Name = Field(default=MESSAGE, description=AN_OVERFLOW)
    accept_anonymous: bool = Field(default=True, description="true or false")
    blocked: tuple[str, ...] = Field(
        default=(), description='a list of telephone numbers, or of prefixes, as "+358100*"'
    )
    messages: MessagesTable = Field(default=MessagesTable(), description="a table of sound files")
    own_numbers: tuple[str, ...] = Field(
        default=(), description="a list of telephone numbers with + and country code"
    )
    outbound_prefix: Annotated[str, Field(pattern=r"\A([0-9]{2})?\z")] = Field(
        default="", description='two digits, as "10", or "" for none'
    )
    allow_premium: bool = Field(default=False, description="true or false")
    countries: tuple[Annotated[str, AfterValidator(words.destination)], ...] = Field(
        default=(), description=A_COUNTRY
    )
    target: tuple[TargetTable, ...] = Field(default=(), description="tables [[service.target]]")


class AgentSettings(Table):
    """[[agent]]: a person, and the phone they work at."""

    id: Name = Field(description=A_NAME)
    name: Text = Field(description=A_TEXT)
    phone: Annotated[str, AfterValidator(words.phone)] = Field(
        description="technology and name of a phone, as PJSIP/101"
    )
    queues: tuple[Name, ...] = Field(min_length=1, description="a list of names of [[queue]]s")
    penalty: int = Field(default=0, ge=0, le=1000, description="a whole number from 0 to 1000")
    auto_answer: bool = Field(default=False, description="true or false")


class PauseSettings(Table):
    """[pause]"""

    reasons: tuple[Name, ...] = Field(
        default=("break", "lunch", "training", "admin"),
        min_length=1,
        max_length=MOST_REASONS,
        description=f"a list of 1 to {MOST_REASONS} reasons: {A_NAME}",
    )


class File(Table):
    """The whole file."""

    gateway: GatewaySettings = Field(default=GatewaySettings(), description="a table [gateway]")
    log: LogSettings = Field(default=LogSettings(), description="a table [log]")
    database: DatabaseSettings = Field(default=DatabaseSettings(), description="a table [database]")
    agi: AgiSettings = Field(description="a table [agi] with a secret")
    http: HttpSettings = Field(description="a table [http] with a token")
    web: WebSettings | None = Field(default=None, description="a table [web]")
    node: tuple[NodeSettings, ...] = Field(
        min_length=1, description="one table [[node]] an Asterisk"
    )
    client: tuple[ClientSettings, ...] = Field(default=(), description="tables [[client]]")
    queue: tuple[QueueSettings, ...] = Field(default=(), description="tables [[queue]]")
    service: tuple[ServiceTable, ...] = Field(default=(), description="tables [[service]]")
    agent: tuple[AgentSettings, ...] = Field(default=(), description="tables [[agent]]")
    pause: PauseSettings = Field(default=PauseSettings(), description="a table [pause]")
