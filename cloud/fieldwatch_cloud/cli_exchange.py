"""`fieldwatch cloud dataset`: data sets of others in, one's own out."""
