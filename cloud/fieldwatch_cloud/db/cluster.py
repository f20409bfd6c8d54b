"""Databases of a cluster: made for the embedded default, cloned for tests."""

from __future__ import annotations

from psycopg import sql

from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.db.statements import statements

SQL = statements("cluster")


def create_database(url: str, name: str, *, template: str | None = None) -> None:
    """Make database `name` on the server at `url`, unless it exists; as a copy of `template` if given."""
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    with connection(url) as conn:
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            if conn.info.server_version >= 15_00_00:
                # Half of the default's time, which writes every page to the log too. Before, the only way.
                statement += sql.SQL(" STRATEGY FILE_COPY")
        if conn.execute(SQL["database_exists"], (name,)).fetchone() is None:
            conn.execute(statement)


def drop_database(url: str, name: str) -> None:
    """Remove database `name`, cutting whatever is still connected to it."""
    with connection(url) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
