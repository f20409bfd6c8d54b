"""YOLO's text files: one per picture, a line per box: class, centre and size as fractions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fieldwatch_cloud.labels.outgoing import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fieldwatch_cloud.labels.outgoing import Entry


_DIVIDE = (
    "# No val yet: divide by deployment, never by picture (fieldwatch models data DATA --split 0.8/0.2).\n"
)


def files(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """(path, text) of each file beside the pictures; counts and scores have no place in this format.

    All pictures are in `train`: whoever divides them puts whole deployments on one side.
    """
    classes = {name: index for index, name in enumerate(names(label for e in entries for label, _ in e.best))}
    listed = "".join(f"  {index}: {_quoted(name)}\n" for name, index in classes.items())
    yield "data.yaml", f"{_DIVIDE}path: .\ntrain: images/train\nnames:\n{listed}"
    for entry in entries:
        lines = []
        for said, _ in entry.best:
            x, y, width, height = said.box
            place = (x + width / 2, y + height / 2, width, height)
            lines.append(" ".join((str(classes[said.name]), *(f"{side:.6f}" for side in place))))
        yield f"labels/train/{entry.medium.id}.txt", "".join(f"{line}\n" for line in lines)
    if links := [(entry.file_name, entry.url) for entry in entries if entry.url]:
        yield "images/train/urls.txt", "".join(f"{name} {url}\n" for name, url in links)


def _quoted(name: str) -> str:
    """A JSON string is a YAML string, but for the pairs of escapes in which JSON writes what lies beyond 16
    bits, as some Chinese names of birds and fish do."""
    return json.dumps(name, ensure_ascii=max(name, default="") <= "\uffff")
