"""Data: labelled pictures of any origin, as one catalogue."""
