# Each target does its own set-up. Every line calls the ecosystem's own tools, so you can run those by hand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEV    := $(VENV)/.dev
CLIENTS := $(VENV)/.clients
AI_SDK := tests/clients/ai_sdk/node_modules/.package-lock.json
AGENTS := build/clients
# agents on Node, and the Node that they need; the quick ones are in `make test`
QUICK_AGENTS := $(patsubst %,$(AGENTS)/%/node_modules/.package-lock.json,node24 codex continue pi)
MORE_AGENTS := $(patsubst %,$(AGENTS)/%/node_modules/.package-lock.json,claude cline openclaw opencode qwen)
PYTHON_AGENTS := $(AGENTS)/aider/.installed $(AGENTS)/llm/.installed
RUN    := $(VENV)/.run
NODE   := web/node_modules/.package-lock.json
PAGE   := src/unsloth_studio/studio_page/index.html
PAGE_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/dev/compressed.ts web/dev/licences.ts -type f 2>/dev/null)
TRAIN  := .venv-demo/bin/python
PEERS  := .venv-peers/.installed

.DEFAULT_GOAL := help
.PHONY: help setup sandbox-tool chromium page-if-node run test fmt lint types unit e2e clients soak soak-load bench bench-peers web web-test e2e-web screenshots demo-model demo-eval lock clean

help:  ## Show this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || (apt-get update && apt-get install -y --no-install-recommends python3-venv && $(PYTHON) -m venv $(VENV))

$(RUN): $(BIN)/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(RUN) requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(CLIENTS): $(DEV) requirements/clients.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@touch $@

sandbox-tool:  # what the sandbox is made with, for the tests
	@command -v bwrap >/dev/null || (apt-get update && apt-get install -y --no-install-recommends bubblewrap util-linux)

$(AI_SDK): tests/clients/ai_sdk/package-lock.json
	npm ci --prefix tests/clients/ai_sdk --no-audit --no-fund --ignore-scripts
	@touch $@

# `npm ci` refuses the lock of qwen, whose builds for other systems are not in the registry
$(AGENTS)/%/node_modules/.package-lock.json: tests/clients/npm/%/package.json tests/clients/npm/%/package-lock.json
	mkdir -p $(AGENTS)/$*
	cp $^ $(AGENTS)/$*
	npm $(if $(filter qwen,$*),install,ci) --prefix $(AGENTS)/$* --no-audit --no-fund --ignore-scripts --loglevel error
	@touch $@

$(AGENTS)/%/.installed: requirements/%.txt
	$(PYTHON) -m venv $(AGENTS)/$*
	$(AGENTS)/$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(NODE): web/package-lock.json
	npm ci --prefix web --no-audit --no-fund --ignore-scripts
	@touch $@

$(PAGE): $(NODE) $(PAGE_SOURCES)
	npm run --prefix web --silent build -- --logLevel warn
	@touch $@

chromium:  # what the page is tested in
	@command -v chromium >/dev/null || (apt-get update && apt-get install -y --no-install-recommends chromium)

setup: $(RUN)  ## Create .venv with what running needs (run and test do this by themselves)

# Without Node the server runs all the same, and its page says how to build it.
page-if-node:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web; else echo "No Node here: the Studio page is not built."; fi

run: $(RUN) page-if-node  ## Serve the built-in demo model; ARGS="--model my.gguf -p 9000" adds options
	$(BIN)/unsloth run $(ARGS)

test: $(CLIENTS) lint types unit web-test e2e e2e-web  ## Everything CI runs: format check, lint, types, unit, end-to-end, the page

fmt: $(DEV)  ## Format the code
	$(BIN)/ruff format src tests bench demo
	$(BIN)/ruff check --fix src tests bench demo

lint: $(DEV)  ## Check format, lint and the dependency picture
	$(BIN)/ruff format --check src tests bench demo
	$(BIN)/ruff check src tests bench demo
	$(BIN)/lint-imports --no-cache

types: $(CLIENTS)  ## Check types (pyright strict)
	$(BIN)/pyright

unit: $(CLIENTS) sandbox-tool  ## Fast tests: no engine
	$(BIN)/pytest -q -m "not e2e and not soak and not clients"

e2e: $(CLIENTS) $(QUICK_AGENTS) sandbox-tool  ## Real engine, real server, official SDKs, agent frameworks, three agents
	$(BIN)/pytest -q -m "e2e and not soak and not clients"

clients: $(CLIENTS) $(AI_SDK) $(QUICK_AGENTS) $(MORE_AGENTS) $(PYTHON_AGENTS)  ## Everything that talks to us, agents of others too: 3 GB in build/clients
	$(BIN)/pytest -q tests/clients

web: $(PAGE)  ## Build the Studio page (needs Node 20.19 or later)

web-test: $(NODE)  ## The page's format, lint, types and unit tests
	npm run --prefix web --silent lint
	npm run --prefix web --silent types
	npm run --prefix web --silent test

e2e-web: $(DEV) $(PAGE) chromium  ## Journeys through the page, in a headless browser against a real server
	npm run --prefix web --silent e2e

screenshots: $(RUN) $(PAGE) chromium  ## Take the pictures in docs/screenshots again
	npm run --prefix web --silent screenshots
	$(BIN)/python web/e2e/screenshots/shrink.py docs/screenshots

soak: $(DEV)  ## Long fault and load runs (not part of test)
	$(BIN)/pytest -q -m soak

soak-load: $(DEV) sandbox-tool  ## Half an hour of mixed load: nothing breaks, grows or stays behind; ARGS="--minutes 3" for less
	$(BIN)/python -m bench.mixed $(ARGS)

bench: $(DEV)  ## Measure the gateway against direct access to a fast fake engine
	$(BIN)/python -m bench

$(PEERS): requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

bench-peers: $(DEV) $(PEERS)  ## Measure LiteLLM's proxy beside it, in one run: 750 MB in .venv-peers
	$(BIN)/python -m bench.peers $(ARGS)

$(TRAIN):
	$(PYTHON) -m venv .venv-demo
	$(TRAIN) -m pip install --quiet --disable-pip-version-check "torch>=2.9,<3" "numpy>=2.4,<3" "gguf>=0.19,<1"

demo-model: $(DEV) $(TRAIN)  ## Make the demo model again, from nothing: about an hour on two cores, minutes on a GPU
	$(BIN)/python -m demo tokenizer
	nice -n 19 $(TRAIN) -m demo train
	$(TRAIN) -m demo export
	$(BIN)/python -m demo evaluate --write src/unsloth_studio/demo_model

demo-eval: $(DEV)  ## Ask the demo model more than 1,000 new questions and print its scores
	$(BIN)/python -m demo evaluate --show 3 --write src/unsloth_studio/demo_model

lock: $(BIN)/python  ## Pin and hash requirements again from pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 requirements/run.in pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --group dev -c requirements/run.txt -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --group clients -c requirements/run.txt -c requirements/dev.txt -o requirements/clients.txt
	for agent in aider llm peers; do $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 requirements/$$agent.in -o requirements/$$agent.txt; done

clean:  ## Remove what the targets made
	rm -rf $(VENV) .venv-demo .venv-peers build tests/clients/ai_sdk/node_modules web/node_modules src/unsloth_studio/studio_page dist .pytest_cache .ruff_cache .hypothesis
