"""Who is called, when, and in which words. Pure: no database, no I/O."""
