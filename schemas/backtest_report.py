"""What `leadgate backtest` finds: a funnel over history, in numbers."""

from pydantic import BaseModel, ConfigDict, Field

from schemas.lead_view import Moment


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)


class History(_Model):
    """What was read."""

    name: str = Field(description="Files, or a topic.")
    activities: int = Field(description="How many activities there were.")
    duplicates: int = Field(description="How many of them changed nothing, as their lead had them already.")
    broken: int = Field(description="How many lines or records could not be applied; they are none of them.")
    leads: int = Field(description="How many leads there are at the end.")
    begins: Moment | None = Field(description="The oldest activity's moment.")
    ends: Moment | None = Field(description="When time ends.")


class StageFigures(_Model):
    """A stage, and the leads' stays in it."""

    stage: str
    on_path: bool
    final: bool
    entered: int = Field(description="Stays that began.")
    left: int = Field(description="Stays that ended with a move.")
    leads: int = Field(description="Leads that are in it at the end.")
    median_seconds: float | None = Field(description="Half of the stays that ended took so long, or less.")
    p90_seconds: float | None = Field(
        description="Nine in ten of the stays that ended took so long, or less."
    )


class Conversion(_Model):
    """Of the leads that came to a stage of the path, or further, how many came to the next, or further."""

    from_: str = Field(alias="from")
    to: str
    reached: int
    went_on: int
    share: float | None = Field(description="went_on of reached, 0 to 1.")


class MoveFigures(_Model):
    """How often a rule moved leads from one stage to another."""

    from_: str | None = Field(alias="from", description="null: new leads.")
    to: str
    rule: str
    count: int
    share: float | None = Field(description="Of the stays in `from`, 0 to 1.")


class Quality(_Model):
    """What became of the moves that a rule made: `leadgate_rule_outcomes_total` over history."""

    accepted: int = 0
    rejected: int = 0
    ignored: int = 0
    won: int = 0
    lost: int = 0


class RuleFigures(_Model):
    """A transition of the funnel, in the order of its file."""

    rule: str
    to: str
    fired: int
    quality: Quality


class SignalFigures(_Model):
    """A signal of the funnel, in the order of its file."""

    signal: str
    given: int


class BacktestReport(_Model):
    """A funnel over history: what `leadgate backtest --format json` writes."""

    model_config = ConfigDict(title="Backtest")

    funnel: str
    funnel_hash: str
    history: History
    stages: list[StageFigures]
    conversions: list[Conversion]
    moves: list[MoveFigures]
    rules: list[RuleFigures]
    signals: list[SignalFigures]
