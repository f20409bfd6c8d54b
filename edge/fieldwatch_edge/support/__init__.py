"""What a person far away needs to see where a node does not do what it should: the end of its log, and a
bundle of findings. Never pictures, keys, passwords or tokens.

    log.py      the last megabytes of the log, on the node's own disk
    clean.py    what must not leave the node is taken out of every text
    bundle.py   log, settings, findings, statistics in one zip
    sender.py   the companion that sends either when the cloud asks for it
"""
