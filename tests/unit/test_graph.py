"""`leadgate graph`: every stage and every rule is drawn, and an image can be read."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from qualifiers import load_funnel
from qualifiers.diagram import Diagram, diagram
from qualifiers.presets import PRESETS, preset_text
from streams.cli.graph import Form, graph
from streams.graphs import mermaid, svg
from streams.graphs.layout import HEIGHT, Layout, Line, lay_out, width_of

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
STAGES = [f"stage-{number}" for number in range(6)]
FIFTEEN = "\n".join(
    [
        "funnel: fifteen",
        f"stages: [{', '.join(STAGES)}]",
        "off_path: [asleep, gone]",
        f"final: [{STAGES[-1]}, gone]",
        "transitions:",
        *(f"  - {{to: {stage}, when: {{did: x{number}}}}}" for number, stage in enumerate(STAGES[1:])),
        *(
            f"  - {{name: from-all-to-{stage}, to: {stage}, from: any, when: {{did: y{number}}}}}"
            for number, stage in enumerate(STAGES[1:])
        ),
        "  - {name: a-rule-with-a-long-name-that-needs-room, to: asleep, from: stage-4, when: {quiet: 3d}}",
        "  - {name: no-fit, to: gone, from: any, when: {has: t}}",
        "  - {name: up, to: gone, from: asleep, when: {quiet: 9d}}",
        "  - {name: start-over, to: stage-0, from: [stage-3, stage-4, asleep], when: {did: z, since: entry}}",
        "  - {name: again, to: stage-1, from: stage-0, when: {did: <&>, since: entry}}",
    ]
)
FUNNELS = {
    **{name: preset_text(name) for name in PRESETS},
    "demo": (ROOT / "streams/demo/funnel.yaml").read_text(encoding="utf-8"),
    "fifteen": FIFTEEN.replace("<&>", "'a < b & c'"),
    "one stage": "funnel: f\nstages: [a]\noff_path: [b]\ntransitions: [{to: b, from: a, when: {did: x}}]",
    "nothing beside the path": "funnel: f\nstages: [a, b]\ntransitions: [{to: b, when: {did: x}}]",
}
every_funnel = pytest.mark.parametrize("name", FUNNELS)


def drawn(name: str) -> Diagram:
    return diagram(load_funnel(FUNNELS[name]))


def lines(layout: Layout) -> list[Line]:
    return [*layout.lines, *layout.straight]


def test_an_image_can_be_read_whatever_a_condition_has_in_it() -> None:
    text = 'funnel: f\nstages: [a, b]\ntransitions: [{to: b, when: {trait: title, matches: "\\bVP\\b"}}]'
    image = svg(diagram(load_funnel(text)))
    assert "VP" in image
    ElementTree.fromstring(image)


# The model --------------------------------------------------------------------------------------------


def test_a_diagram_says_stages_rules_and_why() -> None:
    made = drawn("startup")
    assert made.path == ("lead", "mql", "sal", "sql", "sqo", "customer")
    assert made.off_path == ("recycled", "disqualified")
    assert made.final == {"customer", "disqualified"}
    arrows = {arrow.rule: arrow for arrow in made.arrows}
    assert len(arrows) == len(made.arrows) == 12
    assert arrows["to-sal"][1:4] == (("mql",), "sal", "forward")
    assert arrows["opted-out"].sources == ("lead", "mql", "sal", "sql", "sqo", "recycled")
    assert arrows["opted-out"].direction == "off_path"
    assert arrows["back-again"].direction == "return"
    assert arrows["gone-quiet"].when == "45 days of quiet"


# Mermaid ----------------------------------------------------------------------------------------------

SMALL = """\
---
title: f
---
stateDiagram-v2
    direction LR
    classDef offPath stroke-dasharray: 5 5
    classDef final stroke-width: 3px
    state "a" as stage_a
    state "end" as stage_end
    state "not-now" as stage2
    [*] --> stage_a
    stage_a --> stage_end : to-end
    stage_a --> stage2 : cold, colder
    stage_end --> [*]
    class stage2 offPath
    class stage_end final
"""


def test_mermaid_has_an_arrow_for_each_way_with_all_its_rules() -> None:
    text = (
        "funnel: f\nstages: [a, end]\noff_path: [not-now]\nfinal: [end]\ntransitions:\n"
        "  - {to: end, when: {did: x}}\n"
        "  - {name: cold, to: not-now, from: a, when: {did: y}}\n"
        "  - {name: colder, to: not-now, from: a, when: {did: z}}\n"
    )
    assert mermaid(diagram(load_funnel(text))) == SMALL


@every_funnel
def test_mermaid_says_every_way_of_every_rule(name: str) -> None:
    text = mermaid(drawn(name))
    ids = dict(re.findall(r'state "(.+)" as (\w+)', text))
    said = {
        (source, to, rule)
        for source, to, rules in re.findall(r"^    (\w+) --> (\w+) : (.+)$", text, re.MULTILINE)
        for rule in rules.split(", ")
    }
    assert len(set(ids.values())) == len(ids)
    assert said == {
        (ids[source], ids[arrow.to], arrow.rule)
        for arrow in drawn(name).arrows
        for source in arrow.sources
        if source != arrow.to
    }


# SVG --------------------------------------------------------------------------------------------------


@every_funnel
def test_an_image_names_every_stage_and_rule_and_says_every_condition(name: str) -> None:
    root = ElementTree.fromstring(svg(drawn(name)))
    made = drawn(name)
    said = [text.text for text in root.iter(f"{SVG}text")]
    for stage in (*made.path, *made.off_path):
        assert said.count(stage) == 1
    assert all(said.count(arrow.rule) == 1 for arrow in made.arrows)
    told = [str(title.text) for title in root.iter(f"{SVG}title")][1:]
    assert sorted(told) == sorted(
        f"{arrow.rule}: {', '.join(arrow.sources)} → {arrow.to}. {arrow.when}" for arrow in made.arrows
    )


@every_funnel
def test_what_is_final_has_a_double_frame(name: str) -> None:
    root = ElementTree.fromstring(svg(drawn(name)))
    groups = [group for group in root.iter(f"{SVG}g") if str(group.get("class")).startswith("stage")]
    framed = {group.findtext(f"{SVG}text"): len(group.findall(f"{SVG}rect")) for group in groups}
    assert framed == {
        stage: 2 if stage in drawn(name).final else 1 for stage in (*drawn(name).path, *drawn(name).off_path)
    }


@every_funnel
def test_the_path_is_a_row_in_order_and_the_rest_is_below(name: str) -> None:
    made = drawn(name)
    boxes = lay_out(made).boxes
    path = [boxes[stage] for stage in made.path]
    off_path = [boxes[stage] for stage in made.off_path]
    assert len({box.y for box in path}) == 1
    for row in (path, sorted(off_path, key=lambda box: box.x)):
        assert all(left.x + left.width < right.x for left, right in itertools.pairwise(row))
    assert all(box.y > path[0].y + HEIGHT for box in off_path)


@every_funnel
def test_nothing_is_outside_of_the_image(name: str) -> None:
    layout = lay_out(drawn(name))
    for line in lines(layout):
        half = width_of(line.arrow.rule) / 2
        assert half <= line.label[0] <= layout.width - half
        for x, y in (*line.starts, line.end, (line.label[0], line.lane)):
            assert 0 < x < layout.width
            assert 0 < y < layout.height
    assert all(box.x + box.width < layout.width for box in layout.boxes.values())
    assert all(box.y + HEIGHT < layout.height for box in layout.boxes.values())


@every_funnel
def test_no_name_lies_on_another_or_on_a_stage(name: str) -> None:
    layout = lay_out(drawn(name))
    places = [(*line.label, width_of(line.arrow.rule)) for line in lines(layout)]
    for (x, y, width), (other_x, other_y, other_width) in itertools.combinations(places, 2):
        assert abs(y - other_y) >= 14 or abs(x - other_x) >= (width + other_width) / 2
    for x, y, width in places:
        for box in layout.boxes.values():
            beside = x + width / 2 <= box.x or box.x + box.width <= x - width / 2
            assert beside or not box.y - 2 < y < box.y + HEIGHT + 12


@every_funnel
def test_lines_of_two_rules_cross_and_never_run_along_one_another(name: str) -> None:
    layout = lay_out(drawn(name))
    level: list[tuple[int, float, float, str]] = []
    upright: list[tuple[int, float, float, str]] = []
    for line in layout.lines:
        xs = [x for x, _ in (*line.starts, line.end)]
        level.append((line.lane, min(xs), max(xs), line.arrow.rule))
        upright += [
            (x, min(y, line.lane), max(y, line.lane), line.arrow.rule) for x, y in (*line.starts, line.end)
        ]
    level += [(line.lane, line.starts[0][0], line.end[0], line.arrow.rule) for line in layout.straight]
    for one, other in itertools.chain(itertools.combinations(level, 2), itertools.combinations(upright, 2)):
        if one[3] != other[3] and one[0] == other[0]:
            assert one[2] < other[1] or other[2] < one[1], (one, other)


@every_funnel
def test_every_line_begins_and_ends_at_its_stages(name: str) -> None:
    layout = lay_out(drawn(name))
    for line in lines(layout):
        sources = [source for source in line.arrow.sources if source != line.arrow.to]
        assert len(line.starts) == len(sources)
        for stage, (x, y) in zip([*sources, line.arrow.to], [*line.starts, line.end], strict=True):
            box = layout.boxes[stage]
            assert box.x <= x <= box.x + box.width
            assert box.y <= y <= box.y + HEIGHT


def test_fifteen_rules_have_fifteen_lines() -> None:
    layout = lay_out(drawn("fifteen"))
    assert len(lines(layout)) == 15


# The command ------------------------------------------------------------------------------------------

app = typer.Typer()
app.command()(graph)


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).output


def test_a_diagram_is_printed_in_the_form_that_is_asked_for() -> None:
    assert run("startup") == run("startup", "--format", Form.MERMAID) == mermaid(drawn("startup"))
    assert run("startup", "--format", Form.SVG) == svg(drawn("startup"))
