# The only entry points, for people and for CI alike. `make help` lists them.
#
# Every target first installs what is missing (tools/need); a step that is satisfied costs nothing.
# Which Python is built for: PYO3_PYTHON=/path/to/python3 make …, or the newest found (tools/python list).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.SILENT:

env := source tools/env
cargo := $(env); choose_python; cargo

.PHONY: help
help: ## Show this list
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- use ------------------------------------------------------------------------------------------

.PHONY: demo
demo: ## Run a Django site behind nginx on this machine; CHECK=1 asks it for pages and ends
	tools/need cc rust python nginx
	tools/demo

.PHONY: build
build: ## Build target/release/ruwsgi, optimised, for the newest Python found
	tools/need cc rust python
	$(cargo) build --locked --release
	echo "target/release/ruwsgi (Python $$(version_of "$$PYO3_PYTHON"))"

.PHONY: profiled
profiled: ## Build target/profiled/release/ruwsgi, laid out by how the benchmarks run it; some 20 minutes the first time
	tools/need cc rust python nginx wrk libev peers
	tools/profiled cargo build --locked --release

.PHONY: wheel
wheel: ## Build dist/ruwsgi-*.whl: `pip install dist/*.whl` gives the command `ruwsgi`; PROFILED=1 as in `make profiled`
	tools/need cc rust python lint $(if $(PROFILED),nginx wrk libev peers)
	$(env); choose_python
	$(if $(PROFILED),tools/profiled) maturin build --locked --release --interpreter "$$PYO3_PYTHON" --out dist

.PHONY: images
images: ## Build the image ruwsgi:VERSION-pythonX.Y for PYTHON=3.13; WHEEL=given takes the wheel of `make wheel` instead of compiling
	PYTHON_VERSION=$(or $(PYTHON),3.13) WHEEL=$(or $(WHEEL),compiled) tools/images

# ---- judge ----------------------------------------------------------------------------------------

.PHONY: test
test: ## Run all tests with the newest and the oldest Python found
	tools/need cc rust nextest python nginx openssl lint venvs
	tools/test

.PHONY: fuzz
fuzz: ## Fuzz the readers, SECONDS each (60); needs a nightly compiler and cargo-fuzz
	tools/need cc rust
	tools/fuzz $${SECONDS_EACH:-60}

.PHONY: bench
bench: ## Compare with other servers: docs/benchmarks.md; QUICK=1, ONLY="hello:keepalive …", ROUNDS=3, SECONDS_EACH=2
	tools/need cc rust python nginx wrk libev peers
	tools/bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS_EACH),--seconds $(SECONDS_EACH))

.PHONY: judge
judge: ## Let the programs they are for judge the files that are rendered for tests/fixtures/deploy; have a certificate issued
	tools/need cc rust python nginx openssl lint venvs judges
	$(env); choose_python; cargo build --quiet --locked
	"$$tools/judges/bin/python" -I tools/judge.py
	"$$tools/judges/bin/python" -I tools/acme.py

.PHONY: e2e
e2e: ## Run the reference site in containers: logins, restarts, kills and rolls under load, the pod; needs Docker
	tools/need cc rust python lint
	tools/e2e $(if $(ONLY),--only $(ONLY))

.PHONY: check
check: lint judge ## Everything CI asks for: make lint, make judge, then tests and make e2e if this very tree has not passed them yet
	tools/need cc rust nextest python nginx openssl lint venvs
	tools/test --unless-passed
	tools/e2e --unless-passed

.PHONY: lint
lint: format-check clippy docs plain deny spelling links ## All checks that run no test

.PHONY: format
format: ## Format the source
	tools/need rust fmt
	$(env); cargo fmt

.PHONY: format-check
format-check:
	tools/need rust fmt
	$(env); say "format"; cargo fmt --check

.PHONY: clippy
clippy: ## Run clippy over every combination of features
	tools/need cc rust clippy python
	$(env); choose_python
	for features in --no-default-features "--no-default-features --features deploy" \
	    "--no-default-features --features python"; do
	    say "clippy $$features"
	    cargo clippy --quiet --locked $$features -- -D warnings
	done
	say "clippy, with tests"
	cargo clippy --quiet --locked --all-targets -- -D warnings

.PHONY: docs
docs: ## Build the documentation of the source; a broken link is an error
	tools/need cc rust python
	$(env); say "docs"
	export RUSTDOCFLAGS="-D warnings"
	choose_python; cargo doc --quiet --locked --no-deps --document-private-items --lib
	"$$PYO3_PYTHON" benches/bench.py --check

.PHONY: plain
plain: ## Build without Python and prove that no libpython is linked
	tools/need cc rust
	$(env); say "a build without Python links no libpython"
	CARGO_TARGET_DIR=target/other cargo build --quiet --locked --no-default-features
	if ldd target/other/debug/ruwsgi | grep -i python; then die "libpython is linked"; fi

.PHONY: deny
deny: ## Judge the dependencies: licences, bans, sources, advisories, unused ones
	tools/need cc rust deny machete
	$(env); say "dependencies"
	cargo machete >/dev/null || { cargo machete; exit 1; }
	cargo deny --log-level error --all-features check bans licenses sources
	tools/advisories

.PHONY: spelling
spelling: ## Look for typing errors
	tools/need python lint
	$(env); say "spelling"; typos

.PHONY: links
links: ## Check that relative links in Markdown files lead somewhere
	tools/need python lint
	$(env); say "links"; "$$tools/lint/bin/python" -I tools/links.py

# ---- the rest -------------------------------------------------------------------------------------

.PHONY: need
need: ## Install everything that any target needs
	tools/need cc rust fmt clippy nextest deny machete python nginx openssl lint venvs judges

.PHONY: clean
clean: ## Remove what was built (the tools stay; they are in .tools)
	rm -rf target dist
