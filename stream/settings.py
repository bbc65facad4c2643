"""Settings: the environment or a `.env` file, each named `DESKPULSE_…`, read once at the start."""

from __future__ import annotations

import re
from errno import EISDIR
from ipaddress import IPv4Network, IPv6Network, ip_network
from os import strerror
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv.parser import parse_stream
from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationInfo

    from aggregators.definitions import Definitions
    from stream.wallboard.boards import Boards

PREFIX = "DESKPULSE_"
ENV_FILE = ".env"
UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST_RETENTION_D = 3_650
LONGEST_PREFIX = 200
GREATEST_PORT = 65_535
FIXED_WINDOWS = ("5m", "30m", "1h", "today", "7d")
SHIFT = "shift"
"""A window for those whose definitions have shifts."""
KNOWN_WINDOWS = (*FIXED_WINDOWS, SHIFT)
SECRETS = frozenset({"redis", "sasl_plain_password"})
"""Settings whose value is never shown as it is."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_SITE = re.compile(r"'self'|(https?://)?(\*\.)?[A-Za-z0-9.-]+(:[0-9*]+)?")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")


def duration_ms(text: str) -> int:
    """Return *text* ("90s", "5m", "35d") in milliseconds; ValueError if it is no duration."""
    found = re.fullmatch(r"([0-9]{1,15})([smhd])", text.strip())
    if not found:
        message = f"{text!r} is not a duration: a whole number with s, m, h or d (try 5m)"
        raise ValueError(message)
    if int(found[1]) == 0:
        message = f"{text!r} is no time at all (try 5m)"
        raise ValueError(message)
    return int(found[1]) * UNIT_MS[found[2]]


def address(text: str) -> tuple[str, int]:
    """Split "host:port"; an IPv6 host stands in brackets. ValueError if there is no port."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdigit() or int(port) > GREATEST_PORT:
        message = f"{text!r} is not an address (try 127.0.0.1:8420)"
        raise ValueError(message)
    return host.strip("[]"), int(port)


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the addresses and networks of *text*, which have commas between them; ValueError if one is none."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",")) if text else ()
    except ValueError as error:
        message = f"{text!r} is not a list of addresses and networks: {error} (try 127.0.0.1,10.0.0.0/8)"
        raise ValueError(message) from error


def hidden(name: str, value: object) -> str:
    """Return *value* of the setting *name* as it may be shown: without passwords."""
    if name == "redis":
        return re.sub(r"(?i)([?&]password=)[^&]*", r"\1***", re.sub(r"//.*@", "//***@", str(value)))
    return "***" if name in SECRETS else ",".join(value) if isinstance(value, tuple) else str(value)


_OF_URLS = {
    "alertmanager": ("an Alertmanager", "http://127.0.0.1:9093"),
    "site": ("a site", "https://wall.example.org"),
}


class Settings(BaseSettings):
    """What a process of Deskpulse may be told. The field `kafka` is the variable `DESKPULSE_KAFKA`, and so on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    kafka: str = Field("127.0.0.1:9092", description="Kafka's bootstrap servers, host:port, several with commas.")
    redis: str = Field("redis://127.0.0.1:6379/0", description="Redis: redis://, rediss:// or unix:// address.")
    topics_chat: str = Field("support.chat", description="Topic of conversations held live; several with commas.")
    topics_ticket: str = Field("support.ticket", description="Topic of the other conversations; several with commas.")
    topics_agent: str = Field("support.agent", description="Topic of events of agents; several with commas.")
    topics_deadletter: str = Field(
        "support.deadletter", description="Topic for rejected records.", validate_default=True
    )
    topics_told: str | None = Field(
        None,
        description="Prefix of the topics in which workers tell one another of customers; default the group.",
    )
    group: str = Field("deskpulse", description="Kafka consumer group of the workers.")
    instance: str | None = Field(None, description="Static member id of this worker; a restart under it is quick.")
    alive: str | None = Field(None, description="File that a worker touches each second while it counts.")
    listen: str = Field("127.0.0.1:8420", description="Address of `serve`: numbers, API and wallboard.")
    site: str = Field("http://127.0.0.1:8420", description="Address under which people open `serve`: for links.")
    hosts: str | None = Field(None, description="Names by which `serve` may be called, with commas; localhost always.")
    tls_certfile: str | None = Field(None, description="Certificate of `serve`, with those that signed it: TLS.")
    tls_keyfile: str | None = Field(None, description="The key of that certificate, if it is not in the same file.")
    tokens: str | None = Field(None, description="File with the tokens of who may ask `serve`.")
    proxy_user_header: str | None = Field(
        None, description="Header in which a reverse proxy names who asks; believed only from DESKPULSE_PROXY_PEERS."
    )
    proxy_scopes_header: str = Field(
        "X-Deskpulse-Scopes", description="Header in which that proxy says what they may do: read,drill-down,admin."
    )
    proxy_tenants_header: str = Field(
        "X-Deskpulse-Tenants", description="Header in which it says of which tenants: names with commas, `*` for all."
    )
    proxy_peers: str | None = Field(
        None, description="Addresses or networks of that proxy, with commas.", validate_default=True
    )
    rate: int = Field(
        100, ge=1, description="Requests a second that one caller may go on making; ten times that at once."
    )
    frame_ancestors: str | None = Field(
        None, description="Sites that may show the wallboard inside a page of theirs, with spaces; default none."
    )
    clock: Literal["wall", "event"] = Field("wall", description="`event` takes the time from the watermarks.")
    zone: str = Field("UTC", description="IANA zone of the window *today*, where the definitions name none.")
    definitions: str | None = Field(None, description="File of definitions: targets, business hours, surveys, costs.")
    boards: str | None = Field(None, description="File of boards: what the wallboard shows, and when it turns.")
    alertmanager: str | None = Field(None, description="Address of an Alertmanager: the wallboard shows what fires.")
    windows: Annotated[tuple[str, ...], NoDecode] = Field(
        FIXED_WINDOWS, description="Rolling windows to publish, with commas, of: " + ", ".join(KNOWN_WINDOWS) + "."
    )
    retention: str = Field("35d", description="How late an event may come, and how long closed conversations stay.")
    max_queues: int = Field(500, ge=1, description="Queues of a tenant with series of their own; the rest is `other`.")
    max_channels: int = Field(50, ge=1, description="Channels of a tenant with series of their own.")
    max_of_level: int = Field(
        200, ge=1, description="Teams, agents, priorities, languages, reasons, series of a tenant."
    )
    max_tenants: int = Field(100, ge=1, description="Tenants with series of their own.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="Kafka's security.protocol."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="Kafka's sasl.mechanism."
    )
    sasl_plain_username: str | None = Field(None, description="Kafka's SASL user name.", validate_default=True)
    sasl_plain_password: str | None = Field(
        None, description="Kafka's SASL password.", repr=False, validate_default=True
    )
    ssl_cafile: str | None = Field(None, description="Authorities that sign Kafka's certificate.")
    ssl_certfile: str | None = Field(None, description="This client's certificate for Kafka.")
    ssl_keyfile: str | None = Field(None, description="The key of that certificate.")

    @field_validator("clock", "log_level", "log_format", mode="before")
    @classmethod
    def _in_any_case(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("security_protocol", "sasl_mechanism", mode="before")
    @classmethod
    def _in_capitals(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return value.strip().upper() if isinstance(value, str) else value

    @field_validator("windows", mode="before")
    @classmethod
    def _split_windows(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("windows")
    @classmethod
    def _known_windows(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for window in value:
            if window not in KNOWN_WINDOWS:
                message = f"{window!r} is not one of {', '.join(KNOWN_WINDOWS)}"
                raise ValueError(message)
        return tuple(dict.fromkeys(value))

    @field_validator("kafka")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        for server in value.split(","):
            found = re.fullmatch(r"([\w.-]+|\[[\w.:%]+\]):(\d{1,5})", server.strip())
            if not found or not 0 < int(found[2]) <= GREATEST_PORT:
                message = f"{value!r} is not a list of host:port (try 127.0.0.1:9092)"
                raise ValueError(message)
        return value

    @field_validator("topics_chat", "topics_ticket", "topics_agent")
    @classmethod
    def _are_topics(cls, value: str) -> str:
        for name in value.split(","):
            if not _is_topic(name.strip()):
                message = f"{value!r} is not a list of topics (letters, digits, . _ -; several with commas)"
                raise ValueError(message)
        names = [name.strip() for name in value.split(",")]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            message = f"{value!r} names the topic {twice} twice"
            raise ValueError(message)
        return value

    @field_validator("topics_deadletter")
    @classmethod
    def _is_no_source(cls, value: str, info: ValidationInfo) -> str:
        if not _is_topic(value):
            message = f"{value!r} is not a topic (letters, digits, . _ -)"
            raise ValueError(message)
        for source in ("topics_chat", "topics_ticket", "topics_agent"):
            if value in (part.strip() for part in str(info.data.get(source, "")).split(",")):
                message = f"{value!r} is also in {PREFIX}{source.upper()}: rejected records would be rejected for ever"
                raise ValueError(message)
        return value

    @field_validator("topics_told")
    @classmethod
    def _is_prefix(cls, value: str | None) -> str | None:
        if value is not None and (not _is_topic(value) or len(value) > LONGEST_PREFIX):
            message = f"{value!r} does not begin the name of a topic (letters, digits, . _ -; {LONGEST_PREFIX} at most)"
            raise ValueError(message)
        return value

    @field_validator("group")
    @classmethod
    def _is_group(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            message = f"{value!r} is not the name of a consumer group"
            raise ValueError(message)
        return value

    @field_validator(
        *("alive", "instance", "definitions", "topics_told", "sasl_plain_username", "sasl_plain_password"),
        *("proxy_user_header", "proxy_peers", "hosts", "frame_ancestors", "boards", "alertmanager"),
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return value or None

    @field_validator(
        "tokens", "tls_certfile", "tls_keyfile", "ssl_cafile", "ssl_certfile", "ssl_keyfile", mode="before"
    )
    @classmethod
    def _is_file(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        if not value:
            return None
        try:
            Path(value).open("rb").close()
        except (OSError, ValueError) as error:
            message = f"{value!r} cannot be read ({getattr(error, 'strerror', None) or error})"
            raise ValueError(message) from error
        return value

    @field_validator("alive")
    @classmethod
    def _is_no_folder(cls, value: str | None) -> str | None:
        if value is not None and Path(value).is_dir():
            message = f"{value!r} is a folder (try /tmp/deskpulse.alive)"
            raise ValueError(message)
        return value

    @field_validator("ssl_keyfile", "tls_keyfile")
    @classmethod
    def _has_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        other = str(info.field_name).replace("keyfile", "certfile")
        if value and other in info.data and not info.data[other]:
            message = f"{value!r} is a key without a certificate (see {PREFIX}{other.upper()})"
            raise ValueError(message)
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _are_sites(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or not all(map(_SITE.fullmatch, value.split()))):
            message = f"{value!r} is not a list of sites with spaces (try https://intranet.example.org)"
            raise ValueError(message)
        return value

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: str | None) -> str | None:
        for name in value.split(",") if value else ():
            if not _HOST.fullmatch(name.strip()):
                message = f"{value!r} is not a list of names without ports (try wall.example.org)"
                raise ValueError(message)
        return value

    @field_validator("instance")
    @classmethod
    def _is_member(cls, value: str | None) -> str | None:
        if value is not None and not _is_topic(value):
            message = f"{value!r} is not a member id (letters, digits, . _ -)"
            raise ValueError(message)
        return value

    @field_validator("sasl_plain_username", "sasl_plain_password")
    @classmethod
    def _is_there_for_sasl(cls, value: str | None, info: ValidationInfo) -> str | None:
        protocol = str(info.data.get("security_protocol", ""))
        if value is None and protocol.startswith("SASL"):
            message = f"is needed, as {PREFIX}SECURITY_PROTOCOL is {protocol}"
            raise ValueError(message)
        return value

    @field_validator("retention")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        if duration_ms(value) > LONGEST_RETENTION_D * UNIT_MS["d"]:
            message = f"{value!r} is longer than {LONGEST_RETENTION_D}d, ten years (try 35d)"
            raise ValueError(message)
        return value

    @field_validator("listen")
    @classmethod
    def _is_address(cls, value: str) -> str:
        address(value)
        return value

    @field_validator("proxy_user_header", "proxy_scopes_header", "proxy_tenants_header")
    @classmethod
    def _is_header(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER.fullmatch(value):
            message = f"{value!r} is not the name of a header (try X-Forwarded-User)"
            raise ValueError(message)
        return value

    @field_validator("proxy_peers")
    @classmethod
    def _are_peers(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("proxy_user_header"):
            message = f"is needed, as {PREFIX}PROXY_USER_HEADER is set (try 127.0.0.1)"
            raise ValueError(message)
        networks(value or "")
        return value

    @field_validator("alertmanager", "site")
    @classmethod
    def _is_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not re.fullmatch(r"https?://([\w.-]+|\[[\w.:%]+\])(:\d{1,5})?(/[^?#\s]*)?", value):
            whose, example = _OF_URLS[str(info.field_name)]
            message = f"{value!r} is not the address of {whose} (try {example})"
            raise ValueError(message)
        return value and value.rstrip("/")

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            message = f"{value!r} is not an IANA time zone (try Europe/Berlin)"
            raise ValueError(message) from error
        return value

    @field_validator("redis")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        problem = _redis_problem(value)
        if problem is not None:
            message = f"{hidden('redis', value)!r} is not a Redis address{problem} (try redis://127.0.0.1:6379/0)"
            raise ValueError(message)
        return value

    _defined: Definitions | None = PrivateAttr(None)
    _text: str = PrivateAttr("")
    _laid_out: Boards | None = PrivateAttr(None)

    def model_post_init(self, _: Any, /) -> None:  # noqa: ANN401 - pydantic's
        """Read the files of definitions and of boards, once; SettingsError if it is wrong."""
        if self.definitions is not None:
            from stream.definitions_file import read_file  # noqa: PLC0415 - which needs this module

            self._text, self._defined = read_file(self.definitions)
        if self.boards is not None:
            from stream.wallboard.boards import read_boards  # noqa: PLC0415 - which needs this module

            self._laid_out = read_boards(self.boards, self._defined)
        if SHIFT in self.windows and (self._defined is None or not self._defined.shifts):
            message = f"{PREFIX}WINDOWS: {SHIFT!r} needs [[shifts]] in the file of {PREFIX}DEFINITIONS"
            raise SettingsError(message)

    def defining(self, text: str, *, retention_ms: int, zone: str) -> Settings:
        """Return these settings with what the TOML *text* defines, as if it stood in their file.

        Raises ValueError, `<line>: <key>: what is wrong`.
        """
        from stream.definitions_file import definitions_from  # noqa: PLC0415 - which needs this module

        defined = definitions_from(text)
        windows = tuple(window for window in self.windows if window != SHIFT or defined.shifts)
        changes = {"retention": f"{retention_ms // UNIT_MS['s']}s", "windows": windows}
        # Only where customers are counted by the local day is it one of the definitions.
        other = self.model_copy(update={**changes, **({"zone": zone} if "customers" in defined.families else {})})
        other._text, other._defined = text, defined  # noqa: SLF001 - it is one of these
        return other

    @property
    def defined(self) -> Definitions | None:
        """What the file of definitions says, None without one."""
        return self._defined

    @property
    def laid_out(self) -> Boards | None:
        """What the file of boards says, None without one."""
        return self._laid_out

    @property
    def definitions_text(self) -> str:
        """The file of definitions as it stands, "" without one."""
        return self._text

    @property
    def retention_ms(self) -> int:
        """`retention` in milliseconds."""
        return duration_ms(self.retention)

    @property
    def source_topics(self) -> tuple[str, ...]:
        """Every topic the workers read, in the order chat, ticket, agent."""
        named = f"{self.topics_chat},{self.topics_ticket},{self.topics_agent}"
        return tuple(dict.fromkeys(part.strip() for part in named.split(",") if part.strip()))

    @property
    def told_prefix(self) -> str:
        """How the topics begin in which workers tell one another: those of two groups are never the same."""
        return self.topics_told or _NO_NAME.sub("-", self.group)[:LONGEST_PREFIX]

    @property
    def listen_address(self) -> tuple[str, int]:
        """Host and port of `serve`."""
        return address(self.listen)

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names of `hosts`, in lower case."""
        return tuple(name.strip().lower() for name in self.hosts.split(",")) if self.hosts else ()

    @property
    def asks_who(self) -> bool:
        """Whether callers of `serve` have to say who they are."""
        return bool(self.tokens or self.proxy_user_header)


class SettingsError(UsageError):
    """A setting is wrong; the text is one line that names the variable."""


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings; `overrides` (from command options; None means not given) win over the environment.

    Raises SettingsError with one line that names the variable.
    """
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    try:
        _refuse_spoilt(Path(ENV_FILE))
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        reason = first["msg"].removeprefix("Value error, ")
        shown = "" if first["type"] == "value_error" or field in SECRETS else f" (got {first['input']!r})"
        message = f"{PREFIX}{field.upper()}: {reason}{shown}"
        raise SettingsError(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"{ENV_FILE}: cannot be read ({getattr(error, 'strerror', None) or error})"
        raise SettingsError(message) from error


def _refuse_spoilt(file: Path) -> None:
    """Raise if *file* is there and cannot be read, or SettingsError if a line of ours in it is no setting.

    What is read with the settings later would pass over all of that, and a worker would go to servers nobody named.
    """
    if file.is_dir():
        raise IsADirectoryError(EISDIR, strerror(EISDIR))
    if not file.is_symlink() and not file.exists():
        return
    with file.open(encoding="utf-8") as text:
        for line in parse_stream(text):
            ours = PREFIX in line.original.string.upper()
            if ours and (line.error or (line.value is None and str(line.key).upper().startswith(PREFIX))):
                said = line.original.string
                blank = said[: len(said) - len(said.lstrip())].count("\n")
                message = f"{ENV_FILE}:{line.original.line + blank}: is not NAME=value"
                raise SettingsError(message)


def _is_topic(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in (".", "..")


def _redis_problem(value: str) -> str | None:
    """Return what is wrong with the address of a Redis ("" if just everything), None if nothing is."""
    if not value.startswith(("redis://", "rediss://", "unix://")):
        return ""
    try:
        parts = urlsplit(value)
        _ = parts.port
        if parts.query:
            from redis import ConnectionPool  # noqa: PLC0415 - only few addresses have options

            ConnectionPool.from_url(value).make_connection()
    except (ValueError, TypeError) as error:
        return f": {hidden('redis', error)}"
    if parts.scheme != "unix" and parts.path.strip("/") and not parts.path.strip("/").isdigit():
        return ": the database is no number"
    return None
