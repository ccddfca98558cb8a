"""The funnel in force, and how many of this worker's leads are where in it."""

from collections import Counter

from aiohttp import web
from pydantic import BaseModel

from schemas.lead_view import Moment
from streams.web.answers import answer
from streams.web.worker import WorkerView


class StageLeads(BaseModel):
    """How many leads are in a stage."""

    stage: str
    leads: int


class PartitionState(BaseModel):
    """A partition of this worker's; what is not known before it is open is null."""

    partition: int
    open: bool
    version: int | None = None
    leads: int | None = None
    leads_to_reread: int | None = None
    clock: Moment | None = None


class FunnelPage(BaseModel):
    """`/funnel`: stages in the funnel's order, counts over this worker's open partitions alone.

    A partition comes under a new ``version`` of the group's funnel when the one before is done with it.
    """

    funnel: str
    version: int
    hash: str
    worker: str
    leads: int
    stages: list[StageLeads]
    partitions: list[PartitionState]


async def funnel(_request: web.Request, worker: WorkerView) -> web.Response:
    """The funnel with this worker's counts; the sum over all workers is the metric `leadgate_leads`."""
    open_partitions = worker.engine.open_partitions
    version, in_force = worker.funnels.in_force
    counts = Counter(dict.fromkeys(in_force.stages, 0))
    states = []
    for number in sorted(worker.engine.assigned | open_partitions.keys()):
        partition = open_partitions.get(number)
        if partition is None:
            states.append(PartitionState(partition=number, open=False))
            continue
        table = partition.table
        counts.update(table.by_stage)
        states.append(
            PartitionState(
                partition=number,
                open=True,
                version=partition.in_force.version,
                leads=len(table),
                leads_to_reread=table.left_unread,
                clock=partition.clock or None,
            )
        )
    return answer(
        FunnelPage(
            funnel=in_force.slug,
            version=version,
            hash=in_force.hash,
            worker=worker.me.worker,
            leads=counts.total(),
            stages=[StageLeads(stage=stage, leads=number) for stage, number in counts.items()],
            partitions=states,
        )
    )
