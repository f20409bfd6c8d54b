"""Reading the file: TOML, paths that count from its folder, what is wanted from afar on top of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fieldwatch_edge.errors import ConfigError
from fieldwatch_shared import node_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError


def parsed(path: Path) -> dict[str, Any]:
    """
    Raises:
        ConfigError: the file is missing, or is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark before it
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: have your editor save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def patched(raw: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The parsed TOML with a merge patch applied that names cameras by their deployments.

    Raises:
        ConfigError: it names a camera that the file does not have.
    """
    of_node = {key: value for key, value in patch.items() if key != "cameras"}
    of_cameras = {str(UUID(id_)): value for id_, value in patch.get("cameras", {}).items()}
    of_all: dict[str, Any] = node_settings.merge(raw, of_node)
    cameras = []
    for camera in raw.get("camera", []):
        id_ = str(camera.get("deployment_id", "")).lower()
        cameras.append(node_settings.merge(camera, of_cameras.pop(id_, {})))
    if of_cameras:
        raise ConfigError(f"settings came for cameras that this node does not have: {', '.join(of_cameras)}")
    return {**of_all, "camera": cameras}


def wrong(path: Path, error: ValidationError) -> str:
    """Which keys are wrong, and why, in words."""
    lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return f"{path} has wrong settings:\n" + "\n".join(lines)


_PATHS = frozenset(
    {"state_dir", "path", "password_file", "ca_file", "cert_file", "key_file", "trusted_keys", "signing_keys"}
)


def from_folder(raw: Any, folder: Path, key: str = "") -> Any:
    """The parsed TOML with each relative path replaced by `folder` / path."""
    if isinstance(raw, dict):
        return {name: from_folder(value, folder, name) for name, value in raw.items()}
    if isinstance(raw, list):
        return [from_folder(value, folder, key) for value in raw]
    is_model_folder = key == "model" and isinstance(raw, str) and "/" in raw
    if isinstance(raw, str) and (key in _PATHS or is_model_folder):
        return str(folder / Path(raw).expanduser())
    return raw
