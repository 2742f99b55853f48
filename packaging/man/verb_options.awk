# SPDX-License-Identifier: GPL-3.0-or-later
# Reads `plimsoll-cli VERB --help` and writes that verb's part of the manual page, so that page and program agree.
#   -v verb=NAME

function escaped(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/'/, "\\(aq", text)
  gsub(/\^/, "\\(ha", text)
  gsub(/~/, "\\(ti", text)
  if (text ~ /^\./) text = "\\&" text
  return text
}

# "-h,--help", "--sort name|size", "PATH TEXT REQUIRED", "--json Excludes: --tree": names bold, what follows italic.
function heading(text,   words, count, i, shown, excluded) {
  gsub(/\{[a-z]+\}/, "", text)
  sub(/ (TEXT )?(\.\.\. )?REQUIRED$/, "", text)
  excluded = ""
  if (match(text, / Excludes: .*/)) {
    excluded = substr(text, RSTART + 11)
    text = substr(text, 1, RSTART - 1)
  }
  count = split(text, words, " ")
  shown = "\\fB" escaped(words[1]) "\\fR"
  gsub(/,/, "\\fR, \\fB", shown)
  for (i = 2; i <= count; ++i) shown = shown " \\fI" escaped(words[i]) "\\fR"
  print ".TP"
  print shown
  gsub(/ /, ", ", excluded)
  note = excluded == "" ? "" : " Not with " escaped(excluded) "."
}

function flushNote() {
  if (note != "") print substr(note, 2)
  note = ""
}

NR == 1 { about = $0; next }
/^Usage: / {
  sub(/^Usage: /, "")
  print ".SS " verb
  print ".nf"
  print escaped($0)
  print ".fi"
  print ".PP"
  print escaped(about) "."
  next
}
/^(Positionals|Options):/ { inItems = 1; next }
/^$/ { next }
inItems && /^  [^ ]/ {
  flushNote()
  line = substr($0, 3)
  if (match(line, /  +/)) {
    said = substr(line, RSTART + RLENGTH)
    heading(substr(line, 1, RSTART - 1))
    print escaped(said) "."
  } else {
    heading(line)
  }
  next
}
inItems && /^    / {
  sub(/^ +/, "")
  print escaped($0) "."
  next
}
/^[^ ]/ { flushNote(); print ".PP"; print escaped($0) }
END { flushNote() }
