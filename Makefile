# make run    set up and start the studio on http://127.0.0.1:7860
# make test   set up and run the checks: lint, format, types, tests
# make test-all  the same with the tests marked `thorough`: paths that another test has taken with other data
# make check  lint, format and types only
# make format put the code into the project's format
# make torture kill and damage runs at full size, with a report (an hour; see docs/reliability.md)
# make fuzz   generated tables and damaged files of every format at full size, with a report (see docs/data.md)
#
# Set up happens once: a stamp in .venv named after the content of the requirements says that they are installed.

PYTHON ?= python3
VENV ?= .venv
STUDIO_TEST_DATA ?=
export STUDIO_TEST_DATA

BIN := $(VENV)/bin
# An older pip (Debian 12 brings one) cannot build seqeval in its own way, so the standard one is asked for.
PIP := $(BIN)/python -m pip install --quiet --use-pep517 --disable-pip-version-check --no-input --retries 5
RUN_READY := $(VENV)/.ready-run-$(firstword $(shell cksum < requirements.txt))
DEV_READY := $(VENV)/.ready-dev-$(firstword $(shell cat requirements.txt requirements-dev.txt | cksum))
# Three processes for two cores: a third of the time tests wait, for clocks, servers and programs. Each takes whole
# files, since the tests of a file share what they set up. Four are no faster, and too slow for some waits.
SHARED_OUT := -n 3 --dist loadfile --no-loadscope-reorder
LEFT_OUT := and not thorough  # CI leaves nothing out
CODE := studio tests app.py $(wildcard benchmarks/*.py)

.PHONY: run test test-all lint check format torture fuzz
.NOTPARALLEL:

run: $(RUN_READY)
	@exec $(BIN)/python app.py

test: lint
	@echo "== Types and tests"  # tests/test_types.py holds the types, beside the other tests
	@$(BIN)/python -m pytest $(SHARED_OUT) -m "not browser $(LEFT_OUT)"; result=$$?; \
	  echo "== Tests in a browser"; \
	  $(BIN)/python -m pytest -m "browser $(LEFT_OUT)" && exit $$result  # alone: a page has deadlines of its own

test-all:
	@$(MAKE) --no-print-directory test LEFT_OUT=

lint: $(DEV_READY)
	@echo "== Lint"
	@$(BIN)/python -m ruff check $(CODE)
	@echo "== Format"
	@$(BIN)/python -m ruff format --check --quiet $(CODE) || { echo "Run 'make format'."; exit 1; }

check: lint
	@echo "== Types"
	@$(BIN)/python -m mypy $(CODE)

format: $(DEV_READY)
	@$(BIN)/python -m ruff check --fix --quiet $(CODE) || true
	@$(BIN)/python -m ruff format $(CODE)

torture: $(DEV_READY)
	@$(BIN)/python -W ignore -m tests.torture

fuzz: $(DEV_READY)
	@$(BIN)/python -W ignore -m tests.fuzz

$(RUN_READY): $(VENV)/.made
	@echo "== Installing the libraries into $(VENV) (once; a few minutes)"
	@rm -f $(VENV)/.ready-run-* $(VENV)/.ready-dev-*  # what is installed changes: older stamps no longer hold
	@$(PIP) -r requirements.txt || { echo "pip could not install requirements.txt: see above. Check the network, then run make again."; exit 1; }
	@touch $@

$(DEV_READY): $(RUN_READY)
	@echo "== Installing what the checks need"
	@$(PIP) -r requirements-dev.txt || { echo "pip could not install requirements-dev.txt: see above. Check the network, then run make again."; exit 1; }
	@touch $@

# An environment that was left half made, or whose Python has gone, is made anew.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && echo sound),sound)
.PHONY: $(VENV)/.made
endif
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The studio needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "== Making $(VENV)"; $(PYTHON) -m venv --clear $(VENV); } || { \
	  echo "Python cannot make a virtual environment here. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@
