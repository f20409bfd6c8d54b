"""What can go wrong in the demo.

DemoError
├── MissingPictures  Debian's picture packages are not installed
└── DidNotStart      a service or node did not come up, or stopped
"""

from __future__ import annotations


class DemoError(Exception):
    """Any failure that a person should see as one clear sentence, with what to do."""


class MissingPictures(DemoError):  # noqa: N818 - named for what is wrong
    pass


class DidNotStart(DemoError):  # noqa: N818
    pass
