"""The system's programs that the embedded services need, and the users that may run them."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from fieldwatch_cloud.errors import ServiceMissingError

APT = "apt-get install --no-install-recommends postgresql postgresql-postgis mosquitto"
OLDEST_POSTGRES = 15


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """Whom a service runs as; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    @property
    def setpriv_options(self) -> list[str]:
        """What makes util-linux's setpriv run a program as this user; nothing where that user is us."""
        if os.geteuid() != 0 or self.uid == 0:
            return []
        return ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]

    def owns(self, path: Path) -> None:
        """Give `path` to this user; changes nothing where that user is us."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def reaches(self, directory: Path) -> bool:
        """Whether this user may pass through `directory` and all that lie above it (as far as they exist)."""
        if os.geteuid() != 0 or self.uid == 0:
            return True
        for step in (directory, *directory.parents):
            try:
                found = step.stat()
            except FileNotFoundError:
                continue
            bit = 0o100 if found.st_uid == self.uid else 0o010 if found.st_gid == self.gid else 0o001
            if not found.st_mode & bit:
                return False
        return True


def service_user(*preferred: str) -> ServiceUser:
    """Ourselves; or, when we are root, the first of `preferred` that exists.

    Raises:
        ServiceMissingError: we are root and none of them exists.
    """
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return ServiceUser(me.pw_name, me.pw_uid, me.pw_gid)
    for name in preferred:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(name, found.pw_uid, found.pw_gid)
    raise ServiceMissingError(f"no user {' or '.join(preferred)} to run the service as; install it: {APT}")


def postgres_bin() -> Path:
    """The folder with the newest installed PostgreSQL server that has PostGIS.

    Raises:
        ServiceMissingError: none; says how to install it.
    """
    versions: list[tuple[int, Path]] = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        version = re.match(r"\d+", folder.parent.name)
        if version and (folder / "postgres").exists() and (folder / "initdb").exists():
            versions.append((int(version[0]), folder))
    if not versions and (found := shutil.which("postgres")):  # Not Debian: on the path, version unknown.
        versions.append((OLDEST_POSTGRES, Path(found).resolve().parent))
    fitting = [(version, folder) for version, folder in versions if version >= OLDEST_POSTGRES]
    if not fitting:
        raise ServiceMissingError(
            f"PostgreSQL {OLDEST_POSTGRES} or newer is not installed. Install it (`{APT}`), "
            "or set FIELDWATCH_DATABASE_URL to a server of your own"
        )
    with_postgis = [
        (version, folder)
        for version, folder in fitting
        if Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists()
        or not folder.is_relative_to("/usr/lib/postgresql")
    ]
    if not with_postgis:
        raise ServiceMissingError(
            f"PostgreSQL {max(fitting)[0]} is installed, but PostGIS for it is not. Install it: `{APT}`"
        )
    return max(with_postgis)[1]


def mosquitto_program() -> Path:
    """Raises:
    ServiceMissingError: it is not installed; says how to install it.
    """
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ServiceMissingError(
            f"mosquitto is not installed. Install it (`{APT}`), "
            "or set FIELDWATCH_MQTT_URL to a broker of your own"
        )
    return Path(found)
