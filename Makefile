# Every command of the project. Without make: the README has the plain command behind each.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.installed
LAB_STAMP := $(VENV)/.installed-lab
TEST_STAMP := $(VENV)/.installed-test

.PHONY: book test quick lab train bench dist clean
.DEFAULT_GOAL := book

book: $(STAMP)
	@$(PY) book/build.py

test: $(TEST_STAMP)
	@$(PY) tools/run_tests.py

quick: $(TEST_STAMP)
	@$(PY) tools/run_tests.py --quick

lab: $(LAB_STAMP)
	@cd book && ../$(BIN)/jupyter lab

train: $(STAMP)
	@$(PY) -m stn_lib train

bench: $(TEST_STAMP)
	@for name in sampler step_cost widget_frame "page_load --books this" build_time; do \
		echo "== $$name"; $(PY) -m experiments speed $$name || exit 1; done

dist: $(TEST_STAMP)
	@$(PY) tools/dist.py

clean:
	rm -rf _build build dist .pytest_cache .ruff_cache .hypothesis

$(PY):
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt pyproject.toml | $(PY)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	@touch $@

$(LAB_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[lab]" -c requirements.txt
	@touch $@

$(TEST_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[test]" -c requirements.txt
	@touch $@
