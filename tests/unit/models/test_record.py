from pathlib import Path

from fieldwatch_models.train.record import note_epoch, read_epochs


def test_an_epoch_that_was_run_again_counts_once(tmp_path: Path) -> None:
    note_epoch(tmp_path, 1, 10, {"box_loss": 2.0})
    note_epoch(tmp_path, 2, 11, {"box_loss": 1.9})
    note_epoch(tmp_path, 2, 12, {"box_loss": 1.8})
    with (tmp_path / "epochs.jsonl").open("a") as notes:
        notes.write('{"epoch": 3, "sec')  # the power went
    assert [(row["epoch"], row["seconds"]) for row in read_epochs(tmp_path)] == [(1, 10), (2, 12)]


def test_a_stage_without_notes_has_no_epochs(tmp_path: Path) -> None:
    assert read_epochs(tmp_path) == []
