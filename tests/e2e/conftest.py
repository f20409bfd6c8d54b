"""What the browser tests share. Each module has a `site` of its own, and where it needs more a `node`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_page import chromium
from tests.e2e.browser_site import FieldNode, Site
from tests.e2e.browser_world import World, running_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

# For all of them alike, whichever run together: the machine may have much to do.
expect.set_options(timeout=60_000)
PATIENCE_S = 900
"""For a test with what is started for it: the first of a module waits for a whole service, which takes some
minutes where others want the cores too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


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
