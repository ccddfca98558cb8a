"""`leadgate schema`: the JSON Schema of what goes in and out."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer


class Document(StrEnum):
    """What there is a schema of."""

    ACTIVITY = "activity"
    STAGE_CHANGE = "stage-change"
    SIGNAL = "signal"
    DEAD_LETTER = "dead-letter"
    LEAD = "lead"
    EXPLANATION = "explanation"
    FUNNEL = "funnel"
    CASES = "cases"
    BACKTEST = "backtest"
    DIFF = "diff"
    VERIFICATION = "verification"


def schema(
    document: Annotated[Document, typer.Argument(help="Which document.", show_default=False)],
) -> None:
    """Print the JSON Schema (draft 2020-12) of a document.

    An editor that is told `leadgate schema funnel` completes, explains and checks funnel
    files, with `leadgate schema cases` their cases (both are draft-07, which all editors
    know); a producer can check its activities before they are sent.
    """
    typer.echo(json.dumps(json_schema(document), indent=2, ensure_ascii=False))


def json_schema(document: Document) -> dict[str, Any]:
    """The JSON Schema of a document: as it is read, or (of what leadgate writes) as it is written."""
    from schemas import (
        activity_document,
        backtest_report,
        case_schema,
        dead_letter,
        decision,
        explanation,
        funnel_diff,
        funnel_schema,
        lead_view,
        verification,
    )

    match document:
        case Document.ACTIVITY:
            body = activity_document.ActivityDocument.model_json_schema(mode="validation")
        case Document.STAGE_CHANGE:
            body = decision.StageChangeDocument.model_json_schema(mode="serialization")
        case Document.SIGNAL:
            body = decision.SignalDocument.model_json_schema(mode="serialization")
        case Document.DEAD_LETTER:
            body = dead_letter.DeadLetterLine.model_json_schema(mode="serialization")
        case Document.LEAD:
            body = lead_view.LeadView.model_json_schema(mode="serialization")
        case Document.EXPLANATION:
            body = explanation.Explanation.model_json_schema(mode="serialization")
        case Document.FUNNEL:
            body = funnel_schema.json_schema()
        case Document.CASES:
            body = case_schema.json_schema()
        case Document.BACKTEST:
            body = backtest_report.BacktestReport.model_json_schema(mode="serialization")
        case Document.DIFF:
            body = funnel_diff.FunnelDiff.model_json_schema(mode="serialization")
        case Document.VERIFICATION:
            body = verification.Verification.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | body
