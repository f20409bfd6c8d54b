"""A reserve's base map, from what its people load: rivers, roads, contours; one PMTiles file."""
