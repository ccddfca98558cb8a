"""The way on from what a worker does not go on from: commands that do it on the very cluster."""

from typing import Any

import pytest

from streams.engine.refusals import Disagreement, Refusals
from streams.kafka_tools import kafka_tool
from streams.settings import load_settings


@pytest.mark.parametrize(
    ("security", "let_in"),
    [
        ({}, ""),
        (
            {"security_protocol": "SASL_SSL", "sasl_username": "crm", "sasl_password": "hidden"},
            " --command-config client.properties",
        ),
    ],
)
def test_offsets_are_set_by_a_command_that_the_brokers_let_in(security: dict[str, Any], let_in: str) -> None:
    tool = kafka_tool("consumer-groups", load_settings(bootstrap_servers="kafka:9092", **security))
    said = str(Refusals("sales", "in", "kept", tool).disagree([Disagreement(3, 7, 5)]))
    assert said.endswith(
        f"\n  kafka-consumer-groups.sh --bootstrap-server kafka:9092{let_in} --group sales "
        "--topic in:3 --reset-offsets --to-offset 5 --execute"
    )
    assert "hidden" not in said
