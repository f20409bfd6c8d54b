"""The sentences of a report: both languages say the same, with effort and interval, never a false zero."""

from __future__ import annotations

import re
from datetime import date, timedelta
from inspect import getmembers, isfunction
from math import inf

import pytest
from tests.unit.cloud.reporting.report_facts import SPAN, camera, facts, fire, nobody_looked, species

from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus
from fieldwatch_cloud.overview import needs as overview_needs
from fieldwatch_cloud.reporting.facts import Interval, Need
from fieldwatch_cloud.reporting.words import chinese, english, numbers, words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_languages_have_the_same_words() -> None:
    def public(module: object) -> set[str]:
        return {name for name, _ in getmembers(module, isfunction)}

    # What english alone has for its plurals, chinese does not need.
    assert public(english) - {"_n"} == public(chinese) - {"_interval"}
    for table in ("LABEL", "STATUS", "REASON", "_CHANGE"):
        assert getattr(english, table).keys() == getattr(chinese, table).keys()


def test_every_state_reason_and_need_has_words() -> None:
    for said in (english, chinese):
        assert set(said.STATUS) == {one.value for one in HealthStatus}
        assert set(said.REASON) == {one.value for one in HealthReason}
        for code in overview_needs.Code.__args__:  # type: ignore[attr-defined]
            for n in (0, 1, 7):
                assert said.need(Need(code, "soon", n, None, ())).strip(" .。")


def test_no_chinese_word_is_missing() -> None:
    for key, text in chinese.LABEL.items():
        assert CHINESE.search(text) or key in ("product",), key
    for sentence in chinese.headlines(facts()):
        assert CHINESE.search(sentence)
    for sentence in english.headlines(facts()):
        assert not CHINESE.search(sentence)


def test_headlines_carry_effort_and_interval() -> None:
    said = english.headlines(facts())
    assert said[0] == "3 of 4 cameras looked, for 18.5 camera-days (21.0 in as many days before)."
    assert said[1] == (
        "3 species were seen in 48 independent events; most often wild boar, 17 (8.3–35) events per 100 "
        "camera-days."
    )
    assert "More often than in the days before: wild boar (×2.8, 1.6–5.1)." in said
    assert "Less often: Reeves's muntjac (×0, 0–0.6)." in said
    assert "Seen in this reserve for the first time: leopard (camera FP-03)." in said
    assert "2 fires; answered after 3 min; 1 never answered." in said
    assert said[-1] == "Needs a person now: 1 fire that nobody has answered."


def test_headlines_in_chinese() -> None:
    said = chinese.headlines(facts())
    assert said[0] == "4台相机中有3台工作，共18.5个相机日（此前同样天数为21.0）。"
    assert said[1] == "拍到3个物种，共48次独立事件；最常见的是野猪，每100相机日17（8.3–35）次。"
    assert "比前期增加：野猪（×2.8, 1.6–5.1）。" in said
    assert "保护区首次记录：豹（相机FP-03）。" in said
    assert "火情2起；3分钟后应答；1起始终无人应答。" in said
    assert said[-1] == "需立即处理：1起火情无人应答。"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nobody_looked_is_not_no_animals(language: str) -> None:
    said = words(language)  # type: ignore[arg-type]
    lines = said.headlines(nobody_looked())
    assert ("not zero animals" in lines[0]) if language == "en" else ("不等于没有动物" in lines[0])
    assert not any(re.search(r"\b0 (species|events)|0个物种|0次", line) for line in lines)
    assert said.looked(camera("x", 0.0)) == ("not observed" if language == "en" else "未观测")


def test_looked_and_saw_nothing_is_said_so() -> None:
    (_, second, *_) = english.headlines(facts(species=(), new_species=()))
    assert second == "No animal was seen in the time in which cameras looked."


def test_animals_that_nobody_named_and_species_left_out_are_not_no_animals() -> None:
    nameless = facts(species=(), new_species=(), unnamed=40)
    assert (
        english.headlines(nameless)[1]
        == "Animals were seen in 40 independent events, but none by its species."
    )
    assert chinese.headlines(nameless)[1] == "拍到动物40次独立事件，但均未识别到物种。"
    assert "in 7 more, animals whose species is not known" in english.headlines(facts(unnamed=7))[1]
    assert "另有7次未识别到物种" in chinese.headlines(facts(unnamed=7))[1]
    sensitive = facts(species=(), new_species=(), withheld=1)
    assert "left out" in english.headlines(sensitive)[1]
    assert "不含敏感物种" in chinese.headlines(sensitive)[1]


def test_more_than_none_is_more() -> None:
    """The ratio has no upper bound, but the lower one says enough."""
    risen = species("Sus scrofa", status="more", events=18, events_before=0, rate_before=0.0,
                    ratio=Interval(inf, 4.7, None))  # fmt: skip
    said = facts(species=(risen,), new_species=())
    assert "More often than in the days before: wild boar (>×4.7)." in english.headlines(said)
    assert "比前期增加：野猪（>×4.7）。" in chinese.headlines(said)
    assert not any("chance" in line for line in english.headlines(said))
    assert english.change(risen) == "more: >×4.7"
    # Where no camera looked in both weeks, nothing is known of a change, nor that there was none.
    unpaired = facts(species=(species("Sus scrofa", ratio=None),), new_species=())
    assert not any("chance" in line for line in english.headlines(unpaired))


def test_a_change_is_said_only_where_there_is_one() -> None:
    assert english.change(species("x")) == "no clear change: ×1.2, 0.6–2.4"
    assert english.change(species("x", status="not_observed_before", ratio=None)) == "not observed before"
    quiet = facts(species=(species("Sus scrofa"),), new_species=())
    assert "No species' rate changed by more than chance allows." in english.headlines(quiet)
    assert "各物种的变化均未超出偶然范围。" in chinese.headlines(quiet)
    # Where nobody looked before, there is nothing to compare with.
    alone = facts(species=(species("Sus scrofa"),), new_species=(), camera_days_before=0.0)
    assert not any("chance" in line for line in english.headlines(alone))


@pytest.mark.parametrize(
    ("first", "last", "en", "zh"),
    [
        (date(2026, 5, 4), date(2026, 5, 10), "4–10 May 2026", "2026年5月4日至10日"),
        (date(2026, 4, 27), date(2026, 5, 3), "27 April – 3 May 2026", "2026年4月27日至5月3日"),
        (
            date(2026, 12, 28),
            date(2027, 1, 3),
            "28 December 2026 – 3 January 2027",
            "2026年12月28日至2027年1月3日",
        ),
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026", "2026年2月"),
        (date(2026, 12, 1), date(2026, 12, 31), "December 2026", "2026年12月"),
        (date(2026, 2, 1), date(2026, 2, 7), "1–7 February 2026", "2026年2月1日至7日"),
    ],
)
def test_days(first: date, last: date, en: str, zh: str) -> None:
    assert (english.days(first, last), chinese.days(first, last)) == (en, zh)


def test_fires() -> None:
    assert english.fire_answer(fire()) == "3 min, Li Wei"
    assert chinese.fire_answer(fire(answered_after_s=None, answered_by=None)) == "无人"
    assert english.fire_called(fire()) == "3 (2 reached), first after less than 1 min"
    assert english.fire_called(fire(held_back=True)) == "nobody, by rule"
    assert english.fire_seen_by(fire()) == "3 camera sightings, 1 satellite hotspot"
    only_false = facts(fires=(fire(state="false_alarm"),))
    assert any(line.startswith("0 fires and 1 false alarm") for line in english.headlines(only_false))


def test_sensitive_species_are_spoken_of() -> None:
    assert any("not by place" in line for line in english.method(facts()))
    assert any("left out" in line for line in english.method(facts(withheld=2, blurred=0)))
    assert any("不含敏感物种" in line for line in chinese.method(facts(withheld=2, blurred=0)))
    assert not any("ensitive" in line for line in english.method(facts(withheld=0, blurred=0)))


def test_a_report_of_a_span_that_is_not_over_says_so() -> None:
    assert "not over" in english.made(facts(over=False, made_at=SPAN.until - timedelta(days=1)))
    assert "not over" not in english.made(facts())


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (0.0432, "0.04"), (0.4, "0.4"), (1.26, "1.3"), (9.96, "10"), (17.1, "17"), (1240.4, "1,240")],
)
def test_figures(value: float, written: str) -> None:
    assert numbers.figure(value) == written


def test_an_interval_without_a_bound_says_so() -> None:
    assert numbers.interval(Interval(2.0, 0.5, None)) == "2.0 (0.5–∞)"
    assert numbers.percent(0.9999) == "99 %"
    assert numbers.percent(0.0001) == "1 %"
