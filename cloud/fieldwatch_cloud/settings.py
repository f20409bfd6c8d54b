"""Settings of the cloud, one small class by concern, read from `FIELDWATCH_*` variables.

Built once, in the command line or by a test, and passed down; nothing reads the environment later.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from fieldwatch_cloud.errors import SettingsError


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


class HttpSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_HTTP_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535, description="0: any free port.")
    public_url: str | None = Field(
        None, description="Address that browsers see, where a proxy stands in front."
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


class MediaSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_MEDIA_", frozen=True)

    dir: Path | None = Field(None, description="Absent: `media` in the state directory.")
    max_bytes: int = Field(1024**2, ge=1024, description="Largest picture that is accepted over MQTT.")


class JobsSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDWATCH_JOBS_", frozen=True)

    silence_every_s: float = Field(15, gt=0, description="How often silent nodes are looked for.")
    cleanup_every_s: float = Field(3600, gt=0, description="How often ended sessions are removed.")


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
    def media_dir(self) -> Path:
        return self.media.dir or self.state / "media"
