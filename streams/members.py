"""The group's members, as an operator deals with them."""

from collections.abc import Iterable

from kafka.admin import MemberToRemove

from streams.admin import admin_client
from streams.ownership import described, parse_client_id
from streams.settings import Settings

REASON = "removed by leadgate group remove"


def present(settings: Settings) -> list[str]:
    """Who is a member now: workers by their names, others by their client ids. Raises KafkaUnreachable."""
    with admin_client(settings) as admin:
        members = described(admin, settings.group)["members"]
    clients = {member["client_id"] for member in members}
    return sorted(
        client if (advertised := parse_client_id(client)) is None else advertised.worker for client in clients
    )


def remove(settings: Settings, workers: Iterable[str]) -> set[str]:
    """Take these workers out of the group; the names of those that were members. Raises KafkaUnreachable."""
    wanted = set(workers)
    with admin_client(settings) as admin:
        found = {
            member["member_id"]: (advertised.worker, member["group_instance_id"])
            for member in described(admin, settings.group)["members"]
            if (advertised := parse_client_id(member["client_id"])) is not None
            and advertised.worker in wanted
        }
        # One that has left meanwhile is as good as removed, and one that has come back is another member.
        admin.remove_group_members(
            settings.group,
            [
                MemberToRemove(member_id, group_instance_id=instance, reason=REASON)
                for member_id, (_, instance) in found.items()
            ],
        )
    return {worker for worker, _ in found.values()}
