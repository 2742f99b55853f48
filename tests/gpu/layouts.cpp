// SPDX-License-Identifier: GPL-3.0-or-later
#include "layouts.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "io/output_file.h"
#include "zip_builder.h"

namespace {

using namespace std::string_literals;

constexpr std::int32_t kSide = 1000;
constexpr std::int32_t kComplex = 600;

std::string number(std::int32_t value) {
    return "J" + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string text(std::string_view words) {
    const auto length = static_cast<std::uint32_t>(words.size());
    return "X" + std::string(reinterpret_cast<const char*>(&length), sizeof length) + std::string(words);
}

std::string tuple(std::initializer_list<std::int32_t> values) {
    std::string items;
    for (const std::int32_t value : values) items += number(value);
    return "(" + items + "t";
}

struct Storage {
    const char* type;
    const char* key;
    std::int32_t count;
};
constexpr Storage kFloats{"FloatStorage", "0", kSide* kSide};
constexpr Storage kPairs{"ComplexFloatStorage", "1", kComplex};

// One entry of the dict, as torch.save writes it.
//   view  "conj" or "neg": the values are those of the bytes, turned
std::string tensor(const char* name, const Storage& storage, std::int32_t offset,
                   std::initializer_list<std::int32_t> sizes, std::initializer_list<std::int32_t> strides,
                   std::string_view view = {}) {
    const std::string place = "(" + text("storage") + "ctorch\n" + storage.type + "\n" + text(storage.key) +
                              text("cpu") + number(storage.count) + "tQ";
    const std::string turned = view.empty() ? "" : "}" + text(view) + "\x88s";
    return text(name) + "ctorch._utils\n_rebuild_tensor_v2\n(" + place + number(offset) + tuple(sizes) +
           tuple(strides) + "\x89" + "ccollections\nOrderedDict\n)R" + turned + "tR";
}

// Floats that differ from place to place.
std::string values(std::int32_t count) {
    std::string bytes;
    for (std::int32_t n = 0; n < count; ++n) {
        const float value = static_cast<float>(n) * 0.5F - 7;
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    return bytes;
}

}  // namespace

plimsoll::Result<void> writeLayouts(const std::string& path) {
    const std::string pickle =
        "\x80\x02}("s + tensor("whole", kFloats, 0, {kSide, kSide}, {kSide, 1}) +
        tensor("tied", kFloats, 0, {kSide, kSide}, {kSide, 1}) +
        tensor("rows", kFloats, 3 * kSide, {5, kSide}, {kSide, 1}) +
        tensor("columns", kFloats, 10, {kSide, 50}, {kSide, 1}) +
        tensor("turned", kFloats, 0, {kSide, kSide}, {1, kSide}) + tensor("broadcast", kFloats, 1, {9, kSide}, {0, 1}) +
        tensor("empty", kFloats, 0, {0, 4}, {4, 1}) + tensor("one", kFloats, 77, {}, {}) +
        tensor("opposite", kFloats, 0, {kSide}, {1}, "neg") + tensor("pairs", kPairs, 0, {kComplex}, {1}) +
        tensor("conjugate", kPairs, 100, {20, 25}, {25, 1}, "conj") + "u.";
    ZipBuilder zip;
    zip.members = {{.name = "layouts/data.pkl", .packed = pickle},
                   {.name = "layouts/data/0", .packed = values(kFloats.count)},
                   {.name = "layouts/data/1", .packed = values(2 * kPairs.count)},
                   {.name = "layouts/version", .packed = "3\n"}};
    return plimsoll::writeWholeFile(path, zip.build().bytes, plimsoll::OutputFile::Existing::Replace);
}
