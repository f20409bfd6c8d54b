"""The reserve's own certificate authority: who is a node, who is the broker, and what nodes are to do.

`keys` holds the keys, made at first need in the state directory, and signs with them. `servers` says when
our own servers need a new certificate. `requests` reads what nodes ask to be certified, `proof` checks that a
node holds the key of its certificate. `admission` lets nodes in and puts them out, in the database.
"""
