"""Own species: from a folder of labelled pictures to a model that a node can run."""
