// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/fingerprint.h"

#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <xxhash.h>

namespace plimsoll {

namespace {

class Hash {
public:
    Hash() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

    void bytes(const void* data, std::size_t size) { XXH3_128bits_update(state_.get(), data, size); }
    template <class... Numbers>
    void numbers(Numbers... values) {
        const std::uint64_t all[] = {static_cast<std::uint64_t>(values)...};
        bytes(all, sizeof all);
    }
    void text(std::string_view value) {
        numbers(value.size());
        bytes(value.data(), value.size());
    }
    [[nodiscard]] std::string digits() const {
        const auto hash = XXH3_128bits_digest(state_.get());
        return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
    }

private:
    struct Free {
        void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
    };
    std::unique_ptr<XXH3_state_t, Free> state_;
};

void addRecord(Hash& hash, const TensorTable& table, const PlannedRecord& record) {
    const auto& storage = table.storage(record.storage);
    hash.numbers(record.source, record.sourceOffset, record.from, record.to, record.elements, record.destinationOffset,
                 record.destinationBytes, record.bytesBefore, record.crcBefore, record.crcPlaces.size());
    hash.numbers(storage.file.value, storage.offset, storage.bytes, storage.storedBytes, storage.encoding,
                 storage.bigEndian);
    if (storage.encoding == StorageEncoding::Chunked) {
        for (const auto& chunk : table.chunked(record.storage).chunks) {
            hash.numbers(chunk.file.value, chunk.offset, chunk.bytes, chunk.originElems, chunk.bigEndian);
            for (std::size_t i = 0; i < chunk.shape.size(); ++i)
                hash.numbers(chunk.start[i], chunk.shape[i], chunk.strideElems[i]);
        }
    }
    if (record.source != PlannedRecord::Source::TensorElements) return;
    hash.numbers(table.storageOffsetElems(record.tensor), table.shape(record.tensor).size());
    for (const auto dim : table.shape(record.tensor)) hash.numbers(dim);
    for (const auto stride : table.stride(record.tensor)) hash.numbers(stride);
}

void addFile(Hash& hash, const TensorTable& table, const PlannedFile& file) {
    hash.numbers(file.bytes, file.blobs.size(), file.numbers.size(), file.records.size(), file.digest.has_value());
    for (const auto& blob : file.blobs) {
        hash.numbers(blob.offset, blob.bytes.size());
        hash.bytes(blob.bytes.data(), blob.bytes.size());
    }
    for (const auto& archive : file.archives) hash.numbers(archive.offset, archive.hash, archive.record, archive.use);
    for (const auto& number : file.numbers) hash.numbers(number.offset, number.value);
    for (const auto& record : file.records) addRecord(hash, table, record);
}

}  // namespace

std::string fingerprintOf(const Plan& plan) {
    Hash hash;
    const auto destination = plan.recipe.destination.size();
    for (const auto& file : plan.files) {
        hash.text(std::string_view(file.path).substr(destination));
        addFile(hash, plan.source->tensors, file);
    }
    hash.text(plan.indexJson);
    hash.numbers(plan.recipe.saturate);
    return hash.digits();
}

}  // namespace plimsoll
