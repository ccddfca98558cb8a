"""A worker's address is in its client.id, and nothing else is taken for one."""

import pytest

from streams.ownership import Advertised, parse_client_id


@pytest.mark.parametrize("address", ["127.0.0.1:6066", "worker-0.leadgate.svc.cluster.local:80"])
def test_an_address_comes_back(address: str) -> None:
    advertised = Advertised("worker-0", address)
    assert advertised.client_id == f"leadgate/worker-0/{address}"
    assert parse_client_id(advertised.client_id) == advertised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rdkafka",
        "leadgate",
        "leadgate/worker-0",
        "leadgate/worker-0/",
        "leadgate//host:80",
        "leadgate/worker-0/host",
        "leadgate/worker-0/host:http",
        "leadgate/worker-0/host:65536",
        "leadgate/worker-0/host:80/admin",
        "leadgate/worker-0/user@host:80:90 ",
        "other/worker-0/host:80",
    ],
)
def test_other_clients_are_nobody(text: str) -> None:
    assert parse_client_id(text) is None


@pytest.mark.parametrize(
    "advertised", [Advertised("a/b", "host:80"), Advertised("a", "host"), Advertised("", "h:1")]
)
def test_what_could_not_be_read_back_is_refused(advertised: Advertised) -> None:
    with pytest.raises(ValueError, match="slash or space"):
        advertised.client_id  # noqa: B018
