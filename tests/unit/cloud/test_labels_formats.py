"""Labels in COCO, Label Studio and YOLO: golden files, round trips, and files that are wrong.

After a change that is meant, FIELDWATCH_WRITE_GOLDEN=1 pytest tests/unit/cloud/test_labels_formats.py
writes the golden files anew; look at the difference.
"""

from __future__ import annotations

import copy
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwatch_cloud.labels import coco, incoming, label_studio, yolo
from fieldwatch_cloud.labels.domain import Label, Medium, Proposal, Revision, classify, same
from fieldwatch_cloud.labels.incoming import FileError, decide, media_id
from fieldwatch_cloud.labels.outgoing import Entry

GOLDEN = Path(__file__).parents[2] / "golden/labels"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DEER = Label("animal", "Cervidae", (0.1, 0.2, 0.3, 0.4))
HERD = Label("animal", "Pantholops hodgsonii", (0.5, 0.5, 0.25, 0.125), 12)
CAR = Label("vehicle", None, (0.0, 0.0, 1.0, 0.5))


def proposal(number: int, label: Label, confidence: float, model: str = "wildlife@2026.11.21") -> Proposal:
    return Proposal(
        UUID(int=0xA00 + number), label.kind, label.scientific_name, label.box, confidence, model, label.count
    )


def medium(number: int, *history: Revision, proposals: tuple[Proposal, ...] = ()) -> Medium:
    return Medium(
        id=UUID(int=number),
        reserve="foping",
        deployment_id=UUID(int=0xD),
        deployment="山脊 ridge",
        observed_at=NOON,
        mime="image/jpeg",
        sha256="0" * 64,
        width=640,
        height=480,
        proposals=proposals,
        history=history,
    )


def said(number: int, *labels: Label) -> Revision:
    return Revision(number, "Li", UUID(int=0xACC), NOON, "web", labels)


SMOKE = Label("smoke", None, (0.8, 0.1, 0.05, 0.1))
MEDIA = (
    medium(1, proposals=(proposal(1, DEER, 0.9123), proposal(2, SMOKE, 0.31, "fire@2026.11.21"))),
    medium(2, said(2, HERD, CAR), said(1, DEER), proposals=(proposal(3, DEER, 0.5),)),
    medium(3, said(1), proposals=(replace(proposal(4, DEER, 0.4), box=None),)),  # blank, says a person
    medium(4),
)


def entries(which: Any = "both", url: str | None = None) -> list[Entry]:
    return [Entry(one, which, f"{url}/api/v1/media/{one.id}" if url else None) for one in MEDIA]


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("FIELDWATCH_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def as_text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("which", ["labelled", "proposed", "both"])
def test_golden_coco(which: str) -> None:
    golden(f"coco-{which}.json", as_text(coco.document(entries(which))))


@pytest.mark.parametrize("which", ["labelled", "proposed", "both"])
def test_golden_label_studio(which: str) -> None:
    golden(f"label_studio-{which}.json", as_text(label_studio.tasks(entries(which))))


def test_golden_label_studio_configuration() -> None:
    odd = Label("animal", 'a "b" <c> & d', (0, 0, 1, 1))
    golden("label_studio.xml", label_studio.config([*entries(), Entry(medium(5, said(1, odd)), "both")]))


def test_golden_yolo() -> None:
    text = "".join(f"== {name}\n{content}" for name, content in yolo.files(entries(url="https://x.example")))
    golden("yolo.txt", text)


def test_pictures_that_do_not_travel_are_named_by_address() -> None:
    links = entries(url="https://x.example")
    address = f"https://x.example/api/v1/media/{MEDIA[0].id}"
    assert coco.document(links)["images"][0]["coco_url"] == address
    assert label_studio.tasks(links)[0]["data"]["image"] == address


# Round trips ---------------------------------------------------------------------------------------

sides = st.floats(0, 0.9)
boxes = st.builds(
    lambda x, y, w, h: (x, y, w * (1 - x), h * (1 - y)),
    sides,
    sides,
    st.floats(0.05, 1),
    st.floats(0.05, 1),
)
labels = st.builds(
    lambda name, box, count: Label(*classify(name), box, count),
    st.sampled_from(
        ["Cervidae", "Homo sapiens", "vehicle", "unknown", "animal", "smoke", "fire", "黄嘴白鹭"]
    ),
    boxes,
    st.integers(1, 5000),
)


@settings(deadline=None)  # The machine may be busy.
@given(st.lists(labels, max_size=6))
def test_what_goes_out_comes_back(given_labels: list[Label]) -> None:
    one = medium(9, said(1, *given_labels), proposals=(proposal(1, DEER, 0.9),))
    for written, read in (
        (coco.document([Entry(one, "labelled")]), coco.read),
        (label_studio.tasks([Entry(one, "both")]), label_studio.read),
    ):
        (row,) = read(json.loads(json.dumps(written))).rows
        assert row.media_id == one.id
        assert row.based_on == 1
        assert row.labels is not None
        assert same(row.labels, given_labels, one.width, one.height)
        assert decide(one, row, confirm=False) == "unchanged"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("human", ("human", "Homo sapiens")),
        ("Homo  sapiens ", ("human", "Homo sapiens")),
        ("vehicle", ("vehicle", None)),
        ("animal", ("animal", None)),
        ("Sus scrofa", ("animal", "Sus scrofa")),
    ],
)
def test_names(name: str, kind: tuple[str, str | None]) -> None:
    assert classify(name) == kind


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b", "\ud800"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 200 printable"):
        classify(name)


def test_the_same_to_half_a_pixel() -> None:
    moved = replace(DEER, box=(0.1 + 0.4 / 640, 0.2, 0.3, 0.4 - 0.4 / 480))
    assert same([DEER, CAR], [CAR, moved], 640, 480)
    assert not same([DEER], [replace(DEER, box=(0.1 + 0.6 / 640, 0.2, 0.3, 0.4))], 640, 480)
    assert not same([DEER], [replace(DEER, count=2)], 640, 480)
    assert not same([DEER], [replace(DEER, scientific_name="Sus scrofa")], 640, 480)
    assert not same([DEER, DEER], [DEER], 640, 480)
    assert not same([DEER, CAR], [DEER, DEER], 640, 480)


def test_the_id_of_a_picture() -> None:
    one = "0197e5a0-0000-7000-8000-000000000001"
    assert media_id(one, "x.jpg") == UUID(one)
    # Label Studio puts a prefix of its own before an uploaded file's name.
    assert media_id(None, f"/data/upload/3/8c1f2e3d-{one}.jpg") == UUID(one)
    with pytest.raises(ValueError, match=r"no picture's id.*'IMG_0001\.jpg'"):
        media_id(7, "IMG_0001.jpg")


# What becomes of a row -----------------------------------------------------------------------------


def row_of(one: Medium, which: Any = "both", read: Any = None) -> Any:
    (row,) = coco.read(read or coco.document([Entry(one, which)])).rows
    return row


def test_proposals_that_nobody_touched_are_nobodys_labels() -> None:
    one = MEDIA[0]
    assert decide(one, row_of(one), confirm=False) == "untouched"
    assert decide(one, row_of(one), confirm=True) == "store"
    edited = coco.document([Entry(one, "both")])
    del edited["annotations"][1]  # deleted, and the rest left as it was, score and all
    assert decide(one, row_of(one, read=edited), confirm=False) == "store"
    edited["annotations"].clear()
    assert row_of(one, read=edited).labels == ()
    assert decide(one, row_of(one, read=edited), confirm=False) == "store"
    # Without proposals, an image without boxes says nothing.
    assert decide(MEDIA[3], row_of(MEDIA[3]), confirm=False) == "untouched"
    # A tool that drops scores leaves no sign that nobody looked: what it wrote is what somebody says.
    for annotation in (dropped := coco.document([Entry(one, "both")]))["annotations"]:
        del annotation["score"]
    assert decide(one, row_of(one, read=dropped), confirm=False) == "store"


def test_who_labelled_since_is_not_overwritten() -> None:
    exported = medium(7, said(1, DEER))
    document = coco.document([Entry(exported, "labelled")])
    document["annotations"][0]["bbox"] = [0, 0, 64, 48]
    row = row_of(exported, read=document)
    assert decide(exported, row, confirm=False) == "store"
    # The same file again, and again after somebody went on from there.
    stored = medium(7, said(2, *row.labels), said(1, DEER))
    assert decide(stored, row, confirm=False) == "unchanged"
    assert decide(medium(7, said(3), *stored.history), row, confirm=False) == "unchanged"
    with pytest.raises(ValueError, match="Li has labelled it since it was exported"):
        decide(medium(7, said(2, CAR), said(1, DEER)), row, confirm=False)
    # A tool that has lost the revision: the newest word counts, but an old file is not a new word.
    assert decide(medium(7, said(2, CAR)), replace(row, based_on=None), confirm=False) == "store"
    assert (
        decide(medium(7, said(3), *stored.history), replace(row, based_on=None), confirm=False) == "unchanged"
    )


# Files that are wrong ------------------------------------------------------------------------------

DOCUMENT = coco.document(entries())


def changed(path: str, value: Any) -> dict[str, Any]:
    """DOCUMENT with something else at `path`; `...` removes it."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at: Any = document
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "where", "why", "lost"),
    [
        ("images.0", "x", "images[0]", "an image has `id`", 1),
        ("images.0.id", 2, "images[1]", "the id 2 occurs twice", 2),
        ("images.0.width", 0, "images[0]", "from 1 on", 1),
        ("images.0.width", "640", "images[0]", "width is a number", 1),
        ("images.0.id", [], "images[0]", "an image has `id`", 1),
        ("annotations.0.bbox", ..., "annotations[0]", "`bbox`", 1),
        ("annotations.0.bbox", [0, 0, 1], "annotations[0]", "[x, y, width, height]", 1),
        ("annotations.0.bbox", [0, 0, float("nan"), 1], "annotations[0]", "bbox is a number", 1),
        ("annotations.0.bbox", [10**400, 0, 1, 1], "annotations[0]", "bbox is a number", 1),
        ("annotations.0.bbox", [0, 0, 1e-50, 9], "annotations[0]", "nothing of its box", 1),
        ("annotations.0.bbox", [700, 0, 9, 9], "annotations[0]", "nothing of its box", 1),
        ("annotations.0.category_id", 99, "annotations[0]", "no category with the id 99", 1),
        ("annotations.0.category_id", {}, "annotations[0]", "an annotation has", 1),
        ("annotations.0.image_id", 99, "annotations[0]", "no image with the id 99", 0),
        ("annotations.0.image_id", [1], "annotations[0]", "an annotation has", 0),
        ("annotations.0", None, "annotations[0]", "no image with the id None", 0),
        ("annotations.0.attributes.count", 0, "annotations[0]", "count is a whole number", 1),
        ("categories.0.name", "", "annotations[0]", "1 to 200 printable", 1),
    ],
)
def test_a_wrong_row_of_coco_is_named_and_its_picture_left_out(
    path: str, value: Any, where: str, why: str, lost: int
) -> None:
    reading = coco.read(changed(path, value))
    assert where in [w for w, _ in reading.errors]
    assert any(why in message for w, message in reading.errors if w == where), reading.errors
    assert len(reading.rows) == len(MEDIA) - lost


@pytest.mark.parametrize(
    "document", [[], {}, {"images": []}, {"images": [], "annotations": [], "categories": [1]}]
)
def test_what_is_no_coco(document: Any) -> None:
    with pytest.raises(FileError):
        coco.read(document)


def test_a_file_of_more_rows_than_one_may_hold() -> None:
    rows = [0] * (incoming.MAX_ROWS + 1)
    with pytest.raises(FileError, match="500001 images are more than 500000: divide"):
        coco.read({"images": rows, "annotations": [], "categories": []})
    with pytest.raises(FileError, match="500001 tasks are more"):
        label_studio.read(rows)


def test_names_that_a_format_cannot_write_as_they_are() -> None:
    crane, odd = Label("animal", "\U0002bda4", (0, 0, 1, 1)), Label("animal", "a\x01b", (0, 0, 1, 1))
    shown = [Entry(medium(1, said(1, crane, odd)), "both")]
    assert yaml.safe_load(dict(yolo.files(shown))["data.yaml"])["names"] == {0: "a\x01b", 1: "\U0002bda4"}
    config = label_studio.config(shown)
    assert '<Label value="\U0002bda4"/>' in config
    assert "\x01" not in config


def test_a_box_that_reaches_out_is_cut_off() -> None:
    reading = coco.read(changed("annotations.0.bbox", [-64, 240, 1000, 1000]))
    assert reading.rows[0].labels is not None
    assert reading.rows[0].labels[0].box == (0, 0.5, 1, 0.5)


def test_a_picture_that_occurs_twice_is_left_out() -> None:
    document = changed("images.1.media_id", str(MEDIA[0].id))
    reading = coco.read(document)
    assert [row.media_id for row in reading.rows] == [MEDIA[2].id, MEDIA[3].id]
    assert [where for where, _ in reading.errors] == ["images[0]", "images[1]"]


def task(**annotation: Any) -> dict[str, Any]:
    given = label_studio.tasks([Entry(MEDIA[1], "both")])[0]
    given["annotations"] = [given["annotations"][0] | annotation]
    return given


def result(**fields: Any) -> list[dict[str, Any]]:
    (one,) = label_studio.tasks([Entry(medium(2, said(1, DEER)), "both")])
    (box,) = one["annotations"][0]["result"]
    value = box["value"] | fields.pop("value", {})
    return [box | {"value": value} | fields]


def test_of_several_annotations_the_one_changed_last_counts() -> None:
    given = task(updated_at="2026-05-04T12:00:00Z")
    given["annotations"].append({"result": result(), "updated_at": "2026-05-04T13:00:00Z"})
    given["annotations"].append({"result": [], "updated_at": "2026-05-04T14:00:00Z", "was_cancelled": True})
    (row,) = label_studio.read([given]).rows
    assert row.labels is not None
    assert same(row.labels, [DEER], 640, 480)


def test_a_task_that_nobody_did_and_a_blank_one() -> None:
    reading = label_studio.read([task(was_cancelled=True), label_studio.tasks(entries())[2]])
    assert [row.labels for row in reading.rows] == [None, ()]
    assert decide(MEDIA[1], reading.rows[0], confirm=True) == "untouched"


@pytest.mark.parametrize(
    ("given", "where", "why"),
    [
        (7, "[0]", "a task has `data`"),
        ({"data": {"image": "IMG_1.jpg"}}, "[0]", "no picture's id"),
        (task() | {"annotations": {}}, "[0]", "is a list of objects"),
        (task(result=None), "[0]", "no list `result`"),
        (task(result=[7]), "[0].annotations[0].result[0]", "only boxes"),
        (task(result=result(type="brushlabels")), "[0].annotations[0].result[0]", "only boxes"),
        (task(result=result(value={"rotation": 12})), "[0].annotations[0].result[0]", "rotated"),
        (task(result=result(value={"x": None})), "[0].annotations[0].result[0]", "x is a number"),
        (task(result=result(value={"rectanglelabels": []})), "[0].annotations[0].result[0]", "one label"),
        (task(result=result(value={"rectanglelabels": [3]})), "[0].annotations[0].result[0]", "no text"),
        (task(result=result() * 501), "[0]", "501 boxes are more than 500"),
    ],
)
def test_a_wrong_task_is_named_and_left_out(given: Any, where: str, why: str) -> None:
    good = label_studio.tasks(entries())[2]
    reading = label_studio.read([given, good])
    assert [row.media_id for row in reading.rows] == [MEDIA[2].id]
    ((named, said_why),) = reading.errors
    assert named == where
    assert why in said_why


def test_what_is_no_label_studio() -> None:
    with pytest.raises(FileError, match="a list of tasks"):
        label_studio.read({})
