#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# setup.sh [--without-torch] [--with-mpi] [--with-tests] [--with-fuzz]: installs what a build on Debian 12 needs and is not there yet.
# As root, or as a user who may sudo. With nothing missing it asks no network and takes a fraction of a second.
set -euo pipefail

with_torch=1
with_tests=0
packages=(
  build-essential cmake ninja-build ccache pkg-config
  qt6-base-dev libgl1-mesa-dev qt6-svg-dev libqcustomplot-dev
  libdeflate-dev libsimdjson-dev nlohmann-json3-dev libhwy-dev libxxhash-dev libre2-dev libfmt-dev libcli11-dev
  libexpected-dev zlib1g-dev libcurl4-openssl-dev liburing-dev libcairo2-dev
)
for option in "$@"; do
  case $option in
    --without-torch) with_torch=0 ;;
    --with-mpi) packages+=(libopenmpi-dev) ;;
    --with-tests)
      with_tests=1
      packages+=(clang-format python3 unzip nginx-light openssl bindfs fuse3 libopenmpi-dev openmpi-bin)
      # For the tests of what the packages hold.
      packages+=(desktop-file-utils appstream shared-mime-info man-db)
      ;;
    --with-fuzz) packages+=(clang libclang-rt-14-dev) ;;
    *) echo "usage: setup.sh [--without-torch] [--with-mpi] [--with-tests] [--with-fuzz]" >&2; exit 2 ;;
  esac
done
# pip finds the certificates of https in ca-certificates.
((with_torch)) && packages+=(python3 python3-venv ca-certificates)

installed=$(dpkg-query --show --showformat='${db:Status-Status} ${binary:Package}\n' | sed -n 's/^installed //p' | sed 's/:.*//')
mapfile -t missing < <(comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(sort -u <<<"$installed"))
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "plimsoll: run as root or install sudo; missing packages: ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "Installing Debian packages: ${missing[*]}"
  # The lock timeout waits for another apt instead of failing.
  "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=600 update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=600 install --no-install-recommends -y "${missing[@]}" >/dev/null
fi

((with_torch)) || exit 0
"$(dirname "$0")/install_torch.sh"

((with_tests)) || exit 0
# What unpacked GGUF blocks are compared with; beside the wheel, whose Python and numpy it runs on.
gguf=${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll/gguf-0.19.0
[ -e "$gguf/.complete" ] && exit 0
python=$("$(dirname "$0")/install_torch.sh" --where)/bin/python
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target "$gguf" \
  gguf==0.19.0 pyyaml==6.0.3
touch "$gguf/.complete"
