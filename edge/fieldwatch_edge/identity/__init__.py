"""Who this node is to its cloud: a key made here, a certificate by the reserve's own authority, and what both
open: a session over HTTPS.

    keys.py       the key pair and the request for a certificate
    files.py      both on disk, with what else came with them: whole or not at all
    tls.py        whom the node believes to be its cloud
    session.py    the cloud over HTTPS, logged in by the certificate
    download.py   large files from there, in as many parts as the line takes
    enrolment.py  the first contact, by a one-time code

`session` alone brings the HTTP client, which takes memory that a node may have a better use for: import it
where it is used.
"""

from fieldwatch_edge.identity.files import Identity

__all__ = ["Identity"]
