"""``fieldwatch models key | sign | verify | card | list``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from fieldwatch_edge.detect.model_folder import CARD, ModelFolder, model_search_path
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.console import Folder, console, plain_errors
from fieldwatch_models.errors import SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fieldwatch_edge.detect.signature import TrustedKey

PublicKeys = Annotated[
    list[Path] | None,
    typer.Option("--key", help="A public key (.pub) to trust, beside the project's own; repeatable."),
]


def key_command(
    signer: Annotated[str, typer.Option(help="Who signs: the name that nodes will show.")],
    out: Annotated[Path, typer.Option(help="Folder to write the pair to.", file_okay=False)] = Path(),
    name: Annotated[str, typer.Option(help="Name of the two files.")] = "models",
) -> None:
    """Make a key pair for signing models: OUT/NAME.key, private, and OUT/NAME.pub."""
    from fieldwatch_models.registry.signature import make_key

    with plain_errors():
        private, public = make_key(out, name, signer)
    console.print(
        f"[bold]{private}[/bold] signs. Whoever has it can make nodes run what they like: keep it off"
    )
    console.print(
        "the network (an encrypted stick, a password manager), in two places, and out of every repository."
    )
    console.print(
        f"[bold]{public}[/bold] checks. Copy it to the nodes and name it in node.toml beside the model:"
    )
    console.print(f'  detector = {{ model = "…", trusted_keys = ["{public.name}"] }}', markup=False)
    console.print(f"Next: fieldwatch models sign FOLDER --key {private}")


def sign_command(
    folder: Folder,
    key: Annotated[Path, typer.Option(help="Your private key (.key).", exists=True, dir_okay=False)],
    signer: Annotated[
        str | None,
        typer.Option(help="Name in the signature; default: the one in the .pub file beside the key."),
    ] = None,
) -> None:
    """Sign a model folder: card, model file, CARD.md and metrics.json, as they are now."""
    from fieldwatch_models.registry.signature import sign

    with plain_errors():
        signature = sign(folder, key, signer)
    console.print(f"{folder} is signed by {signature.signer}: {', '.join(signature.files)}", markup=False)


def verify_command(folder: Folder, key: PublicKeys = None) -> None:
    """Check who signed a model folder, and that nothing of it changed since.

    Exit code 1 where nobody did whom you trust, or something changed.
    """
    from fieldwatch_models.registry.signature import check

    with plain_errors():
        signature, changed = check(folder, _trusted(key))
        if changed:
            raise SignatureError(
                f"{' and '.join(changed)} in {folder} changed after {signature.signer!r} signed it, or came "
                "later. Nodes run the model all the same; do not rely on its figures. Copy the folder anew, "
                "or sign it"
            )
    console.print(
        f"{folder}: {', '.join(signature.files)} as signed by {signature.signer} "
        f"on {signature.signed_at:%Y-%m-%d %H:%M} UTC with {signature.key}",
        markup=False,
        soft_wrap=True,
    )


def card_command(folder: Folder) -> None:
    """Write what was measured into FOLDER/CARD.md, between its two marks; the words around it stay."""
    from fieldwatch_models.registry.card_page import CARD_PAGE, refresh

    with plain_errors():
        changed = refresh(folder)
    console.print(
        f"{folder / CARD_PAGE} {'is up to date now' if changed else 'was up to date'}.", markup=False
    )
    if changed:
        console.print(f"Next: read it, then fieldwatch models sign {folder} --key YOUR.key", markup=False)


def list_command(key: PublicKeys = None) -> None:
    """List the models that nodes find by name, and who signed them."""
    from fieldwatch_models.registry.signature import check

    table = Table("model", "version", "classes", "signed by", "where")
    with plain_errors():
        keys = _trusted(key)
    for path in known_models():
        try:
            model = ModelFolder.open(path)
        except EdgeError as error:
            table.add_row(path.name, "", "", Text(str(error), style="red"), str(path))
            continue
        try:
            signature, changed = check(path, keys)
            signer = Text(f"{signature.signer}, {signature.signed_at:%Y-%m-%d}", style="green")
            if changed:
                signer.append(f"; {' and '.join(changed)} changed since", style="yellow")
        except SignatureError as error:
            signer = Text(str(error), style="red")
        names = ", ".join(known.name for known in model.classes)
        table.add_row(path.name, model.card.version, names, signer, str(path))
    console.print(table)


def known_models() -> Iterator[Path]:
    """Every model on the search path; of two of one name only the one that a node would take."""
    seen = set()
    for folder in model_search_path(os.environ.get("FIELDWATCH_MODELS")):
        for card in sorted(folder.glob(f"*/{CARD}")):
            if card.parent.name not in seen:
                seen.add(card.parent.name)
                yield card.parent


def _trusted(paths: Sequence[Path] | None) -> list[TrustedKey]:
    from fieldwatch_edge.detect.signature import shipped_keys, trusted_keys

    try:
        return [*shipped_keys(), *trusted_keys(paths or ())]
    except EdgeError as error:
        raise SignatureError(str(error)) from error
