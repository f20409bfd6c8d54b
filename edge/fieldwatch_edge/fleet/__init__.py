"""The node's side of the fleet: it takes on settings, models and software from afar, on trial, and comes back
by itself where they are bad.

    ledger.py     what the node works by beyond node.toml, what is on trial, what became of it; one file
    origin.py     node.toml and that together: with which settings and models this life of the node begins
    witness.py    stands beside each detector: how it fares, and pictures that it was sure of
    archive.py    a zip from afar, unpacked within bounds
    proof.py      a new model beside the old one on pictures of this very camera, in a process of its own
    trial.py      what is on trial held against how the node fared before
    models.py     a model from its wish to its trial
    software.py   the same for a version of Fieldwatch, which `fieldwatch-edge-start` takes back
    install.py    such a version laid out in an environment of its own
    versions.py   the files by which the node and `fieldwatch-edge-start` speak of versions
    fetching.py   artefacts from the cloud: later, where a fire or a budget is in the way
    means.py      what the agent works with
    agent.py      the companion that does all this, one thing at a time
    report.py     what heartbeats say of it

Nothing here is worth a camera: the old model watches until the new one has proven itself, and every step can
be cut off by a power cut: before it or after it, the node begins with something whole.
"""
