"""Large media that nodes bring in parts over HTTPS (tus 1.0).

desk.py    an upload's life: announced, received part by part, taken in as a picture, swept when it expires
parts.py   the parts on disk
"""
