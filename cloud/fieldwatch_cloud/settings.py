"""Settings of the cloud, one small class by concern, read from `FIELDWATCH_*` variables.

Built once, in the command line or by a test, and passed down; nothing reads the environment later.
"""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from fieldwatch_cloud.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable


def default_state() -> Path:
    """Where the embedded services, pictures and secrets live, when nobody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/fieldwatch")
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "fieldwatch"


class StateSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_", frozen=True)

    state: Path = Field(default_factory=default_state)


class DatabaseSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_DATABASE_", frozen=True)

    url: SecretStr | None = Field(None, description="postgresql://...; absent: the embedded PostgreSQL.")
    pool_size: int = Field(8, ge=1, le=100, description="Connections at most, per process.")
    pool_wait_s: float = Field(10, gt=0, description="A request waits so long for a connection, then fails.")


class MqttSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_MQTT_", frozen=True)

    url: SecretStr | None = Field(
        None, description="mqtt://user:password@host:port, or mqtts://; absent: the embedded mosquitto."
    )
    ca_file: Path | None = Field(None, description="For mqtts://; absent: the system's authorities.")
    nodes_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Where the embedded mosquitto listens for nodes: TLS 1.3, each with its certificate; "
        "8883 is usual. Absent: nowhere, and only this machine reaches it.",
    )
    nodes_host: str = Field("0.0.0.0", description="Address to listen on for nodes.")  # noqa: S104
    nodes_connections: int = Field(
        800,
        ge=10,
        le=1_000_000,
        description="Connections of nodes at once. More than some 900 need a higher limit of open files "
        "(LimitNOFILE).",
    )
    nodes_names: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts and IP addresses by which nodes reach it, with commas between: they stand in its "
        "certificate, and the first is what nodes are told. Absent: the host of FIELDWATCH_HTTP_PUBLIC_URL.",
    )
    nodes_url: str | None = Field(
        None,
        pattern=r"^mqtts://[^/@\s]+$",
        description="mqtts://host:port that nodes are told, where it is another: a broker of your own, or a "
        "port that is forwarded.",
    )

    @field_validator("nodes_names", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


class HttpSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_HTTP_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535, description="0: any free port.")
    public_url: str | None = Field(
        None, description="Address that browsers see, where a proxy stands in front."
    )
    tls: Literal["none", "own"] = Field(
        "none",
        description="`own`: HTTPS with a certificate of the reserve's own authority, which nodes trust by "
        "their one-time code. Browsers do not: for people, put a proxy with a public certificate in front.",
    )
    session_hours: float = Field(24 * 7, gt=0, description="How long a log-in lasts.")


class IngestSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_INGEST_", frozen=True)

    workers: int = Field(1, ge=1, le=32, description="Processes that share the work.")
    batch_messages: int = Field(500, ge=1, le=10_000, description="Messages in one transaction at most.")
    batch_bytes: int = Field(32 * 1024**2, ge=1024, description="Payload in one transaction at most.")
    receive_maximum: int = Field(
        2000, ge=1, le=65535, description="Messages that the broker may send ahead of our acknowledgement."
    )
    node_record_bytes: int = Field(
        1024**3,
        ge=1024**2,
        description="Observations, heartbeats and readings that one node may bring in a day (UTC).",
    )
    node_picture_bytes: int = Field(
        8 * 1024**3,
        ge=1024**2,
        description="Its pictures, whatever their way.",
    )
    node_fires: int = Field(
        50_000, ge=1000, description="Messages of fires that one node may bring in a day."
    )
    node_refused_messages: int = Field(
        10_000, ge=1, description="Of one node in a day that go to quarantine, whatever for."
    )
    node_refused_bytes: int = Field(512 * 1024**2, ge=1024, description="The same in bytes.")


class MediaSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_MEDIA_", frozen=True)

    dir: Path | None = Field(None, description="Absent: `media` in the state directory.")
    max_bytes: int = Field(1024**2, ge=1024, description="Largest picture that is accepted over MQTT.")
    thumbnail_bytes: int = Field(
        512 * 1024**2,
        ge=1024**2,
        description="What small pictures, which can be made again, may take on disk.",
    )


class JobsSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_JOBS_", frozen=True)

    silence_every_s: float = Field(15, gt=0, description="How often silent nodes are looked for.")
    cleanup_every_s: float = Field(3600, gt=0, description="How often ended sessions are removed.")
    rollup_every_s: float = Field(5, gt=0, description="How often kept sums are brought up to date.")
    retention_every_s: float = Field(
        6 * 3600, gt=0, description="How often pictures that are kept long enough are removed."
    )


_CONTACT = re.compile(r"mailto:[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+|https://[^/\s<>]+\.[^\s<>]+")
MAIL_SCHEMES = {"smtp": 587, "smtps": 465, "smtp+insecure": 25}
"""How to reach the mail server, with the usual port: STARTTLS, TLS from the start, neither."""


class NotifySettings(BaseSettings):
    """How people are reached; `docs/guides/notifications.md` shows them set up."""

    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_NOTIFY_", frozen=True)

    vapid_subject: str | None = Field(
        None,
        description="Whom a push service writes to: mailto: or https: address of the operator. Absent: the "
        "public address where that is https; else none is sent, which Apple's service refuses.",
    )
    lease_s: float = Field(
        45,
        ge=2,
        description="When a worker that says nothing is taken for dead, and its message sent again. Longer "
        "than the slowest server takes.",
    )
    private_networks: bool = Field(
        False,
        description="Whether webhooks and push services may lie in private networks or on this machine. "
        "Whoever may enter an address can then make the service knock on every door inside.",
    )
    ca_file: Path | None = Field(
        None, description="Authorities to trust beside the system's: for servers inside the house."
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:587 (STARTTLS is demanded), smtps://user:password@host:465, "
        "or smtp+insecure://host:25 for a relay on this machine. Absent: no e-mail.",
    )
    mail_from: str | None = Field(None, description="Sender of e-mails; absent: the user of smtp_url.")
    sms_url: SecretStr | None = Field(None, description="The SMS gateway; absent: no SMS.")
    sms_authorization: SecretStr | None = Field(
        None, description='Value of the Authorization header: "Bearer ...", "Basic ...".'
    )
    sms_format: Literal["json", "form"] = Field("json", description="How the body is written.")
    sms_body: Annotated[dict[str, Any], NoDecode] = Field(
        {"to": "{to}", "text": "{text}", "lang": "{lang}", "id": "{id}"},
        description="JSON object; {to}, {text}, {lang}, {id} are filled in. Flat for the format `form`.",
    )
    voice_url: SecretStr | None = Field(
        None, description="The gateway that calls and reads aloud; as for SMS."
    )
    voice_authorization: SecretStr | None = None
    voice_format: Literal["json", "form"] = "json"
    voice_body: Annotated[dict[str, Any], NoDecode] = Field(
        {"to": "{to}", "text": "{text}", "lang": "{lang}", "id": "{id}"}
    )
    cap_sender: str | None = Field(
        None,
        pattern=r"^[^\s,<&]+$",
        description="Who CAP messages are from, for example fire@reserve.example; absent: the host of the "
        "public address.",
    )

    @field_validator("vapid_subject")
    @classmethod
    def _contact(cls, subject: str | None) -> str | None:
        # Apple answers 403 BadJwtToken to anything else, to localhost and to a space after the colon.
        if subject is not None and not _CONTACT.fullmatch(subject):
            raise ValueError("must be like mailto:fire@reserve.example or https://reserve.example, no spaces")
        return subject

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            _check_url(url.get_secret_value(), MAIL_SCHEMES)
        return url

    @field_validator("sms_body", "voice_body", mode="before")
    @classmethod
    def _template(cls, body: object) -> object:
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except ValueError:
                raise ValueError('must be JSON, like {"to": "{to}", "text": "{text}"}') from None
        written = json.dumps(body, ensure_ascii=False)
        if not isinstance(body, dict) or "{to}" not in written or "{text}" not in written:
            raise ValueError("must be a JSON object with {to} and {text} in it")
        return body

    @model_validator(mode="after")
    def _forms_are_flat(self) -> NotifySettings:
        for name, form, body in (
            ("SMS", self.sms_format, self.sms_body),
            ("VOICE", self.voice_format, self.voice_body),
        ):
            if form == "form" and any(isinstance(value, dict | list) for value in body.values()):
                raise ValueError(f"FIELDWATCH_NOTIFY_{name}_BODY must be flat for the format `form`")
        return self

    @field_validator("sms_url", "voice_url")
    @classmethod
    def _gateway(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            _check_url(url.get_secret_value(), ("https", "http"))
        return url


def _check_url(url: str, schemes: Iterable[str]) -> None:
    """Raises:
    ValueError: another scheme, no host, or no port that can be; never shows the URL, which holds secrets.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError("must begin with " + " or ".join(f"{s}://" for s in schemes) + " and name a host")


class FirmsSettings(BaseSettings):
    """Satellite hotspots from NASA's Fire Information for Resource Management System."""

    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_FIRMS_", frozen=True)

    map_key: SecretStr | None = Field(
        None,
        description="From https://firms.modaps.eosdis.nasa.gov/api/map_key/; absent: nothing is fetched.",
    )
    url: str = Field("https://firms.modaps.eosdis.nasa.gov", pattern=r"^https?://", description="Of the API.")
    sources: Annotated[tuple[str, ...], NoDecode] = Field(
        ("VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT", "MODIS_NRT"),
        description="FIRMS' names of the products, with commas between.",
    )
    every_s: float = Field(600, ge=60, description="How often new hotspots are asked for.")
    timeout_s: float = Field(30, gt=0, le=300, description="A request that takes longer has failed.")

    @field_validator("sources", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


class CountsSettings(BaseSettings):
    """Estimates: how many at once, for how long, and by whose detectors."""

    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_COUNTS_", frozen=True)

    processes: int = Field(1, ge=1, le=32, description="Estimates that are worked out at the same time.")
    waiting: int = Field(8, ge=0, le=1000, description="Those that wait for their turn; more are refused.")
    time_limit_s: float = Field(60, gt=0, le=3600, description="An estimate that takes longer is given up.")
    model_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Folders of models that observations come from, beside the shipped ones, with colons "
        "between: what their metrics.json says of their errors corrects the counts.",
    )

    @field_validator("model_folders", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(map(Path, filter(None, value.split(":")))) if isinstance(value, str) else value


class FleetSettings(BaseSettings):
    """What nodes are sent to take on."""

    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_FLEET_", frozen=True)

    trusted_keys: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Public keys whose models are taken beside the project's own, with colons between. Nodes"
        " must trust them too.",
    )
    rollouts_every_s: float = Field(5, gt=0, description="How often roll-outs that are under way go on.")

    @field_validator("trusted_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, value.split(":"))) if isinstance(value, str) else value


class UploadSettings(BaseSettings):
    """Large media from nodes, in parts."""

    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_UPLOADS_", frozen=True)

    max_bytes: int = Field(256 * 1024**2, ge=1024**2, description="Of one picture or clip.")
    at_once_per_node: int = Field(4, ge=1, le=100, description="Uploads of a node that are begun, not done.")
    bytes_per_node: int = Field(1024**3, ge=1024**2, description="Of those together.")
    total_bytes: int = Field(16 * 1024**3, ge=1024**2, description="Of those of all nodes.")
    keep_days: float = Field(7, gt=0, le=60, description="An upload that nothing came for so long expires.")

    @property
    def kept(self) -> timedelta:
        return timedelta(days=self.keep_days)


class LiveSettings(BaseSettings):
    """Live view on request: what a node is asked for, and how much of it."""

    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_LIVE_", frozen=True)

    enabled: bool = Field(True, description="Whether anybody may ask.")
    minutes: int = Field(10, ge=1, le=60, description="Of one request, at most.")
    longest_minutes: int = Field(30, ge=1, le=240, description="With all prolongations, at most.")
    kbit_per_s: int = Field(200, ge=32, le=8000, description="Of the video, on average.")
    width: int = Field(640, ge=160, le=1920, description="Pixels.")
    fps: float = Field(5, gt=0, le=30)
    segment_s: float = Field(2, ge=1, le=10, description="Seconds of one piece.")
    at_once: int = Field(20, ge=1, le=1000, description="Live views at the same time, of all reserves.")
    at_once_per_node: int = Field(2, ge=1, le=20, description="Of one node: they share its line.")


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """All of them together; `state` alone decides where the embedded services are."""

    state: Path
    database: DatabaseSettings
    mqtt: MqttSettings
    http: HttpSettings
    ingest: IngestSettings
    media: MediaSettings
    jobs: JobsSettings
    firms: FirmsSettings
    notify: NotifySettings
    counts: CountsSettings
    live: LiveSettings
    uploads: UploadSettings
    fleet: FleetSettings

    @classmethod
    def load(cls, state: Path | None = None) -> CloudSettings:
        """Read the environment; `state` (from `--state`) wins over FIELDWATCH_STATE.

        Raises:
            SettingsError: a variable holds something that cannot be; says which.
        """
        try:
            return cls(
                state=(state or StateSettings().state).expanduser().absolute(),
                database=DatabaseSettings(),
                mqtt=MqttSettings(),
                http=HttpSettings(),
                ingest=IngestSettings(),
                media=MediaSettings(),
                jobs=JobsSettings(),
                firms=FirmsSettings(),
                notify=NotifySettings(),
                counts=CountsSettings(),
                live=LiveSettings(),
                uploads=UploadSettings(),
                fleet=FleetSettings(),
            )
        except ValidationError as error:
            prefix = f"FIELDWATCH_{error.title.removesuffix('Settings').upper()}_".replace("_STATE_", "_")
            lines = [f"  {prefix}{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
            raise SettingsError("the environment has wrong settings:\n" + "\n".join(lines)) from error

    def with_urls(self, database_url: str, mqtt_url: str | None) -> CloudSettings:
        """The same settings, pointing at services that are known now."""
        return replace(
            self,
            database=self.database.model_copy(update={"url": SecretStr(database_url)}),
            mqtt=self.mqtt.model_copy(update={"url": SecretStr(mqtt_url) if mqtt_url else None}),
        )

    def with_addresses(
        self, public_url: str | None, nodes_url: str | None, tls: Literal["none", "own"]
    ) -> CloudSettings:
        """The same settings, with the addresses that a running service tells nodes, where it does."""
        http = {"public_url": public_url or self.http.public_url, "tls": tls}
        nodes = {"nodes_url": nodes_url or self.mqtt.nodes_url}
        return replace(self, http=self.http.model_copy(update=http), mqtt=self.mqtt.model_copy(update=nodes))

    def with_http(self, host: str | None, port: int | None) -> CloudSettings:
        """The same settings; what is given here wins over the environment."""
        given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
        return replace(self, http=self.http.model_copy(update=given))

    @property
    def database_url(self) -> str:
        """Raises:
        SettingsError: no database is known; `services.discovery.connected` fills it in.
        """
        if self.database.url is None:
            raise SettingsError("no database: set FIELDWATCH_DATABASE_URL, or start `fieldwatch cloud run`")
        return self.database.url.get_secret_value()

    @property
    def mqtt_url(self) -> str:
        """Raises:
        SettingsError: no broker is known; `services.discovery.connected` fills it in.
        """
        if self.mqtt.url is None:
            raise SettingsError("no broker: set FIELDWATCH_MQTT_URL, or start `fieldwatch cloud run`")
        return self.mqtt.url.get_secret_value()

    @property
    def push_contact(self) -> str | None:
        """Whom a push service writes to; see `NotifySettings.vapid_subject`."""
        public = self.http.public_url
        return self.notify.vapid_subject or (public if public and _CONTACT.fullmatch(public) else None)

    @property
    def node_url(self) -> str | None:
        """Where nodes reach the API; None where nobody has said by which name this machine is known."""
        if self.http.public_url:
            return self.http.public_url.rstrip("/")
        if self.http.host in ("", "0.0.0.0", "::") or not self.http.port:  # noqa: S104  Nothing is bound here.
            return None
        host = f"[{self.http.host}]" if ":" in self.http.host else self.http.host
        return f"{'https' if self.http.tls == 'own' else 'http'}://{host}:{self.http.port}"

    @property
    def node_names(self) -> tuple[str, ...]:
        """By which nodes reach this machine: what its certificates say. Nodes are told the first."""
        public = urlsplit(self.http.public_url).hostname if self.http.public_url else None
        names = self.mqtt.nodes_names or ((public,) if public else (socket.getfqdn(),))
        return tuple(dict.fromkeys((*names, "localhost", "127.0.0.1")))

    @property
    def node_broker_url(self) -> str | None:
        """Where nodes with a certificate reach the broker; None: nowhere yet."""
        if self.mqtt.nodes_url is not None:
            return self.mqtt.nodes_url
        if self.mqtt.nodes_port is None:
            return None
        host = self.node_names[0]
        return f"mqtts://{f'[{host}]' if ':' in host else host}:{self.mqtt.nodes_port}"

    @property
    def uploads_dir(self) -> Path:
        """Where parts of large media lie until all have come."""
        return self.state / "uploads"

    @property
    def live_dir(self) -> Path:
        """Where pieces of live views lie while somebody looks."""
        return self.state / "live-view"

    @property
    def media_dir(self) -> Path:
        return self.media.dir or self.state / "media"
