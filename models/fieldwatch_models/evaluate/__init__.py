"""Evaluate: what a detector is worth, on pictures and on whole sequences."""
