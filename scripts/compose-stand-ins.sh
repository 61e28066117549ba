#!/usr/bin/env bash
# Makes local stand-ins for the base images of Dockerfile and docker-compose.yml, for machines that
# run a Docker engine but cannot pull images: Debian by debootstrap, with this machine's own node
# and npm in one and Debian's redis-server in the other. Good enough for `npm run test:compose`;
# wherever images can be pulled, nothing of this is needed.
#
# usage: scripts/compose-stand-ins.sh [remove]
#
# Needs root, debootstrap, node, npm and an engine that answers `docker info`. An engine without a
# service manager, which leaves this machine's firewall and routing alone, is for example:
#
#   dir=$(mktemp -d)
#   dockerd --host "unix://$dir/docker.sock" --pidfile "$dir/pid" --data-root "$dir/data" \
#     --exec-root "$dir/exec" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false &
#   export DOCKER_HOST="unix://$dir/docker.sock"
#
# Its containers reach nothing outside, so the test builds the image on the host's network; npm in
# the stand-in asks the registry that npm on this machine asks, and trusts the same certificates.
# An image that was really pulled is never touched: stand-ins carry the label ccro.stand-in.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=bookworm
label=ccro.stand-in
node_image=$(sed -n 's/^FROM \(node:[^ ]*\).*/\1/p' Dockerfile | head -1)
redis_image=$(sed -n 's/^ *image: \(redis:[^ ]*\)$/\1/p' docker-compose.yml | head -1)

is_present() { docker image inspect "$1" >/dev/null 2>&1; }
is_stand_in() { [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1")" = true ]; }

# make_rootfs DIRECTORY [PACKAGES]: a minimal Debian, from the mirror that apt uses here
make_rootfs() {
  local mirror
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' | head -1)
  debootstrap --variant=minbase --cache-dir="$work/cache" ${2:+"--include=$2"} \
    "$suite" "$1" "$mirror" >"$work/debootstrap.log" || {
    tail -n 20 "$work/debootstrap.log" >&2
    return 1
  }
  rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale}/*
}

# import_image DIRECTORY NAME [CHANGES]
import_image() {
  local root=$1 name=$2 change changes=()
  shift 2
  for change in "LABEL $label=true" "$@"; do changes+=(--change "$change"); done
  tar --create --one-file-system --numeric-owner --directory "$root" . |
    docker import "${changes[@]}" - "$name" >/dev/null
}

make_node() {
  local root=$work/node certificates=/etc/ssl/certs/ca-certificates.crt npm_root
  make_rootfs "$root"
  chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash node
  install -m 755 "$(node -p process.execPath)" "$root/usr/local/bin/node"
  npm_root=$(npm root --global)/npm
  mkdir -p "$root/usr/local/lib/node_modules" "$root/usr/local/etc" "$root$(dirname "$certificates")"
  cp -rL "$npm_root" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  {
    echo "registry=$(npm config get registry)"
    if [ -e "$certificates" ]; then
      cp -L "$certificates" "$root$certificates"
      echo "cafile=$certificates"
    fi
  } >"$root/usr/local/etc/npmrc"
  import_image "$root" "$1" 'CMD ["node"]'
}

make_redis() {
  local root=$work/redis
  make_rootfs "$root" redis-server
  # As the real image's entrypoint does: the volume is redis's, and so is the process.
  cat >"$root/usr/local/bin/docker-entrypoint.sh" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  chown -R redis:redis /data
  exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
fi
exec "$@"
EOF
  chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"
  mkdir -p "$root/data"
  import_image "$root" "$1" 'VOLUME /data' 'WORKDIR /data' 'EXPOSE 6379' \
    'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["redis-server"]'
}

remove() {
  local image
  for image in "$node_image" "$redis_image"; do
    if is_present "$image" && is_stand_in "$image"; then docker image rm "$image"; fi
  done
}

make() {
  local name=$1 image=$2
  if is_present "$image"; then
    echo "$image: already there"
  else
    "make_$name" "$image"
    echo "$image: stand-in made"
  fi
}

docker info >/dev/null
case "${1:-make}" in
  remove) remove ;;
  make)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/cache"
    make node "$node_image"
    make redis "$redis_image"
    ;;
  *)
    echo "usage: $0 [remove]" >&2
    exit 2
    ;;
esac
