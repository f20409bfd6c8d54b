"""The reserve's own certificate authority: who is a node, who is the broker, and what nodes are to do.

keys.py          the keys, made at first need and kept in the state directory, and what they sign
requests.py      what nodes ask to be certified, read and checked
proof.py         challenges, and the proof that a node holds the key of its certificate
"""
