"""Files that are written for the asker: whole on disk before the first byte is sent, so that what breaks off
is an error and not half a file."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from fastapi.responses import StreamingResponse

PIECE = 256 * 1024


def download(
    write: Callable[[BinaryIO], object], name: str, media_type: str, headers: Mapping[str, str] | None = None
) -> StreamingResponse:
    """The file that `write` fills, to be saved as `name`."""
    # Without a name on disk: it is gone with its last reader, however that ends.
    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  Closed once it is sent.
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return StreamingResponse(
        _pieces(file),
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(file.seek(0, 2)),  # What breaks off is told from what is whole.
            **(headers or {}),
        },
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
