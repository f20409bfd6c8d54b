"""The land under the map: what people load (rivers, roads, ...), contours of the ground, patrol tracks' files.

    file ─▶ vector_files ─▶ land ─▶ PostGIS ─▶ build ─▶ one PMTiles file, served in ranges, also without internet
    elevation model ─▶ contours ─┘
"""
