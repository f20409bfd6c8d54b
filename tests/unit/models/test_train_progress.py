import io
import logging

from rich.console import Console

from fieldwatch_models.train.progress import Display

LOSSES = {"box_loss": 1.8234, "cls_loss": 1.5}


def shown(terminal: bool) -> str:
    text = io.StringIO()
    display = Display(Console(file=text, force_terminal=terminal, width=120), stages=3)
    with display.stage(2, "middle"):
        for done in (1, 2):
            display.batch(4, 13, done, 2, LOSSES)
        display.epoch(4, 13, LOSSES, 102.4)
    return text.getvalue()


def test_a_log_gets_one_line_an_epoch_and_nothing_else() -> None:
    assert shown(terminal=False) == "middle (2/3) epoch 4/13: box 1.823, cls 1.500, 102 s\n"


def test_a_terminal_shows_stage_epoch_batches_and_losses() -> None:
    text = shown(terminal=True)
    assert "middle (2/3) epoch 4/13" in text
    assert "8/26" in text  # batches of the whole stage, which the time left is of
    assert "cls 1.500" in text


def test_ultralytics_is_quiet_during_a_stage_and_not_after() -> None:
    logger = logging.getLogger("ultralytics")
    before = logger.level
    with Display(Console(file=io.StringIO()), 1).stage(1, "all"):
        assert not logger.isEnabledFor(logging.INFO)
    assert logger.level == before
