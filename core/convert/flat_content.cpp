// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/flat_content.h"

#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

#include "convert/composites.h"
#include "convert/value_walk.h"

namespace plimsoll {

namespace {

constexpr std::size_t kShownChars = 80;

bool isUtf8(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

class Flattening final : public ContentVisitor {
public:
    explicit Flattening(const ValueTree& tree) : tree_(tree) {}

    void tensor(const std::string&, TensorId) override {}

    void leaf(const std::string& path, Value v) override {
        if (isUtf8(path) && (isNumber(v.kind) || isText(v))) {
            content.metadata.emplace(path, isNumber(v.kind) ? repr(tree_, v, std::numeric_limits<std::size_t>::max())
                                                            : std::string(tree_.text(v)));
            return;
        }
        if (!makesDenseTensor(tree_, v) && !makesComposite(tree_, v))
            content.dropped.push_back(fmt::format("{}: {}", path, repr(tree_, v, kShownChars)));
    }

    FlatContent content;

private:
    static bool isNumber(ValueKind kind) {
        return kind == ValueKind::Bool || kind == ValueKind::Int || kind == ValueKind::BigInt ||
               kind == ValueKind::Float;
    }
    bool isText(Value v) const {
        return (v.kind == ValueKind::String || v.kind == ValueKind::ByteString) && isUtf8(tree_.text(v));
    }

    const ValueTree& tree_;
};

}  // namespace

FlatContent flattenContent(const Checkpoint& source, const Selection& selection) {
    Flattening flattening(source.values);
    const auto pairs = mappingPairs(source.values, selection.root);
    if (source.format == Format::Gguf && pairs)  // an array of 100,000 tokens is one thing
        for (const auto& [key, value] : *pairs) flattening.leaf(keyText(source.values, key), value);
    else
        walkContent(source.values, selection.root, "", flattening);
    // An index counts the bytes of its own shards.
    if (!source.indexPath.empty()) flattening.content.metadata.erase("total_size");
    return std::move(flattening.content);
}

}  // namespace plimsoll
