"""Live pictures on request: for some minutes, within a budget, and then no more."""
