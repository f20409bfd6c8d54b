from __future__ import annotations

import json
import logging

import httpx2
import pytest
import structlog

from fieldwatch import logs


def fail_to_connect() -> None:
    password = "sesame"[::-1]  # so that the lines of source, which are shown, hold it not
    assert password
    raise RuntimeError("no connection")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_tells_where_but_no_password(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(as_json=as_json)
    try:
        fail_to_connect()
    except RuntimeError:
        structlog.get_logger("ours").exception("link.crashed")
        logging.getLogger("theirs").exception("a library's own")
    said = capsys.readouterr().err
    assert said.count("no connection") >= 2
    assert "fail_to_connect" in said
    assert "emases" not in said
    if as_json:
        assert all(json.loads(line)["exception"] for line in said.splitlines())


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_addresses_of_push_services_and_gateways_are_not_logged(
    level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """httpx2 logs the whole address of each request, with a gateway's key or a phone's capability in it."""
    logs.configure(level)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200))
    with httpx2.Client(transport=transport) as client:
        client.post("https://gateway.example/send?key=emases")
    assert "emases" not in capsys.readouterr().err
    logging.getLogger("ours").warning("the logging works")
    assert "the logging works" in capsys.readouterr().err
