"""An offset map: where a group is to go on in a topic whose offsets are not those of the snapshot.

A YAML mapping, or a JSON object, of partition → next offset::

    0: 1200
    1: 980
"""

import re
from pathlib import Path

import yaml

from streams.errors import Misuse

_NUMBER = re.compile(r"[0-9]{1,18}")


def read_offsets(path: Path) -> dict[int, int]:
    """The next input offset by partition. Raises Misuse, with the line."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misuse(f"{path}: is not YAML or JSON: {' '.join(str(error).split())}") from None
    if not isinstance(node, yaml.MappingNode):
        raise Misuse(f"{path}: must say the next offset of each partition, a line each, such as 0: 1200")
    offsets: dict[int, int] = {}
    for partition, offset in node.value:
        where = f"{path}:{partition.start_mark.line + 1}"
        number, position = _number(partition), _number(offset)
        if number is None or position is None:
            raise Misuse(
                f"{where}: must be a partition and its next offset, both whole numbers, such as 0: 1200"
            )
        if number in offsets:
            raise Misuse(f"{where}: partition {number} is there twice: leave one of them")
        offsets[number] = position
    return offsets


def _number(node: yaml.Node) -> int | None:
    is_one = isinstance(node, yaml.ScalarNode) and _NUMBER.fullmatch(node.value)
    return int(node.value) if is_one else None
