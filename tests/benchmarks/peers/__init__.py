"""Who is measured: each is started as a process of its own, on topics of its own."""

from tests.benchmarks.peers.faust import Faust
from tests.benchmarks.peers.leadgate import Leadgate
from tests.benchmarks.peers.peer import Peer, Run

PEERS: dict[str, Peer] = {
    "leadgate": Leadgate(),
    "leadgate-plain": Leadgate("leadgate, not compiled", compiled=False),
    "faust": Faust(),
}
"""By the name that the report and the command line use."""

__all__ = ["PEERS", "Faust", "Leadgate", "Peer", "Run"]
