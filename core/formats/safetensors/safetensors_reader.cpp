// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/safetensors/safetensors_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "base/big_vector.h"
#include "base/byte_cursor.h"
#include "base/checked.h"
#include "base/limits.h"
#include "checkpoint/name_index.h"
#include "checkpoint/words.h"
#include "formats/json_text.h"
#include "io/page_release.h"
#include "tensor/layout.h"

namespace plimsoll {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::string_view kMetadata = "__metadata__";

// A type that the specification did not have when this was written: its bytes are kept. The name has to be one, such as
// "I4" or "F8_E3M4": capital letters and the width in bits, and the bytes of data have to be as many as that makes.
bool isNewerType(std::string_view name, std::span<const std::uint64_t> shape, std::uint64_t bytes) {
    const auto isCapital = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto width = std::ranges::find_if_not(name, isCapital);
    std::uint64_t bits = 0;
    const auto digits = name.substr(static_cast<std::size_t>(width - name.begin()));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (width == name.begin() || error != std::errc() || bits == 0) return false;
    const auto rest = digits.substr(static_cast<std::size_t>(end - digits.data()));
    if (!rest.empty() && rest.front() != '_') return false;
    for (const auto dim : shape) {
        const auto product = checkedMul(bits, dim);
        if (!product) return false;
        bits = *product;
    }
    return bits % 8 == 0 && bits / 8 == bytes;
}

class HeaderReader {
public:
    HeaderReader(FileBeingRead& file, JsonText& json, std::uint64_t dataOffset)
        : file_(file),
          table_(file.checkpoint.tensors),
          json_(json),
          dataOffset_(dataOffset),
          dataBytes_(file.mapping().size() - dataOffset),
          names_(table_),
          releaser_(file.mapping()) {}

    Result<void> read() {
        file_.values.setRoot(file_.values.dict());
        ondemand::object header;
        if (const auto code = json_.document().get_object().get(header); code != simdjson::SUCCESS)
            return json_.fail(code, "an object of tensors");
        for (auto item : header) {
            ondemand::field field;
            JsonKey key;
            if (const auto code = std::move(item).get(field); code != simdjson::SUCCESS)
                return json_.fail(code, "a tensor's name and its entry");
            if (const auto code = keyOf(field, key); code != simdjson::SUCCESS)
                return json_.fail(code, "a name in UTF-8");
            if (key.text == kMetadata) {
                TRY_VOID(readMetadata(field.value()));
            } else {
                TRY_VOID(readTensor(key, field.value()));
            }
        }
        TRY_VOID(json_.expectEnd());
        return checkCoverage();
    }

private:
    struct Span {
        std::uint64_t begin;
        std::uint64_t end;
        TensorId tensor;
        friend auto operator<=>(const Span&, const Span&) = default;
    };
    // The fields of one tensor's entry.
    struct Entry {
        std::optional<std::string_view> dtype;
        bool hasShape = false;
        std::optional<std::uint64_t> begin;
        std::uint64_t end = 0;
    };

    Result<void> readMetadata(ondemand::value value) {
        if (hasMetadata_) return json_.fail("__metadata__ is there twice");
        hasMetadata_ = true;
        if (bool isNull = false; value.is_null().get(isNull) == simdjson::SUCCESS && isNull) return {};
        ondemand::object texts;
        if (const auto code = value.get_object().get(texts); code != simdjson::SUCCESS)
            return json_.fail(code, "__metadata__ as an object of texts");
        ValueTree& tree = file_.values;
        std::unordered_set<std::string> keys;
        for (auto item : texts) {
            ondemand::field field;
            JsonKey key;
            std::string_view text;
            if (const auto code = std::move(item).get(field); code != simdjson::SUCCESS)
                return json_.fail(code, "a key of __metadata__");
            if (const auto code = keyOf(field, key); code != simdjson::SUCCESS) return json_.fail(code, "a key");
            const Value keyValue = tree.textCopy(ValueKind::String, key.text);
            if (!keys.emplace(key.text).second)
                file_.warn(fmt::format("__metadata__ has {} twice; the last is shown", inQuotes(key.text)));
            if (const auto code = field.value().get_string().get(text); code != simdjson::SUCCESS)
                return json_.fail(code, fmt::format("a text as __metadata__ of {}", inQuotes(key.text)));
            tree.insert(tree.root(), keyValue, tree.textCopy(ValueKind::String, text));
        }
        return {};
    }

    Result<void> readTensor(const JsonKey& key, ondemand::value value) {
        releaser_.step();
        // The parser reuses its room for escaped texts.
        const auto name = key.lasting ? key.text : table_.intern(key.text);
        ondemand::object fields;
        if (const auto code = value.get_object().get(fields); code != simdjson::SUCCESS)
            return json_.fail(
                code, fmt::format("an object with dtype, shape and data_offsets for tensor {}", inQuotes(name)));
        Entry entry;
        for (auto item : fields) {
            ondemand::field field;
            JsonKey which;
            if (const auto code = std::move(item).get(field); code != simdjson::SUCCESS)
                return json_.fail(code, fmt::format("a field of tensor {}", inQuotes(name)));
            if (const auto code = keyOf(field, which); code != simdjson::SUCCESS) return json_.fail(code, "a key");
            TRY_VOID(readField(name, which.text, field.value(), entry));
        }
        const std::string_view missing = !entry.dtype      ? "dtype"
                                         : !entry.hasShape ? "shape"
                                         : !entry.begin    ? "data_offsets"
                                                           : "";
        if (!missing.empty()) return json_.fail(fmt::format("tensor {} has no {}", inQuotes(name), missing));
        return addTensor(name, entry);
    }

    Result<void> readField(std::string_view name, std::string_view which, ondemand::value value, Entry& entry) {
        if (which == "dtype") {
            std::string_view text;
            if (entry.dtype) return twice(name, which);
            if (const auto code = value.get_string().get(text); code != simdjson::SUCCESS)
                return json_.fail(code, fmt::format("a text as dtype of tensor {}", inQuotes(name)));
            entry.dtype = text;
            return {};
        }
        if (which == "shape") {
            if (entry.hasShape) return twice(name, which);
            entry.hasShape = true;
            return readNumbers(name, which, value, limits::kDimensions, shape_);
        }
        if (which == "data_offsets") {
            if (entry.begin) return twice(name, which);
            TRY_VOID(readNumbers(name, which, value, 2, offsets_));
            if (offsets_.size() != 2)
                return json_.fail(fmt::format("tensor {} has {} data_offsets (expected begin and end)", inQuotes(name),
                                              offsets_.size()));
            entry.begin = offsets_[0];
            entry.end = offsets_[1];
        }
        return {};
    }

    Result<void> readNumbers(std::string_view name, std::string_view which, ondemand::value value, std::size_t most,
                             std::vector<std::uint64_t>& numbers) {
        numbers.clear();
        ondemand::array array;
        const auto expected = [&] { return fmt::format("whole numbers as {} of tensor {}", which, inQuotes(name)); };
        if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS)
            return json_.fail(code, expected());
        for (auto item : array) {
            std::uint64_t number = 0;
            if (const auto code = item.get_uint64().get(number); code != simdjson::SUCCESS)
                return json_.fail(code, expected());
            if (numbers.size() == most)
                return json_.fail(fmt::format("tensor {} has more than {} numbers as {}", inQuotes(name), most, which));
            numbers.push_back(number);
        }
        return {};
    }

    Result<void> twice(std::string_view name, std::string_view which) {
        return json_.fail(fmt::format("tensor {} has {} twice", inQuotes(name), which));
    }

    Result<void> addTensor(std::string_view name, const Entry& entry) {
        const auto known = dtypeFromSafetensorsName(*entry.dtype);
        const bool isNewer =
            !known && entry.end >= *entry.begin && isNewerType(*entry.dtype, shape_, entry.end - *entry.begin);
        if (!isNewer && (!known || entry.dtype->empty()))
            return json_.fail(fmt::format("tensor {} has dtype {} (expected one such as F32)", inQuotes(name),
                                          inQuotes(*entry.dtype)));
        const std::uint64_t begin = *entry.begin;
        if (begin > entry.end)
            return json_.fail(fmt::format("tensor {} begins at byte {} of the data and ends at {}", inQuotes(name),
                                          begin, entry.end));
        if (entry.end > dataBytes_) {
            return fail(
                Errc::Truncated,
                fmt::format("tensor {} needs {} bytes of data, the file has {}", inQuotes(name), entry.end, dataBytes_),
                dataOffset_ + dataBytes_);
        }
        Storage storage;
        storage.file = file_.file;
        storage.offset = dataOffset_ + begin;
        storage.bytes = entry.end - begin;
        storage.storedBytes = storage.bytes;
        storage.dtype = known.value_or(DType::U8);
        storage.key = name;
        TensorRow row;
        row.name = name;
        row.dtype = known.value_or(DType::Opaque);
        row.nbytes = storage.bytes;
        if (!known) row.opaqueName = *entry.dtype;
        row.shape = shape_;
        row.storage = table_.addStorage(storage);
        auto id = table_.add(row, TensorTable::Name::Point);
        if (!id) return json_.fail(id.error().what);
        if (table_.nbytes(*id) != storage.bytes)
            return json_.fail(fmt::format("tensor {} has {} bytes of data, its shape and dtype make {}", inQuotes(name),
                                          storage.bytes, table_.nbytes(*id)));
        if (names_.insert(*id).valid()) return json_.fail(fmt::format("tensor {} is there twice", inQuotes(name)));
        spans_.push_back({begin, entry.end, *id});
        return {};
    }

    // The specification: every byte of the data belongs to exactly one tensor.
    Result<void> checkCoverage() {
        if (!std::ranges::is_sorted(spans_)) std::ranges::sort(spans_);
        std::uint64_t end = 0;
        for (const Span& span : spans_) {
            if (span.begin != end) {
                return fail(Errc::Corrupt,
                            fmt::format("tensor {} begins at byte {} of the data, the one before it ends at {}",
                                        inQuotes(table_.name(span.tensor)), span.begin, end),
                            dataOffset_ + std::min(span.begin, end));
            }
            end = span.end;
        }
        if (end != dataBytes_)
            return fail(Errc::Corrupt, fmt::format("{} bytes follow the last tensor's data", dataBytes_ - end),
                        dataOffset_ + end);
        return {};
    }

    FileBeingRead& file_;
    TensorTable& table_;
    JsonText& json_;
    std::uint64_t dataOffset_;
    std::uint64_t dataBytes_;
    NameIndex names_;
    PageReleaser releaser_;
    BigVector<Span> spans_;
    std::vector<std::uint64_t> shape_;
    std::vector<std::uint64_t> offsets_;
    bool hasMetadata_ = false;
};

}  // namespace

bool looksLikeSafetensors(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < kLengthBytes) return false;
    ByteCursor cursor(bytes);
    const auto length = cursor.read<std::uint64_t>().value_or(0);
    // Far beyond the cap, so that a header that is too large is said to be just that.
    constexpr std::uint64_t kPlausible = std::uint64_t{1} << 40U;
    if (length == 0 || length > kPlausible) return false;
    return cursor.remaining() > 0 && cursor.read<char>().value_or(0) == '{';
}

Result<Format> readSafetensors(FileBeingRead& file) {
    ByteCursor cursor(file.bytes());
    TRY(const auto length, cursor.read<std::uint64_t>());
    if (length > limits::kSafetensorsHeaderBytes) {
        return fail(Errc::OverLimit,
                    fmt::format("a header of {} bytes (the format allows {})", length, limits::kSafetensorsHeaderBytes),
                    0);
    }
    if (length > cursor.remaining()) {
        return fail(Errc::Truncated,
                    fmt::format("the header has {} bytes, the file {} after its length", length, cursor.remaining()),
                    0);
    }
    TRY(auto json, JsonText::open(file.bytes(), kLengthBytes, length));
    if (const auto copy = json.copy()) file.keepAlive(copy);
    TRY_VOID(HeaderReader(file, json, kLengthBytes + length).read());
    return Format::Safetensors;
}

}  // namespace plimsoll
