"""What needs PyTorch, and takes seconds: the steps before the first epoch."""

from pathlib import Path

import pytest

from fieldwatch_models.train.recipe import Start
from fieldwatch_models.train.start import build

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")
pytestmark = pytest.mark.ultralytics


def test_rebase_changes_training_mode_and_nothing_else() -> None:
    from fieldwatch_models.train.rebase import rebase

    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.BatchNorm2d(4),  # as built: the identity, as in a fused network
        torch.nn.ReLU(),
        torch.nn.Conv2d(4, 2, 3, bias=False),
        torch.nn.BatchNorm2d(2),
    ).eval()
    batch = torch.rand(8, 3, 16, 16)
    with torch.no_grad():
        before = model(batch)
        rebase(model, [batch[:4], batch[4:]])
        assert torch.allclose(model(batch), before, atol=1e-5)
        # On the very pictures that the statistics are from, both modes agree.
        assert torch.allclose(model.train()(batch), before, atol=1e-2)


def test_a_class_starts_as_the_mean_of_its_coco_rows(tmp_path: Path) -> None:
    from ultralytics.nn.tasks import DetectionModel

    coco = DetectionModel("yolov8n.yaml", nc=80, verbose=False)
    state = {key: value.half() for key, value in coco.state_dict().items()}
    torch.save(state, tmp_path / "coco.pt")
    model = build(Start(rows={"zebra": ("zebra",)}), tmp_path / "coco.pt", ("zebra", "smoke"))

    head = model.model[-1]
    old = state["model.22.cv3.0.2.weight"].float()
    assert (head.nc, head.no) == (2, 66)
    assert torch.equal(head.cv3[0][-1].weight[0], old[22])
    with torch.no_grad():
        out = model.eval()(torch.zeros(1, 3, 64, 64))[0]
    assert out.shape == (1, 6, 84)
