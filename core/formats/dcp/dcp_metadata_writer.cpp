// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/dcp/dcp_metadata_writer.h"

#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "pickle/pickler.h"

namespace plimsoll {

namespace {

constexpr std::string_view kModule = "torch.distributed.checkpoint.metadata";
// As Python's pickler does: the reader's stack stays small.
constexpr std::size_t kBatch = 1000;

class MetadataPickle {
public:
    explicit MetadataPickle(std::span<const DcpEntry> entries) : entries_(entries) {}

    std::vector<std::byte> write() {
        out_.proto2();
        beginObject(kModule, "Metadata");
        text("state_dict_metadata");
        forEachEntry([this](const DcpEntry& entry) {
            text(entry.name);
            entry.tensor ? tensor(*entry.tensor) : instance(kModule, "BytesStorageMetadata");
        });
        text("planner_data");
        forEachEntry([this](const DcpEntry& entry) {
            text(entry.name);
            path(entry.path);
        });
        text("storage_data");
        forEachEntry([this](const DcpEntry& entry) {
            index(entry);
            place(entry);
        });
        text("storage_meta");
        out_.none();
        text("version");
        text("1.0.0");
        endObject();
        out_.stop();
        return out_.take();
    }

private:
    template <class Write>
    void forEachEntry(const Write& write) {
        out_.emptyDict();
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (i % kBatch == 0) out_.mark();
            write(entries_[i]);
            if (i % kBatch == kBatch - 1 || i + 1 == entries_.size()) out_.setItemsFromMark();
        }
    }

    // Texts outlive the pickle: they are literals or the entries'.
    void text(std::string_view value) {
        if (const auto known = texts_.find(value); known != texts_.end()) return out_.get(known->second);
        out_.text(value);
        texts_.emplace(value, out_.memoize());
    }
    void global(std::string_view module, std::string_view name) {
        if (const auto known = globals_.find(name); known != globals_.end()) return out_.get(known->second);
        out_.global(module, name);
        globals_.emplace(name, out_.memoize());
    }
    void instance(std::string_view module, std::string_view name) {
        global(module, name);
        out_.emptyTuple();
        out_.newObject();
    }
    void beginObject(std::string_view module, std::string_view name) {
        instance(module, name);
        out_.emptyDict();
        out_.mark();
    }
    void endObject() {
        out_.setItemsFromMark();
        out_.build();
    }

    void numbers(std::span<const std::uint64_t> values) {
        out_.mark();
        for (const auto value : values) out_.integer(static_cast<std::int64_t>(value));
        out_.tupleFromMark();
    }
    void size(std::span<const std::uint64_t> values) {
        global("torch", "Size");
        numbers(values);
        out_.tuple1();
        out_.reduce();
    }

    // The state is a tuple because a memory format cannot be pickled: its number stands for it.
    void properties(const DcpEntry::Tensor& tensor) {
        instance(kModule, "TensorProperties");
        out_.mark();
        global("torch", torchName(tensor.dtype));
        global("torch.serialization", "_get_layout");
        text("torch.strided");
        out_.tuple1();
        out_.reduce();
        out_.boolean(tensor.requiresGrad);
        global(kModule, "_MEM_FORMAT_ENCODING");
        out_.integer(0);
        out_.tuple1();
        out_.reduce();
        out_.boolean(false);  // pin_memory
        out_.tupleFromMark();
        out_.build();
    }

    void tensor(const DcpEntry::Tensor& tensor) {
        beginObject(kModule, "TensorStorageMetadata");
        text("properties");
        properties(tensor);
        text("size");
        size(tensor.shape);
        text("chunks");
        out_.emptyList();
        out_.mark();
        beginObject(kModule, "ChunkStorageMetadata");
        text("offsets");
        size(std::vector<std::uint64_t>(tensor.shape.size()));
        text("sizes");
        size(tensor.shape);
        endObject();
        out_.appendsFromMark();
        endObject();
    }

    void path(std::span<const DcpKey> keys) {
        out_.mark();
        for (const auto& key : keys) {
            if (const auto* const place = std::get_if<std::int64_t>(&key))
                out_.integer(*place);
            else
                text(std::get<std::string>(key));
        }
        out_.tupleFromMark();
    }

    // The hash of a MetadataIndex is of its name and offset: both are set before it becomes a key.
    void index(const DcpEntry& entry) {
        beginObject(kModule, "MetadataIndex");
        text("fqn");
        text(entry.name);
        text("index");
        if (entry.tensor) {
            out_.integer(0);
            text("offset");
            size(std::vector<std::uint64_t>(entry.tensor->shape.size()));
        } else {
            out_.none();
        }
        endObject();
    }

    void place(const DcpEntry& entry) {
        beginObject("torch.distributed.checkpoint.filesystem", "_StorageInfo");
        text("relative_path");
        text(entry.file);
        text("offset");
        out_.integer(static_cast<std::int64_t>(entry.offset));
        text("length");
        out_.integer(static_cast<std::int64_t>(entry.bytes));
        endObject();
    }

    std::span<const DcpEntry> entries_;
    PickleWriter out_;
    std::unordered_map<std::string_view, std::uint32_t> texts_;
    std::unordered_map<std::string_view, std::uint32_t> globals_;  // by name: they are unique here
};

}  // namespace

std::vector<std::byte> dcpMetadata(std::span<const DcpEntry> entries) {
    return MetadataPickle(entries).write();
}

std::string dcpFileName(std::size_t index) {
    return fmt::format("__0_{}.distcp", index);
}

}  // namespace plimsoll
