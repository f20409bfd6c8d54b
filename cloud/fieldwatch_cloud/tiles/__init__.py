"""Vector tiles of what changes: cameras, density, hotspots, patrol tracks. The base map is in `basemap`.

figures (counts, health: the same functions as everywhere)  ─▶ arrays ─▶ ST_AsMVT ─▶ bytes, kept in memory
"""
