#!/usr/bin/env bash
# Installs what is missing and runs all checks and tests: `deploy/test.sh [--with-models] [options of pytest]`.
# --with-models adds the tests that need PyTorch. As root or as an ordinary user with sudo.
# The benchmarks run apart: .venv/bin/pytest -m bench tests/bench -s
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

with_models=
if [ "${1:-}" = --with-models ]; then with_models=yes; shift; fi

system_packages "${base[@]}" "${libraries[@]}" "${services[@]}" "${typesetting[@]}" "${pictures[@]}" \
    "${browser[@]}" "${tracing[@]}"
python_packages demo dev
web_packages
web_app

check() { say "$*"; "$@"; }
check .venv/bin/ruff check .
check .venv/bin/ruff format --check .
check .venv/bin/mypy
check .venv/bin/lint-imports
check .venv/bin/python -m fieldwatch_shared.schema docs/contracts --check
check .venv/bin/python -m fieldwatch_cloud.api.openapi docs/contracts --check
say "web app: types, contract, tests"
(cd cloud/web && npm run --silent check && npm test --silent)
if [ -n "$with_models" ]; then
    models_packages
    check .venv-models/bin/pytest -m ultralytics tests
fi
# A test that fails has one more try, and both are told of at the end: docs/decisions/0049. After twenty that are
# broken nothing more is learnt.
check .venv/bin/pytest -m "not bench and not ultralytics" --reruns 1 -raR --maxfail 20 "$@"
