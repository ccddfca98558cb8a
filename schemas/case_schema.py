"""The JSON Schema of a file of cases, for editors."""

from schemas.case_file import CaseFile
from schemas.funnel_schema import DRAFT, Schema, schema_of


def json_schema() -> Schema:
    """The JSON Schema of a file of cases."""
    return {"$schema": DRAFT, **schema_of(CaseFile)}
