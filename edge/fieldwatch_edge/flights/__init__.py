"""A drone's flight, taken in at the office: pictures that have each their own place and time."""
