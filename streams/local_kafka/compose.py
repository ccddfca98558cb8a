"""The broker of docker-compose.yml, where a Docker engine answers."""

import os
import subprocess
from pathlib import Path

from streams.local_kafka.jars import LocalKafkaError

COMPOSE_FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"


class ComposeKafka:
    """The service `kafka` of the compose file, on `port` of this machine.

    `project` keeps it apart from others of the same file, for as long as it runs; None: the
    stack's own, whose data stays. What it does is named as LocalKafka's, so that either may be the broker.
    """

    def __init__(self, port: int = 9092, *, project: str | None = None) -> None:
        self._port = port
        self._project = ["--project-name", project] if project else []

    @property
    def bootstrap(self) -> str:
        """What clients take as `bootstrap.servers`."""
        return f"localhost:{self._port}"

    def start(self) -> None:
        """Starts the broker, and waits until its health check says that it answers."""
        self._compose("up", "--detach", "--wait", "kafka")

    def stop(self) -> None:
        """Ends the broker. One of a project of its own leaves neither container nor data."""
        if self._project:
            self._compose("down", "--volumes", "--remove-orphans")
        else:
            self._compose("stop", "kafka")

    def kill(self) -> None:
        """Ends the broker as a power cut would; its data stays."""
        self._compose("kill", "kafka")

    def pause(self) -> None:
        """Halts the broker, its connections open, until `resume`."""
        self._compose("pause", "kafka")

    def resume(self) -> None:
        """Lets a paused broker go on."""
        self._compose("unpause", "kafka")

    def restart(self) -> None:
        """Ends the broker if it runs, starts it, and waits until it answers."""
        self._compose("stop", "kafka")
        self.start()

    def running(self) -> bool:
        """Whether the broker's container runs."""
        return bool(self._compose("ps", "--quiet", "--status", "running", "kafka").strip())

    def _compose(self, *arguments: str) -> str:
        done = subprocess.run(
            ["docker", "compose", "--file", str(COMPOSE_FILE), *self._project, *arguments],
            env=os.environ | {"KAFKA_PORT": str(self._port)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalKafkaError(f"docker compose {' '.join(arguments)} failed:\n{done.stderr.strip()}")
        return done.stdout
