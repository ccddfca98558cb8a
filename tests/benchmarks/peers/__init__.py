"""Who is measured: each is started as a process of its own, on topics of its own."""

from tests.benchmarks.peers.kafka_streams import KafkaStreams
from tests.benchmarks.peers.leadgate import Leadgate
from tests.benchmarks.peers.peer import Peer, Run
from tests.benchmarks.peers.python import Faust, Python

_NO_LICENCE = "at least once (all that is free)"

PEERS: dict[str, Peer] = {
    "leadgate": Leadgate(),
    "leadgate-plain": Leadgate("leadgate, not compiled", compiled=False),
    "kafka-streams": KafkaStreams(),
    "quix": Python("quix", "Quix Streams, one worker", "exactly once", "quixstreams"),
    "faust": Faust(
        "faust", "idiomatic Faust, one worker", "at least once", "faust-streaming", own_venv=False
    ),
    "bytewax": Python("bytewax", "Bytewax, one worker", _NO_LICENCE, "bytewax"),
    "pathway": Python("pathway", "Pathway, one worker", _NO_LICENCE, "pathway"),
    "bare": Python(
        "bare", "a bare consume loop: the limit", "none", "confluent-kafka", own_venv=False, decides=False
    ),
}
"""By the name that the report and the command line use."""

__all__ = ["PEERS", "Faust", "KafkaStreams", "Leadgate", "Peer", "Python", "Run"]
