"""What a local broker is made from: a Docker engine, or Java with the jars that Maven finds.

Nothing is installed here. What is missing is said in one message, with how to get it.
"""

import fcntl
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal

from streams.errors import OutsideWorld

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "kafka"
"""Lies beside the packages in a checkout and in an installed wheel alike."""

OLDEST_JAVA = 17

_HOW_TO_GET = """\
Either a Docker engine:
  https://docs.docker.com/engine/install/ (and your user in the group `docker`)
or Java {java} or later with Maven:
  Debian, Ubuntu   apt-get install openjdk-{java}-jdk-headless maven
  Fedora           dnf install java-latest-openjdk-headless maven
  macOS            brew install openjdk@{java} maven"""


class LocalKafkaError(OutsideWorld):
    """A local broker cannot be had, or does not do what it was told."""


@cache
def docker_answers() -> bool:
    """Whether a Docker engine that knows `docker compose` can be used from here."""
    return _succeeds("docker", "info") and _succeeds("docker", "compose", "version")


def source() -> Literal["docker", "jars"]:
    """Where a broker can come from on this machine. Raises LocalKafkaError when from nowhere."""
    if docker_answers():
        return "docker"
    missing = _missing_for_jars()
    if not missing:
        return "jars"
    raise LocalKafkaError(
        "A real Kafka cannot be started here: no Docker engine answers, and "
        + " and ".join(missing)
        + ".\n"
        + _HOW_TO_GET.format(java=OLDEST_JAVA)
    )


def here() -> bool:
    """Whether Java and Maven are here, so that Kafka's jars can be run."""
    return not _missing_for_jars()


def java() -> str:
    """The java command: JAVA_HOME's, else the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    beside = Path(home, "bin", "java") if home else None
    return str(beside) if beside and beside.exists() else "java"


def classpath(home: Path) -> str:
    """The class path of Kafka; `home` keeps Maven's answer, so that Maven is asked once.

    The jars themselves stay in Maven's own cache.
    """
    kept = home / "classpath"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "classpath.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _still_there(kept):
            missing = _missing_for_jars()
            if missing:
                raise LocalKafkaError(
                    "Kafka's jars cannot be run: "
                    + " and ".join(missing)
                    + ".\n"
                    + _HOW_TO_GET.format(java=OLDEST_JAVA)
                )
            _ask_maven(kept)
    return kept.read_text().strip()


def _ask_maven(answer: Path) -> None:
    # Java keeps classes of the jars before: see `Node`.
    answer.with_name("kafka.jsa").unlink(missing_ok=True)
    command = ["mvn", "--quiet", "--batch-mode", "--file", str(DEPLOY / "pom.xml")]
    command += ["dependency:build-classpath", "-DincludeScope=runtime"]
    command += [f"-Dmdep.outputFile={answer.resolve()}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        answer.unlink(missing_ok=True)
        said = [line for line in done.stdout.splitlines() if "ERROR" in line][:3]
        raise LocalKafkaError("Maven could not bring Kafka's jars:\n" + "\n".join(said or [done.stderr]))


def _still_there(kept: Path) -> bool:
    pom = DEPLOY / "pom.xml"
    if not kept.exists() or kept.stat().st_mtime < pom.stat().st_mtime:
        return False
    return all(Path(jar).exists() for jar in kept.read_text().strip().split(os.pathsep))


def _missing_for_jars() -> list[str]:
    missing = []
    version = _java_version()
    if version is None:
        missing.append("there is no java")
    elif version < OLDEST_JAVA:
        missing.append(f"java is {version}, which is too old")
    if shutil.which("mvn") is None:
        missing.append("there is no mvn (Maven)")
    return missing


def _java_version() -> int | None:
    try:
        said = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
