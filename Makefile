# Everything that is typed here; `make` alone lists it.
#
# PYTHON=python3.12 chooses the interpreter, VENV=DIR the virtual environment,
# PYTEST_ARGS='-k election' goes to pytest; '-n 0 --pdb' where one process is wanted;
# BENCH_ARGS='--rounds 5 reads_256B_64c' to bench.compare.

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=

run := $(VENV)/bin/python -m
environment := PYTHON='$(PYTHON)' sh scripts/environment.sh '$(VENV)'

.DEFAULT_GOAL := help
.PHONY: help demo test images test-root test-boards test-gpio lint format coverage soak mutants bench \
    bench-quick wheel clean bench-environment demo-environment test-environment ansible-environment

board_packages := systemd-container mmdebstrap iproute2 openssh-client
pi_packages := qemu-system-arm qemu-user-static binfmt-support mmdebstrap device-tree-compiler \
    cpio kmod openssh-client
# With PYTEST_ARGS one of the two runs may have nothing to do, which pytest calls 5.
none_is_fine := $(if $(PYTEST_ARGS),test $$? -eq 5,false)
without_root := not soak and not root
MAKEFLAGS += --no-print-directory

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: demo-environment ## Run a live cluster of three nodes in this terminal
	@$(run) raftpi demo

test: lint ## Check style and types, then run the tests (not soak, not root)
	@$(run) pytest -m '$(without_root) and not alone' -n auto --dist worksteal $(PYTEST_ARGS) \
	    || $(none_is_fine)
	@$(run) pytest -m '$(without_root) and alone' $(PYTEST_ARGS) || $(none_is_fine)

test-root: test-environment ## (root) Run what else needs root
	@sh scripts/bench_packages.sh systemd
	@$(run) pytest -m 'root and not boards and not gpio and not soak' $(PYTEST_ARGS)

test-boards: test-environment ansible-environment wheel ## (root) Deploy to virtual boards, pull their cables
	@sh scripts/bench_packages.sh $(board_packages)
	@$(run) pytest -m 'boards and not gpio and not soak' $(PYTEST_ARGS) tests/boards

test-gpio: test-environment ansible-environment wheel ## (root) Drive the lamps of an emulated Pi
	@sh scripts/bench_packages.sh $(board_packages) $(pi_packages)
	@$(run) pytest -m 'gpio and not soak' $(PYTEST_ARGS) tests/gpio

images: test-environment ## (root) Build the boards' images, which the two targets above else do first
	@sh scripts/bench_packages.sh $(board_packages) $(pi_packages)
	@$(run) tests.boards.bench build
	@$(run) tests.gpio.emulated_pi build

lint: test-environment ## Check style, format and types
	@$(run) ruff check --quiet .
	@$(run) ruff format --check --quiet . \
	    || { echo 'Files are not in the house format: run `make format`.' >&2; exit 1; }
	@$(run) mypy --no-error-summary raftpi

format: test-environment ## Bring all files into the house format
	@$(run) ruff check --fix --quiet . || true
	@$(run) ruff format --quiet .

coverage: test-environment ## Run the tests and show what they do not reach
	@$(run) coverage erase
	@$(run) coverage run -m pytest -m '$(without_root)' $(PYTEST_ARGS)
	@$(run) coverage combine --quiet
	@$(run) coverage report

soak: test-environment ## Run the tests that take longer than CI has
	@$(run) pytest -m soak $(PYTEST_ARGS)

mutants: test-environment ## Put known bugs back in, one by one, and print what catches each
	@$(run) tests.mutants

bench: bench-environment ## (root, for slow cards) Measure beside etcd, PySyncObj and a floor: an hour
	@$(run) bench.compare $(BENCH_ARGS)
	@$(run) bench.plots
	@$(run) bench.report

bench-quick: bench-environment ## The two aims that matter most, in a minute
	@$(run) bench.quick

wheel: test-environment ## Build the wheel into dist/
	@$(run) pip -qq --disable-pip-version-check wheel --no-deps --wheel-dir dist .
	@ls -l dist/*.whl

clean: ## Remove all that the other targets made, the virtual environment too
	@rm -rf '$(VENV)' '$(VENV)-ansible' build dist raftpi.egg-info .coverage .coverage.* \
	    .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find raftpi tests -name __pycache__ -type d -prune -exec rm -rf {} +

bench-environment: test-environment
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check -e '.[bench]'
	@sh scripts/bench_peers.sh '$(VENV)/bin/python'

demo-environment:
	@$(environment) demo

ansible-environment: test-environment
	@PYTHON='$(VENV)/bin/python' sh scripts/ansible_environment.sh '$(VENV)-ansible'

test-environment:
	@$(environment) test
