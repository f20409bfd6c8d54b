"""How long pictures are kept, and their removal, on record."""
