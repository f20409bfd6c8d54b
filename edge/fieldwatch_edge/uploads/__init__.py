"""Large media to the cloud in parts, over HTTPS: what a cut costs is one part.

tus.py        one picture's way, by the protocol tus 1.0: where the cloud is, then part after part
companion.py  beside the cameras: which picture, and whether now: behind every fire, within the budget
"""

from fieldwatch_edge.uploads.companion import Uploads, goes_in_parts

__all__ = ["Uploads", "goes_in_parts"]
