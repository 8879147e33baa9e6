# One command each; `make setup` needs Python 3.11 or newer and nothing else.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready
SOURCES := rongdun dashboards pipelines detectors dlp assets response store tests benchmarks

.PHONY: setup demo test check format lock bench clean

setup: $(READY)

$(READY): requirements.lock requirements.build.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "rongdun needs Python 3.11 or newer: make setup PYTHON=/path/to/python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "this Python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Rongdun into .venv: a minute or two the first time."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.build.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: setup
	@$(BIN)/rongdun demo $(if $(ONCE),--once)

# A process for each core, at most four: each may run databases of half a gigabyte. A file's tests stay together.
PROCESSES ?= logical
test: setup
	$(BIN)/pytest -n $(PROCESSES) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/rongdun rules check rules/sigma --fail-on unsupported

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Names, versions and hashes; no addresses. Run it after changing dependencies in pyproject.toml.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
lock: setup
	$(LOCK) --upgrade --all-extras pyproject.toml -o requirements.lock
	$(LOCK) --upgrade requirements.build.in -o requirements.build.lock

bench: setup
	@for part in $$(grep -l __main__ benchmarks/*.py); do \
	  echo "== $$part"; $(BIN)/python -m benchmarks.$$(basename $$part .py) || exit 1; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
