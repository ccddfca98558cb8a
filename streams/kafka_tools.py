"""How Kafka's own tools are called on the cluster that the settings name: what an operator is told to run."""

from streams.settings import Settings


def kafka_tool(which: str, settings: Settings) -> str:
    """The beginning of a command line of `kafka-<which>.sh`; how one is let in, a file says."""
    return kafka_tool_at(which, settings.bootstrap_servers, settings.security_protocol)


def kafka_tool_at(which: str, bootstrap_servers: str, security_protocol: str) -> str:
    """The same, where no more is known of the settings."""
    secured = "" if security_protocol == "PLAINTEXT" else " --command-config client.properties"
    return f"kafka-{which}.sh --bootstrap-server {bootstrap_servers}{secured}"
