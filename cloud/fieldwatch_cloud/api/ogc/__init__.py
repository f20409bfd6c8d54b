"""OGC API - Features: a reserve that QGIS, GDAL and browsers open by its address, `/ogc/{slug}/`.

access ─▶ who asks      query ─▶ db.features ─▶ pages ─▶ JSON or HTML

Parts 1 (core, 17-069r4) and 3 (filtering, 19-079r2) with CQL2 (21-065r2). Read only.
"""
