"""Settings and fixtures of all tests."""

import os
import shutil
import sys

os.environ["MPLBACKEND"] = "Agg"
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # tests share the cores already

import numpy as np
import pytest
from hypothesis import settings

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=20)
settings.register_profile("many", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HIPEXT_HYPOTHESIS", "ci"))


@pytest.fixture
def rng():
    """Return the same random numbers for every test."""
    return np.random.default_rng(2024)


@pytest.fixture
def undrawn(monkeypatch):
    """Save blank figures: most of the time of a run goes into drawing them."""
    blank = b'<svg viewBox="0 0 1 1"></svg>'
    monkeypatch.setattr("hipext.plots.style._saved", lambda *_: blank)


@pytest.fixture(autouse=True)
def _close_figures():
    """Close the figures a test has left open."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def browser():
    """Return a real Chromium; without one, skip, or fail in CI."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
