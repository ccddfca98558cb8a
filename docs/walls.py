"""Where the walls are: how much of the machine each peer kept busy, reckoned from what was measured."""

from statistics import median

from tests.benchmarks.peers import PEERS
from tests.benchmarks.report import Report


def cores(measured: Report) -> str:
    """The table of how many cores were busy while a backlog was worked off; empty where none was.

    In the rounds' median: a rate times what an activity costs. What all cores would give is the rate at which
    none of them had anything to wait for.
    """
    figures: dict[str, list[tuple[float, float, float]]] = {}
    for result in measured["results"]:
        if result["measure"] == "throughput" and result["broker_cpu_us"] is not None:
            figures.setdefault(result["peer"], []).append(
                (result["per_second"], result["cpu_us"], result["broker_cpu_us"])
            )
    there_are = measured["machine"]["cores"]
    lines = [
        f"|  | its cores busy | the broker's | both, of {there_are} | all cores would give, a second |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for peer, of_peer in figures.items():
        rate, own, brokers = (median(column) for column in zip(*of_peer, strict=True))
        busy = [rate * us / 1e6 for us in (own, brokers)]
        most = there_are * 1e6 / (own + brokers)
        lines.append(
            f"| {PEERS[peer].label} | {busy[0]:.2f} | {busy[1]:.2f} | {sum(busy):.2f} | {most:,.0f} |"
        )
    return "\n".join(lines) if figures else ""
