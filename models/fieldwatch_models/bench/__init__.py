"""Bench: what each format costs and loses on this machine."""
