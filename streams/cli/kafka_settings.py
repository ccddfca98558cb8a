"""The settings of a command that asks Kafka."""

from pathlib import Path
from typing import Any

from streams import logs
from streams.settings import Settings, load_settings


def kafka_settings(file: Path | None, **given: Any) -> Settings:
    """Those in force, as `load_settings` says; what is strange in a topic is from now on told on stderr.

    Raises SettingsError.
    """
    settings = load_settings(file, **given)
    logs.configure("warning", json=settings.log_json)
    return settings
