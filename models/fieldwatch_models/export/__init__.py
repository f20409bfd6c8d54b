"""Export: from a checkpoint to files that nodes run, and what each costs."""
