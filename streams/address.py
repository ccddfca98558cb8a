"""A static member's address: what the group says of it is that of the process which first joined.

The coordinator keeps a member's `client.id` when another process takes the member's place (KIP-345), and the
address is in it. A worker that comes back with another one leaves once, and joins as a new member.
"""

import faust
import structlog

from streams.ownership import Advertised, Ownership

log = structlog.get_logger(__name__)

ASK_SECONDS = 2.0


def install(app: faust.App, ownership: Ownership, me: Advertised) -> None:
    """Let ``app`` look, once it is a member, whether others are told where it is."""

    @app.task  # type: ignore[untyped-decorator]
    async def look_at_address() -> None:
        while not app.should_stop:
            owners = await ownership.owners()
            told = (
                {who for who in owners.by_partition.values() if who.worker == me.worker} if owners else set()
            )
            if told:
                if me not in told:
                    log.info("address_changed", before=[who.address for who in told], now=me.address)
                    app.consumer.rejoin()
                return
            await app.sleep(ASK_SECONDS)
