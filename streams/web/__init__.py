"""What a worker shows over HTTP: probes, metrics, the funnel, leads."""

from streams.web.pages import add_pages, install
from streams.web.worker import EngineView, MetricsView, WorkerView

__all__ = ["EngineView", "MetricsView", "WorkerView", "add_pages", "install"]
