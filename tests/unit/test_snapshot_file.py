"""A snapshot's file: read as it was written, and what is not whole, or not as it was written, is refused."""

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from streams.errors import Misuse, OutsideWorld
from streams.funnels import Published
from streams.snapshots import format as form
from streams.snapshots import read_offsets, summarize
from streams.snapshots.files import written_whole
from streams.snapshots.format import (
    BadSnapshot,
    End,
    Header,
    Partition,
    Records,
    SnapshotReader,
    SnapshotWriter,
)
from tests.fuzz.snapshots import framed

HEADER = Header(
    "2026-01-31T09:30:00.000Z",
    "sales",
    {"activities_topic": "lead.activities"},
    "id",
    2,
    3,
    2,
    False,
    [Published("sales", "shop", 1, "ab" * 32, "funnel: shop\n", "2026-01-01T00:00:00.000Z")],
)
encode = msgspec.msgpack.encode
PARTITIONS = [Partition(0, 12, 20, b"meta"), Partition(1, 0, 0, None)]
PAIRS = [(b"Lanna", b"state"), (b"Lbob", b"\xffcarl"), (b"Shash", b"\x01")]


def written() -> bytes:
    file = BytesIO()
    writer = SnapshotWriter(file)
    writer.begin(HEADER)
    writer.begin(PARTITIONS[0])
    for key, value in PAIRS:
        writer.record(key, value)
    writer.begin(PARTITIONS[1])
    writer.end()
    return file.getvalue()


def read(data: bytes) -> list[Header | Partition | Records]:
    reader = SnapshotReader(BytesIO(data), "leads.snapshot")
    return [reader.header, *reader.frames()]


def test_it_is_read_as_it_was_written() -> None:
    assert read(written()) == [HEADER, PARTITIONS[0], Records(PAIRS), PARTITIONS[1]]


def test_many_records_are_in_frames_of_some_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "GATHERED_BYTES", 12)
    assert read(written())[2:4] == [Records(PAIRS[:2]), Records(PAIRS[2:])]


def test_one_that_is_cut_off_is_refused_wherever_it_is() -> None:
    whole = written()
    for length in range(len(whole)):
        with pytest.raises(BadSnapshot, match=rf"leads.snapshot is cut off, at byte {length}:"):
            read(whole[:length])


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_one_in_which_a_byte_is_another_is_refused_wherever_it_is(flip: int) -> None:
    whole = written()
    for at in range(len(whole)):
        with pytest.raises(BadSnapshot):
            read(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])


def test_it_says_where_it_was_altered() -> None:
    whole = written()
    at = whole.index(b"Lbob")
    frame = whole.index(b"records") - 7
    with pytest.raises(BadSnapshot, match="has been altered or damaged, at byte") as refused:
        read(whole[:at] + b"Lbab" + whole[at + 4 :])
    assert frame - 8 < int(str(refused.value).split("at byte ")[1].split(":")[0]) < frame + 1


def test_a_frame_that_is_missing_twice_there_or_elsewhere_is_refused() -> None:
    whole = written()
    ends = [len(b"leadgate-snapshot 1\n")]
    while ends[-1] < len(whole):
        ends.append(ends[-1] + 4 + int.from_bytes(whole[ends[-1] : ends[-1] + 4], "big") + 16)
    frames = [whole[start:end] for start, end in pairwise(ends)]
    magic = whole[: ends[0]]
    assert magic + b"".join(frames) == whole
    for order in ([1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 1, 2, 3, 4], [0, 3, 1, 2, 4], [0, 4]):
        with pytest.raises(BadSnapshot, match="at byte"):
            read(magic + b"".join(frames[number] for number in order))
    with pytest.raises(BadSnapshot, match=f"goes on behind its end, at byte {len(whole)}"):
        read(whole + b"\n")


def test_one_of_another_format_version_is_refused() -> None:
    with pytest.raises(
        BadSnapshot, match=r"of format version 2, and this leadgate reads version 1: restore it"
    ):
        read(written().replace(b"leadgate-snapshot 1\n", b"leadgate-snapshot 2\n"))


def test_one_that_is_something_else_is_refused() -> None:
    with pytest.raises(BadSnapshot, match=r"leads.snapshot is no snapshot: `leadgate snapshot FILE`"):
        read(b'{"lead_id": "anna", "type": "page_viewed"}')


BEGIN, FIRST, SECOND = (encode(frame) for frame in (HEADER, *PARTITIONS))
LEADS = encode(Records(PAIRS))


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([FIRST], "does not begin with a header"),
        ([BEGIN, LEADS], "has records that are of no partition"),
        ([BEGIN, SECOND], "has partition 1 where 0 should be"),
        ([BEGIN, FIRST, FIRST], "has partition 0 where 1 should be"),
        ([BEGIN, FIRST, encode(End(0))], "holds 1 of 2 partitions"),
        ([BEGIN, FIRST, SECOND, LEADS, encode(End(2))], "holds 3 records, but its end says 2"),
        ([BEGIN, BEGIN], "has a second header"),
        ([BEGIN.replace(b"activities_topic", b"activities_trunk")], "which topic its offsets are of"),
        ([BEGIN.replace(b"sales", b"sal\xffs")], "holds what this leadgate does not know"),
        ([b"\x91" * 100_000], "holds what this leadgate does not know"),
    ],
)
def test_sound_frames_that_make_no_snapshot_are_refused(frames: list[bytes], said: str) -> None:
    with pytest.raises(BadSnapshot, match=said):
        read(framed(frames))


@pytest.mark.parametrize("pair", [(b"", b"x"), (b"Xanna", b"x"), (b"Lanna", b""), (b"Lanna", b"\x9f\x04")])
def test_a_record_that_is_no_lead_is_beyond_this_leadgate(pair: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "leads.snapshot"
    path.write_bytes(framed([BEGIN, encode(Partition(0, 0, 0, None)), encode(Records([pair]))]))
    with pytest.raises(BadSnapshot, match="beyond this leadgate"):
        summarize(path)


@pytest.mark.parametrize("newer", ["lead_version", "meta_version"])
def test_one_with_newer_states_is_beyond_this_leadgate(newer: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.snapshot"
    file = BytesIO()
    writer = SnapshotWriter(file)
    writer.begin(Header(**{name: getattr(HEADER, name) for name in HEADER.__struct_fields__} | {newer: 99}))
    writer.end()
    path.write_bytes(file.getvalue())
    with pytest.raises(BadSnapshot, match="beyond this leadgate"):
        summarize(path)


def test_one_with_states_that_cannot_be_read_is_beyond_this_leadgate(tmp_path: Path) -> None:
    path = tmp_path / "leads.snapshot"
    path.write_bytes(written())
    with pytest.raises(BadSnapshot, match=r"beyond this leadgate \(a meta record of version 6d"):
        summarize(path)


def test_one_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be read: No such file"):
        summarize(tmp_path / "leads.snapshot")


# The file on the disk ------------------------------------------------------------------------


def test_a_file_is_there_as_a_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "leads.snapshot"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), written_whole(path) as file:
        file.write(b"half" + None)  # type: ignore[operator]
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("leads.snapshot", b"before")]
    with written_whole(path) as file:
        file.write(b"whole")
        file.flush()
        assert path.read_bytes() == b"before"
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("leads.snapshot", b"whole")]


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "leads.snapshot"
    with (
        pytest.raises(OutsideWorld, match=r"leads\.snapshot can't be written: No such file"),
        written_whole(path),
    ):
        pass


# The offset map ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0: 12\n1: 0\n", '{"0": 12, "1": 0}', "{0: 12, 1: 0}"])
def test_an_offset_map_is_yaml_or_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "offsets"
    path.write_text(text)
    assert read_offsets(path) == {0: 12, 1: 0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0: 12\n1: -1\n", "offsets:2: must be a partition and its next offset"),
        ("0: 12\none: 1\n", "offsets:2: must be a partition"),
        ("0: [12]\n", "offsets:1: must be a partition"),
        ("0: 12\n0: 13\n", "offsets:2: partition 0 is there twice"),
        ("12\n", "must say the next offset of each partition"),
        ("", "must say the next offset of each partition"),
        ("{0: ", "is not YAML or JSON"),
    ],
)
def test_an_offset_map_that_cannot_be_used_says_where(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "offsets"
    path.write_text(text)
    with pytest.raises(Misuse, match=said):
        read_offsets(path)


def test_an_offset_map_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be read: No such file"):
        read_offsets(tmp_path / "offsets")
