"""Power is a budget: what the sun brings, what the battery holds, what the node may spend on looking.

sky ─▶ system (panel, battery, loads) ─▶ plan (how much work the night allows) ─▶ simulate (days ahead)
"""
