"""A node that takes on settings and models: a camera that is fed, artefacts in a folder, a ledger."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tests.integration.edge_world import DEPLOYMENT, HEIGHT, SIDE, WIDTH, make_models

from fieldwatch_edge.desired import DESIRED_FILE
from fieldwatch_edge.fleet.ledger import Book
from fieldwatch_edge.fleet.origin import Origin
from fieldwatch_edge.lives import live
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import DesiredArtifact, DesiredState, RolloutState, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.fleet.ledger import Ledger
    from fieldwatch_edge.node import Node

CONFIG = """
heartbeat_s = 0.5
[node]
id = "{node}"
reserve = "qinling"
state_dir = "state"
[fleet]
settle_s = 0.3
look_s = 0.02
[broker]
url = "{url}"
{more}
[[camera]]
deployment_id = "{deployment}"
source = {{ kind = "folder", path = "pictures", follow = true, reorder_s = 0, times = {{ kind = "mtime" }} }}
heading_deg = 90
field_of_view_deg = 60
[camera.fire]
detector = {{ model = "plume", threads = 1, allow_unsigned = true }}
"""


def variant(
    source: Path, into: Path, version: str, *, sees: float = 1.0, fails_on_green: bool = False
) -> Path:
    """The model folder `source` as another version in the new folder `into`.

    Args:
        sees: times what it saw: 0 is blind, negative sees smoke where there is none.
        fails_on_green: the runtime fails on a picture that shows some pure green.
    """
    model = onnx.load(source / "model.onnx")
    weights = next(each for each in model.graph.initializer if each.name == "weights")
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * np.float32(sees), "weights"))
    if fails_on_green:
        _fail_on_green(model)
    data: bytes = model.SerializeToString()
    into.mkdir(parents=True)
    (into / "model.onnx").write_bytes(data)
    card = (source / "model.toml").read_text()
    before = hashlib.sha256((source / "model.onnx").read_bytes()).hexdigest()
    card = card.replace(before, hashlib.sha256(data).hexdigest()).replace(
        'version = "1"', f'version = "{version}"'
    )
    (into / "model.toml").write_text(card)
    return into


def _fail_on_green(model: onnx.ModelProto) -> None:
    """An index beyond its table, where green minus half of the rest is above 0.6 anywhere."""
    graph = model.graph
    weights = np.array([-0.5, 1.0, -0.5], np.float32).reshape(1, 3, 1, 1)
    for name, value in (
        ("green", weights),
        ("steps", np.float32(1 / 0.6)),
        ("table", np.zeros((1, 1, 1), np.float32)),
        ("one_axis", np.array([1, 1, 1], np.int64)),
    ):
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    out = graph.output[0].name
    for node in graph.node:
        node.output[:] = ["before" if each == out else each for each in node.output]
    graph.node.extend(
        [
            helper.make_node("Conv", ["images", "green"], ["greenness"]),
            helper.make_node(
                "AveragePool", ["greenness"], ["green_cells"], kernel_shape=[SIDE, SIDE], strides=[SIDE, SIDE]
            ),
            helper.make_node("ReduceMax", ["green_cells"], ["most"], keepdims=0),
            helper.make_node("Relu", ["most"], ["positive"]),
            helper.make_node("Mul", ["positive", "steps"], ["scaled"]),
            helper.make_node("Cast", ["scaled"], ["index"], to=TensorProto.INT64),
            helper.make_node("Gather", ["table", "index"], ["zero"], axis=2),
            helper.make_node("Reshape", ["zero", "one_axis"], ["shift"]),
            helper.make_node("Add", ["before", "shift"], [out]),
        ]
    )
    onnx.checker.check_model(model)


def zipped(folder: Path, file: Path) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return file


def artifact(file: Path, name: str, version: str, trial_s: float = 1.0) -> DesiredArtifact:
    data = file.read_bytes()
    return DesiredArtifact(
        rollout_id=uuid7(),
        name=name,
        version=version,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        trial_s=trial_s,
    )


def picture(*, smoke: bool = True, green: bool = False) -> np.ndarray:
    noise = np.random.default_rng(time.monotonic_ns()).integers(90, 110, (HEIGHT, WIDTH, 1), np.uint8)
    image = noise.repeat(3, axis=2)
    if smoke:
        cv2.rectangle(image, (256, 64), (256 + SIDE - 1, 64 + SIDE - 1), (255, 0, 0), -1)
    if green:
        cv2.rectangle(image, (0, 0), (SIDE, SIDE), (0, 255, 0), -1)
    return image


@dataclass
class World:
    """One node in `folder`."""

    folder: Path
    node: str = "mast-1"
    url: str = "mqtt://127.0.0.1:1"
    more: str = ""
    deployment: str = DEPLOYMENT
    fed: threading.Event = field(default_factory=threading.Event)
    green: threading.Event = field(default_factory=threading.Event)
    lives: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "pictures").mkdir()
        if not (self.folder / "models").exists():
            make_models(self.folder / "models")
        self.config.write_text(
            CONFIG.format(node=self.node, url=self.url, more=self.more, deployment=self.deployment)
        )
        self.shelf.mkdir()
        self.state_dir.mkdir(mode=0o700)

    @property
    def config(self) -> Path:
        return self.folder / "node.toml"

    @property
    def shelf(self) -> Path:
        """Artefacts, by their hash."""
        return self.folder / "shelf"

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    @property
    def ledger(self) -> Ledger:
        return Book(self.state_dir).now

    @property
    def origin(self) -> Origin:
        return Origin(self.config, models=str(self.folder / "models"), fetch=self.fetch)

    def fetch(self, artifact: DesiredArtifact, to: Path, _may_go_on: Callable[[], bool]) -> bool:
        shutil.copyfile(self.shelf / artifact.sha256, to)
        return True

    def put(self, file: Path, name: str, version: str, trial_s: float = 1.0) -> DesiredArtifact:
        made = artifact(file, name, version, trial_s)
        shutil.copyfile(file, self.shelf / made.sha256)
        return made

    def model(self, version: str, trial_s: float = 1.0, **how: Any) -> DesiredArtifact:
        """A version of the plume model, as `variant` makes it."""
        folder = variant(self.folder / "models/plume", self.folder / f"made-{version}", version, **how)
        return self.put(zipped(folder, self.folder / f"{version}.zip"), "plume", version, trial_s)

    def desire(self, **fields: Any) -> DesiredState:
        """From the node's next start on."""
        state = DesiredState(version=time.monotonic_ns(), **fields)
        (self.state_dir / DESIRED_FILE).write_text(state.model_dump_json())
        return state

    def shoot(self, **how: Any) -> None:
        name = utc_now().strftime("%Y%m%d_%H%M%S_%f")
        data = cv2.imencode(".jpg", picture(**how))[1].tobytes()
        part = self.folder / "pictures" / f".{name}.part"
        part.write_bytes(data)
        part.rename(self.folder / "pictures" / f"{name}.jpg")

    @contextmanager
    def running(self, *, offline: bool = True, every_s: float = 0.05) -> Iterator[None]:
        """The node lives, and its camera gives pictures, until the end of the block."""
        ended = threading.Event()
        self.fed.set()

        def born(node: Node) -> bool:
            self.lives.append(node)
            return not ended.is_set()

        def feed() -> None:
            while not ended.wait(every_s):
                if self.fed.is_set():
                    self.shoot(green=self.green.is_set())

        node = threading.Thread(target=live, args=(self.origin, born), kwargs={"offline": offline})
        feeder = threading.Thread(target=feed)
        feeder.start()
        node.start()
        try:
            yield
        finally:
            ended.set()
            for each in self.lives[-1:]:
                each.stop()
            node.join(150)
            feeder.join(150)
            assert not node.is_alive()

    @staticmethod
    def wait(holds: Callable[[], object], within_s: float = 150) -> None:
        until = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.02)

    def outcome(self, rollout_id: UUID | None) -> tuple[RolloutState, str | None] | None:
        return next(((o.state, o.reason) for o in self.ledger.outcomes if o.rollout_id == rollout_id), None)

    def eventually(self, rollout_id: UUID | None, within_s: float = 150) -> tuple[RolloutState, str]:
        """The last word on a rollout."""
        until = time.monotonic() + within_s
        last = {RolloutState.APPLIED, RolloutState.REFUSED, RolloutState.ROLLED_BACK}
        while (found := self.outcome(rollout_id)) is None or found[0] not in last:
            assert time.monotonic() < until, f"no outcome: {found}, {self.ledger}"
            time.sleep(0.02)
        return found[0], found[1] or ""
