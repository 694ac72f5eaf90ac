# `make` alone lists the targets. Steps are files with dependencies: unchanged inputs do nothing.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
FIRSTLINE_HOME ?= var
TICKETS ?= datasets/sample/tickets.jsonl.gz
ARTICLES ?= datasets/sample/articles
CANDIDATE ?= $(FIRSTLINE_HOME)/candidate
HOST ?= 127.0.0.1
PORT ?= 8000
export FIRSTLINE_HOME

.PHONY: help setup serve demo test check check-deep mutants lint types data snapshot doctor relabel train finetune evaluate report promote rollback index worker migrate keys lab test-lab bench gaps bench-gaps bench-relabel bench-index clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  \1\t/' | expand -t 14

setup: .venv/.ready var/sample/bundle/manifest.json var/sample/index/manifest.json ## build .venv, encoder, sample models and sample index

serve: setup ## start the service on HOST:PORT and print a line to try
	@$(BIN)/firstline serve --host $(HOST) --port $(PORT)

demo: setup ## start the service with an empty, temporary home: nothing is kept
	@FIRSTLINE_HOME=$$(mktemp -d) $(BIN)/firstline serve --host $(HOST) --port $(PORT)

test: setup ## run the tests
	@$(BIN)/pytest

check-deep: setup ## what takes an hour: hundreds of kills, random histories, outages, 20,000 desks minute by minute
	@$(BIN)/pytest -m deep

mutants: setup ## break what the promises hang on, one by one, and name the test that notices
	@$(BIN)/pytest -m deep -q -s tests/mutants

check: setup lint types test ## everything a commit must pass

lint: .venv/.ready ## ruff, import-linter, pydoclint
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache && $(BIN)/pydoclint -q triage retrieval training serving

types: .venv/.ready ## mypy --strict
	@$(BIN)/mypy

data: .venv/.ready ## fetch public data sets by URL and sha256, and convert them
	@$(BIN)/firstline-train data --out datasets/public

snapshot: .venv/.ready ## closed tickets of the running service, as training data
	@$(BIN)/firstline snapshot --out $(FIRSTLINE_HOME)/closed_tickets.jsonl.gz

doctor: setup ## what is wrong with TICKETS, what to do, and which tickets to label next
	@$(BIN)/firstline-train doctor --tickets $(TICKETS) --out $(FIRSTLINE_HOME)/care --encoder var/encoder/int8

gaps: setup ## what ARTICLES lack, from TICKETS: a page with topics, money and draft outlines
	@$(BIN)/firstline-train gaps --tickets $(TICKETS) --articles $(ARTICLES) --out $(FIRSTLINE_HOME)/gaps --encoder var/encoder/int8

relabel: setup ## rank the labels of TICKETS that are probably wrong or missing, with evidence
	@$(BIN)/firstline-train relabel --tickets $(TICKETS) --out $(FIRSTLINE_HOME)/care/queue.jsonl --encoder var/encoder/int8

train: setup ## refit on TICKETS into CANDIDATE (a bundle and its report)
	@$(BIN)/firstline-train fit --tickets $(TICKETS) --articles $(ARTICLES) --out $(CANDIDATE) --home $(FIRSTLINE_HOME) --encoder var/encoder/int8

finetune: lab setup ## adapt the encoder to TICKETS' labels (torch; GPU when there is one), compare, say if it wins
	@.venv-lab/bin/firstline-train finetune --tickets $(TICKETS) --articles $(ARTICLES) --out $(FIRSTLINE_HOME)/finetuned --home $(FIRSTLINE_HOME)

evaluate: .venv/.ready ## measure CANDIDATE on TICKETS
	@$(BIN)/firstline-train evaluate --bundle $(CANDIDATE) --tickets $(TICKETS) --json

report: .venv/.ready ## write CANDIDATE's report and say where it lies
	@$(BIN)/firstline-train report --bundle $(CANDIDATE)

promote: .venv/.ready ## make CANDIDATE the current bundle, if it passes the gates
	@$(BIN)/firstline-train promote --bundle $(CANDIDATE) --home $(FIRSTLINE_HOME)

rollback: .venv/.ready ## make the previous bundle current again
	@$(BIN)/firstline-train rollback --home $(FIRSTLINE_HOME)

index: .venv/.ready ## embed ARTICLES into FIRSTLINE_HOME/index
	@$(BIN)/firstline index --articles $(ARTICLES) --out $(FIRSTLINE_HOME)/index

worker: .venv/.ready ## run the job process alone
	@$(BIN)/firstline worker

migrate: .venv/.ready ## bring the database to the newest schema
	@$(BIN)/firstline migrate

lab: .venv-lab/.ready ## environment for fine-tuning and comparisons (torch; about 2 GB)

test-lab: lab setup ## tests that need the lab: parity with sentence-transformers
	@.venv-lab/bin/python -m pytest -m lab

bench: lab setup bench-index ## ratios side by side in one run: ours against the naive service; tables and plots
	@.venv-lab/bin/python -m tests.benchmarks.run --out var/bench

bench-index: .venv/.ready ## vector indexes by kind and size; a question to ever larger knowledge bases (million passages: see docs/answers.md)
	@$(BIN)/python -m tests.benchmarks.vector_index --out var/bench && $(BIN)/python -m tests.benchmarks.large_knowledge_base --out var/bench

bench-gaps: setup ## take 20 of ARTICLES away, five times: are exactly their topics found missing?
	@$(BIN)/firstline-train gaps --tickets $(TICKETS) --articles $(ARTICLES) --knock-out 20 --trials 5 --encoder var/encoder/int8

bench-relabel: setup ## wrong labels injected into the sample: how well relabel's queue finds them, and what that wins
	@$(BIN)/python -m tests.benchmarks.relabel --tickets datasets/sample/tickets.jsonl.gz --planted datasets/sample/planted.tsv --encoder var/encoder/int8

clean: ## remove the environments and everything built (keeps FIRSTLINE_HOME's tickets)
	@rm -rf .venv .venv-lab var/sample var/encoder build *.egg-info

# ---- files -------------------------------------------------------------------------------------------------------------

.venv/.ready: requirements/develop.txt requirements/encoder.txt pyproject.toml
	@echo "[1/4] environment in .venv (about a minute the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Firstline needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements/develop.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps -r requirements/encoder.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

# Built anew when the code that says what they look like has changed.
var/encoder/int8/model.onnx: .venv/.ready training/encoder/bert_graph.py training/encoder/graph_pools.py
	@echo "[2/4] encoder: all-MiniLM-L6-v2 to ONNX, fp32 and int8"
	@$(BIN)/firstline-train encoder --out var/encoder && touch $@

var/sample/bundle/manifest.json: var/encoder/int8/model.onnx datasets/sample/tickets.jsonl.gz triage/model/bundle_files.py
	@echo "[3/4] sample models"
	@rm -rf var/sample/bundle && $(BIN)/firstline-train fit --tickets datasets/sample/tickets.jsonl.gz --articles datasets/sample/articles --out var/sample/bundle --home var

var/sample/index/manifest.json: var/encoder/int8/model.onnx $(wildcard datasets/sample/articles/*) retrieval/index/files.py
	@echo "[4/4] sample index"
	@$(BIN)/firstline index --articles datasets/sample/articles --out var/sample/index --encoder var/encoder/int8

.venv-lab/.ready: requirements/lab.txt requirements/develop.txt
	@test -x .venv-lab/bin/python || $(PYTHON) -m venv .venv-lab
	@.venv-lab/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/develop.txt
	@.venv-lab/bin/python -m pip install --disable-pip-version-check -r requirements/lab.txt
	@.venv-lab/bin/python -m pip install --disable-pip-version-check --quiet --no-deps -r requirements/encoder.txt
	@.venv-lab/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@
