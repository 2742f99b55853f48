// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_tar/torch_tar_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "base/checked.h"
#include "base/limits.h"
#include "formats/name_list.h"
#include "formats/torch_pickle/pickle_sequence.h"
#include "formats/torch_pickle/plain_pickle.h"
#include "formats/torch_pickle/storage_type.h"
#include "formats/torch_pickle/tensor_call.h"
#include "formats/torch_pickle/tensor_names.h"

namespace plimsoll {

namespace {

// Objects of the archive have numbers, which the pickle names as persistent ids.
using Key = std::int64_t;

struct Objects {
    std::unordered_map<Key, StorageId> storages;
    std::unordered_map<Key, TensorId> tensors;
};

class TarResolver final : public PickleResolver {
public:
    explicit TarResolver(const Objects& objects) : objects_(objects) {}

    Result<std::optional<Value>> persistent(ValueTree& tree, Value id) override {
        // A class whose source text was saved beside it: the class itself is what the pickle means.
        if (id.kind == ValueKind::Tuple && !tree.items(id).empty()) return tree.items(id)[0];
        const auto key = keyOf(tree, id);
        if (key)
            if (const auto tensor = objects_.tensors.find(*key); tensor != objects_.tensors.end())
                return ValueTree::tensorRef(tensor->second);
        if (key)
            if (const auto storage = objects_.storages.find(*key); storage != objects_.storages.end())
                return ValueTree::storageRef(storage->second);
        return fail(Errc::Corrupt, fmt::format("persistent id {} (expected the number of a tensor or storage of the "
                                               "archive)",
                                               repr(tree, id)));
    }
    Result<std::optional<Value>> reduce(ValueTree&, Value, Value) override { return std::nullopt; }

private:
    // Text pickles spell the number.
    static std::optional<Key> keyOf(const ValueTree& tree, Value id) {
        if (id.kind == ValueKind::Int) return tree.asInt(id);
        if (id.kind != ValueKind::String && id.kind != ValueKind::ByteString) return std::nullopt;
        const auto text = tree.text(id);
        Key key = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
        if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return key;
    }

    const Objects& objects_;
};

class TarCheckpoint {
public:
    explicit TarCheckpoint(FileBeingRead& file) : file_(file), table_(file.checkpoint.tensors) {}

    Result<Format> read(const TarArchive& archive) {
        TRY_VOID(findMembers(archive));
        if (!archive.ended) file_.warn("the tar archive ends without its closing block");
        if (systemInfo_ != nullptr) {
            ValueTree tree;
            TRY_VOID(readPlainPickle(file_, tree, bytesOf(*systemInfo_), systemInfo_->offset));
        }
        TRY_VOID(readStorages());
        const std::size_t firstTensor = table_.size();
        TRY_VOID(readTensors());
        PickleSequence pickles = sequence(*pickle_);
        TarResolver resolver(objects_);
        TRY(const auto root, pickles.next(file_.values, resolver, "member 'pickle'"));
        warnOfRest(pickles, "pickle");
        file_.values.setRoot(root);
        TRY_VOID(nameTensors(file_, firstTensor, pickle_->offset));
        return Format::TorchTar;
    }

    // Members that are none of the checkpoint's.
    void scanOthers(const TarArchive& archive) {
        if (file_.rest == nullptr) return;
        for (const auto& member : archive.members) {
            if (member.regular && &member != pickle_ && &member != storages_ && &member != tensors_ &&
                &member != systemInfo_)
                file_.rest->member(file_, member.name, member.offset, member.bytes);
        }
    }

    // What the pickles want that reading did not come to.
    void scanAll(const TarArchive& archive) {
        for (const auto& member : archive.members)
            if (member.regular) sequence(member).scanRest();
    }

private:
    [[nodiscard]] std::span<const std::byte> bytesOf(const TarMember& member) const {
        return file_.bytes().subspan(static_cast<std::size_t>(member.offset), static_cast<std::size_t>(member.bytes));
    }
    [[nodiscard]] PickleSequence sequence(const TarMember& member) const {
        return {file_, bytesOf(member), member.offset};
    }

    Result<void> findMembers(const TarArchive& archive) {
        NameList names;
        for (const auto& member : archive.members) names.add(member.name);
        const std::array<std::pair<std::string_view, const TarMember**>, 4> wanted = {
            {{"pickle", &pickle_}, {"storages", &storages_}, {"tensors", &tensors_}, {"sys_info", &systemInfo_}}};
        for (const auto& member : archive.members) {
            for (const auto& [name, place] : wanted) {
                if (member.name != name) continue;
                if (*place != nullptr)
                    return fail(Errc::Corrupt, fmt::format("tar member '{}' is there twice", name),
                                member.headerOffset);
                if (!member.regular) {
                    return fail(Errc::Corrupt,
                                fmt::format("tar member '{}' is a link or device (expected a file)", name),
                                member.headerOffset);
                }
                *place = &member;
            }
        }
        if (pickle_ != nullptr && storages_ != nullptr && tensors_ != nullptr) return {};
        return fail(Errc::Unsupported, fmt::format("a tar archive, but no PyTorch checkpoint: it holds {} (expected "
                                                   "pickle, storages and tensors)",
                                                   names.count() == 0 ? "nothing" : names.text()));
    }

    Result<std::uint64_t> readCount(PickleSequence& pickles, std::string_view what) {
        const std::uint64_t at = pickles.offset();
        TRY(const auto value, pickles.next(tree_, plain_, what));
        const auto count = naturalNumber(tree_, value);
        if (!count)
            return fail(Errc::Corrupt, fmt::format("{} is {} (expected a number)", what, repr(tree_, value)), at);
        return *count;
    }

    // The next pickle, a tuple of three that starts with a key.
    Result<std::array<Value, 3>> readRecord(PickleSequence& pickles, std::string_view what, std::string_view expected) {
        const std::uint64_t at = pickles.offset();
        TRY(const auto value, pickles.next(tree_, plain_, what));
        const auto items = value.kind == ValueKind::Tuple ? tree_.items(value) : std::span<const Value>();
        if (items.size() != 3 || items[0].kind != ValueKind::Int)
            return fail(Errc::Corrupt, fmt::format("{} is {} (expected {})", what, repr(tree_, value), expected), at);
        return std::array<Value, 3>{items[0], items[1], items[2]};
    }

    Result<void> readStorages() {
        PickleSequence pickles = sequence(*storages_);
        TRY(const auto count, readCount(pickles, "the number of storages"));
        for (std::uint64_t i = 0; i < count; ++i) {
            if (file_.stop.stop_requested()) return cancelled();
            TRY_VOID(readStorage(pickles));
        }
        const std::uint64_t viewsAt = pickles.offset();
        TRY(const auto views, pickles.next(tree_, plain_, "the list of storage views"));
        if (views.kind != ValueKind::List)
            return fail(Errc::Corrupt, fmt::format("the storage views are {} (expected a list)", repr(tree_, views)),
                        viewsAt);
        for (const Value view : tree_.items(views)) TRY_VOID(addView(view, viewsAt));
        warnOfRest(pickles, "storages");
        return {};
    }

    Result<void> readStorage(PickleSequence& pickles) {
        const std::uint64_t at = pickles.offset();
        TRY(const auto record, readRecord(pickles, "a storage", "a number, a location and a storage type"));
        const auto dtype = storageElementType(tree_, record[2]);
        if (!dtype) {
            return fail(
                Errc::Corrupt,
                fmt::format("a storage's type is {} (expected one such as torch.FloatStorage)", repr(tree_, record[2])),
                at);
        }
        auto cursor = pickles.cursor();
        TRY(const auto elements, cursor.read<std::int64_t>());
        const auto bytes =
            elements < 0 ? std::nullopt : checkedMul(static_cast<std::uint64_t>(elements), storageElementBytes(*dtype));
        if (!bytes || *bytes > cursor.remaining()) {
            return fail(Errc::Truncated,
                        fmt::format("a storage of {} elements of {}, {} bytes are left", elements, torchName(*dtype),
                                    cursor.remaining()),
                        pickles.offset());
        }
        TRY_VOID(addStorage(tree_.asInt(record[0]), *dtype, cursor.offset(), *bytes, at));
        pickles.skip(sizeof(elements) + *bytes);
        return {};
    }

    Result<void> addStorage(Key key, DType dtype, std::uint64_t offset, std::uint64_t bytes, std::uint64_t at) {
        if (objects_.storages.contains(key))
            return fail(Errc::Corrupt, fmt::format("storage {} is there twice", key), at);
        Storage storage;
        storage.file = file_.file;
        storage.offset = offset;
        storage.bytes = storage.storedBytes = bytes;
        storage.dtype = dtype;
        storage.key = table_.intern(std::to_string(key));
        objects_.storages.emplace(key, table_.addStorage(storage));
        return {};
    }

    // (number of the view, number of the storage, first element, count of elements)
    Result<void> addView(Value view, std::uint64_t at) {
        const auto items = view.kind == ValueKind::Tuple ? tree_.items(view) : std::span<const Value>();
        const bool numbers =
            items.size() == 4 && std::ranges::all_of(items, [](Value v) { return v.kind == ValueKind::Int; });
        const auto root = numbers ? objects_.storages.find(tree_.asInt(items[1])) : objects_.storages.end();
        if (root == objects_.storages.end()) {
            return fail(Errc::Corrupt,
                        fmt::format("a storage view is {} (expected four numbers, the second of a "
                                    "storage)",
                                    repr(tree_, view)),
                        at);
        }
        const Storage whole = table_.storage(root->second);
        const std::uint64_t elementBytes = storageElementBytes(whole.dtype);
        const auto first = naturalNumber(tree_, items[2]);
        const auto count = naturalNumber(tree_, items[3]);
        if (!first || !count || !fitsWithin(*first, *count, whole.bytes / elementBytes))
            return fail(Errc::OutOfBounds,
                        fmt::format("a storage view {} of a storage of {} bytes", repr(tree_, view), whole.bytes), at);
        return addStorage(tree_.asInt(items[0]), whole.dtype, whole.offset + *first * elementBytes,
                          *count * elementBytes, at);
    }

    Result<void> readTensors() {
        PickleSequence pickles = sequence(*tensors_);
        TRY(const auto count, readCount(pickles, "the number of tensors"));
        for (std::uint64_t i = 0; i < count; ++i) {
            if (file_.stop.stop_requested()) return cancelled();
            TRY_VOID(readTensor(pickles));
        }
        warnOfRest(pickles, "tensors");
        return {};
    }

    Result<void> readTensor(PickleSequence& pickles) {
        const std::uint64_t at = pickles.offset();
        TRY(const auto record, readRecord(pickles, "a tensor", "a number, that of its storage and a tensor type"));
        const auto storage =
            record[1].kind == ValueKind::Int ? objects_.storages.find(tree_.asInt(record[1])) : objects_.storages.end();
        if (storage == objects_.storages.end()) {
            return fail(
                Errc::Corrupt,
                fmt::format("a tensor's storage is {} (expected the number of a storage)", repr(tree_, record[1])), at);
        }
        auto cursor = pickles.cursor();
        const std::uint64_t before = cursor.remaining();
        TRY(const auto rank, cursor.read<std::int32_t>());
        if (rank < 0 || rank > static_cast<std::int32_t>(limits::kDimensions)) {
            return fail(Errc::Corrupt,
                        fmt::format("a tensor of {} dimensions (expected 0 to {})", rank, limits::kDimensions),
                        pickles.offset());
        }
        // The count was once written with 8 bytes, of which only 4 meant anything.
        TRY_VOID(cursor.skip(4));
        std::vector<std::uint64_t> shape(static_cast<std::size_t>(rank));
        std::vector<std::int64_t> stride(shape.size());
        for (auto& dim : shape) {
            TRY(dim, cursor.read<std::uint64_t>());
        }
        for (auto& step : stride) {
            TRY(step, cursor.read<std::int64_t>());
        }
        TRY(const auto offset, cursor.read<std::uint64_t>());
        TensorRow row;
        row.dtype = table_.storage(storage->second).dtype;
        row.shape = shape;
        row.strideElems = stride;
        row.storage = storage->second;
        row.storageOffsetElems = offset;
        auto id = table_.add(row, TensorTable::Name::Point);
        if (!id) {
            id.error().offset = pickles.offset();
            return fail(std::move(id.error()));
        }
        if (!objects_.tensors.emplace(tree_.asInt(record[0]), *id).second)
            return fail(Errc::Corrupt, fmt::format("tensor {} is there twice", tree_.asInt(record[0])), at);
        pickles.skip(before - cursor.remaining());
        return {};
    }

    void warnOfRest(PickleSequence& pickles, std::string_view member) {
        if (pickles.atEnd()) return;
        file_.warn(fmt::format("member '{}' goes on for {} bytes after its end, at byte {}", member,
                               pickles.rest().size(), pickles.offset()));
        pickles.scanRest();
    }

    FileBeingRead& file_;
    TensorTable& table_;
    const TarMember* pickle_ = nullptr;
    const TarMember* storages_ = nullptr;
    const TarMember* tensors_ = nullptr;
    const TarMember* systemInfo_ = nullptr;
    ValueTree tree_;  // of the small pickles before storages and tensors
    PlainResolver plain_;
    Objects objects_;
};

// Zeros fill the last record of a tar file, and a record is no longer than this.
void warnOfTail(FileBeingRead& file, std::uint64_t end) {
    constexpr std::uint64_t kLongestRecord = limits::MiB;
    const auto tail = file.bytes().subspan(static_cast<std::size_t>(end));
    const auto isZero = [](std::byte b) { return b == std::byte(); };
    if (tail.size() > kLongestRecord || !std::ranges::all_of(tail, isZero))
        file.warn(fmt::format("{} bytes follow the end of the tar archive, at byte {}", tail.size(), end));
    file.scanLeftover(end);
}

}  // namespace

Result<Format> readTorchTar(FileBeingRead& file) {
    TRY(const auto archive, readTar(file.bytes()));
    TarCheckpoint checkpoint(file);
    auto read = checkpoint.read(archive);
    checkpoint.scanOthers(archive);
    if (read) warnOfTail(file, archive.end);
    if (!read) checkpoint.scanAll(archive);
    return read;
}

}  // namespace plimsoll
