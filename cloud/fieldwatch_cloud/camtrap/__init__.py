"""Camtrap DP 1.0.2 and Darwin Core: tables as others read and write them. Pure: no database, no network."""
