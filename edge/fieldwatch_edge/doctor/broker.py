"""The way to the broker and the cloud behind it, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.health import heartbeat
from fieldwatch_edge.link import Trial, try_out
from fieldwatch_edge.outbox import Statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import CameraHealth


def broker(settings: NodeSettings, health: list[CameraHealth]) -> Iterator[Check]:
    """A real heartbeat, and the cloud's receipt for it."""
    message = heartbeat(
        clock=system_clock(),
        cameras=health,
        effort=[],
        outbox=Statistics({}, 0, 0, {}),
        state_dir=settings.node.state_dir,
        uptime_s=0,
        next_within_s=settings.heartbeat_s,
    )
    try:
        trial = try_out(settings.node, settings.broker, message)
    except ConfigError as error:
        yield Check("broker", "fail", str(error), "correct [broker]")
        return
    yield from _explain(trial, settings)


def _explain(trial: Trial, settings: NodeSettings) -> Iterator[Check]:
    url = settings.broker.url
    if trial.unreachable is not None:
        yield Check(
            "broker", "fail", f"{url}: {trial.unreachable}", "check address, network, firewall and ca_file"
        )
    elif trial.shut_out:
        advice = "has it ended, or was it revoked? See certificate and https"
        yield Check("broker", "fail", f"{url} does not take this node's certificate", advice)
    elif trial.login is None:
        yield Check(
            "broker", "fail", f"{url} does not answer", "is it an MQTT 5 broker? mqtts needs its TLS port"
        )
    elif trial.login:
        yield Check("broker", "fail", f"{url}: {trial.login}", "check the node's id, username and password")
    else:
        yield Check("broker", "ok", f"{url}: connected")
        if trial.subscribed or trial.published:
            answer = trial.subscribed or trial.published or ""
            advice = f"is {settings.node.id!r} a node of the reserve {settings.node.reserve!r}?"
            yield Check("permission", "fail", answer, advice)
        elif trial.receipt_s is not None:
            yield Check("cloud", "ok", f"receipt after {trial.receipt_s * 1000:.0f} ms")
        elif trial.nobody_listens:
            yield Check("cloud", "fail", "nobody listens at the broker", "start the cloud's ingest")
        else:
            yield Check(
                "cloud", "fail", "the cloud gives no receipt", "look at the log of the cloud's ingest"
            )
