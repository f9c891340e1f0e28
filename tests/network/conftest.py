"""Tests that hold with the compiled loops and without them: `usefixtures("both_ways")`."""

import pytest

from qsgis.network import compiled


@pytest.fixture(scope="module", params=["compiled", "plain"])
def both_ways(request):
    """Runs a module once with numba and once as if it were not installed."""
    assert compiled.available(), "numba belongs to what tests need"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "available", lambda: request.param == "compiled")
        yield
