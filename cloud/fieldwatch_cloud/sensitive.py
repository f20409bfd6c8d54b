"""Species whose places are not told to everybody."""
