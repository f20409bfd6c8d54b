"""Registry: the folder of a model: card, checksum, signature."""
