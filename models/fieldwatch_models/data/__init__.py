"""Data: labelled pictures of any origin, as one catalogue."""

from fieldwatch_models.data.leaks import apart, check_split, find_leaks
from fieldwatch_models.data.opening import open_data

__all__ = ["apart", "check_split", "find_leaks", "open_data"]
