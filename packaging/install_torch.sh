#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# install_torch.sh [--help|--where|--remove]: installs LibTorch (the torch wheel) into the user's cache, for builds and for
# plimsoll-loader. Installed as plimsoll-install-torch. With LibTorch in place it asks no network and does nothing.
set -euo pipefail

version=2.11.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll
torch=$cache/torch-$version
case ${1:-} in
  '') ;;
  --help)
    echo "usage: $(basename "$0") [--help|--where|--remove]"
    echo "Installs LibTorch $version (the torch wheel, about 5 GB) into $torch, for load tests."
    exit
    ;;
  --where) echo "$torch"; exit ;;
  --remove) rm -rf "$torch" "$torch.lock"; exit ;;
  *) echo "usage: $(basename "$0") [--help|--where|--remove]" >&2; exit 2 ;;
esac

[ -e "$torch/.complete" ] && exit 0
mkdir -p "$cache"
# Checkouts share the folder: one installs, the others wait. The marker comes last, so a folder without it is a rest.
exec 9>"$torch.lock"
flock -n 9 || { echo "Waiting for another that installs LibTorch..."; flock 9; }
[ -e "$torch/.complete" ] && exit 0
echo "Installing LibTorch (the torch $version wheel, about 5 GB) into $torch"
rm -rf "$torch"
/usr/bin/python3 -m venv "$torch"
"$torch/bin/pip" install --quiet --disable-pip-version-check torch==$version numpy==2.4.6 safetensors==0.8.0
touch "$torch/.complete"
