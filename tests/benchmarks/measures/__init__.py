"""What is measured: a module a measure, in the order of the report."""

from tests.benchmarks.measures.cost import CostMeasure
from tests.benchmarks.measures.latency import LatencyMeasure
from tests.benchmarks.measures.measure import Case, Column, Measure, Result
from tests.benchmarks.measures.memory import MemoryMeasure
from tests.benchmarks.measures.recovery import RecoveryMeasure
from tests.benchmarks.measures.takeover import TakeoverMeasure
from tests.benchmarks.measures.throughput import ThroughputMeasure
from tests.benchmarks.measures.transactions import TransactionsMeasure

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        ThroughputMeasure(),
        CostMeasure(),
        LatencyMeasure(),
        TransactionsMeasure(),
        RecoveryMeasure(),
        TakeoverMeasure(),
        MemoryMeasure(),
    )
}
"""By the name that the command line and the report use."""

__all__ = ["MEASURES", "Case", "Column", "Measure", "Result"]
