"""The land under the map: what people load (rivers, roads, ...), contours of the ground, files of tracks.

file ─▶ vector_files ─▶ land ─▶ PostGIS ─▶ build ─▶ one PMTiles file, served in ranges
elevation model ─▶ contours ─┘
"""
