"""One module a format: pure functions from text to labels, and a thin layer that knows folders."""
