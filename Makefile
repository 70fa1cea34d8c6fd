# Needs make and Python 3.11 or later; everything else goes into .venv on first use.
# Another Python: make test PYTHON=python3.13

PYTHON ?= python3
VENV ?= .venv

PY = $(VENV)/bin/python
READY = $(VENV)/.ready
# Modules are compiled when they are first imported (most of them never are), and kept.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL = $(PY) -m pip install -qq --no-compile --disable-pip-version-check --no-input

# An environment that does not run, or was made for another folder, is made anew.
$(shell [ "$$(cat $(READY) 2>&1)" = "$(CURDIR)" ] && $(PY) -c "" 2>&1 || rm -f $(READY))

.PHONY: help run test test-slow fuzz mutants lab bench notebooks format lock clean
.DEFAULT_GOAL := help

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(READY)  ## simulate the 16-week plan and write its report to out/guide_16wk
	$(PY) -m hipext run guide_16wk --out out
	@echo "Next: source $(VENV)/bin/activate, then hipext --help"

test: $(READY)  ## check style, run the tests, compare the notebooks with their stored outputs
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m hipext.explorers.cached_runs  # compile once here, not in every test process
	$(PY) -m pytest -m "not slow" -n auto --dist worksteal --doctest-modules --doctest-glob=README.md tests hipext README.md
	$(PY) -m pytest -n auto --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout=120 notebooks

test-slow: $(READY)  ## run the long tests: every example, data set, notebook and page
	$(PY) -m hipext.explorers.cached_runs
	HIPEXT_HYPOTHESIS=many $(PY) -m pytest -m "slow or hypothesis" -n auto --dist worksteal tests

MINUTES ?= 10
fuzz: $(READY)  ## give odd and hostile input to every reader and command, for MINUTES=10
	$(PY) -m hipext.explorers.cached_runs
	$(PY) tests/reference/fuzz.py --minutes $(MINUTES)

lab: $(READY)  ## open the notebooks in JupyterLab
	$(PY) -m hipext lab

bench: $(READY)  ## time the import, a run, the day loop, fits, sweeps of up to a million, explorers
	$(PIP_INSTALL) -e .[bench]
	$(PY) tests/benchmarks/bench.py
	$(PY) tests/benchmarks/bench_loop.py
	$(PY) tests/benchmarks/bench_fit.py
	$(PY) tests/benchmarks/bench_sweep.py
	$(PY) tests/benchmarks/bench_explorers.py

mutants: $(READY)  ## change the core rooms bit by bit and see whether tests notice; an hour
	$(PIP_INSTALL) -e .[mutants]
	$(PY) tests/reference/mutants.py

notebooks: $(READY)  ## run all notebooks and store their outputs
	$(PY) tests/execute_notebooks.py

format: $(READY)  ## put the code into its standard form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock: $(READY)  ## renew requirements.lock from pyproject.toml
	$(PY) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --extra cluster --extra dev --generate-hashes --no-annotate --custom-compile-command "make lock" \
	  --output-file requirements.lock pyproject.toml

clean:  ## delete caches and builds; keeps .venv and out
	rm -rf build dist .hypothesis .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# The mark is set last and taken away first, so that a stopped run starts over.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "hipext needs Python 3.11 or later, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." \
	    "Name another one: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || \
	  { echo "'$(PYTHON)' lacks venv or ensurepip." \
	    "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock; this takes about a minute ..."
	@if [ -e $@ ]; then rm -f $@; else $(PYTHON) -m venv --clear $(VENV); fi
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@
