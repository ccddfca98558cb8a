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
    FUNNEL = "funnel"


def schema(
    document: Annotated[Document, typer.Argument(help="Which document.", show_default=False)],
) -> None:
    """Print the JSON Schema (draft 2020-12) of a document.

    An editor that is told `leadgate schema funnel` completes and checks funnel files;
    a producer can check its activities before they are sent.
    """
    typer.echo(json.dumps(json_schema(document), indent=2, ensure_ascii=False))


def json_schema(document: Document) -> dict[str, Any]:
    """The JSON Schema of a document: as it is read, or (of what leadgate writes) as it is written."""
    from schemas import activity_document, dead_letter, decision, funnel_file, lead_view

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
        case Document.FUNNEL:
            body = funnel_file.json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | body
