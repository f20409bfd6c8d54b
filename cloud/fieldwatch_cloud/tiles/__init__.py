"""Vector tiles of what lives in the database: cameras, density, hotspots, tracks."""
