"""Signed by the maker's tools, checked by a node: what passes, and everything that must not."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import pytest
from structlog.testing import capture_logs
from tests.unit.edge.toy_models import colour_model, model_folder
from typer.testing import CliRunner

from fieldwatch_edge.detect import check_signature, load_detector, model_search_path
from fieldwatch_edge.detect.model_folder import ModelFolder, sha256_of
from fieldwatch_edge.detect.onnx import OnnxDetector
from fieldwatch_edge.detect.signature import Signature, TrustedKey, shipped_keys, trusted_keys, verify
from fieldwatch_edge.errors import ModelError
from fieldwatch_edge.errors import SignatureError as NodeRefuses
from fieldwatch_edge.settings import DetectorSettings
from fieldwatch_models.cli import app
from fieldwatch_models.errors import SignatureError
from fieldwatch_models.registry.signature import check, make_key, sign

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]


@pytest.fixture
def maker(tmp_path: Path) -> Path:
    """The private key of somebody whom the node knows."""
    return make_key(tmp_path / "keys", "ibis", "Red Hills reserve")[0]


@pytest.fixture
def toy(tmp_path: Path, maker: Path) -> Path:
    folder = model_folder(tmp_path / "toy", colour_model())
    (folder / "CARD.md").write_text("# Toy\n\nFinds squares.\n")
    (folder / "metrics.json").write_text('{"conf": 0.6}\n')
    sign(folder, maker)
    return folder


def load(folder: Path, *keys: Path, allow_unsigned: bool = False) -> str:
    """As a node would; the model's label."""
    settings = DetectorSettings(model=str(folder), trusted_keys=tuple(keys), allow_unsigned=allow_unsigned)
    return load_detector(settings, []).label


def test_a_node_runs_what_somebody_whom_it_trusts_has_signed(toy: Path, maker: Path) -> None:
    assert load(toy, maker.with_suffix(".pub")) == "toy@1.2"
    signature, changed = check(toy, [TrustedKey.read(maker.with_suffix(".pub"))])
    assert signature.signer == "Red Hills reserve"
    assert sorted(signature.files) == ["CARD.md", "metrics.json", "model.onnx", "model.toml"]
    assert changed == []


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text("utf-8")
        assert old in text, "the test would change nothing"
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change


def other_file(folder: Path) -> None:
    """Another model, and a card that describes it: everything fits but the signature."""
    before = sha256_of(folder / "model.onnx")
    onnx.save(colour_model((320, 320)), folder / "model.onnx")
    edit("model.toml", before, sha256_of(folder / "model.onnx"))(folder)


def other_file_in_the_signature_too(folder: Path) -> None:
    before = {name: sha256_of(folder / name) for name in ("model.onnx", "model.toml")}
    other_file(folder)
    for name, digest in before.items():
        edit("model.sig", digest, sha256_of(folder / name))(folder)


def another_key(folder: Path) -> None:
    stranger = make_key(folder.parent / "stranger", "mine", "Red Hills reserve")[0]
    sign(folder, stranger)


def anothers_signature_in_the_makers_name(folder: Path) -> None:
    own = Signature.read(folder)
    assert own is not None
    another_key(folder)
    theirs = Signature.read(folder)
    assert theirs is not None
    edit("model.sig", theirs.key, own.key)(folder)


def signature_of_another_model(folder: Path) -> None:
    other = model_folder(folder.parent / "other", colour_model(end_to_end=True))
    sign(other, folder.parent / "keys/ibis.key")
    shutil.copy(other / "model.sig", folder)


def only_the_card_signed(folder: Path) -> None:
    text = (folder / "model.sig").read_text()
    kept = [line for line in text.splitlines() if not line.startswith('"model.onnx"')]
    (folder / "model.sig").write_text("\n".join(kept) + "\n")


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        pytest.param(
            edit("model.toml", "conf = 0.6", "conf = 0.9"), "model.toml in .* changed", id="threshold"
        ),
        pytest.param(edit("model.toml", '"red"', '"lynx"'), "model.toml in .* changed", id="class list"),
        pytest.param(edit("model.toml", '"1.2"', '"1.3"'), "model.toml in .* changed", id="version"),
        pytest.param(other_file, "model.toml and model.onnx in .* changed", id="another model file"),
        pytest.param(other_file_in_the_signature_too, "forged or damaged", id="and its digests"),
        pytest.param(edit("model.sig", "Red Hills", "Green Hills"), "forged or damaged", id="signer's name"),
        pytest.param(edit("model.sig", "signed_at = 2", "signed_at = 3"), "forged or damaged", id="date"),
        pytest.param(edit("model.sig", 'signature = "', 'signature = "AAAA'), "forged or damaged", id="bits"),
        pytest.param(
            edit("model.sig", 'signature = "', 'signature = "§'), "forged or damaged", id="no base64"
        ),
        pytest.param(only_the_card_signed, "forged or damaged", id="a file left out"),
        pytest.param(edit("model.sig", "[files]", "[file]"), "is damaged", id="a misspelt table"),
        pytest.param(edit("model.sig", "format = 1", "format = 2"), "is damaged", id="a later format"),
        pytest.param(edit("model.sig", "signer = ", "signer "), "is damaged", id="no TOML"),
        pytest.param(edit("model.sig", "Red Hills", "Red\\nHills"), "is damaged", id="a line too many"),
        pytest.param(edit("model.sig", '"CARD.md"', '"../CARD.md"'), "is damaged", id="outside the folder"),
        pytest.param(signature_of_another_model, r"model.toml and model.onnx in .* changed", id="another's"),
        pytest.param(another_key, "does not trust; it trusts .*Red Hills reserve", id="wrong key"),
        pytest.param(anothers_signature_in_the_makers_name, "forged or damaged", id="wrong key, right name"),
        pytest.param(lambda folder: (folder / "model.sig").unlink(), "is not signed", id="no signature"),
    ],
)
def test_a_node_refuses_what_was_tampered_with(
    toy: Path, maker: Path, tamper: Callable[[Path], None], why: str
) -> None:
    tamper(toy)
    with pytest.raises(NodeRefuses, match=why):
        load(toy, maker.with_suffix(".pub"))
    with capture_logs() as logs:
        assert load(toy, maker.with_suffix(".pub"), allow_unsigned=True).startswith("toy@1.")
    assert [(line["event"], line["log_level"]) for line in logs] == [("model.unsigned", "warning")]


def test_what_is_swapped_after_the_check_is_not_loaded(toy: Path, maker: Path) -> None:
    """Whoever can write to the folder may wait for the moment between check and use."""
    keys = trusted_keys([maker.with_suffix(".pub")])
    folder = ModelFolder.open(toy)
    verify(folder, keys)
    edit("model.toml", "conf = 0.6", "conf = 0.9")(toy)
    detector = OnnxDetector(folder, imgsz=320, conf=folder.card.conf, iou=0.5, threads=1)
    assert detector.label == "toy@1.2"  # of the card that was read, whatever lies there now
    with pytest.raises(NodeRefuses, match=r"model\.toml in .* changed"):
        verify(ModelFolder.open(toy), keys)
    onnx.save(colour_model((320, 320)), toy / "model.onnx")
    with pytest.raises(ModelError, match="is not the file"):
        OnnxDetector(folder, imgsz=320, conf=0.5, iou=0.5, threads=1)
    with pytest.raises(ModelError, match="is not the file"):
        folder.copy_file(toy.parent)


def test_a_signature_for_another_card_does_not_pass_because_the_signed_one_is_back(
    toy: Path, maker: Path
) -> None:
    """A card that was read in a moment in which it lay swapped is the one that counts."""
    edit("model.toml", "conf = 0.6", "conf = 0.9")(toy)
    folder = ModelFolder.open(toy)
    edit("model.toml", "conf = 0.9", "conf = 0.6")(toy)
    with pytest.raises(NodeRefuses, match=r"model\.toml in .* changed"):
        verify(folder, trusted_keys([maker.with_suffix(".pub")]))


def test_allowing_the_unsigned_does_not_allow_a_file_that_is_not_the_cards(toy: Path) -> None:
    (toy / "model.onnx").write_bytes((toy / "model.onnx").read_bytes() + b"\0")
    with pytest.raises(ModelError, match="is not the file"):
        load(toy, allow_unsigned=True)


def test_a_signer_whom_nobody_named_is_not_trusted(toy: Path) -> None:
    with pytest.raises(NodeRefuses, match=r'trusted_keys = \["signer\.pub"\]'):
        load(toy)


def test_the_refusal_says_how_to_sign_and_how_to_go_without(toy: Path) -> None:
    (toy / "model.sig").unlink()
    with pytest.raises(NodeRefuses, match=r"fieldwatch models sign .*trusted_keys.*allow_unsigned = true"):
        load(toy)


@pytest.mark.parametrize("paper", ["CARD.md", "metrics.json"])
def test_changed_papers_stop_no_node_but_are_told(toy: Path, maker: Path, paper: str) -> None:
    public = maker.with_suffix(".pub")
    (toy / paper).write_text("Finds everything, always.")
    assert load(toy, public) == "toy@1.2"
    settings = DetectorSettings(model=str(toy), trusted_keys=(public,))
    assert check_signature(settings, [])[1] == [paper]
    result = CliRunner().invoke(app, ["verify", str(toy), "--key", str(public)])
    assert (result.exit_code, paper in result.stderr) == (1, True)


def test_a_key_pair_is_for_its_owner_and_for_everyone(tmp_path: Path) -> None:
    private, public = make_key(tmp_path / "new", "ibis", "红山保护区 / Red Hills")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    key = TrustedKey.read(public)
    assert key.name == "红山保护区 / Red Hills"
    assert private.read_bytes().split()[-1] not in public.read_bytes()
    with pytest.raises(SignatureError, match=r"ibis\.key and .*ibis\.pub exist"):
        make_key(tmp_path / "new", "ibis", "Somebody else")
    if shutil.which("ssh-keygen"):
        said = subprocess.run(["ssh-keygen", "-lf", public], check=True, capture_output=True, text=True)
        assert key.id in said.stdout


@pytest.mark.parametrize("signer", ["two\nlines", "", "  ", "bell\a"])
def test_a_signer_has_a_name_of_one_line(tmp_path: Path, signer: str) -> None:
    with pytest.raises(SignatureError, match="one line"):
        make_key(tmp_path, "ibis", signer)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
    ],
)
def test_what_is_no_key_signs_nothing(toy: Path, tmp_path: Path, content: bytes, why: str) -> None:
    before = (toy / "model.sig").read_bytes()
    (tmp_path / "bad.key").write_bytes(content)
    with pytest.raises(SignatureError, match=why):
        sign(toy, tmp_path / "bad.key")
    assert (toy / "model.sig").read_bytes() == before


def test_a_model_that_does_not_fit_its_card_is_not_signed(toy: Path, maker: Path) -> None:
    (toy / "model.onnx").write_bytes(b"another")
    with pytest.raises(SignatureError, match="is not the file"):
        sign(toy, maker)


def test_from_a_new_key_to_a_checked_model_by_the_command_line(toy: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    made = run(app, ["key", "--signer", 'The "Ibis" team', "--out", str(tmp_path / "own"), "--name", "own"])
    assert made.exit_code == 0
    assert "trusted_keys" in made.stdout
    private, public = tmp_path / "own/own.key", tmp_path / "own/own.pub"
    assert run(app, ["sign", str(toy), "--key", str(private)]).exit_code == 0
    assert run(app, ["verify", str(toy)]).exit_code == 1, "nobody told it whose key that is"
    checked = run(app, ["verify", str(toy), "--key", str(public)])
    assert (checked.exit_code, 'The "Ibis" team' in checked.stdout) == (0, True)
    listed = run(
        app, ["list", "--key", str(public)], env={"FIELDWATCH_MODELS": str(tmp_path), "COLUMNS": "200"}
    )
    assert "toy" in listed.stdout
    assert "wildlife" in listed.stdout


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_the_shipped_models_are_signed_by_the_project_papers_and_all(name: str) -> None:
    signature, changed = check_signature(DetectorSettings(model=name), model_search_path())
    assert signature.signer == "Fieldwatch project"
    assert changed == [], f"sign it anew: fieldwatch models sign {name} --key …"


def test_no_private_key_is_in_the_project() -> None:
    assert [key.path.name for key in shipped_keys()] == ["fieldwatch-2.pub", "fieldwatch.pub"]
    files = subprocess.run(
        ["git", "-C", ROOT, "grep", "-lIE", "^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----$"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert files.stdout == ""
