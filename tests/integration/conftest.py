"""What several modules of these tests run on."""

from collections.abc import Iterator

import pytest

from tests.conftest import HOME
from tests.doubles.secured import Secured


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A broker that lets no one in without a certificate, a name and a password."""
    broker = Secured(tmp_path_factory.mktemp("secured"), HOME)
    yield broker
    broker.stop()
