// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/torch_layout.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/byte_cursor.h"
#include "convert/stop_check.h"
#include "convert/torch_pickle.h"
#include "tensor/layout.h"
#include "zip/crc32.h"
#include "zip/zip_layout.h"

namespace plimsoll {

namespace {

constexpr std::string_view kPrefix = "archive/";
constexpr std::uint64_t kDigits = 20;

// Small members that torch writes around the pickle and the storages, in its order; but for ".format_version", which
// promises data descriptors that layoutStoredZip does not write.
struct SmallMember {
    std::string_view name;
    std::string_view content;
};
constexpr SmallMember kBeforeData[] = {{".storage_alignment", "64"}, {"byteorder", "little"}};
constexpr SmallMember kVersion = {"version", "3\n"};
constexpr std::string_view kSerialName = ".data/serialization_id";

std::vector<std::byte> toBytes(std::string_view text) {
    const auto bytes = asBytes(text);
    return {bytes.begin(), bytes.end()};
}

// Every member in its order: member(name, bytes), a Result<void>; the name is gone after the call.
template <class BytesOfRecord, class Member>
Result<void> forEachMember(std::uint64_t pickleBytes, std::size_t records, const BytesOfRecord& bytesOfRecord,
                           ArchiveUse use, const Member& member) {
    std::string name;
    const auto named = [&name](const auto& rest) -> std::string& {
        name.resize(kPrefix.size());
        return name += rest;
    };
    name = kPrefix;
    TRY_VOID(member(named("data.pkl"), pickleBytes));
    for (const auto& small : kBeforeData) TRY_VOID(member(named(small.name), small.content.size()));
    for (std::size_t i = 0; i < records; ++i)
        TRY_VOID(member(named("data/") += fmt::format_int(i).c_str(), bytesOfRecord(i)));
    TRY_VOID(member(named(kVersion.name), kVersion.content.size()));
    if (use == ArchiveUse::File) TRY_VOID(member(named(kSerialName), 2 * kDigits));
    return {};
}

class Archive {
public:
    Archive(std::string path, std::vector<PlannedRecord> records, ArchiveUse use) : use_(use) {
        file_.path = std::move(path);
        file_.records = std::move(records);
    }

    Result<PlannedFile> build(std::vector<std::byte> pickle) {
        TRY_VOID(forEachMember(
            pickle.size(), file_.records.size(), [this](std::size_t i) { return file_.records[i].destinationBytes; },
            use_,
            [this](const std::string& name, std::uint64_t bytes) -> Result<void> {
                members_.push_back({name, bytes});
                return {};
            }));
        TRY(auto layout, layoutStoredZip(members_));
        file_.bytes = layout.fileBytes;
        for (auto& blob : layout.blobs) file_.blobs.push_back({blob.offset, std::move(blob.bytes)});
        std::size_t slot = 0;
        fill(layout.slots[slot++], std::move(pickle));
        for (const auto& small : kBeforeData) fill(layout.slots[slot++], toBytes(small.content));
        for (auto& record : file_.records) {
            const auto& at = layout.slots[slot++];
            record.destinationOffset = at.dataOffset;
            record.crcPlaces = {at.crcInLocalHeader, at.crcInDirectory};
        }
        fill(layout.slots[slot++], toBytes(kVersion.content));
        if (use_ == ArchiveUse::File) addSerialId(layout.slots[slot]);
        return std::move(file_);
    }

private:
    void fill(const ZipLayout::Slot& slot, std::vector<std::byte> content) {
        const auto crc = crc32(0, content);
        file_.numbers.push_back({slot.crcInLocalHeader, crc});
        file_.numbers.push_back({slot.crcInDirectory, crc});
        file_.blobs.push_back({slot.dataOffset, std::move(content)});
    }
    void addSerialId(const ZipLayout::Slot& slot) {
        const auto names = fmt::format("{:020}", namesHash());
        file_.blobs.push_back({slot.dataOffset, toBytes(names)});
        file_.digest = PlannedDigest{
            slot.dataOffset + kDigits, crc32(0, asBytes(names)), {slot.crcInLocalHeader, slot.crcInDirectory}};
    }
    [[nodiscard]] std::uint64_t namesHash() const {
        std::uint64_t hash = 0;
        for (const auto& member : members_) hash = XXH3_64bits_withSeed(member.name.data(), member.name.size(), hash);
        return hash;
    }

    ArchiveUse use_;
    PlannedFile file_;
    std::vector<ZipMember> members_;
};

constexpr std::uint32_t kNone = ~std::uint32_t{0};

// Numbers storages in the order in which the pickle first names them, as torch.save does.
class Records {
public:
    explicit Records(const TorchContent& content)
        : content_(content), stop_(content.stop), keys_(content.storages.storages.size(), kNone) {}

    TorchStorage use(std::uint32_t index) {
        const auto& storage = content_.storages.storages[index];
        auto& key = keys_[index];
        if (key == kNone) {
            key = static_cast<std::uint32_t>(used_.size());
            used_.push_back(index);
        }
        const auto& tensors = content_.source.tensors;
        return {key, torchDType(storage.to), storage.untyped, storage.elements,
                tensors.location(tensors.storage(storage.source).location)};
    }

    Result<void> write(TorchPickle& pickle, std::uint32_t pickIndex) {
        if (stop_.stopped()) return cancelled();
        const auto& table = content_.source.tensors;
        const auto& pick = content_.picks[pickIndex];
        const auto& view = content_.storages.views[pickIndex];
        TorchTensor tensor;
        tensor.dtype = torchDType(pick.to);
        tensor.offsetElems = view.offsetElems;
        tensor.shape = table.shape(pick.id);
        tensor.strideElems = table.stride(pick.id);
        tensor.isParameter = table.isParameter(pick.id);
        tensor.requiresGrad = table.requiresGrad(pick.id);
        std::vector<std::uint64_t> bytesShape;
        std::vector<std::int64_t> ownStride;
        if (content_.storages.storages[view.storage].elementsOf.valid()) {
            ownStride = contiguousStride(tensor.shape);
            tensor.strideElems = ownStride;
        }
        if (tensor.dtype != pick.to) {  // safetensors counts 4-bit values, torch the bytes that hold two of them
            bytesShape.assign(tensor.shape.begin(), tensor.shape.end());
            bytesShape.back() /= 2;
            ownStride = contiguousStride(bytesShape);
            tensor.shape = bytesShape;
            tensor.strideElems = ownStride;
        }
        pickle.tensor(use(view.storage), tensor);
        return {};
    }

    // Of the storages that were used, data/0 first.
    [[nodiscard]] std::vector<PlannedRecord> make() const {
        std::vector<PlannedRecord> records;
        records.reserve(used_.size());
        for (const auto index : used_) {
            const auto& storage = content_.storages.storages[index];
            auto& record = records.emplace_back();
            record.name = storage.name;
            record.source = storage.elementsOf.valid() ? PlannedRecord::Source::TensorElements
                                                       : PlannedRecord::Source::StorageRange;
            record.tensor = storage.elementsOf;
            record.storage = storage.source;
            record.sourceOffset = storage.sourceOffset;
            record.from = storage.from;
            record.to = storage.to;
            record.elements = storage.elements;
            record.destinationBytes = outputBytes(storage);
        }
        return records;
    }
    [[nodiscard]] std::size_t count() const noexcept { return used_.size(); }
    [[nodiscard]] std::uint64_t bytes(std::size_t record) const noexcept {
        return outputBytes(content_.storages.storages[used_[record]]);
    }

private:
    const TorchContent& content_;
    StopCheck stop_;
    std::vector<std::uint32_t> keys_;  // per storage
    std::vector<std::uint32_t> used_;  // by key
};

class GraphEmitter final : public PickleEmitter {
public:
    explicit GraphEmitter(const TorchContent& content)
        : content_(content), records_(content), memo_(content.picks.size(), kNone) {
        byRow_.reserve(content.picks.size());
        for (std::uint32_t i = 0; i < content.picks.size(); ++i) byRow_.emplace_back(content.picks[i].id, i);
        std::ranges::sort(byRow_);
        for (const auto& [id, index] : content.storages.whole) wholeOf_.emplace(id.value, index);
    }

    Result<void> tensor(PickleWriter& out, TensorId id) override {
        const auto pick = pickOf(id);
        if (pick == kNone)
            return fail(Errc::Unsupported, fmt::format("tensor '{}' is part of the structure but was not planned",
                                                       content_.source.tensors.name(id)));
        std::uint32_t& memo = memo_[pick];
        if (memo != kNone) {
            out.get(memo);
            return {};
        }
        TRY_VOID(records_.write(pickle(out), pick));
        memo = out.memoize();
        return {};
    }

    Result<void> storage(PickleWriter& out, StorageId id) override {
        const auto whole = wholeOf_.find(id.value);
        if (whole == wholeOf_.end())
            return fail(Errc::Unsupported, fmt::format("storage '{}' is part of the structure but was not planned",
                                                       content_.source.tensors.storage(id).key));
        pickle(out).storage(records_.use(whole->second));
        return {};
    }

    [[nodiscard]] const Records& records() const noexcept { return records_; }

private:
    // A graph mostly names its tensors in the order of their rows.
    [[nodiscard]] std::uint32_t pickOf(TensorId id) {
        if (next_ == byRow_.size() || byRow_[next_].first != id)
            next_ = static_cast<std::size_t>(
                std::ranges::lower_bound(byRow_, id, {}, &std::pair<TensorId, std::uint32_t>::first) - byRow_.begin());
        if (next_ == byRow_.size() || byRow_[next_].first != id) return kNone;
        return byRow_[next_++].second;
    }

    // The writer is only known from the first call on.
    TorchPickle& pickle(PickleWriter& out) {
        if (!pickle_) pickle_.emplace(out);
        return *pickle_;
    }

    const TorchContent& content_;
    Records records_;
    std::optional<TorchPickle> pickle_;
    std::vector<std::pair<TensorId, std::uint32_t>> byRow_;  // picks; no table of all rows: there may be many graphs
    std::size_t next_ = 0;                                   // of byRow_
    std::vector<std::uint32_t> memo_;                        // per pick
    std::unordered_map<std::uint32_t, std::uint32_t> wholeOf_;
};

}  // namespace

Result<PlannedFile> layoutTorchFile(std::string path, std::vector<std::byte> pickle, std::vector<PlannedRecord> records,
                                    ArchiveUse use) {
    return Archive(std::move(path), std::move(records), use).build(std::move(pickle));
}

Result<PlannedFile> planFlatTorchFile(const TorchContent& content, std::span<const std::uint32_t> members,
                                      std::string path) {
    PickleWriter out;
    TorchPickle pickle(out);
    Records records(content);
    pickle.beginState();
    for (const auto i : members) {
        pickle.stateKey(content.picks[i].name);
        TRY_VOID(records.write(pickle, i));
    }
    pickle.endState();
    return layoutTorchFile(std::move(path), out.take(), records.make());
}

Result<PlannedFile> planTorchEntries(const TorchContent& content, std::span<const NamedValue> entries,
                                     std::string path) {
    GraphEmitter emitter(content);
    TRY(auto pickle, pickleEntries(content.source.values, entries, emitter));
    return layoutTorchFile(std::move(path), std::move(pickle), emitter.records().make());
}

Result<PlannedFile> planTorchGraph(const TorchContent& content, const ValueTree& tree, Value root, std::string path,
                                   ArchiveUse use) {
    GraphEmitter emitter(content);
    TRY(auto pickle, pickleValue(tree, root, emitter));
    return layoutTorchFile(std::move(path), std::move(pickle), emitter.records().make(), use);
}

Result<std::uint64_t> torchGraphBytes(const TorchContent& content, const ValueTree& tree, Value root) {
    GraphEmitter emitter(content);
    TRY(const auto pickle, pickledBytes(tree, root, emitter));
    const Records& records = emitter.records();
    StoredZipSize size;
    TRY_VOID(forEachMember(
        pickle, records.count(), [&](std::size_t i) { return records.bytes(i); }, ArchiveUse::File,
        [&](const std::string& name, std::uint64_t bytes) { return size.add(name, bytes); }));
    return size.fileBytes();
}

}  // namespace plimsoll
