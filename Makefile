# serve: run the hub.  test: every check.  lint: the quick ones.  bench: the figures of docs/performance.md.
# Needs only Python >= 3.11 with venv and pip. Another Python: make PYTHON=python3.12 test

PYTHON ?= $(firstword $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p; done) python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: serve test lint bench docs lock clean

# Other options: make serve ARGS="--port 9050"
serve: $(VENV)/runtime.stamp
	@$(BIN)/receipted serve $(ARGS)

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

# Write again the pages and files that are made from the code.
docs: $(VENV)/dev.stamp
	$(BIN)/python -m docs.make

# Resolve the dependencies anew, for every supported Python and platform; no index address is written.
lock: $(VENV)/dev.stamp
	$(BIN)/uv pip compile --upgrade $(LOCK) --group build -o requirements.lock
	$(BIN)/uv pip compile --upgrade $(LOCK) --group build --group dev -c requirements.lock -o requirements-dev.lock
LOCK := pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --strip-extras \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing receipted into $(VENV): about a minute, only the first time ..."
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing receipted and its checks into $(VENV) (only the first time) ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-build-isolation --no-deps --editable .
	@touch $(VENV)/runtime.stamp $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "receipted needs Python 3.11 or newer; " \
		"$(PYTHON) is " + sys.version.split()[0] + ". Name a newer one: make PYTHON=python3.12 serve")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python has no venv here. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
