"""The real parts for tests: one private PostgreSQL per session, a fresh database and broker per test.

They are the embedded services of the product, so each test also tests those. Without PostgreSQL, PostGIS or
mosquitto the tests that need them fail with the command that installs them.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

# As the service's own workers have it, and before scipy is loaded: for matrices of a few rows, a thread per
# core takes up to 25 times as long where others want the cores too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from fieldwatch import logs
from fieldwatch_cloud.db.cluster import create_database, drop_database
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

# A property holds on a busy machine too: none fails for the time that an example, or making one, took.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

TEMPLATE = "fieldwatch_template"
PLENTY = 4 * 1024**3
"""Bytes: the session's cluster has some 0.5 GB; in a container, /dev/shm often is 64 MB."""


@pytest.fixture(autouse=True)
def logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command line that runs in this process sets logging up for good: its handler writes to the standard
    error of that one test, which is closed after it, and every later log line fails on it, in any test.
    """
    quiet = [logging.getLogger(name) for name in logs._QUIET]
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {one: one.level for one in (root, *quiet)}
    configure = structlog.configure

    def without_cache(**settings: Any) -> None:
        # A logger that is cached keeps what was configured at its first line, whatever is restored.
        configure(**{**settings, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", without_cache)
    yield
    root.handlers[:] = handlers
    for one, level in levels.items():
        one.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def short_dir() -> Iterator[Path]:
    """A folder with a short path (sockets) that service users can reach; pytest's own is 0700."""
    folder = Path(tempfile.mkdtemp(prefix="fwt-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state_dir(short_dir: Path) -> Iterator[Path]:
    """A fresh state directory for a test that starts services or a supervisor of its own."""
    folder = short_dir / uuid.uuid4().hex[:8]
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def fast_dir(short_dir: Path) -> Iterator[Path]:
    """As `short_dir`, in memory where there is plenty: a database is cloned there in a fifth of the time."""
    memory = Path("/dev/shm")  # noqa: S108  mkdtemp makes the folder.
    if not memory.is_dir() or shutil.disk_usage(memory).free < PLENTY:
        yield short_dir
        return
    folder = Path(tempfile.mkdtemp(prefix="fwt-", dir=memory))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(fast_dir: Path) -> Iterator[EmbeddedPostgres]:
    """The session's cluster, with a migrated template database. It does not wait for the disk: tests only."""
    cluster = EmbeddedPostgres(
        fast_dir / "session",
        settings={
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "256MB",
        },
    )
    cluster.start()
    create_database(cluster.url, TEMPLATE)
    migrate(cluster.database_url(TEMPLATE))
    yield cluster
    cluster.stop()


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without any schema."""
    name = f"empty_{uuid.uuid4().hex}"
    create_database(postgres.url, name)
    yield postgres.database_url(name)
    drop_database(postgres.url, name)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database of this test's own, cloned from the template."""
    name = f"test_{uuid.uuid4().hex}"
    create_database(postgres.url, name, template=TEMPLATE)
    yield postgres.database_url(name)
    drop_database(postgres.url, name)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with Database(database_url, wait_s=150) as database:
        yield database


@pytest.fixture
def mosquitto(state_dir: Path) -> Iterator[EmbeddedMosquitto]:
    """A broker of this test's own; give nodes access with `mosquitto.refresh_access(lambda: [...])`."""
    broker = EmbeddedMosquitto(state_dir)
    broker.start(list)
    yield broker
    broker.stop()
