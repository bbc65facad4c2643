# Everything a person or CI runs. `make help` lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
BENCH ?= full
FAULTS ?= full
TESTS ?= tests
WORKERS ?= auto
MUTATION_MINUTES ?= 30
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder # tests/parallel.py says in which order, and how many
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install demo picture test test-faults test-stack test-smoke test-compiled lint format bench compiled mutation clean

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/dev.stamp ## Make .venv with every package that developing and testing needs; servers are not among them

demo: $(VENV)/demo.stamp ## Show everything on this machine, embedded, until Ctrl-C; makes .venv, which needs a package index
	@$(BIN)/deskpulse demo

picture: $(VENV)/dev.stamp ## Make the picture of the README anew: the wallboard of the demo, in Chromium, after a minute or two
	$(BIN)/python -m tests.wallboard.picture docs/pictures/wallboard.png

test: $(VENV)/dev.stamp ## Run every test but those that break things and those of the stack; TESTS=tests/stream for some of them, WORKERS=0 for one by one
	$(BIN)/python -m pytest -m "not faults and not stack" $(PARALLEL) $(TESTS)

test-faults: $(VENV)/dev.stamp ## Run the tests that kill workers and servers; FAULTS=short without the longest
	$(BIN)/python -m pytest -m "faults$(if $(filter short,$(FAULTS)), and not slow)" $(TESTS)

test-stack: $(VENV)/dev.stamp ## Run the tests of everything together: the demo on its board and scraped, a spike paged, the containers of deploy, a week through Kafka
	$(BIN)/python -m pytest -m stack $(TESTS)

test-smoke: $(VENV)/dev.stamp ## Run a small selection of the tests, end to end on real servers
	$(BIN)/python -m pytest -m services_smoke $(TESTS)

# The compiled wheel stands before the sources, for the tests and for the processes they start.
test-compiled: build/compiled.stamp ## Run the tests of the numbers, and a pipeline, on the compiled wheel
	DESKPULSE_TEST_COMPILED=$(CURDIR)/build/compiled PYTHONPATH=$(CURDIR)/build/compiled $(BIN)/pytest $(PARALLEL) \
	  -o pythonpath="build/compiled ." tests/aggregators tests/test_product_equals_oracle.py tests/test_centre.py \
	  tests/stream/test_codec.py tests/stream/test_processor.py tests/stream/test_pipeline_smoke.py \
	  tests/wallboard/test_pages.py

lint: $(VENV)/dev.stamp ## Check rules, format and types; changes no file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## Format, and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp ## Print speed beside a plain loop, and memory, on this machine; BENCH=short for a quick look
	@$(MAKE) --no-print-directory compiled || echo "the worker is measured as it is, not compiled" >&2
	$(BIN)/python -m benchmarks $(BENCH)

compiled: build/compiled.stamp ## Make a wheel in dist/ whose counting is compiled to C; needs a C compiler and Python's headers

mutation: $(VENV)/dev.stamp ## Mutate what counts for MUTATION_MINUTES at most, print how many mutants the tests kill
	timeout --signal=INT $(MUTATION_MINUTES)m $(BIN)/mutmut run || [ $$? = 124 ]
	$(BIN)/mutmut export-cicd-stats
	@cat mutants/mutmut-cicd-stats.json
	$(BIN)/mutmut results | grep -v 'not checked' || true # docs/mutation.md says why these survive

clean: ## Remove .venv, build, dist, what the tools have cached here, and the mutants
	rm -rf $(VENV) build dist mutants .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Deskpulse needs Python 3.11 or newer, this is $$($(PYTHON) --version): make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# dev contains demo, so that `make demo` after `make install` has nothing to do.
$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(VENV)/demo.stamp $@

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV), which takes about a minute"
	$(PIP) install -c constraints.txt -e '.[demo]'
	@touch $@

# Compiled from a copy: the compiler leaves its products beside the sources, where they would hide them.
build/compiled.stamp: $(VENV)/dev.stamp $(shell find aggregators stream -name '*.py' -o -name '*.lua' -o -path '*/static/*' -o -path '*/runbooks/*')
	@command -v cc >/dev/null || { echo "make compiled: there is no C compiler (cc) on PATH" >&2; exit 1; }
	@echo "compiling what counts, which takes about a minute"
	@rm -rf build dist && mkdir -p build/sources && cp -R aggregators stream grafana pyproject.toml README.md LICENSE build/sources
	HATCH_BUILD_HOOK_ENABLE_MYPYC=1 $(PIP) wheel --no-deps -w dist build/sources
	$(PIP) install --no-deps --no-index --find-links dist --target build/compiled deskpulse
	@rm -rf build/sources && touch $@
	@echo "made $$(ls dist/*.whl); docs/operations.md, Speed, says how to install it"
