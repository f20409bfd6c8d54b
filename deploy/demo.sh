#!/usr/bin/env bash
# Installs what is missing and runs the demo: `deploy/demo.sh [options of fieldwatch demo]`.
# As root or as an ordinary user with sudo; the second time it starts in seconds.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

system_packages "${base[@]}" "${libraries[@]}" "${services[@]}" "${typesetting[@]}" "${pictures[@]}"
python_packages demo
web_app
say "starting: .venv/bin/fieldwatch demo $*"
exec .venv/bin/fieldwatch demo "$@"
