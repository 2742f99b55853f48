// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/sharded/index.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "checkpoint/words.h"
#include "formats/file_name.h"
#include "formats/json_text.h"
#include "io/address.h"

namespace plimsoll {

namespace {

namespace ondemand = simdjson::ondemand;

// Each level is two calls on the stack of whichever thread reads; a real index has three levels.
constexpr std::uint32_t kMostDepth = 100;

class IndexReader {
public:
    IndexReader(FileBeingRead& file, JsonText& json) : file_(file), json_(json) {}

    Result<ShardIndex> read() {
        ondemand::object root;
        if (const auto code = json_.document().get_object().get(root); code != simdjson::SUCCESS)
            return json_.fail(code, "an object with weight_map");
        for (auto item : root) {
            ondemand::field field;
            JsonKey key;
            if (const auto code = std::move(item).get(field); code != simdjson::SUCCESS)
                return json_.fail(code, "a field of the index");
            if (const auto code = keyOf(field, key); code != simdjson::SUCCESS) return json_.fail(code, "a key");
            if (key.text == "weight_map") {
                TRY_VOID(readMap(field.value()));
            } else {
                const bool isMetadata = key.text == "metadata";
                TRY(const auto value, convert(field.value(), 0));
                if (isMetadata) file_.values.setRoot(value);
            }
        }
        TRY_VOID(json_.expectEnd());
        if (!hasMap_) return json_.fail("the index has no weight_map");
        if (index_.entries.empty()) return json_.fail("the index's weight_map is empty");
        return std::move(index_);
    }

private:
    Result<void> readMap(ondemand::value value) {
        if (hasMap_) return json_.fail("weight_map is there twice");
        hasMap_ = true;
        ondemand::object map;
        if (const auto code = value.get_object().get(map); code != simdjson::SUCCESS)
            return json_.fail(code, "weight_map as an object of file names");
        for (auto item : map) {
            ondemand::field field;
            JsonKey key;
            if (const auto code = std::move(item).get(field); code != simdjson::SUCCESS)
                return json_.fail(code, "a tensor's name and its file");
            if (const auto code = keyOf(field, key); code != simdjson::SUCCESS) return json_.fail(code, "a name");
            const auto name = key.lasting ? key.text : file_.checkpoint.tensors.intern(key.text);
            std::string_view shard;
            if (const auto code = field.value().get_string().get(shard); code != simdjson::SUCCESS)
                return json_.fail(code, fmt::format("a file name for tensor {}", inQuotes(name)));
            if (!isPlainPath(shard)) {
                return json_.fail(
                    fmt::format("tensor {} lies in {} (expected the name of a file in the index's "
                                "directory)",
                                inQuotes(name), inQuotes(shard)));
            }
            index_.entries.push_back({name, shardNumber(shard)});
        }
        return {};
    }

    std::uint32_t shardNumber(std::string_view shard) {
        // Tensors come in the order of their files, mostly.
        if (!index_.entries.empty() && index_.shards[index_.entries.back().shard] == shard)
            return index_.entries.back().shard;
        const auto [entry, isNew] =
            numbers_.try_emplace(std::string(shard), static_cast<std::uint32_t>(index_.shards.size()));
        if (isNew) index_.shards.emplace_back(shard);
        return entry->second;
    }

    // Any JSON value as a value of the tree.
    Result<Value> convert(ondemand::value value, std::uint32_t depth) {
        ValueTree& tree = file_.values;
        if (depth > kMostDepth) return json_.fail(fmt::format("values nested deeper than {} levels", kMostDepth));
        ondemand::json_type type{};
        if (const auto code = value.type().get(type); code != simdjson::SUCCESS) return json_.fail(code, "a value");
        switch (type) {
            case ondemand::json_type::object:
                return convertObject(value, depth);
            case ondemand::json_type::array:
                return convertArray(value, depth);
            case ondemand::json_type::number:
                return convertNumber(value);
            case ondemand::json_type::string: {
                std::string_view text;
                if (const auto code = value.get_string().get(text); code != simdjson::SUCCESS)
                    return json_.fail(code, "a text");
                return tree.textCopy(ValueKind::String, text);
            }
            case ondemand::json_type::boolean: {
                bool truth = false;
                if (const auto code = value.get_bool().get(truth); code != simdjson::SUCCESS)
                    return json_.fail(code, "true or false");
                return ValueTree::boolean(truth);
            }
            case ondemand::json_type::null:
                break;
        }
        bool isNull = false;
        if (value.is_null().get(isNull) != simdjson::SUCCESS || !isNull) return json_.fail("a word that is no value");
        return ValueTree::none();
    }

    Result<Value> convertNumber(ondemand::value value) {
        std::int64_t whole = 0;
        if (value.get_int64().get(whole) == simdjson::SUCCESS) return ValueTree::integer(whole);
        double real = 0;
        if (const auto code = value.get_double().get(real); code != simdjson::SUCCESS)
            return json_.fail(code, "a number");
        return ValueTree::real(real);
    }

    Result<Value> convertArray(ondemand::value value, std::uint32_t depth) {
        ondemand::array array;
        if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS)
            return json_.fail(code, "an array");
        const Value list = file_.values.list();
        for (auto item : array) {
            ondemand::value element;
            if (const auto code = std::move(item).get(element); code != simdjson::SUCCESS)
                return json_.fail(code, "an element");
            TRY(const auto converted, convert(element, depth + 1));
            file_.values.append(list, converted);
        }
        return list;
    }

    Result<Value> convertObject(ondemand::value value, std::uint32_t depth) {
        ondemand::object object;
        if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS)
            return json_.fail(code, "an object");
        const Value dict = file_.values.dict();
        for (auto item : object) {
            ondemand::field field;
            JsonKey key;
            if (const auto code = std::move(item).get(field); code != simdjson::SUCCESS)
                return json_.fail(code, "a field");
            if (const auto code = keyOf(field, key); code != simdjson::SUCCESS) return json_.fail(code, "a key");
            const Value name = file_.values.textCopy(ValueKind::String, key.text);
            TRY(const auto converted, convert(field.value(), depth + 1));
            file_.values.insert(dict, name, converted);
        }
        return dict;
    }

    FileBeingRead& file_;
    JsonText& json_;
    ShardIndex index_;
    std::unordered_map<std::string, std::uint32_t> numbers_;
    bool hasMap_ = false;
};

}  // namespace

bool looksLikeIndex(std::span<const std::byte> bytes) noexcept {
    auto text = asText(bytes);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto start = text.find_first_not_of(" \t\r\n");
    return start < 4096 && text[start] == '{';
}

Result<ShardIndex> readIndex(FileBeingRead& file, std::span<const std::byte> bytes) {
    if (bytes.size() > limits::kIndexBytes)
        return fail(Errc::OverLimit,
                    fmt::format("an index of {} bytes (at most {} are read)", bytes.size(), limits::kIndexBytes));
    const std::uint64_t start = asText(bytes).starts_with("\xEF\xBB\xBF") ? 3 : 0;
    TRY(auto json, JsonText::open(bytes, start, bytes.size() - start));
    if (const auto copy = json.copy()) file.keepAlive(copy);
    file.values.setRoot(file.values.dict());
    return IndexReader(file, json).read();
}

Result<std::string> placeOfShard(const std::string& indexPath, const std::string& shard) {
    if (isAddress(indexPath)) {
        std::string place = indexPath;
        std::string_view rest = shard;
        for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
            place = addressBeside(place, rest.substr(0, slash)) + "/";
            rest.remove_prefix(slash + 1);
        }
        return addressBeside(place, rest);
    }
    const auto directory = std::filesystem::path(indexPath).parent_path();
    for (auto slash = shard.find('/'); slash != std::string::npos; slash = shard.find('/', slash + 1)) {
        const std::string folder = shard.substr(0, slash);
        std::error_code ignored;
        if (std::filesystem::is_symlink(directory / folder, ignored)) {
            return fail(
                {Errc::Usage,
                 kNoOffset,
                 fmt::format("the index's shard {} lies behind {}, a symbolic link", inQuotes(shard), inQuotes(folder)),
                 {}});
        }
    }
    return (directory / shard).string();
}

}  // namespace plimsoll
