"""What the figures mean, in sentences for somebody who has to decide whether to rely on the model.

A class is called good only where the lower ends of both intervals say so: few pictures earn no praise.
"""

from __future__ import annotations

from typing import Any

#: Lower ends of the 95 % intervals of precision and recall from which on a class counts as reliable ...
RELIABLE = 0.75
#: ... or as good enough where a person looks at every record.
USABLE = 0.5
#: Under so many labels, nothing is claimed.
FEW = 20
#: How much lower recall at night, or on small animals, must be to be worth a warning.
WORSE = 0.1
#: Share of validation pictures akin to training pictures from which on all figures are suspect.
AKIN = 0.02


def verdict(metrics: dict[str, Any]) -> dict[str, list[str]]:
    """Sentences under ``good_for``, ``with_a_person`` and ``not_for``."""
    said: dict[str, list[str]] = {"good_for": [], "with_a_person": [], "not_for": []}
    if "ignition_summary" in metrics:
        _fire(metrics["ignition_summary"], said)
    _classes(metrics["operating_point"], said)
    _night(metrics["by_light"], said)
    _size(metrics["by_size"], said)
    akin = metrics["data"]["akin_to_training"]
    if akin > AKIN * metrics["data"]["pictures"]:
        said["not_for"].append(
            f"figures at new places: {akin} of {metrics['data']['pictures']} validation pictures share a "
            "site or a sequence with training pictures, and figures on them flatter."
        )
    empty = metrics["empty_pictures"]
    if empty["pictures"]:
        low, high = empty["interval_95"]
        said["not_for" if low > 0.2 else "with_a_person"].append(
            f"Pictures with nothing in them: {empty['with_a_box']} of {empty['pictures']} get a box all the "
            f"same ({low:.0%} to {high:.0%})."
        )
    return said


def _classes(points: dict[str, Any], said: dict[str, list[str]]) -> None:
    for name, point in points.items():
        if not point["labelled"]:
            said["not_for"].append(f"{name}: not one in the validation pictures, so nothing is known.")
            continue
        recall, precision = point["recall_interval"], point["precision_interval"] or [0.0, 1.0]
        worst = min(recall[0], precision[0])
        figures = (
            f"finds {point['right']} of {point['labelled']} ({recall[0]:.0%} to {recall[1]:.0%}); "
            f"of {point['said']} boxes it is right in {precision[0]:.0%} to {precision[1]:.0%}"
        )
        if point["labelled"] < FEW:
            said["not_for"].append(f"{name}: too few labels to rely on it; {figures}.")
        elif worst >= RELIABLE:
            said["good_for"].append(f"{name}: {figures}.")
        elif worst >= USABLE:
            said["with_a_person"].append(f"{name}: {figures}.")
        else:
            said["not_for"].append(f"{name} from single pictures: {figures}.")


def _night(lights: dict[str, Any], said: dict[str, list[str]]) -> None:
    """Classes that are labelled by day and by night: another mix of animals must not look like the dark."""
    day, night = (lights.get(light, {}).get("classes", {}) for light in ("day", "night"))
    for name in day.keys() & night.keys():
        by_day, by_night = day[name], night[name]
        if min(by_day["labelled"], by_night["labelled"]) < FEW:
            continue
        if by_night["recall"] < by_day["recall"] - WORSE:
            said["not_for"].append(
                f"{name} at night as well as by day: {by_night['recall']:.0%} found ({by_night['labelled']} "
                f"labelled) against {by_day['recall']:.0%} ({by_day['labelled']})."
            )
    counts = {light: lights.get(light, {}).get("labelled", 0) for light in ("day", "night")}
    if counts["night"] < FEW:
        said["not_for"].append(
            f"night: only {counts['night']} labelled boxes are from the dark, so next to nothing is known."
        )


def _size(sizes: dict[str, Any], said: dict[str, list[str]]) -> None:
    for name, table in sizes.items():
        small, large = table["small"], table["large"]
        if small["labelled"] >= FEW and large["labelled"] and small["recall"] < large["recall"] - WORSE:
            said["not_for"].append(
                f"{name} far away (under 32 × 32 px of the network's input): {small['recall']:.0%} found "
                f"of {small['labelled']}, against {large['recall']:.0%} of large ones."
            )


def _fire(summary: dict[str, Any], said: dict[str, list[str]]) -> None:
    left_out = sum(summary["left_out"].values())
    aside = f" ({left_out} recordings of sites or incidents in training do not count)" * bool(left_out)
    if not summary["sequences"]:
        said["not_for"].append(f"ignitions: none was held out from training, so nothing is known{aside}.")
        return
    low, high = summary["share_found_interval_95"]
    sentence = (
        f"Ignitions, held out from training: {summary['found_within_5_frames']} of {summary['sequences']} "
        f"found within 5 frames ({low:.0%} to {high:.0%}){aside}"
    )
    if summary["interval_95"] is not None:
        least, most = summary["interval_95"]
        sentence += (
            f"; {summary['false_alarms']} false alarms in {24 * summary['camera_days_watched']:.1f} hours "
            f"watched, that is {least:.2f} to {most:.2f} a camera-day"
        )
        if most > 1:
            sentence += ". Too few hours were watched to promise less than one a day" * (least <= 1)
    good = low >= USABLE
    said["with_a_person" if good or summary["found_within_5_frames"] else "not_for"].append(sentence + ".")
    said["not_for"].append("the only means of finding fire, or for saying that there is none.")
