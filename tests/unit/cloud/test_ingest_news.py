"""News for the live stream fits into PostgreSQL's notifications, however much there is."""

from __future__ import annotations

import json
from typing import Any

from fieldwatch_cloud.db.live import MOST_PER_KIND, News


def _told(news: News) -> list[dict[str, Any]]:
    payloads = list(news.payloads())
    assert all(len(payload.encode()) < 8000 for payload in payloads), "PostgreSQL refuses 8000 bytes"
    return [json.loads(payload) for payload in payloads]


def test_nothing_is_told_of_nothing() -> None:
    assert _told(News()) == []


def test_one_payload_for_each_reserve_and_kind() -> None:
    news = News()
    for reserve, event in (("a", "media"), ("b", "media"), ("a", "media"), ("a", "observation")):
        news.add(reserve, event, {"id": "x"})
    assert _told(news) == [
        {"reserve": "a", "event": "media", "data": [{"id": "x"}, {"id": "x"}]},
        {"reserve": "b", "event": "media", "data": [{"id": "x"}]},
        {"reserve": "a", "event": "observation", "data": [{"id": "x"}]},
    ]


def test_what_is_too_long_for_one_payload_is_split_in_order() -> None:
    news = News()
    for n in range(90):
        news.add("a", "observation", {"id": n, "name": "雪豹" * 50})
    told = _told(news)
    assert len(told) > 1
    assert [item["id"] for part in told for item in part["data"]] == list(range(90))


def test_too_much_becomes_a_refetch_but_fires_are_told() -> None:
    news = News()
    for n in range(MOST_PER_KIND + 1):
        news.add("a", "observation", {"id": n})
    news.add("a", "incident", {"id": "fire"})
    news.add("b", "observation", {"id": 1})
    assert _told(news) == [
        {"reserve": "a", "event": "refetch"},
        {"reserve": "a", "event": "incident", "data": [{"id": "fire"}]},
        {"reserve": "b", "event": "observation", "data": [{"id": 1}]},
    ]
