#!/usr/bin/env bash
# Puts `docker compose` (version 2) and `docker buildx` into a folder, for machines whose Docker lacks them.
#
# From Debian 13, by apt with its own lists, so nothing is installed. Usage: docker-plugins.sh FOLDER,
# then DOCKER_CONFIG=FOLDER docker compose version
set -euo pipefail

folder=$(mkdir -p "${1:?a folder}" && cd "$1" && pwd)
[ -x "$folder/cli-plugins/docker-compose" ] && [ -x "$folder/cli-plugins/docker-buildx" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,deb} "$folder/cli-plugins"
touch "$work/status"
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
    -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work/deb" && "${apt[@]}" download docker-compose docker-buildx)
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$work/root"; done
install -m 0755 "$work"/root/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$folder/cli-plugins/"
