"""Data: labelled pictures of any origin, as one catalogue."""

from fieldwatch_models.data.opening import open_data

__all__ = ["open_data"]
