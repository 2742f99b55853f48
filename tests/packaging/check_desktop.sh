#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_desktop.sh SOURCE_DIR: the desktop entry and the AppStream component are valid and name the same types.
set -euo pipefail
cd "$1/packaging/desktop"
for tool in desktop-file-validate appstreamcli; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done

complaints=$(desktop-file-validate plimsoll.desktop)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }
appstreamcli validate --no-net --pedantic --no-color org.plimsoll.plimsoll.metainfo.xml

# The three files are about the same types.
sorted() { LC_ALL=C sort; }
opened=$(sed -n 's/^MimeType=//p' plimsoll.desktop | tr ';' '\n' | grep . | sorted)
provided=$(sed -n 's:.*<mediatype>\(.*\)</mediatype>.*:\1:p' org.plimsoll.plimsoll.metainfo.xml | sorted)
defined=$(sed -n 's/.*<mime-type type="\([^"]*\)".*/\1/p' plimsoll.xml | sorted)
[ -n "$opened" ]
for other in "$provided" "$defined"; do
  diff <(echo "$opened") <(echo "$other") || { echo "the desktop entry, the component and the types differ"; exit 1; }
done
