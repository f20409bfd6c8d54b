"""Migrations: numbered plain SQL, applied in order, each in a transaction together with its record.

A migration that was applied is history: its checksum is kept, and a changed file is refused. Several
processes may start at once: an advisory lock lets one of them migrate while the others wait.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

import structlog

from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import MigrationError

log = structlog.get_logger(__name__)
SQL = statements("migrate")
_NAME = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def available() -> list[Migration]:
    """The migrations of this version, in order.

    Raises:
        MigrationError: a file is misnamed, or a number is taken twice.
    """
    found = []
    for file in files("fieldwatch_cloud.db").joinpath("migrations").iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = _NAME.fullmatch(file.name)
        if match is None:
            raise MigrationError(f"migration {file.name} is not named NNNN_what.sql")
        found.append(Migration(int(match[1]), file.name, file.read_bytes()))
    found.sort(key=lambda migration: migration.number)
    if len({m.number for m in found}) < len(found):
        raise MigrationError(f"a number is taken twice: {', '.join(m.name for m in found)}")
    return found


def migrate(url: str, migrations: list[Migration] | None = None) -> list[str]:
    """Bring the database at `url` to the newest schema; returns the names of what was applied.

    Raises:
        MigrationError: an applied migration was changed, or the database is newer than this version.
        DatabaseError: a migration failed; nothing of it remains.
    """
    wanted = available() if migrations is None else migrations
    applied: list[str] = []
    with connection(url) as conn:
        conn.execute(SQL["lock"])  # Held until this connection ends, whatever happens.
        conn.execute(SQL["create_table"])
        done = {number: (name, checksum) for number, name, checksum in conn.execute(SQL["applied"])}
        known = {migration.number for migration in wanted}
        for number, (name, _) in done.items():
            if number not in known:
                raise MigrationError(
                    f"the database has migration {name}, which this version does not know: upgrade Fieldwatch"
                )
        for migration in wanted:
            if migration.number in done:
                name, checksum = done[migration.number]
                if checksum != migration.checksum:
                    raise MigrationError(
                        f"migration {name} was changed after it was applied; write a new one"
                    )
                continue
            with conn.transaction():
                conn.execute(migration.sql)
                conn.execute(SQL["record"], (migration.number, migration.name, migration.checksum))
            log.info("database.migrated", migration=migration.name)
            applied.append(migration.name)
    return applied
