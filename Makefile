# Every target sets up what it needs: a virtual environment, pinned packages, data. Done once, skipped after.
#   make certify          train, compress and certify LeNet-5 on MNIST into runs/lenet5
#   make test             lint, types and the test suite
#   make test-slow        tests of minutes too: the benchmark of GPUs in small, two hosts (as root)
#   make verify-records   decode and recount every record in certificates/
#   make lint             style and types only
#   make mutate           how many small changes of the core the tests notice: 1 to 2 s each of a core; resumable
#   make mends            mends of faults, each taken out again: does its test fail? some seconds each; resumable
#   make coverage         lines and branches that the tests run, by room, into results/coverage.json
#   make docs             the documentation site, from docs/ and docstrings, into build/docs
#   make site             leaderboard, certificates, digit reader and documentation, into build/site

# The pinned versions are for Python 3.11 and newer; with 3.10, `pip install -e .[dev]` finds others that will do.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TORCH  := 2.13.0
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

INSTALLED := $(VENV)/.installed
FETCHED   := $(VENV)/.fetched

.PHONY: help certify test test-slow lint mutate mends verify-records coverage docs site clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

certify: $(FETCHED)
	$(BIN)/netrazor certify lenet5-mnist --out runs/lenet5

test: lint $(FETCHED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

test-slow: $(FETCHED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --slow -m slow

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

mutate: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/mutation.py

mends: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/mends.py

coverage: $(FETCHED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal \
	    --cov=netrazor --cov-branch --cov-report=json:build/coverage.json
	$(BIN)/python benchmarks/coverage_by_room.py build/coverage.json results/coverage.json

docs: $(INSTALLED)
	$(BIN)/sphinx-build --builder html --fail-on-warning --keep-going --fresh-env --quiet docs build/docs
	@echo "build/docs/index.html"

site: docs
	$(BIN)/netrazor site build/site --certificates certificates --docs build/docs

# Records on tables that no data directory holds: of scikit-learn, and the embedded mails.
TABLES := certificates/picked-mails/|certificates/picked-wine/|certificates/picked-digits/|certificates/picked-breast-cancer/

verify-records: $(FETCHED)
	@status=0; left=""; \
	for record in certificates/*/; do \
	    echo "== $$record"; \
	    case "$$record" in \
	    $(TABLES)) $(BIN)/python benchmarks/picked_records.py "$$(basename $$record | sed s/picked-//)" --verify;; \
	    *) $(BIN)/netrazor verify "$$record";; \
	    esac; code=$$?; \
	    if [ $$code -eq 3 ]; then left="$$left $$record"; elif [ $$code -ne 0 ]; then status=1; fi; \
	done; \
	if [ -n "$$left" ]; then echo "NOT RECOUNTED, their data cannot be had here:$$left"; fi; \
	exit $$status

clean:
	rm -rf $(VENV) runs build

# The CPU build of torch is a tenth of the default one; where pip is not configured to find it, the default will do.
$(INSTALLED): pyproject.toml constraints.txt
	@echo "installing the pinned packages into $(VENV) (some minutes, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) "torch==$(TORCH)+cpu" || $(PIP) "torch==$(TORCH)"
	$(PIP) --editable ".[dev]"
	@touch $@

# Without the data the tests that need it are skipped, and say so; certify asks for it again and stops.
$(FETCHED): $(INSTALLED) src/netrazor/data/published.py
	@if $(BIN)/python -m netrazor.data fetch mnist fashion-mnist; then touch $@; fi
