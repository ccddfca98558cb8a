"""Where no Kafka can be started, one message says what is missing and how to get it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = "import sys; from streams.cli import run; sys.exit(run(['kafka', 'check']))"


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """`leadgate kafka check` with only the programs in `path`."""
    environment = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
    return subprocess.run(
        [sys.executable, "-c", CHECK], env=environment | {"PATH": str(path)}, capture_output=True, text=True
    )


def program(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def java(path: Path, version: str) -> None:
    program(path, "java", f"echo 'openjdk version \"{version}\"' >&2")


def test_nothing_is_here(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 3
    assert "no Docker engine answers, and there is no java and there is no mvn (Maven)." in done.stderr
    assert "apt-get install openjdk-17-jdk-headless maven" in done.stderr
    assert "https://docs.docker.com/engine/install/" in done.stderr


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22"])
def test_java_is_too_old(tmp_path: Path, version: str) -> None:
    java(tmp_path, version)
    program(tmp_path, "mvn", "")
    done = check(tmp_path)
    assert done.returncode == 3
    assert "which is too old" in done.stderr
    assert "Maven)" not in done.stderr


@pytest.mark.parametrize("version", ["17.0.15", "21", "25-ea"])
def test_java_and_maven_are_enough(tmp_path: Path, version: str) -> None:
    java(tmp_path, version)
    program(tmp_path, "mvn", "")
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (0, "Java and Maven are here.\n")


def test_a_docker_command_without_an_engine_is_not_enough(tmp_path: Path) -> None:
    program(tmp_path, "docker", "exit 1")
    assert check(tmp_path).returncode == 3


def test_a_docker_engine_is_enough(tmp_path: Path) -> None:
    program(tmp_path, "docker", "exit 0")
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (0, "A Docker engine answers.\n")
