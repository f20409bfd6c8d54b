"""The cloud's API, as far as a pull needs it: labelling sets and pictures."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from fieldwatch_models.errors import DataError


class ReviewError(DataError):
    """The cloud cannot be reached, or refuses."""


@dataclass(frozen=True)
class Cloud:
    """A Fieldwatch service and a token of an account that is a member of the reserve."""

    url: str
    token: str
    timeout_s: float = 60

    def get(self, path: str, **query: Any) -> tuple[bytes, str | None]:
        """The answer's body and its ETag.

        Raises:
            ReviewError: no answer, or a refusal in the service's own words.
        """
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ReviewError(f"not an address of a Fieldwatch service: {self.url!r} (https://…)")
        address = f"{self.url.rstrip('/')}/api/v1{path}" + (f"?{urlencode(query, True)}" if query else "")
        request = Request(address, headers={"Authorization": f"Bearer {self.token}"})  # noqa: S310  Checked.
        try:
            with urlopen(request, timeout=self.timeout_s) as answer:  # noqa: S310
                return answer.read(), answer.headers.get("ETag")
        except HTTPError as error:
            try:
                said = json.loads(error.read())["detail"]
            except (ValueError, KeyError, TypeError):
                said = error.reason
            raise ReviewError(f"{address} refuses ({error.code}): {said}") from error
        except (URLError, OSError) as error:
            raise ReviewError(f"cannot reach {self.url}: {getattr(error, 'reason', error)}") from error

    def labelling_set(self, reserve: str, **query: Any) -> dict[str, Any]:
        """COCO's document of a labelling set, with addresses instead of pictures."""
        body, _ = self.get(f"/reserves/{reserve}/labels/export", format="coco", pictures=False, **query)
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            document: dict[str, Any] = json.loads(packed.read("annotations/instances.json"))
        return document
