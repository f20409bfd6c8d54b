"""How far data bear a number, in plain words."""

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer
from fieldwatch_cloud.counts.estimate import Severity


class VerdictLine(Answer):
    """What the data, or the fit, say about one assumption."""

    code: str = Field(description="Stable, for scripts and translations; the words may change.")
    severity: Severity = Field(
        description="`note`: worth knowing. `caution`: an assumption is strained, the number may be off. "
        "`unfit`: do not publish this number."
    )
    text: str
    remedy: str = Field(description="What would mend it; empty where nothing needs to be.")
