import numpy as np

from fieldwatch_models.evaluate.matching import Confusion, overlaps

LEFT, RIGHT = [0.0, 0.0, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]


def said(*rows: list[float]):
    return np.array(rows, dtype=float).reshape(-1, 6)


def was(*rows: list[float]):
    return np.array(rows, dtype=float).reshape(-1, 5)


def test_overlap_of_equal_apart_and_empty_boxes() -> None:
    iou = overlaps(np.array([LEFT]), np.array([LEFT, RIGHT, [0.1, 0.1, 0.1, 0.1]]))
    assert iou.tolist() == [[1.0, 0.0, 0.0]]
    assert overlaps(np.zeros((0, 4)), np.array([LEFT])).shape == (0, 1)


def test_right_wrong_invented_and_missed_are_four_different_cells() -> None:
    table = Confusion.of(2)
    table.add(said([*LEFT, 0.9, 0], [*RIGHT, 0.8, 1]), was([*LEFT, 0], [*RIGHT, 0]))
    table.add(said([*LEFT, 0.9, 1]), was([*RIGHT, 1]))
    assert table.matrix.tolist() == [[1, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_a_second_box_on_one_animal_is_a_false_one() -> None:
    table = Confusion.of(1)
    table.add(said([*LEFT, 0.9, 0], [*LEFT, 0.5, 0]), was([*LEFT, 0]))
    assert table.matrix.tolist() == [[1, 1], [0, 0]]


def test_two_species_in_one_place_keep_their_own_boxes() -> None:
    table = Confusion.of(2)
    shifted = [0.02, 0.0, 0.42, 0.4]
    table.add(said([*LEFT, 0.9, 1], [*shifted, 0.9, 0]), was([*LEFT, 0], [*shifted, 1]))
    assert table.matrix[0, 0] == 1
    assert table.matrix[1, 1] == 1
