"""A native JSON activity as msgspec reads it: types narrow enough to be right whenever they say yes."""

from typing import Annotated

import msgspec

_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Scalar = bool | _Int64 | float | str | None
_Nested = _Scalar | list[_Scalar] | dict[str, _Scalar]
_Object = dict[str, _Scalar | list[_Nested] | dict[str, _Nested]]
"""Levels that nearly every activity stays within; what goes deeper is read the slow way."""

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Wire(msgspec.Struct, gc=False):
    """The members that leadgate knows, their moment still as it is written."""

    id: _Text
    lead_id: _Text
    type: _Text
    occurred_at: str
    properties: _Object = {}
    traits: _Object = {}
    source: str | None = None
