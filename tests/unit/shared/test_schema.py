import json
from pathlib import Path

import jsonschema
import pytest

from fieldwatch_shared import schema
from fieldwatch_shared.topics import Kind

from .test_messages import an_observation

CONTRACTS = Path(__file__).parents[3] / "docs/contracts"


@pytest.mark.parametrize(("name", "text"), list(schema.documents()), ids=lambda v: v if len(v) < 50 else "")
def test_the_published_contract_is_up_to_date(name: str, text: str) -> None:
    """If this fails: python -m fieldwatch_shared.schema docs/contracts, and look at what changed."""
    assert (CONTRACTS / name).read_text(encoding="utf-8") == text


def test_json_schema_agrees_with_the_models() -> None:
    document = schema.json_schemas()["ObservationBatch.schema.json"]
    jsonschema.Draft202012Validator.check_schema(document)
    validator = jsonschema.Draft202012Validator(document)
    batch = {"message_id": an_observation()["id"], "observations": [an_observation()]}
    assert validator.is_valid(batch)
    assert not validator.is_valid(batch | {"observations": [an_observation(confidence=2)]})


def test_asyncapi_refers_only_to_what_it_holds() -> None:
    document = schema.asyncapi()
    assert set(document["channels"]) == set(Kind)

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [r for value in node.values() for r in references(value)]
        return [r for value in node for r in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        found: object = document
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(found, dict)
            assert part in found, reference
            found = found[part]
    assert json.loads(json.dumps(document)) == document
