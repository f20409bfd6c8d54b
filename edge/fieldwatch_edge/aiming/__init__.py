"""Aiming: which way a camera looks, by what a technician sees and knows; what the running node does for that.

The page itself, and its server, are in `aim`: nothing here listens on a network.
"""
