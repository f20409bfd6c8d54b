"""What happens by the clock: one process leads, by an advisory lock in the database."""
