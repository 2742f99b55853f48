#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_deb.sh [PICTURE.png]: installs the packages that deb.sh made in a fresh Debian 12 root and opens a checkpoint there, in
# the terminal, by two processes of MPI and in the window; PICTURE is what the window shows. Where LibTorch is installed on
# this machine, a load test too. As root, with debootstrap, Xvfb, xdotool and, for the picture, ImageMagick; fetches some 200 MB
# from this machine's own Debian mirror.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=$here/../build/release/packages
picture=${1:-}

[ "$(id -u)" -eq 0 ] || { echo "plimsoll: a fresh root is made as root" >&2; exit 1; }
for tool in debootstrap Xvfb xdotool ${picture:+import}; do
  command -v "$tool" >/dev/null || { echo "plimsoll: $tool is missing" >&2; exit 1; }
done
ls "$packages"/plimsoll-cli_*.deb "$packages"/plimsoll-mpi_*.deb "$packages"/plimsoll_*.deb >/dev/null || { echo "plimsoll: packaging/deb.sh first" >&2; exit 1; }

# Mounts end with this name space, whatever happens.
if [ "${PLIMSOLL_UNSHARED:-}" != yes ]; then
  PLIMSOLL_UNSHARED=yes exec unshare --mount -- "$here/check_deb.sh" "$@"
fi
root=$(mktemp -d --tmpdir plimsoll-root.XXXXXX)
display=97
server= window=
finish() {
  for started in $window $server; do kill "$started" 2>/dev/null || true; done
  wait
  for place in opt/torch tmp/.X11-unix dev proc; do
    ! mountpoint -q "$root/$place" || umount --recursive "$root/$place" || true
  done
  # Nothing of this machine may still lie below what is removed.
  if grep -qF " $root/" /proc/self/mounts; then echo "plimsoll: left as it is: $root" >&2; else rm -rf "$root"; fi
}
trap finish EXIT

cache=${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll/debian-12
mkdir -p "$cache"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 'Component: main' | head -n 1)
echo "Making a Debian 12 root"
debootstrap --variant=minbase --cache-dir="$cache" bookworm "$root" "$mirror" >"$cache/debootstrap.log" || {
  tail -n 20 "$cache/debootstrap.log" >&2
  exit 1
}
mount --bind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix" 2>/dev/null || { mkdir -p /tmp/.X11-unix; mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"; }
cp "$packages"/plimsoll*.deb "$root/tmp"
cp /etc/resolv.conf "$root/etc/resolv.conf"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
echo "Installing plimsoll and plimsoll-cli"
inside sh -c 'apt-get -qq update && apt-get -qq install --no-install-recommends -y /tmp/plimsoll_*.deb /tmp/plimsoll-cli_*.deb' >"$cache/install.log" 2>&1 || {
  tail -n 20 "$cache/install.log" >&2
  exit 1
}
inside plimsoll-cli sample linear10 /tmp/linear10.pth --progress none
inside plimsoll-cli inspect /tmp/linear10.pth --summary
# Without the loader's package load tests say what to do.
message=$(inside plimsoll-cli load /tmp/linear10.pth --strategy streamed 2>&1) || true
[[ $message == *"install the package plimsoll-loader"* ]] || { echo "plimsoll: load says: $message" >&2; exit 1; }

# Nor do conversions by several processes, without the package for them.
ranks() { inside OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -np 2 "$@"; }
shards=(plimsoll-cli convert /tmp/linear10.pth /tmp/shards --to safetensors --shards 4 --verify --progress none)
message=$(inside PMIX_RANK=0 "${shards[@]}" 2>&1) || true
[[ $message == *"install the package plimsoll-mpi"* ]] || { echo "plimsoll: convert says: $message" >&2; exit 1; }
echo "Installing plimsoll-mpi"
inside sh -c 'apt-get -qq install --no-install-recommends -y /tmp/plimsoll-mpi_*.deb openmpi-bin' >"$cache/install.log" 2>&1 || {
  tail -n 20 "$cache/install.log" >&2
  exit 1
}
message=$(ranks "${shards[@]}" 2>&1)
[[ $message == *"2 of 2 ranks have worked"* ]] || { echo "plimsoll: convert says: $message" >&2; exit 1; }

Xvfb ":$display" -screen 0 1280x800x24 >/dev/null 2>&1 &
server=$!
export DISPLAY=":$display"
# Not by inside(): what is in the background must be the program itself, to be ended by its number.
chroot "$root" env -i PATH=/usr/bin:/bin HOME=/home LANG=C.UTF-8 DISPLAY="$DISPLAY" plimsoll /tmp/linear10.pth \
  >"$cache/window.log" 2>&1 &
window=$!
for _ in $(seq 50); do
  xdotool search --name '^linear10\.pth' >/dev/null 2>&1 && break
  sleep 0.2
done
if ! xdotool search --name '^linear10\.pth' >/dev/null; then
  cat "$cache/window.log" >&2
  echo "plimsoll: the installed window did not open the checkpoint" >&2
  exit 1
fi
[ -z "$picture" ] || import -window root "$picture"

torch=$("$here/install_torch.sh" --where)
if [ -e "$root"/tmp/plimsoll-loader_*.deb ] && [ -e "$torch/.complete" ]; then
  echo "Installing plimsoll-loader"
  inside sh -c 'apt-get -qq install --no-install-recommends -y /tmp/plimsoll-loader_*.deb' >"$cache/install.log" 2>&1 || {
    tail -n 20 "$cache/install.log" >&2
    exit 1
  }
  message=$(inside plimsoll-cli load /tmp/linear10.pth --strategy streamed 2>&1) || true
  [[ $message == *"plimsoll-install-torch fetches it"* ]] || { echo "plimsoll: load says: $message" >&2; exit 1; }
  # This machine's LibTorch, for reading only, in place of another download.
  mkdir -p "$root/opt/torch"
  mount --bind "$torch" "$root/opt/torch"
  mount -o remount,bind,ro "$root/opt/torch"
  inside PLIMSOLL_TORCH=/opt/torch plimsoll-cli load /tmp/linear10.pth --strategy streamed
else
  echo "No load test: there is no package of the loader, or no LibTorch"
fi
echo "The installed programs open a checkpoint in a clean Debian 12"
