"""Which suspicions belong to one fire. Pure: no database, no I/O."""
