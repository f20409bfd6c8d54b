"""`fieldwatch demo`: scenes whose truth is known, three nodes that watch them, and the service."""
