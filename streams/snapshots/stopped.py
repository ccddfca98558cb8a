"""A group must have been stopped: what a worker did meanwhile would be in a snapshot by half."""

from streams import members
from streams.errors import OutsideWorld
from streams.settings import Settings


class NotStopped(OutsideWorld):
    """The group has members."""


def check_stopped(settings: Settings) -> None:
    """Raises NotStopped, which says how it is stopped; KafkaUnreachable."""
    present = members.present(settings)
    if present:
        raise NotStopped(
            f"the group {settings.group} has members: {', '.join(present)}. It must be stopped: end its "
            "workers (SIGTERM; in Kubernetes, scale them to 0). One that has a lasting name "
            f"(LEADGATE_WORKER_ID) stays a member for {settings.session_timeout / 1000:g} s after its end: "
            f"wait for that, or run leadgate group remove {' '.join(present)}"
        )
