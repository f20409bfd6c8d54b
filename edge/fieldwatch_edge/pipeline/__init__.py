"""One camera, frame by frame: health, fire watch, gate, detect, track, decide, outbox.

Read `loop` first; it names the others: the stages that look (`stages`), what an alarm becomes (`alarms`), how
long a suspicion suspends the power budget (`vigil`), where the camera stands after a restart (`checkpoints`),
what becomes of frames that fail (`failures`), and what of a disk that refuses (`writing`).
"""

from fieldwatch_edge.pipeline.loop import Pipeline

__all__ = ["Pipeline"]
