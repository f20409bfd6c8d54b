from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from tests.unit.edge.pictures import landscape
from tests.unit.edge.toy_models import CARD, colour_model, model_folder

from fieldwatch_edge.detect import Detector, load_detector, model_search_path
from fieldwatch_edge.detect.decode import Scoring, decode_raw
from fieldwatch_edge.detect.model_folder import ModelFolder, find_model, sha256_of
from fieldwatch_edge.domain import DetectedClass
from fieldwatch_edge.errors import ModelError
from fieldwatch_edge.settings import DetectorSettings

RED, GREEN, BLUE = range(3)
ZEBRA = Path("/usr/share/tuxpaint/stamps/animals/mammals/equines/zebra.png")


def scene(width: int, height: int, *squares: tuple[int, int, int, int]) -> np.ndarray:
    """Black, with squares given as x, y, side, class in the class's colour."""
    image = np.zeros((height, width, 3), np.uint8)
    for x, y, side, colour in squares:
        image[y : y + side, x : x + side, 2 - colour] = 255
    return image


def settings_of(model: str, **settings) -> DetectorSettings:
    """Of a toy, which nobody has signed."""
    return DetectorSettings(model=model, allow_unsigned=True, **settings)


@pytest.fixture
def toy(tmp_path):
    model_folder(tmp_path / "toy", colour_model())
    return tmp_path


def test_a_detector_is_found_by_name_and_says_what_it_knows(toy):
    detector = load_detector(settings_of("toy"), [toy / "elsewhere", toy])
    assert detector.label == "toy@1.2"
    assert detector.classes == (
        DetectedClass("red", "animal", "Rubrum"),
        DetectedClass("green", "smoke"),
        DetectedClass("blue", "fire"),
    )


def test_a_detector_is_found_by_path(toy):
    assert load_detector(settings_of(str(toy / "toy")), []).label == "toy@1.2"


@pytest.mark.parametrize(
    ("width", "height", "imgsz", "squares"),
    [
        pytest.param(320, 320, 320, [(64, 96, 32, RED)], id="as it is"),
        pytest.param(1920, 1080, 640, [(960, 60, 96, GREEN)], id="padded above and below, scaled by 1/3"),
        pytest.param(1080, 1920, 640, [(60, 960, 96, BLUE)], id="padded left and right"),
        pytest.param(160, 160, 320, [(48, 80, 16, RED)], id="enlarged"),
        pytest.param(640, 640, 320, [(0, 0, 64, RED), (576, 576, 64, BLUE)], id="two of two classes"),
    ],
)
@pytest.mark.parametrize("end_to_end", [False, True], ids=["raw head", "NMS-free head"])
def test_boxes_lie_where_the_squares_are(tmp_path, width, height, imgsz, squares, end_to_end):
    model_folder(tmp_path / "toy", colour_model(end_to_end=end_to_end))
    detector = load_detector(settings_of("toy", imgsz=imgsz), [tmp_path])
    found = detector.detect(scene(width, height, *squares))
    expected = [[x, y, x + side, y + side] for x, y, side, _ in squares]
    order = np.argsort(found.classes)
    assert found.boxes[order] == pytest.approx(np.array(expected), abs=0.5)
    assert found.classes[order].tolist() == [colour for *_, colour in squares]
    assert found.scores == pytest.approx([1.0] * len(squares), abs=0.05)
    assert (found.boxes.dtype, found.scores.dtype, found.classes.dtype) == (np.float32, np.float32, np.int64)


def test_a_model_of_fixed_size_sees_the_whole_picture(tmp_path):
    model_folder(tmp_path / "toy", colour_model(size=(640, 640)))
    detector = load_detector(settings_of("toy"), [tmp_path])
    # 16:9 in a square: scaled by 1/3, 140 pixels of padding above; 1188 / 3 + 140 lies on a cell's edge.
    found = detector.detect(scene(1920, 1080, (960, 156, 96, RED)))
    assert found.boxes == pytest.approx(np.array([[960, 156, 1056, 252]]), abs=0.5)


def test_pictures_may_change_their_size(toy):
    detector = load_detector(settings_of("toy"), [toy])
    for width, height in [(320, 320), (640, 320), (320, 320)]:
        assert len(detector.detect(scene(width, height, (64, 64, 64, RED)))) > 0
        assert len(detector.detect(scene(width, height))) == 0, "nothing of the picture before is left"


def test_settings_go_before_the_card(toy):
    dim = scene(320, 320, (64, 96, 32, RED)) // 2
    assert len(load_detector(settings_of("toy"), [toy]).detect(dim)) == 0
    assert len(load_detector(settings_of("toy", conf=0.48), [toy]).detect(dim)) == 1


def test_raw_output_keeps_the_best_class_and_the_best_box():
    # cx, cy, w, h, then two classes, one column a box.
    output = np.array(
        [
            [100, 50, 40, 20, 0.2, 0.7],
            [102, 50, 40, 20, 0.1, 0.9],  # covers the first
            [102, 50, 40, 20, 0.6, 0.0],  # the same place, another class
            [300, 50, 40, 20, 0.3, 0.4],  # too unsure
        ],
        np.float32,
    ).T
    found = decode_raw(output, Scoring(conf=0.5, iou=0.5))
    assert found.boxes.tolist() == [[82, 40, 122, 60], [82, 40, 122, 60]]
    assert found.scores == pytest.approx([0.9, 0.6])
    assert found.classes.tolist() == [1, 0]


def test_an_unknown_model_is_an_error_that_names_the_known_ones(toy):
    with pytest.raises(ModelError, match=r"no model 'lynx' in .*there are: toy"):
        load_detector(DetectorSettings(model="lynx"), [toy])


def test_a_model_that_is_not_the_cards_is_refused(toy):
    file = toy / "toy/model.onnx"
    said = sha256_of(file)
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(ModelError, match=said) as refusal:
        load_detector(settings_of("toy"), [toy])
    assert sha256_of(file) in str(refusal.value)


def test_a_card_with_other_classes_than_the_model_is_refused(tmp_path):
    model_folder(tmp_path / "toy", colour_model(), CARD + '[[classes]]\nname = "lynx"\nkind = "animal"\n')
    with pytest.raises(ModelError, match=r"3 classes apart, but .* names 4: red, green, blue, lynx"):
        load_detector(settings_of("toy"), [tmp_path])


def test_an_nms_free_model_is_checked_by_the_names_in_it(tmp_path):
    model = colour_model(end_to_end=True)
    onnx.helper.set_model_props(model, {"names": "{0: 'red', 1: 'green'}"})
    model_folder(tmp_path / "toy", model)
    with pytest.raises(ModelError, match="2 classes apart"):
        load_detector(settings_of("toy"), [tmp_path])


@pytest.mark.parametrize(
    ("replace", "by", "fault"),
    [
        ('version = "1.2"', "", "version: Field required"),
        ("imgsz = 320", "imgsz = 300", "imgsz: .* multiple of 32"),
        ('kind = "smoke"', 'kind = "fog"', "classes.1.kind"),
        ("conf = 0.6", "conf =", "not valid TOML"),
    ],
)
def test_a_faulty_card_is_an_error_that_says_where(tmp_path, replace, by, fault):
    model_folder(tmp_path / "toy", colour_model(), CARD.replace(replace, by))
    with pytest.raises(ModelError, match=fault):
        ModelFolder.open(tmp_path / "toy")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    folder = model_folder(tmp_path / "toy", colour_model())
    (folder / "model.onnx").write_bytes(b"<html>404</html>")
    (folder / "model.toml").write_text(CARD.format(sha256=sha256_of(folder / "model.onnx")))
    with pytest.raises(ModelError, match=r"cannot load .*model\.onnx"):
        load_detector(settings_of("toy"), [tmp_path])


def test_a_model_of_another_kind_is_refused(tmp_path):
    text = onnx.helper.make_tensor_value_info("text", onnx.TensorProto.INT64, [1, "words"])
    same = onnx.helper.make_tensor_value_info("same", onnx.TensorProto.INT64, [1, "words"])
    node = onnx.helper.make_node("Identity", ["text"], ["same"])
    graph = onnx.helper.make_graph([node], "translator", [text], [same])
    opset = [onnx.helper.make_opsetid("", 13)]
    model_folder(tmp_path / "toy", onnx.helper.make_model(graph, opset_imports=opset, ir_version=8))
    with pytest.raises(ModelError, match=r"wants text tensor\(int64\)"):
        load_detector(settings_of("toy"), [tmp_path])


def test_a_model_may_be_a_folder_of_files(tmp_path):
    files = tmp_path / "ncnn"
    files.mkdir()
    (files / "a.param").write_text("a")
    (files / "b.bin").write_text("b")
    before = sha256_of(files)
    (files / "b.bin").rename(files / "c.bin")
    assert sha256_of(files) != before, "names count"
    (files / "c.bin").rename(files / "b.bin")
    assert sha256_of(files) == before


def test_models_are_looked_up_where_the_environment_says_first():
    path = model_search_path("/srv/a:/srv/b")
    assert path[:2] == (Path("/srv/a"), Path("/srv/b"))
    assert path[2:] == model_search_path()
    assert model_search_path(None)[-1] == Path(__file__).parents[3] / "models"


def test_without_ultralytics_its_backend_says_how_to_get_it(toy, monkeypatch):
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(ModelError, match=r"fieldwatch\[models\]"):
        load_detector(settings_of("toy", backend="ultralytics"), [toy])


@pytest.mark.parametrize(("name", "kinds"), [("wildlife", {"animal"}), ("fire", {"smoke", "fire"})])
def test_the_shipped_models_run(name, kinds):
    detector = load_detector(DetectorSettings(model=name, conf=0.001), model_search_path())
    assert {known.kind for known in detector.classes} == kinds
    found = detector.detect(landscape(1280, 720))
    assert len(found) > 0, "at this confidence anything is something"
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [1280, 720, 1280, 720]).all()
    assert (np.diff(found.scores) <= 0).all(), "best first"


def zebra_in_a_landscape(width: int, height: int) -> np.ndarray:
    picture = Image.fromarray(landscape(width, height))
    with Image.open(ZEBRA) as stamp:
        zebra = stamp.convert("RGBA").resize((height // 2, height // 2))
    picture.paste(zebra, (width // 4, height // 4), zebra)
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def both_backends(model: str, **settings) -> list[Detector]:
    pytest.importorskip("ultralytics", reason="the `models` extra is not installed")
    return [
        load_detector(settings_of(model, backend=backend, **settings), model_search_path())
        for backend in ("onnx", "ultralytics")
    ]


needs_a_zebra = pytest.mark.skipif(
    not ZEBRA.is_file(), reason="no photograph of a zebra: apt install tuxpaint-stamps-default"
)


@pytest.mark.ultralytics
@needs_a_zebra
@pytest.mark.parametrize("size", [(1920, 1080), (640, 640), (500, 375)])
def test_both_backends_see_the_same(size):
    image = zebra_in_a_landscape(*size)
    lean, other = both_backends("wildlife", conf=0.1)
    seen, expected = lean.detect(image), other.detect(image)
    assert [lean.classes[index].name for index in seen.classes] != [], "there is a zebra to be seen"
    assert seen.classes.tolist() == expected.classes.tolist()
    assert seen.scores == pytest.approx(expected.scores, abs=1e-3)
    assert seen.boxes == pytest.approx(expected.boxes, abs=0.5)


def variant_of_wildlife(folder: Path, top: str, fallback: str = "") -> str:
    """The shipped model with another card; its path."""
    shipped = find_model("wildlife", model_search_path())
    shutil.copytree(shipped.path, folder)
    card = (folder / "model.toml").read_text("utf-8")
    kept = [line for line in card.splitlines() if not line.startswith("temperature")]
    head, _, classes = "\n".join(kept).partition("[[classes]]")
    head = head.partition("[fallback]")[0]
    (folder / "model.toml").write_text(f"{head}{top}\n{fallback}\n[[classes]]{classes}\n", "utf-8")
    return str(folder)


@pytest.mark.ultralytics
@needs_a_zebra
@pytest.mark.parametrize("temperature", [0.7, 1.6])
def test_both_backends_calibrate_alike(tmp_path, temperature):
    image = zebra_in_a_landscape(640, 480)
    model = variant_of_wildlife(tmp_path / "warm", f"temperature = {temperature}")
    lean, other = both_backends(model, conf=0.15)
    seen, expected = lean.detect(image), other.detect(image)
    assert len(seen) > 0
    assert seen.classes.tolist() == expected.classes.tolist()
    assert seen.scores == pytest.approx(expected.scores, abs=1e-3)
    assert (seen.scores > 0.15).all()
    plain = both_backends("wildlife", conf=0.05)[0].detect(image)
    assert seen.scores[0] != pytest.approx(plain.scores[0], abs=1e-3), "the temperature does something"


@pytest.mark.ultralytics
@needs_a_zebra
def test_ultralytics_knows_the_unknown_by_its_best_class_alone(tmp_path):
    image = zebra_in_a_landscape(640, 480)
    model = variant_of_wildlife(tmp_path / "shy", "temperature = 1.0", "[fallback]\nscore = 0.02\n")
    lean, other = both_backends(model, conf=0.99)
    unknown = len(lean.classes) - 1
    assert lean.classes[unknown].name == other.classes[unknown].name == "animal"
    seen, by_best = lean.detect(image), other.detect(image)
    assert set(seen.classes.tolist()) == set(by_best.classes.tolist()) == {unknown}
    assert len(seen) >= len(by_best) > 0
    assert seen.scores[0] >= by_best.scores[0] - 1e-3, "all classes together are no less likely than the best"
