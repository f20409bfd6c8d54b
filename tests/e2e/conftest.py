"""What the browser tests share. Each module has a `site` of its own, and where it needs more a `node`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_page import chromium
from tests.e2e.browser_site import FieldNode, Site
from tests.e2e.browser_world import World, running_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

# For all of them alike, whichever run together: the machine may have much to do.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def node(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldNode]:
    with FieldNode.running(site, tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def world(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A reserve at work for the tests of a module; those that change it put it back."""
    folder = tmp_path_factory.mktemp("world")  # numbered
    with running_world(short_dir / folder.name, folder) as world:
        yield world
