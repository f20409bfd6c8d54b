import pytest

from fieldwatch_shared.topics import Kind, Topic, every, node_in


@pytest.mark.parametrize("kind", Kind)
def test_a_topic_reads_as_it_was_written(kind: Kind) -> None:
    topic = Topic("red-hills", "node-01", kind)
    assert Topic.parse(str(topic)) == topic


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("fieldwatch/v2/red-hills/node-01/state", "fieldwatch/v1"),  # another version
        ("x/fieldwatch/v1/red-hills/node-01/state", "fieldwatch/v1"),  # something in front
        ("fieldwatch/v1/red-hills/state", "fieldwatch/v1"),  # no node
        ("fieldwatch/v1/red-hills/node-01/state/x", "fieldwatch/v1"),  # something behind
        ("fieldwatch/v1/red-hills/../state", "'..'"),  # names become file and user names elsewhere
        ("fieldwatch/v1/Red-Hills/node-01/state", "'Red-Hills'"),
        ("fieldwatch/v1/red-hills/node-01/gossip", "unknown kind 'gossip'"),
    ],
)
def test_another_topic_is_refused_by_name(name: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Topic.parse(name)


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("fieldwatch/v1/red-hills/node-01/state", "node-01"),
        ("fieldwatch/v1/red-hills/Node 1/gossip", "Node 1"),  # whoever sent it
        ("fieldwatch/v1/red-hills/state", None),
        ("other/v1/red-hills/node-01/state", None),
    ],
)
def test_whom_a_topic_names_is_known_though_it_is_refused(name: str, node: str | None) -> None:
    assert node_in(name) == node


def test_a_subscription_spans_reserves_and_nodes() -> None:
    assert every(Kind.MEDIA) == "fieldwatch/v1/+/+/media"
