"""The node in the field: pictures in, observations and fire suspicions out, nothing lost on the way."""
