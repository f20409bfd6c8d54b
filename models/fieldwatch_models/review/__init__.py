"""From corrections to the next training set: what people labelled in the cloud becomes a catalogue.

    the cloud's labelled set (COCO) ─▶ pictures that are not here yet ─▶ catalogue.jsonl

Pulled again into the same folder, it fetches what is new, takes over what was corrected since, and keeps
every site on the side of the split where it was: what one model was trained on must not measure the next.
"""

from __future__ import annotations

from fieldwatch_models.review.cloud import Cloud, ReviewError
from fieldwatch_models.review.pull import divide, pull

__all__ = ["Cloud", "ReviewError", "divide", "pull"]
