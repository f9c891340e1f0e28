"""A small demonstration county, made once."""

import pytest

from qsgis.demo import county
from qsgis.demo.ledger import book


@pytest.fixture(scope="session")
def made():
    return county.build(4000, seed=1, redline_vertices=6000, vertices=24)


@pytest.fixture(scope="session")
def answers(made):
    return book.make(made)
