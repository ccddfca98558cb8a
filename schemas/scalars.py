"""The single values of a funnel file: names, paths, activity types, numbers."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

from schemas.activity import type_name

NAME_PATTERN = r"^[a-z][a-z0-9_-]*$"
PATH_PATTERN = r"^[^.\s][^.]*(\.[^.]+)*$"


def only(wanted: str, *types: type) -> BeforeValidator:
    """Values of just these types, with one message where pydantic would give one for each."""

    def check(value: object) -> object:
        if type(value) in types:
            return value
        if isinstance(value, list) and str in types:
            raise PydanticCustomError("wrong-type", "one value is needed here; a list is written with `in`")
        raise PydanticCustomError("wrong-type", "{wanted} is needed here", {"wanted": wanted})

    return BeforeValidator(check)


def listed(value: object) -> object:
    """A single value as a list of itself."""
    return value if isinstance(value, list) else [value]


class Model(BaseModel):
    """A mapping of the file: it has the keys that it names, and no others."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, validate_by_name=False, defer_build=True
    )


Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Names = Name | Annotated[list[Name], Field(min_length=1)]
"""One name or several, as they are written."""
Path = Annotated[str, Field(pattern=PATH_PATTERN, max_length=256)]
ActivityType = Annotated[
    str,
    Field(min_length=1, max_length=128),
    BeforeValidator(lambda value: type_name(value) if isinstance(value, str) else value),
]
ActivityTypes = Annotated[
    list[ActivityType],
    Field(min_length=1),
    BeforeValidator(
        listed, json_schema_input_type=ActivityType | Annotated[list[ActivityType], Field(min_length=1)]
    ),
]
Number = Annotated[int | float, only("a number", int, float)]
Positive = Annotated[Number, Field(gt=0, json_schema_extra={"exclusiveMinimum": 0})]
Limits = Annotated[tuple[Number, Number], Strict(False)]
Scalar = Annotated[bool | int | float | str, only("text, a number, true or false", bool, int, float, str)]
Bound = Annotated[int | float | str, only("a number or text", int, float, str)]
