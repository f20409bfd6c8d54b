"""Everyday names of animals. The scientific name is the key everywhere, and stands beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fieldwatch_cloud.words import Language

NAMES: Mapping[str, tuple[str, str]] = {
    # What the shipped detector knows, as in the web app's taxa.ts.
    "Cervidae": ("Deer", "鹿"),
    "Elephantidae": ("Elephant", "象"),
    "Loxodonta": ("African elephant", "非洲象"),
    "Syncerus caffer": ("African buffalo", "非洲水牛"),
    "Rhinocerotidae": ("Rhinoceros", "犀牛"),
    "Equus": ("Zebra", "斑马"),
    "Panthera leo": ("Lion", "狮"),
    "Egretta eulophotes": ("Chinese egret", "黄嘴白鹭"),
    # What people label in the reserves that we know.
    "Ailuropoda melanoleuca": ("Giant panda", "大熊猫"),
    "Arctonyx collaris": ("Greater hog badger", "猪獾"),
    "Budorcas taxicolor": ("Takin", "羚牛"),
    "Capricornis milneedwardsii": ("Chinese serow", "中华鬣羚"),
    "Cervus nippon": ("Sika deer", "梅花鹿"),
    "Chrysolophus pictus": ("Golden pheasant", "红腹锦鸡"),
    "Elaphodus cephalophus": ("Tufted deer", "毛冠鹿"),
    "Elephas maximus": ("Asian elephant", "亚洲象"),
    "Gypaetus barbatus": ("Bearded vulture", "胡兀鹫"),
    "Hystrix brachyura": ("Malayan porcupine", "马来豪猪"),
    "Lepus capensis": ("Cape hare", "草兔"),
    "Macaca mulatta": ("Rhesus macaque", "猕猴"),
    "Moschus berezovskii": ("Forest musk deer", "林麝"),
    "Muntiacus reevesi": ("Reeves's muntjac", "小麂"),
    "Naemorhedus griseus": ("Chinese goral", "中华斑羚"),
    "Nipponia nippon": ("Crested ibis", "朱鹮"),
    "Paguma larvata": ("Masked palm civet", "果子狸"),
    "Panthera pardus": ("Leopard", "豹"),
    "Panthera tigris": ("Tiger", "虎"),
    "Panthera uncia": ("Snow leopard", "雪豹"),
    "Pantholops hodgsonii": ("Tibetan antelope", "藏羚"),
    "Prionailurus bengalensis": ("Leopard cat", "豹猫"),
    "Procapra przewalskii": ("Przewalski's gazelle", "普氏原羚"),
    "Pseudois nayaur": ("Blue sheep", "岩羊"),
    "Rhinopithecus roxellana": ("Golden snub-nosed monkey", "川金丝猴"),
    "Rusa unicolor": ("Sambar", "水鹿"),
    "Sus scrofa": ("Wild boar", "野猪"),
    "Tragopan temminckii": ("Temminck's tragopan", "红腹角雉"),
    "Ursus thibetanus": ("Asiatic black bear", "亚洲黑熊"),
    "Vulpes vulpes": ("Red fox", "赤狐"),
}
_PROPER = (
    *("African", "Asian", "Asiatic", "Cape", "Chinese", "Malayan", "Przewalski's", "Reeves's", "Temminck's"),
    "Tibetan",
)
_UPRIGHT = ("idae", "inae", "formes")


def common(scientific_name: str, language: Language) -> str | None:
    """None: we have none."""
    found = NAMES.get(scientific_name)
    return None if found is None else found[language == "zh"]


def name(scientific_name: str, language: Language) -> str:
    """The everyday name; without one, the scientific."""
    return common(scientific_name, language) or scientific_name


def within(scientific_name: str, language: Language) -> str:
    """The same within a sentence: "giant panda", but "Tibetan antelope"."""
    known = common(scientific_name, language)
    if known is None:
        return scientific_name
    return known if known.startswith(_PROPER) else known[0].lower() + known[1:]


def is_italic(scientific_name: str) -> bool:
    """Genus and below; families and orders stand upright (ICZN)."""
    return not scientific_name.endswith(_UPRIGHT)
