#!/usr/bin/env bash
# Puts `docker compose` (version 2) and `docker buildx` into a folder, for machines whose Docker lacks them.
#
# Usage: docker-plugins.sh FOLDER, then DOCKER_CONFIG=FOLDER docker compose version
set -euo pipefail

folder=$(mkdir -p "${1:?a folder}" && cd "$1" && pwd)
[ -x "$folder/cli-plugins/docker-compose" ] && [ -x "$folder/cli-plugins/docker-buildx" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../../tools/trixie" "$work" docker-compose docker-buildx
mkdir -p "$folder/cli-plugins"
install -m 0755 "$work"/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$folder/cli-plugins/"
