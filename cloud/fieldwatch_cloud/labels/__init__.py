"""Labels: what detectors proposed, what people said, and the formats in which both travel. Pure: no I/O."""
