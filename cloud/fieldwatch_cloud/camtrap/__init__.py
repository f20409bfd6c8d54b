"""Camtrap DP 1.0.2 and Darwin Core: tables as others read and write them. Pure: no database, no network.

zip or folder ─▶ source ─▶ package (rows, checked by tables) ─▶ projection ─▶ our records
our records ─▶ writer ─▶ zip ─▶ validate
"""
