"""Everything this package raises on purpose.

ModelsError
├── ExtraMissingError  the optional dependencies of a step are not installed
├── DataError          labelled pictures that cannot be read, or that are split so that figures would flatter
├── RecipeError        train.toml, or the data folder it is applied to, does not add up
├── ExportError        an exported file is not what a node can run
└── SignatureError     a model folder is not signed, or not by whom it should be
"""

from __future__ import annotations


class ModelsError(Exception):
    """Base of the errors that the command line shows without a traceback."""


class ExtraMissingError(ModelsError):
    """A step needs an optional dependency that is not installed."""

    def __init__(self, package: str) -> None:
        extra = "formats" if package in {"ncnn", "nncf", "openvino", "pnnx"} else "models"
        super().__init__(
            f"'{package}' is not installed. This needs the '{extra}' extra: "
            f"pip install 'fieldwatch[{extra}]' (about 1.5 GB with the CPU build of PyTorch: "
            "add --extra-index-url https://download.pytorch.org/whl/cpu)"
        )


class DataError(ModelsError):
    """Labelled pictures that cannot be read, or that are split so that figures would flatter."""


class RecipeError(ModelsError):
    """train.toml, or the data folder it is applied to, does not add up."""


class ExportError(ModelsError):
    """An exported file is not what a node can run."""


class SignatureError(ModelsError):
    """A model folder is not signed, or not by whom it should be."""
