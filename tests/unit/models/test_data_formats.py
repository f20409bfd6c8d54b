"""Foreign formats into the catalogue, with their oddities, and back out."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fieldwatch_models.data import open_data
from fieldwatch_models.data.catalogue import Label
from fieldwatch_models.data.classmap import ClassMap
from fieldwatch_models.data.opening import format_of, read_data
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.data.writing import write_coco, write_yolo
from fieldwatch_models.errors import DataError


def draw(path: Path, size: tuple[int, int] = (200, 100)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "green").save(path)
    return path


def dump(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), "utf-8")
    return path


CAMERA_TRAPS = {
    "info": {"version": "1.0", "description": "two places"},
    "categories": [{"id": 0, "name": "empty"}, {"id": 3, "name": "deer"}, {"id": 7, "name": "human"}],
    "images": [
        {
            "id": "a",
            "file_name": "7/a.jpg",
            "location": 7,
            "datetime": "2022-12-31 09:52:50",
            "seq_id": "s1",
            "seq_num_frames": 2,
            "frame_num": 0,
        },
        {"id": "b", "file_name": "7/b.jpg", "location": 7, "datetime": "2013:10:04 13:31:53", "seq_id": "s1"},
        {"id": "c", "file_name": "8/c.jpg", "location": "8"},
        {"id": "d", "file_name": "8/d.jpg", "location": "8", "corrupt": True},
    ],
    "annotations": [
        {"id": "1", "image_id": "a", "category_id": 3, "bbox": [20, 10, 100, 50]},
        {"id": "2", "image_id": "b", "category_id": 0},
        {"id": "3", "image_id": "c", "category_id": 3, "sequence_level_annotation": True},
        {"id": "4", "image_id": "a", "category_id": 7, "bbox_relative": [0.5, 0.5, 0.25, 0.25]},
    ],
}


def test_camera_traps_bring_place_time_and_sequence(tmp_path: Path) -> None:
    for name in ("7/a.jpg", "7/b.jpg", "8/c.jpg"):
        draw(tmp_path / name)
    opened = read_data([dump(tmp_path / "reserve.json", CAMERA_TRAPS)], SourceRules())
    assert opened.problems == []
    first, empty = opened.catalogue.pictures
    assert opened.catalogue.classes == ("deer", "human")
    assert first.labels == (
        Label(name="deer", x=0.1, y=0.1, width=0.5, height=0.5),
        Label(name="human", x=0.5, y=0.5, width=0.25, height=0.25),
    )
    assert (first.site, first.sequence) == ("reserve:7", "s1")
    assert first.taken_at == datetime(2022, 12, 31, 9, 52, 50)  # noqa: DTZ001
    assert empty.taken_at == datetime(2013, 10, 4, 13, 31, 53)  # noqa: DTZ001
    assert empty.labels == ()
    # An animal without a box is neither a positive nor a negative.
    assert [text.rpartition("/")[2] for text in opened.left_out] == [
        "c.jpg: deer: somewhere in the picture, but no box says where",
        "d.jpg: marked as corrupt",
    ]


def test_every_bad_row_of_a_coco_file_is_named(tmp_path: Path) -> None:
    draw(tmp_path / "images" / "a.jpg")
    draw(tmp_path / "images" / "turned.jpg", (100, 200))
    document = {
        "categories": [{"id": 1, "name": "deer"}],
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 400, "height": 200, "datetime": "noonish"},
            {"id": 1, "file_name": "b.jpg"},
            {"id": 2},
            {"id": 3, "file_name": "gone.jpg"},
            {"id": 4, "file_name": "turned.jpg", "width": 200, "height": 100},
        ],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 100, 100]},
            {"image_id": 1, "category_id": 1, "bbox": [350, 0, 100, 100]},
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 0, 5]},
            {"image_id": 9, "category_id": 1, "bbox": [0, 0, 5, 5]},
            {"image_id": 1, "category_id": 9, "bbox": [0, 0, 5, 5]},
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 5]},
        ],
    }
    opened = read_data([dump(tmp_path / "train.json", document)], SourceRules())
    text = "\n".join(opened.problems)
    for expected in (
        "images[1]: a second picture with id 1",
        "images[2]: file_name: Field required",
        "gone.jpg: no such picture",
        "turned.jpg: is 100×200 px, but its boxes are for 200×100",
        "picture 1: a time that cannot be read: noonish",
        "annotations[1]: the box reaches out",
        "annotations[2]: the box has no area",
        "annotations[3]: there is no picture with id 9",
        "annotations[4]: there is no category 9",
        "annotations[5]: bbox.3: Field required",
    ):
        assert expected in text
    assert len(opened.problems) == 10
    (picture,) = (
        opened.catalogue.pictures
    )  # of a copy half the size: the boxes are shares of what they were drawn on
    assert picture.split == "train"
    assert picture.labels == (Label(name="deer", x=0, y=0, width=0.25, height=0.5),)
    with pytest.raises(DataError, match=r"10 problem\(s\)"):
        open_data(tmp_path / "train.json")


@pytest.mark.parametrize(
    "name",
    ["images\\1a2b-deer 1.jpg", "/data/local-files/?d=trap/1a2b-deer%201.jpg", "/home/u/1a2b-deer 1.jpg"],
)
def test_label_studios_ways_to_name_a_picture(tmp_path: Path, name: str) -> None:
    file = draw(tmp_path / "images" / "1a2b-deer 1.jpg")
    document = {
        "images": [{"width": 200, "height": 100, "id": 0, "file_name": name}],
        "categories": [{"id": 0, "name": "deer"}],
        "annotations": [
            {
                "id": 0,
                "image_id": 0,
                "category_id": 0,
                "segmentation": [],
                "bbox": [20.0, 10.0, 100.0, 50.0],
                "ignore": 0,
                "iscrowd": 0,
                "area": 5000.0,
            }
        ],
        "info": {"contributor": "Label Studio", "version": "1.0", "year": 2026},
    }
    (picture,) = open_data(dump(tmp_path / "result.json", document)).pictures
    assert picture.path == file
    assert picture.labels[0].width == 0.5


MEGADETECTOR = {
    "info": {"format_version": "1.4", "detector": "md_v5a.0.0.pt"},
    "detection_categories": {"1": "animal", "2": "person", "3": "vehicle"},
    "classification_categories": {"0": "fox", "1": "deer"},
    "images": [
        {
            "file": "cam1\\a.jpg",
            "detections": [
                {
                    "category": "1",
                    "conf": 0.926,
                    "bbox": [0.0, 0.25, 0.125, 0.25],
                    "classifications": [["1", 0.9], ["0", 0.07]],
                },
                {"category": "2", "conf": 0.3, "bbox": [0.5, 0.5, 0.25, 0.25]},
                {"category": "1", "conf": 0.061, "bbox": [0.1, 0.1, 0.3, 0.4]},
                {"category": "9", "conf": 0.9, "bbox": [0.1, 0.1, 0.3, 0.4]},
            ],
        },
        {"file": "cam1/empty.jpg", "detections": [], "failure": None},
        {"file": "cam1/torn.jpg", "failure": "Failure image access", "detections": None},
        {"file": "cam1/clip.mp4", "frame_rate": 20, "frames_processed": [0], "detections": []},
        {"file": "cam1/half.jpg", "detections": [{"category": "1", "conf": 0.5}]},
    ],
}


def test_megadetectors_results_are_labels_with_scores(tmp_path: Path) -> None:
    draw(tmp_path / "cam1/a.jpg")
    draw(tmp_path / "cam1/empty.jpg")
    opened = read_data([dump(tmp_path / "results.json", MEGADETECTOR)], SourceRules())
    seen, empty = opened.catalogue.pictures
    assert seen.labels == (
        Label(name="deer", x=0, y=0.25, width=0.125, height=0.25, score=0.926),
        Label(name="person", x=0.5, y=0.5, width=0.25, height=0.25, score=0.3),
    )
    assert empty.labels == ()
    assert len(opened.problems) == 2
    assert "images[4]: detections.0.bbox: Field required" in opened.problems[0]
    assert "detections[3]: there is no category 9" in opened.problems[1]
    assert [text.rpartition(": ")[2] for text in opened.left_out] == [
        "Failure image access",
        "not a still picture",
        "1 boxes with a score under 0.2",
    ]


def test_a_class_map_names_what_it_does_not_know(tmp_path: Path) -> None:
    for name in ("7/a.jpg", "7/b.jpg", "8/c.jpg"):
        draw(tmp_path / name)
    file = dump(tmp_path / "reserve.json", CAMERA_TRAPS)
    (tmp_path / "map.toml").write_text('[classes]\ndeer = "ungulate"\nroe = "ungulate"\nhuman = false\n')
    mapped = read_data([file], SourceRules(), classes=ClassMap.read(tmp_path / "map.toml")).catalogue
    assert mapped.classes == ("ungulate",)
    assert [label.name for label in mapped.pictures[0].labels] == ["ungulate"]
    with pytest.raises(DataError, match=r"says nothing of: human \(1 boxes\)"):
        read_data([file], SourceRules(), classes=ClassMap(classes={"x": "deer"}))


@pytest.mark.parametrize("document", [[], {"images": []}, {"annotations": [], "images": []}, "x"])
def test_other_files_are_refused_by_name(tmp_path: Path, document: Any) -> None:
    with pytest.raises(DataError, match=r"odd\.json"):
        read_data([dump(tmp_path / "odd.json", document)], SourceRules())


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    for name in ("7/a.jpg", "7/b.jpg", "8/c.jpg", "more/images/train/a.jpg"):
        draw(tmp_path / name)
    (tmp_path / "more/data.yaml").write_text("names: [fox]")
    (tmp_path / "more/labels/train").mkdir(parents=True)
    (tmp_path / "more/labels/train/a.txt").write_text("0 0.5 0.5 0.5 0.5")
    paths = [dump(tmp_path / "reserve.json", CAMERA_TRAPS), tmp_path / "more"]
    assert [format_of(path) for path in paths] == ["coco", "yolo"]
    catalogue = read_data(paths, SourceRules()).catalogue
    assert catalogue.classes == ("deer", "human", "fox")

    def essence(pictures: Any) -> list[Any]:
        return [
            (
                p.width,
                p.height,
                p.site and p.site[-1],
                p.taken_at,
                [(la.name, round(la.x, 3)) for la in p.labels],
            )
            for p in pictures
        ]

    write_yolo(catalogue, tmp_path / "yolo")
    for again in (tmp_path / "yolo", tmp_path / "yolo" / "catalogue.jsonl"):
        read = open_data(again)
        assert read.classes == catalogue.classes
        assert sorted(p.path.name for p in read.pictures) == ["a.jpg", "a~2.jpg", "b.jpg"]
        assert all(p.path.is_file() for p in read.pictures)
    assert essence(read.pictures) == essence(catalogue.pictures)
    assert (tmp_path / "yolo/labels/train/a.txt").read_text() == (
        "0 0.350000 0.350000 0.500000 0.500000\n1 0.625000 0.625000 0.250000 0.250000\n"
    )
    with pytest.raises(DataError, match="already holds"):
        write_yolo(catalogue, tmp_path / "yolo")

    write_coco(catalogue, tmp_path / "coco.json")
    assert essence(open_data(tmp_path / "coco.json").pictures) == essence(catalogue.pictures)
