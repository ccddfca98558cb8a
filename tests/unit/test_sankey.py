"""A flow as a picture: everything is where it belongs, and nothing lies on anything else."""

from html.parser import HTMLParser
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from streams.reports.document import Flow, Link, Node
from streams.reports.sankey import as_svg, layout

NAMES = ["a", "b", "c", "out", "gone"]
nodes = st.builds(
    lambda columns, counts: [
        Node(name, column, count, aside=name in ("out", "gone"))
        for name, column, count in zip(NAMES, columns, counts, strict=True)
    ],
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
    st.lists(st.integers(0, 10_000), min_size=5, max_size=5),
)
ways = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda way: way[0] != way[1]),
    unique=True,
)
flows = st.builds(
    lambda nodes, ways, count: Flow(
        "drawn", nodes, [Link(start, end, count + index) for index, (start, end) in enumerate(ways)]
    ),
    nodes,
    ways,
    st.integers(0, 5_000),
)


@given(flows)
def test_bars_of_a_column_do_not_overlap_and_all_is_within_the_picture(flow: Flow) -> None:
    picture = layout(flow)
    for one, other in combinations(picture.bars, 2):
        if one.x == other.x:
            assert one.y + one.height < other.y or other.y + other.height < one.y
    for bar in picture.bars:
        assert 0 < bar.x < 1_000
        assert 0 < bar.y < bar.y + bar.height < picture.height
    for ribbon in picture.ribbons:
        if ribbon.lane is not None:
            assert ribbon.lane + ribbon.width / 2 < picture.height


@given(flows)
def test_what_flows_on_goes_right_and_what_flows_back_is_led_below_what_it_passes(flow: Flow) -> None:
    picture = layout(flow)
    column = {node.name: node.column for node in flow.nodes}
    assert {ribbon.link for ribbon in picture.ribbons} == {link for link in flow.links if link.count}
    for ribbon in picture.ribbons:
        goes_on = column[ribbon.link.end] > column[ribbon.link.start]
        assert goes_on == (ribbon.lane is None) == (ribbon.x2 > ribbon.x1)
        if ribbon.lane is not None:
            passed = [bar for bar in picture.bars if ribbon.x2 <= bar.x <= ribbon.x1]
            assert all(bar.y + bar.height < ribbon.lane - ribbon.width / 2 for bar in passed)


def test_ribbons_are_as_thick_as_what_flows_and_fill_their_bar() -> None:
    flow = Flow(
        "f",
        [Node("a", 0, 100), Node("b", 1, 60), Node("out", 1, 40, aside=True)],
        [Link("a", "b", 60), Link("a", "out", 40), Link("b", "a", 0)],
    )
    picture = layout(flow)
    assert [(ribbon.link.end, ribbon.width) for ribbon in picture.ribbons] == [("b", 180), ("out", 120)]
    bars = {bar.node.name: bar for bar in picture.bars}
    assert {name: bar.height for name, bar in bars.items()} == {"a": 300, "b": 180, "out": 120}
    first, second = picture.ribbons
    assert first.y1 - first.width / 2 == bars["a"].y
    assert second.y1 + second.width / 2 == bars["a"].y + bars["a"].height
    assert (first.y2, second.y2) == (bars["b"].y + 90, bars["out"].y + 60)


def test_a_flow_of_nothing_is_drawn_too() -> None:
    assert "<svg" in as_svg(Flow("nothing", [], []))
    assert (
        as_svg(Flow("none yet", [Node("a", 0, 0), Node("b", 1, 0)], [Link("a", "b", 0)])).count("<rect") == 2
    )


def test_names_are_text_and_no_markup() -> None:
    texts: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

    Reader().feed(as_svg(Flow("f", [Node("a<b>&", 0, 1), Node("c", 1, 1)], [Link("a<b>&", "c", 1)])))
    assert texts.count("a<b>&") == 1
    assert "a<b>& → c: 1" in texts
