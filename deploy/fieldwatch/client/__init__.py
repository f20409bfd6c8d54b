"""A reserve's numbers for scripts and notebooks: (Geo)DataFrames, each with how far the data bear it.

    from fieldwatch.client import Reserve

    with Reserve("red-hills") as reserve:            # FIELDWATCH_URL and FIELDWATCH_TOKEN, or url=, token=
        print(reserve.counts("2026-05-01", "2026-06-01"))
        reserve.observations("2026-05-01", "2026-06-01").to_file("may.gpkg")

It needs the extra `fieldwatch[client]` and nothing of the service.
"""

from fieldwatch.client.errors import ClientError, Refused, Unreachable
from fieldwatch.client.reserve import Reserve, reserves
from fieldwatch.client.results import Estimate, Result, Verdict

__all__ = ["ClientError", "Estimate", "Refused", "Reserve", "Result", "Unreachable", "Verdict", "reserves"]
