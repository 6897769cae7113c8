"""One practice model for the tests that leave it as it was, and one for those that do not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from provider import Provider, running


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running(tmp_path_factory.mktemp("provider")) as provider:
        yield provider
        assert provider.output.read_text() == "", "it says nothing but errors"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Provider]:
    with running(tmp_path) as provider:
        yield provider
