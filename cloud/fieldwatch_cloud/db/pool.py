"""Connections to PostgreSQL, and the translation of psycopg's errors into ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from fieldwatch_cloud.errors import (
    AlreadyExistsError,
    DatabaseError,
    DatabaseUnavailableError,
    QueryTimeoutError,
    RowRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

Connection = psycopg.Connection[TupleRow]
"""What the functions of this package take; other packages only pass it on."""
Rows = psycopg.Cursor[TupleRow]
"""What a statement answers."""

GIVE_UP_S = 5.0
"""So long a pool tries by itself to get a lost connection back, waiting twice as long each time; after that
the next request tries. With psycopg's five minutes, a database that was away for two is found two late."""


@contextmanager
def translated() -> Iterator[None]:
    """Whatever psycopg raises inside leaves as a DatabaseError of ours.

    Raises:
        DatabaseUnavailableError: no connection, or it was lost before its answer came.
        QueryTimeoutError: a statement was ended by its time limit.
        AlreadyExistsError, RowRefusedError: the data are at fault; trying again gives the same.
        DatabaseError: anything else.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        # "Key (id)=(node-1) already exists." says more than the name of an index.
        detail = error.diag.message_detail or _first_line(error)
        raise AlreadyExistsError(f"{error.diag.table_name}: {detail}") from error
    except (
        psycopg.DataError,
        psycopg.IntegrityError,
        psycopg.errors.RaiseException,
        # An OperationalError to psycopg, but no waiting makes a value small enough for an index.
        psycopg.errors.ProgramLimitExceeded,
    ) as error:
        raise RowRefusedError(_first_line(error)) from error
    except psycopg.errors.QueryCanceled as error:
        raise QueryTimeoutError(
            "the database took longer than it is allowed to: ask for a smaller area or a shorter span"
        ) from error
    except (
        psycopg.errors.DeadlockDetected,
        psycopg.errors.SerializationFailure,
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        PoolTimeout,
    ) as error:
        raise DatabaseUnavailableError(_first_line(error)) from error
    except psycopg.Error as error:
        raise DatabaseError(_first_line(error)) from error


def _first_line(error: BaseException) -> str:
    """psycopg appends context lines that quote rows; an operator and a log line need the first."""
    return str(error).partition("\n")[0].strip() or type(error).__name__


@contextmanager
def connection(url: str, *, autocommit: bool = True) -> Iterator[Connection]:
    """One connection of its own: for advisory locks that outlive a transaction, LISTEN, one-shot commands."""
    with (
        translated(),
        psycopg.connect(
            url,
            autocommit=autocommit,
            connect_timeout=10,
            application_name="fieldwatch",
            options="-c TimeZone=UTC",
        ) as conn,
    ):
        yield conn


class Database:
    """A pool of connections; use it as a context manager.

    with Database(settings.database_url) as db, db.transaction() as conn:
        accounts.add_account(conn, ...)
    """

    def __init__(self, url: str, *, size: int = 8, wait_s: float = 10) -> None:
        self.url = url
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=wait_s,
            open=False,
            # A connection that PostgreSQL's restart has cut is replaced before it is handed out.
            check=ConnectionPool.check_connection,
            reconnect_timeout=GIVE_UP_S,
            kwargs={"connect_timeout": 10, "application_name": "fieldwatch", "options": "-c TimeZone=UTC"},
        )

    def __enter__(self) -> Self:
        self._pool.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back if an error passes through.

        Raises:
            DatabaseError: see `translated`.
        """
        with translated(), self._pool.connection() as conn:
            yield conn
            if conn.closed:
                # psycopg leaves a lost connection without a word: whoever went on after its error would take
                # what was never committed for done.
                raise psycopg.OperationalError("the connection was lost before the commit")
