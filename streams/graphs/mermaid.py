"""A funnel as a Mermaid state diagram: GitHub and many wikis draw it where the text stands."""

from qualifiers.diagram import Diagram


def mermaid(drawn: Diagram) -> str:
    """The text of the diagram. What leads from one stage to another is one arrow, with every rule's name."""
    stages = (*drawn.path, *drawn.off_path)
    ids = {stage: _id(number, stage) for number, stage in enumerate(stages)}
    labels: dict[tuple[str, str], list[str]] = {}
    for arrow in drawn.arrows:
        for source in arrow.sources:
            if source != arrow.to:
                labels.setdefault((source, arrow.to), []).append(arrow.rule)
    lines = [
        "---",
        f"title: {drawn.funnel}",
        "---",
        "stateDiagram-v2",
        "    direction LR",
        "    classDef offPath stroke-dasharray: 5 5",
        "    classDef final stroke-width: 3px",
        *(f'    state "{stage}" as {ids[stage]}' for stage in stages),
        f"    [*] --> {ids[drawn.path[0]]}",
        *(f"    {ids[source]} --> {ids[to]} : {', '.join(rules)}" for (source, to), rules in labels.items()),
        *(f"    {ids[stage]} --> [*]" for stage in stages if stage in drawn.final),
        *(f"    class {ids[stage]} offPath" for stage in drawn.off_path),
        *(f"    class {ids[stage]} final" for stage in stages if stage in drawn.final),
    ]
    return "".join(f"{line}\n" for line in lines)


def _id(number: int, stage: str) -> str:
    """What a stage is called in the text: a name may be a word of Mermaid's, or have a dash in it."""
    return f"stage{number}" if "-" in stage else f"stage_{stage}"
