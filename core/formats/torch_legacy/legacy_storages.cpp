// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_legacy/legacy_storages.h"

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "checkpoint/words.h"
#include "formats/torch_pickle/storage_type.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kCountBytes = 8;

}  // namespace

Result<StorageId> LegacyStorages::find(const StorageRequest& request) {
    const auto [entry, isNew] = byKey_.try_emplace(request.key);
    Known& known = entry->second;
    if (isNew) {
        known.bytes = request.bytes;
        known.dtype = request.dtype;
    } else if (known.bytes != request.bytes) {
        return fail(Errc::Corrupt, fmt::format("storage {} is named with {} and with {} bytes", inQuotes(request.key),
                                               known.bytes, request.bytes));
    }
    const std::uint64_t elementBytes = storageElementBytes(request.dtype);
    const std::uint64_t at = request.view ? request.view->offset * elementBytes : 0;
    const std::uint64_t bytes = request.view ? request.view->count * elementBytes : request.bytes;
    TensorTable& table = file_.checkpoint.tensors;
    for (std::size_t i = 0; i < known.rows.size(); ++i) {
        const Storage& row = table.storage(known.rows[i]);
        if (row.dtype == request.dtype && row.bytes == bytes && known.at[i] == at) return known.rows[i];
    }
    Storage storage;
    storage.file = file_.file;
    storage.bytes = bytes;
    storage.storedBytes = bytes;
    storage.dtype = request.dtype;
    storage.key = request.key;
    storage.location = request.location;
    known.rows.push_back(table.addStorage(storage));
    known.at.push_back(at);
    return known.rows.back();
}

Result<void> LegacyStorages::checkCount(std::string_view key, const Known& known, std::uint64_t offset) const {
    ByteCursor cursor(file_.bytes().subspan(static_cast<std::size_t>(offset)), offset);
    TRY(const auto count, cursor.read<std::uint64_t>());
    const std::uint64_t expected = known.bytes / storageElementBytes(known.dtype);
    if (count != expected) {
        return fail(Errc::Corrupt,
                    fmt::format("storage {} announces {} elements, the pickle {}", inQuotes(key), count, expected),
                    offset);
    }
    return {};
}

Result<void> LegacyStorages::place(Value keys, std::uint64_t keysAt, std::uint64_t offset) {
    const ValueTree& tree = file_.values;
    if (keys.kind != ValueKind::List) {
        return fail(Errc::Corrupt,
                    fmt::format("the fifth pickle is {} (expected the list of storage keys)", repr(tree, keys)),
                    keysAt);
    }
    const std::uint64_t fileBytes = file_.bytes().size();
    std::size_t placed = 0;
    for (const Value key : tree.items(keys)) {
        const bool isText = key.kind == ValueKind::String || key.kind == ValueKind::ByteString;
        const auto found = isText ? byKey_.find(tree.text(key)) : byKey_.end();
        if (found == byKey_.end() || found->second.placed) {
            return fail(Errc::Corrupt,
                        fmt::format("storage key {} is {}", repr(tree, key),
                                    found == byKey_.end() ? "not in the pickle" : "listed twice"),
                        keysAt);
        }
        Known& known = found->second;
        const auto needed = checkedAdd(known.bytes, kCountBytes);
        if (!needed || !fitsWithin(offset, *needed, fileBytes)) {
            return fail(Errc::Truncated,
                        fmt::format("storage {} needs {} bytes and its count, {} are left", inQuotes(found->first),
                                    known.bytes, fileBytes - offset),
                        offset);
        }
        if (fileBytes <= kCheckHeadersBytes) TRY_VOID(checkCount(found->first, known, offset));
        for (std::size_t i = 0; i < known.rows.size(); ++i)
            file_.checkpoint.tensors.placeStorage(known.rows[i], offset + kCountBytes + known.at[i], offset,
                                                  known.bytes / storageElementBytes(known.dtype));
        known.placed = true;
        ++placed;
        offset += *needed;
    }
    if (placed < byKey_.size())
        return fail(Errc::Corrupt,
                    fmt::format("the list of storage keys names {} of {} storages", placed, byKey_.size()), offset);
    file_.scanLeftover(offset);
    if (offset < fileBytes)
        file_.warn(fmt::format("{} bytes follow the last storage, at byte {}", fileBytes - offset, offset));
    return {};
}

}  // namespace plimsoll
