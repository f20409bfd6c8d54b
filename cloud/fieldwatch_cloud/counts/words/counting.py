"""What the methods that count say: histories, networks of cameras, roosts, trends, accumulation, corrected
counts."""

from __future__ import annotations

from fieldwatch_cloud.counts.words import Words

WORDS: dict[str, Words] = {
    # methods.detection_history
    "detections_without_effort": Words(
        "{detections} detections fall into occasions for which no effort was reported. They stay out of the "
        "history: keeping them would keep successes only.",
        "有{detections}次探测落在没有工作量记录的时段内，未计入探测历史：否则只会保留成功的探测。",
        "Wait for the heartbeats of these cameras, or enter their operation by hand.",
        "等待这些相机的心跳数据，或手工补录其工作时间。",
    ),
    # methods.simultaneous
    "network_gaps": Words(
        "{share:.0%} of the cameras' time steps were not looked at: the number is a least number all the more.",
        "相机网络中有{share:.0%}的时间步没有观测：该数字更应视为最低数量。",
        "Use a time at which all cameras looked.",
        "选用所有相机同时工作的时段。",
    ),
    "one_camera_network": Words(
        "With one camera the simultaneous count is its MaxN.",
        "只有一台相机时，同步计数即为该相机的MaxN。",
        "Synchronise further cameras.",
        "增加同步相机。",
    ),
}
