#!/usr/bin/env bash
# Makes the base images the generated Dockerfile names, under their real names, on a machine without a registry.
#
# What is already there is left alone; `docker pull` comes first where a registry answers. Needs root and
# debootstrap. Usage: tests/images/make-base.sh [PYTHON_VERSION]   (default: what Debian bookworm has, 3.11)
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

if ! get "$debian_image"; then
    command -v debootstrap >/dev/null || { echo "make-base.sh: debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/log" 2>&1 ||
        { tail -n 20 "$work/log" >&2; exit 1; }
    rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
    tar --numeric-owner -C "$work/root" -c . | docker import --change 'CMD ["bash"]' - "$debian_image" >/dev/null
fi

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

for image in "$debian_image" "$python_image" "$nginx_image"; do echo "have $image"; done
