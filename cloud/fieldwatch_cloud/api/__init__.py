"""The HTTP API and the live stream. The only package that knows FastAPI."""
