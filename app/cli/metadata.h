// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "json_writer.h"
#include "output.h"
#include "pickle/value.h"

namespace plimsoll::cli {

// The non-tensor content of a checkpoint as one JSON object. Dicts become objects (keys that are no text as Python's
// repr), tuples and sets arrays, an object {"$class": name, "args"?, "kwargs"?, "state"?, "list"?, "items"?}; an
// OrderedDict without attributes is a plain object. Parts that hold nothing but tensors are left out. A large container
// that is reached again, also through itself, is its repr: the output never grows beyond the file.
void writeMetadataJson(JsonWriter& json, const ValueTree& values);

// The same for people: one "key: value" a line, indented.
void printMetadata(Output& out, const ValueTree& values);

}  // namespace plimsoll::cli
