"""Train: from a recipe to a checkpoint."""
