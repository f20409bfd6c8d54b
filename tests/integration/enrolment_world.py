"""The cloud as a node meets it: HTTPS by the reserve's own authority, and the broker's door for certificates;
and boxes that are to become nodes. All parts are the real ones."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from fieldwatch_cloud.api.app import create_app
from fieldwatch_cloud.api.server import server
from fieldwatch_cloud.authority import admission
from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.operations import CloudOperations, node_access, revoked
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto, NodeDoor
from fieldwatch_cloud.settings import CloudSettings
from fieldwatch_edge.cli import app
from fieldwatch_edge.identity import Identity
from fieldwatch_edge.settings import NodeSettings

from .cloud_field import Field, eventually
from .edge_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from fieldwatch_cloud.api.server import Server
    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_shared.enrolment import Code

NAMES = ("localhost", "127.0.0.1")


@dataclass
class Reserve:
    """A cloud that runs, with the nodes `node-1` and `node-2`, to which no box belongs yet."""

    field: Field
    settings: CloudSettings
    authority: Authority
    operations: CloudOperations
    url: str
    broker: EmbeddedMosquitto

    @property
    def db(self) -> Database:
        return self.field.db

    def code(self, node: str = "node-1", *, valid_days: int = 90) -> Code:
        """A one-time code, as `fieldwatch cloud node code` makes it."""
        with self.db.transaction() as conn:
            return admission.new_code(
                conn, node, by=None, valid_days=valid_days, authority_der=self.authority.certificate_der
            )[0]

    def revoke(self, node: str = "node-1") -> None:
        self.operations.revoke_node(node, by=None)

    def enrolled(self, folder: Path, node: str = "node-1", *, valid_days: int = 90) -> Box:
        """A box in `folder` that has become the node by the real command."""
        box = Box(folder)
        done = box.enrol(self.url, self.code(node, valid_days=valid_days))
        assert done.exit_code == 0, done.output
        return box


@dataclass
class Box:
    """A computer that may become a node: a folder with its settings."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "node.toml"

    def settings(self) -> NodeSettings:
        return NodeSettings.read(self.config)

    @property
    def identity(self) -> Identity:
        settings = self.settings()
        found = Identity.of(settings.node.id, settings.broker)
        assert found is not None
        return found

    def enrol(self, url: str, code: Code | None, *options: str, camera: str | None = None) -> Result:
        """The command. The code comes by standard input, in no argument.

        Args:
            camera: default: a folder of pictures, made here.
        """
        return CliRunner().invoke(
            app, self.arguments(url, *options, camera=camera), input=f"{code.text}\n" if code else ""
        )

    def arguments(self, url: str, *options: str, camera: str | None = None) -> list[str]:
        """Of `fieldwatch edge`."""
        (self.folder / "pictures").mkdir(parents=True, exist_ok=True)
        command = ["enrol", url, "--config", str(self.config), *options]
        if not self.config.exists():
            command += ["--camera", str(self.folder / "pictures") if camera is None else camera]
        return command


@contextmanager
def reserve_world(db: Database, database_url: str, state: Path) -> Iterator[Reserve]:
    """Database, broker, API and authority, running on 127.0.0.1."""
    field = Field.make(db)
    http_port, nodes_port = free_port(), free_port()
    url = f"https://localhost:{http_port}"
    broker = EmbeddedMosquitto(state, port=free_port(), for_nodes=NodeDoor("127.0.0.1", nodes_port, NAMES))
    broker.start(lambda: node_access(database_url), lambda: revoked(database_url))
    try:
        settings = CloudSettings.load(state).with_urls(database_url, broker.url)
        settings = replace(
            settings,
            http=settings.http.model_copy(update={"public_url": url, "tls": "own"}),
            mqtt=settings.mqtt.model_copy(update={"nodes_port": nodes_port, "nodes_names": NAMES}),
        )
        store = DiskStore(settings.media_dir)
        operations = CloudOperations(settings, store)
        authority = Authority(state)
        api_app = create_app(settings, operations=operations, media=store, web=state / "web")
        api = server(api_app, host="127.0.0.1", port=http_port)
        key, chain = authority.certify_server(NAMES)
        for name, pem in (("https.key", key), ("https.pem", chain)):
            (state / name).write_text(pem)
        api.config.ssl_keyfile, api.config.ssl_certfile = str(state / "https.key"), str(state / "https.pem")
        with _serving(api):
            yield Reserve(field, settings, authority, operations, url, broker)
    finally:
        broker.stop()


@contextmanager
def _serving(api: Server) -> Iterator[None]:
    thread = threading.Thread(target=api.run)
    thread.start()
    try:
        eventually(lambda: api.started)
        yield
    finally:
        api.should_exit = True
        thread.join(150)
        assert not thread.is_alive()
