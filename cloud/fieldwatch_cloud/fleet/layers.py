"""What is desired of one node's settings, from layers: the reserve's, its groups' by rank, the node's own.

A layer is a JSON merge patch as `fieldwatch_shared.node_settings` has it, in which a camera may also be
called `*`: each camera of the node. A later layer wins, key by key; a null in it stays, as the wish for the
software's default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from fieldwatch_shared import node_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERY = "*"
"""Instead of a deployment: each camera of the node."""
PARTS = ("wildlife", "fire")
"""Of a camera: what it may or may not watch for. Settings from afar do not make it begin."""


def check(layer: Mapping[str, Any]) -> None:
    """Raises:
    PatchError: a node could not take this layer on; says what is wrong with it.
    """
    cameras = layer.get("cameras")
    if isinstance(cameras, dict) and EVERY in cameras:
        named = {key: value for key, value in cameras.items() if key != EVERY}
        layer = {**layer, "cameras": {**named, str(UUID(int=0)): cameras[EVERY]}}
    node_settings.check(layer)


def compose(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One patch that does what the layers do, one after the other.

    Not `merge`, which would drop a null: here it must reach the node.
    """
    composed: dict[str, Any] = {}
    for layer in layers:
        composed = _over(composed, layer)
    return composed


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        held = result.get(key)
        result[key] = (
            _over(held if isinstance(held, dict) else {}, value) if isinstance(value, dict) else value
        )
    return result


def for_node(
    layers: Iterable[Mapping[str, Any]],
    deployments: Iterable[UUID],
    reported: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The patch that a node gets: `*` stands for its own cameras, others' are left out, and so is what a
    camera is known not to watch for.

    Args:
        deployments: of the node, those that have not ended.
        reported: its effective settings; None where it never said.
    """
    patch = compose(layers)
    cameras = patch.pop("cameras", None)
    if not isinstance(cameras, dict):
        return patch
    known = (reported or {}).get("cameras") or {}
    wanted = {}
    for deployment in map(str, deployments):
        merged = compose([cameras.get(EVERY) or {}, cameras.get(deployment) or {}])
        if deployment in known:
            merged = {
                key: value for key, value in merged.items() if key not in PARTS or known[deployment].get(key)
            }
        if merged:
            wanted[deployment] = merged
    return {**patch, "cameras": wanted} if wanted else patch


def put(layer: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The layer with one setting, `link.bytes_per_day`, set to `value`."""
    key, _, rest = path.partition(".")
    held = layer.get(key)
    inner = put(held if isinstance(held, dict) else {}, rest, value) if rest else value
    return {**layer, key: inner}


def without(layer: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The layer without one setting, or without a whole section of them."""
    key, _, rest = path.partition(".")
    held = layer.get(key)
    kept = {name: value for name, value in layer.items() if name != key}
    if rest and isinstance(held, dict) and (inner := without(held, rest)):
        kept[key] = inner
    return kept
