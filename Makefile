# make demo: a whole study on a real model, offline, ending with a report
# make test: every test; make quick: those that end within a minute together
# make lint: style and types; make docs: the manual as a site
# make fuzz RUNS=...: inputs drawn by coverage for everything that is read
# make robustness JOBS=...: kills, damage, full disks, bad input and attacks, and how many went wrong
# make versions RESOLUTION=highest|lowest-direct: every test with other versions than the pinned
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
DEMO ?= demo-run
RESOLUTION ?= highest
RUNS ?= 20000
JOBS ?= 2

.PHONY: demo test quick fuzz robustness versions lint format docs clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[demo]'
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/tunescope demo --out $(DEMO)

test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

quick: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not slow"

fuzz: $(VENV)/.dev
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	OMP_NUM_THREADS=1 $(BIN)/python fuzz/run.py --runs $(RUNS)

robustness: $(VENV)/.dev
	OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(BIN)/python -m robustness --jobs $(JOBS)

versions:
	$(PYTHON) -m venv --clear $(VENV)-$(RESOLUTION)
	$(VENV)-$(RESOLUTION)/bin/pip install --quiet uv
	$(VENV)-$(RESOLUTION)/bin/uv pip install --python $(VENV)-$(RESOLUTION)/bin/python \
		--resolution $(RESOLUTION) --editable '.[demo,test]'
	OMP_NUM_THREADS=1 $(VENV)-$(RESOLUTION)/bin/python -m pytest --numprocesses 2 --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) $(VENV)-highest $(VENV)-lowest-direct $(DEMO) site
