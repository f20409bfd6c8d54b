"""Train, export and measure the detectors that Fieldwatch ships.

Importing the package needs neither PyTorch nor Ultralytics: both are loaded inside the functions
that train or measure, so that reading a model's card stays cheap.

One model is one folder: ``train.toml`` (how it is made) goes in; ``model.onnx``, ``model.toml``
(the card a machine reads), ``metrics.json`` and ``CARD.md`` (the card a person reads) come out.
"""
