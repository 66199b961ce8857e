# Every command of the project. `make` alone lists them.
#   PYTHON   the interpreter to build on, 3.11 or newer     make PYTHON=python3.13 test
#   PORT, DATA, PARAMETERS, ...                              see `make run` in README.md

PYTHON ?= python3
BIN    := .local/venv/bin
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help run demo token cli docs openapi test test-slow test-deep drill mutants test-deploy lint format check bench bench-quick clean programs \
        install-run install-dev install-lint install-cli install-docs install-all

# what would let our interpreters find other modules, or drop assertions; files are UTF-8, whatever the locale says
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONOPTIMIZE PYTHONINSPECT PYTHONIOENCODING
export PYTHONUTF8 := 1

help:          ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install-run   ## serve the API at http://localhost:3000 (PORT=, DATA=, PARAMETERS="Name=value ...")
	@exec $(BIN)/python -m local.serve

demo: install-run  ## fill the running `make run` with some dozens of invented people (API_KEY= if it needs one)
	@$(BIN)/python -m local.demo

token: install-run  ## print a token of the running `make run` (WHO=person, admin or machine)
	@exec $(BIN)/python -m local.token $(WHO)

cli: install-cli  ## install the command line `users`, and say how to call it
	@echo "cli: installed; call .local/cli/bin/users, or put it on your path: export PATH=\"$$PWD/.local/cli/bin:\$$PATH\""

docs: install-docs  ## build the documentation site into site/
	@$(BIN)/python -m tools.docs_site .local/pages
	@NO_MKDOCS_2_WARNING=1 .local/docs/bin/mkdocs build --strict --quiet $(ARGS)
	@echo "docs: built; see it at http://localhost:8000 with: $(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8000"

openapi: install-run  ## generate api-gateway.yaml from openapi.yaml
	@$(BIN)/python -m tools.openapi --write

test: install-all  ## run the tests, all but the slow ones and the long forms (ARGS="-k name")
	@echo "test: running the tests"
	@$(BIN)/python -m pytest -n 2 --dist loadfile --ignore=tests/deployed $(ARGS)

test-slow: install-all  ## run the tests that take long: wrong versions, bursts, restarts, the installation
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "slow and not deep" $(ARGS)

test-deep: install-all  ## run the long forms of the proofs
	@$(BIN)/python -m pytest -m deep -s $(ARGS)

drill: install-all  ## practise a disaster here and print its figures (OF=restore, failover or release)
	@$(BIN)/python -m tests.drills $(OF)

mutants: install-dev  ## break the rules that matter in every small way and see each break noticed (half an hour)
	@rm -rf mutants && $(BIN)/mutmut run $(ARGS) >mutants.log 2>&1; $(BIN)/python -m tests.proofs.mutants

test-deploy: install-all  ## deploy with the SAM CLI onto an emulated AWS and prove it there
	@$(BIN)/python -m pytest tests/deployed $(ARGS)

lint: install-lint  ## check style, types, shell, the contract, templates, workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/shellcheck deploy.sh test-api.sh cleanup.sh .ci/run
	@$(BIN)/python -m tools.openapi --check
	@$(BIN)/python -m tools.openapi.breaking >/dev/null
	@said=$$(REDOCLY_SUPPRESS_UPDATE_NOTICE=1 .local/node/bin/redocly lint --config tests/template/redocly.yaml \
	  openapi.yaml 2>&1) || { echo "$$said"; exit 1; }
	@.local/node/bin/spectral lint --ruleset tests/template/spectral.yaml --fail-severity hint --quiet openapi.yaml
	@$(BIN)/cfn-lint template.yaml infra/*.yaml
	@$(BIN)/zizmor --offline --quiet .github
	@echo "lint: no findings"

format: install-dev  ## rewrite the code in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

check: lint test test-slow test-deploy  ## what CI runs

bench: install-run  ## measure against every peer and write the pages (20 minutes, idle machine)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quick: install-run  ## the peers with few repetitions, only to look at
	@$(BIN)/python -m benchmarks quick

clean:         ## remove what was installed or built, and the local data
	rm -rf .local .aws-sam site mutants mutants.log .pytest_cache .mypy_cache .ruff_cache .hypothesis

programs:      ## install the programs that some tests call, with apt-get; asks first (YES=1: does not)
	@$(PYTHON) tools/programs.py

install-run:   ## install what `make run` needs, under .local/, as all the following
	@$(PYTHON) tools/install.py run

install-dev:   ## install what `make format` needs
	@$(PYTHON) tools/install.py dev

install-lint:  ## install what `make lint` needs
	@$(PYTHON) tools/install.py dev node

install-cli:   ## install what `make cli` needs
	@$(PYTHON) tools/install.py cli

install-docs:  ## install what `make docs` needs
	@$(PYTHON) tools/install.py docs

install-all:   ## install what `make test` needs
	@$(PYTHON) tools/install.py run dev node sam static cli docs
