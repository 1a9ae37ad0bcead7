# Every target first sets up what it needs: a virtual environment, uv, the locked dependencies.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
STAMP := .venv/.locked
# Behind a company's proxy it is the system that knows the certificate, not uv. What is wrong in
# any other way, the second try says too.
SYNC = $(UV) sync --locked --quiet --inexact --compile-bytecode --python $(BIN)/python
GET_UV = install --quiet --disable-pip-version-check uv
PORT ?= 8080
FUZZ_SEED ?= 1
FUZZ_EXAMPLES ?= 200

# Debian's Python comes without pip, unless python3-venv is installed. A wheel of pip runs as it is.
define PIP_OF_PYPI
import json, runpy, sys, urllib.parse, urllib.request as web
index = "https://pypi.org/pypi/pip/json"
files = json.load(web.urlopen(index))["urls"]
[wheel] = [each["url"] for each in files if each["packagetype"] == "bdist_wheel"]
sys.path.insert(0, web.urlretrieve(urllib.parse.urljoin(index, wheel))[0])
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__")
endef
export PIP_OF_PYPI

.PHONY: help setup demo init doctor run test lint format migrate revision bench chaos fuzz load pictures
.DEFAULT_GOAL := help

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## install what is locked
$(STAMP): uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv > /dev/null \
	    || $(PYTHON) -m venv --clear --without-pip .venv
	@test -x $(UV) || if $(BIN)/python -c "import pip" 2> /dev/null; then $(BIN)/python -m pip $(GET_UV); \
	    else $(BIN)/python -c "$$PIP_OF_PYPI" $(GET_UV); fi
	@echo "installing what uv.lock names ..."
	@$(SYNC) 2> /dev/null || $(SYNC) --system-certs
	touch $@

demo: setup ## try the desk in the browser, with nothing else needed
	$(BIN)/ticketloop demo --port $(PORT)

init: setup ## set up a desk in your workspace, by questions
	$(BIN)/ticketloop init

doctor: setup ## what is wrong with the set-up, and what to do
	$(BIN)/ticketloop doctor

run: setup migrate ## run the desk in the workspace that .env names
	$(BIN)/ticketloop run

migrate: setup ## bring the database's tables up to date
	$(BIN)/ticketloop migrate

revision: setup ## write a migration for changed tables: make revision m="what changes"
	$(BIN)/alembic revision --autogenerate -m "$(m)"

lint: setup ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint ## everything that must hold, on SQLite and on a real PostgreSQL
	$(BIN)/pytest -n 6 --dist loadgroup  # on two cores: most tests wait for something

chaos: setup ## a long storm over the desk, on both databases: CHAOS_SEED=7 (some 20 minutes)
	CHAOS=long $(BIN)/pytest -s tests/chaos/test_storm.py
	$(BIN)/pytest --hypothesis-profile=chaos tests/core/test_queue_rules.py

bench: setup ## how near the limit it runs, beside a floor in the same run (some 25 minutes)
	$(BIN)/python -m tests.bench --write

fuzz: setup ## 5,000 odd requests to the REST API, on each database: make fuzz FUZZ_SEED=2
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) FUZZ_SEED=$(FUZZ_SEED) FUZZ_PHASES=examples,coverage,fuzzing \
	    $(BIN)/pytest -q tests/e2e/test_fuzz.py

load: setup ## 50 messages at once and a model of 5 s: how fast is the acknowledgement?
	$(BIN)/python -m tests.bench.load

pictures: setup ## the pictures in docs/pictures, taken anew from the demo (needs Chromium)
	$(BIN)/python -m tests.pictures
