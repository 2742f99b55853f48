// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/torch_layout.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/byte_cursor.h"
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

class Archive {
public:
    Archive(std::string path, std::vector<PlannedRecord> records, ArchiveUse use) : use_(use) {
        file_.path = std::move(path);
        file_.records = std::move(records);
    }

    Result<PlannedFile> build(std::vector<std::byte> pickle) {
        members_.push_back({fmt::format("{}data.pkl", kPrefix), pickle.size()});
        for (const auto& small : kBeforeData) add(small);
        for (std::size_t i = 0; i < file_.records.size(); ++i)
            members_.push_back({fmt::format("{}data/{}", kPrefix, i), file_.records[i].destinationBytes});
        add(kVersion);
        if (use_ == ArchiveUse::File) members_.push_back({fmt::format("{}{}", kPrefix, kSerialName), 2 * kDigits});

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
    void add(const SmallMember& small) {
        members_.push_back({fmt::format("{}{}", kPrefix, small.name), small.content.size()});
    }
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

// Numbers storages in the order in which the pickle first names them, as torch.save does, and makes their records.
class Records {
public:
    explicit Records(const TorchContent& content) : content_(content), keys_(content.storages.storages.size()) {}

    TorchStorage use(std::uint32_t index) {
        const auto& storage = content_.storages.storages[index];
        auto& key = keys_[index];
        if (!key) {
            key = records.size();
            PlannedRecord record;
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
            records.push_back(std::move(record));
        }
        const auto& tensors = content_.source.tensors;
        return {*key, torchDType(storage.to), storage.untyped, storage.elements,
                tensors.location(tensors.storage(storage.source).location)};
    }

    void write(TorchPickle& pickle, std::uint32_t pickIndex) {
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
    }

    std::vector<PlannedRecord> records;

private:
    const TorchContent& content_;
    std::vector<std::optional<std::uint64_t>> keys_;
};

class GraphEmitter final : public PickleEmitter {
public:
    explicit GraphEmitter(const TorchContent& content) : content_(content), records_(content) {
        for (std::uint32_t i = 0; i < content.picks.size(); ++i) pickOf_.emplace(content.picks[i].id.value, i);
        for (const auto& [id, index] : content.storages.whole) wholeOf_.emplace(id.value, index);
    }

    Result<void> tensor(PickleWriter& out, TensorId id) override {
        if (const auto done = memo_.find(id.value); done != memo_.end()) {
            out.get(done->second);
            return {};
        }
        const auto pick = pickOf_.find(id.value);
        if (pick == pickOf_.end())
            return fail(Errc::Unsupported, fmt::format("tensor '{}' is part of the structure but was not planned",
                                                       content_.source.tensors.name(id)));
        records_.write(pickle(out), pick->second);
        memo_.emplace(id.value, out.memoize());
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

    std::vector<PlannedRecord> takeRecords() { return std::move(records_.records); }

private:
    // The writer is only known from the first call on.
    TorchPickle& pickle(PickleWriter& out) {
        if (!pickle_) pickle_.emplace(out);
        return *pickle_;
    }

    const TorchContent& content_;
    Records records_;
    std::optional<TorchPickle> pickle_;
    std::unordered_map<std::uint32_t, std::uint32_t> pickOf_;
    std::unordered_map<std::uint32_t, std::uint32_t> wholeOf_;
    std::unordered_map<std::uint32_t, std::uint32_t> memo_;
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
        records.write(pickle, i);
    }
    pickle.endState();
    return layoutTorchFile(std::move(path), out.take(), std::move(records.records));
}

Result<PlannedFile> planTorchEntries(const TorchContent& content, std::span<const NamedValue> entries,
                                     std::string path) {
    GraphEmitter emitter(content);
    TRY(auto pickle, pickleEntries(content.source.values, entries, emitter));
    return layoutTorchFile(std::move(path), std::move(pickle), emitter.takeRecords());
}

Result<PlannedFile> planTorchGraph(const TorchContent& content, const ValueTree& tree, Value root, std::string path,
                                   ArchiveUse use) {
    GraphEmitter emitter(content);
    TRY(auto pickle, pickleValue(tree, root, emitter));
    return layoutTorchFile(std::move(path), std::move(pickle), emitter.takeRecords(), use);
}

}  // namespace plimsoll
