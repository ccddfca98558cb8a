"""The broker of docker-compose.yml, where a Docker engine answers."""

import os
import subprocess
from pathlib import Path

from streams.local_kafka.jars import LocalKafkaError

COMPOSE_FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"


class ComposeKafka:
    """The service `kafka` of the compose file, on `port` of this machine; one at a time.

    The same first methods as LocalKafka's, so that either may stand for a broker.
    """

    def __init__(self, port: int = 9092) -> None:
        self._port = port

    @property
    def bootstrap(self) -> str:
        """What clients take as `bootstrap.servers`."""
        return f"localhost:{self._port}"

    def start(self) -> None:
        """Starts the broker, and waits until its health check says that it answers."""
        self._compose("up", "--detach", "--wait", "kafka")

    def stop(self) -> None:
        """Ends the broker and takes its container and data away."""
        self._compose("down", "--volumes", "--remove-orphans")

    def running(self) -> bool:
        """Whether the broker's container runs."""
        return bool(self._compose("ps", "--quiet", "--status", "running", "kafka").strip())

    def _compose(self, *arguments: str) -> str:
        done = subprocess.run(
            ["docker", "compose", "--file", str(COMPOSE_FILE), *arguments],
            env=os.environ | {"KAFKA_PORT": str(self._port)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalKafkaError(f"docker compose {' '.join(arguments)} failed:\n{done.stderr.strip()}")
        return done.stdout
