"""Settings and fixtures of all tests."""

import os
import sys

import numpy as np
import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HIPEXT_HYPOTHESIS", "ci"))


@pytest.fixture
def rng():
    """Return the same random numbers for every test."""
    return np.random.default_rng(2024)


@pytest.fixture(autouse=True)
def _close_figures():
    """Close the figures a test has left open."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
