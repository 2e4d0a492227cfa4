#!/usr/bin/env bash
# Makes the base images the generated Dockerfile names, under their real names, on a machine without a registry.
#
# What is already there is left alone; `docker pull` comes first where a registry answers. Needs root and
# debootstrap. Usage: tests/images/make-base.sh [PYTHON_VERSION]   (default: what Debian bookworm has, 3.11)
#
# They are not the official images, only what the rendered files need of them: Debian's own programs (nginx:1.28 has
# bookworm's 1.22, postgres:17 and redis:8.0 trixie's), without their documentation and extensions, and larger, as
# Debian's base is not as slim as Docker's. postgres:17 and redis:8.0 have their users (999), their folders, the
# POSTGRES_* variables and the switched-off protected mode; of docker-entrypoint.sh's other features, none.
# With SERVICES=1 these two are made too.
set -euo pipefail

python_version=${1:-3.11}
nginx_image=${NGINX_IMAGE:-nginx:1.28}
debian_image=debian:bookworm-slim
python_image=python:${python_version}-slim-bookworm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

have() { docker image inspect "$1" >/dev/null 2>&1; }
get() { have "$1" || timeout 20 docker pull --quiet "$1" >/dev/null 2>&1; }

# The certificates this machine trusts, so that containers reach package mirrors through the same network.
certificates() {
    mkdir -p "$1"
    cp /etc/ssl/certs/ca-certificates.crt "$1/ca-certificates.crt"
}

# A release of Debian as an image.
debian() {
    local release=$1 image=$2 folder=$work/$1
    get "$image" && return
    command -v debootstrap >/dev/null || { echo "make-base.sh: debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
    debootstrap --variant=minbase --include=ca-certificates "$release" "$folder" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/log" 2>&1 ||
        { tail -n 20 "$work/log" >&2; exit 1; }
    rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
    tar --numeric-owner -C "$folder" -c . | docker import --change 'CMD ["bash"]' - "$image" >/dev/null
    rm -rf "$folder"
}

debian bookworm "$debian_image"

if ! get "$python_image"; then
    [ "$python_version" = 3.11 ] || { echo "make-base.sh: Debian bookworm has Python 3.11 only, not $python_version" >&2; exit 1; }
    certificates "$work/python"
    cat >"$work/python/Dockerfile" <<DOCKERFILE
FROM $debian_image
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv python3-pip libpython3.11 \\
    && rm -rf /var/lib/apt/lists/* /usr/lib/python3.11/EXTERNALLY-MANAGED \\
    && for name in python python3 python3.11; do ln -s /usr/bin/python3.11 /usr/local/bin/\$name; done
CMD ["python3"]
DOCKERFILE
    docker build --quiet --tag "$python_image" "$work/python" >/dev/null
fi

if ! get "$nginx_image"; then
    certificates "$work/nginx"
    cat >"$work/nginx/Dockerfile" <<DOCKERFILE
FROM $debian_image
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light curl && rm -rf /var/lib/apt/lists/* \\
    && printf 'server { listen 80; server_name localhost; }\\n' >/etc/nginx/conf.d/default.conf
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
DOCKERFILE
    docker build --quiet --tag "$nginx_image" "$work/nginx" >/dev/null
fi

images=("$debian_image" "$python_image" "$nginx_image")
if [ "${SERVICES:-}" = 1 ]; then
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    for image in postgres:17 redis:8.0; do
        images+=("$image")
        get "$image" && continue
        debian trixie debian:trixie-slim
        folder=$work/${image%:*}
        cp -R "$here/${image%:*}" "$folder"
        certificates "$folder"
        docker build --quiet --tag "$image" "$folder" >/dev/null
    done
fi

for image in "${images[@]}"; do echo "have $image"; done
