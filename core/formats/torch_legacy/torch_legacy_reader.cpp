// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_legacy/torch_legacy_reader.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "formats/torch_legacy/legacy_storages.h"
#include "formats/torch_pickle/pickle_sequence.h"
#include "formats/torch_pickle/plain_pickle.h"
#include "formats/torch_pickle/tensor_names.h"
#include "formats/torch_pickle/torch_resolver.h"
#include "pickle/machine.h"
#include "pickle/scanner.h"

namespace plimsoll {

namespace {

// 0x1950a86a20f9469cfc6c, little-endian: what the first pickle of a legacy file says.
constexpr std::array<unsigned char, 10> kMagic = {0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19};
constexpr std::int64_t kProtocol = 1001;

bool isMagic(const ValueTree& tree, Value v) {
    return v.kind == ValueKind::BigInt && std::ranges::equal(tree.text(v), kMagic, [](char a, unsigned char b) {
               return static_cast<unsigned char>(a) == b;
           });
}

// Whether the second pickle is what it is in a legacy file. Looks ahead only.
bool isProtocolNext(const FileBeingRead& file, const PickleSequence& pickles) {
    ValueTree scratch;
    PlainResolver plain;
    const auto scan = scanPickle(pickles.rest(), pickles.offset(), file.stop);
    if (scan.broken || !scan.globals.empty()) return false;
    const auto second = runPickle(scratch, {pickles.rest(), pickles.offset(), file.stop}, scan, plain);
    return second && second->value == ValueTree::integer(kProtocol);
}

// Everything behind the magic number.
Result<Format> readCheckpoint(FileBeingRead& file, PickleSequence& pickles) {
    PlainResolver plain;
    const std::uint64_t protocolAt = pickles.offset();
    TRY(const auto protocol, pickles.next(file.values, plain, "the protocol version (second pickle)"));
    if (protocol != ValueTree::integer(kProtocol)) {
        return fail(Errc::Unsupported,
                    fmt::format("protocol version {} (expected {})", repr(file.values, protocol), kProtocol),
                    protocolAt);
    }
    const std::uint64_t systemInfoAt = pickles.offset();
    TRY(const auto systemInfo, pickles.next(file.values, plain, "the system information (third pickle)"));
    if (systemInfo.kind != ValueKind::Dict) {
        return fail(Errc::Corrupt,
                    fmt::format("the third pickle is {} (expected a dict of system information)",
                                repr(file.values, systemInfo)),
                    systemInfoAt);
    }
    const std::size_t firstTensor = file.checkpoint.tensors.size();
    LegacyStorages storages(file);
    TorchResolver resolver(TorchResolver::Container::Legacy, file.checkpoint.tensors, storages);
    const std::uint64_t rootAt = pickles.offset();
    TRY(const auto root, pickles.next(file.values, resolver, "the object (fourth pickle)"));
    const std::uint64_t keysAt = pickles.offset();
    TRY(const auto keys, pickles.next(file.values, plain, "the storage keys (fifth pickle)"));
    TRY_VOID(storages.place(keys, keysAt, pickles.offset()));
    file.values.setRoot(root);
    TRY_VOID(nameTensors(file, firstTensor, rootAt));
    return Format::TorchLegacy;
}

}  // namespace

bool looksLikePickle(std::span<const std::byte> bytes) noexcept {
    constexpr std::byte kProto{0x80};
    return bytes.size() >= 2 && bytes[0] == kProto && bytes[1] <= std::byte{5};
}

bool looksLikeTextPickle(std::span<const std::byte> bytes) noexcept {
    const auto scan = scanPickle(bytes);
    return !scan.globals.empty() || (!scan.broken && scan.endOffset == bytes.size());
}

Result<Format> readTorchLegacy(FileBeingRead& file) {
    PickleSequence pickles(file, file.bytes(), 0);
    PlainResolver plain;
    auto first = pickles.next(file.values, plain, "the first pickle");
    if (first && isMagic(file.values, *first)) {
        auto format = readCheckpoint(file, pickles);
        // What the pickles behind the break want is worth knowing all the same.
        if (!format) pickles.scanRest();
        return format;
    }
    const bool isLegacy = first && isProtocolNext(file, pickles);
    const bool whole = pickles.scanRest();
    TRY(const auto root, std::move(first));
    if (isLegacy) {
        return fail(Errc::Corrupt,
                    fmt::format("the first pickle is {} (expected the number 119547037146038801333356, which marks a "
                                "PyTorch checkpoint, as the second is its protocol version)",
                                repr(file.values, root)),
                    0);
    }
    if (root.kind == ValueKind::BigInt) {
        return fail(Errc::Corrupt,
                    fmt::format("the file starts with the number {} (expected 119547037146038801333356, "
                                "which marks a PyTorch checkpoint)",
                                repr(file.values, root)),
                    0);
    }
    if (!whole) file.scanLeftover(pickles.offset());
    if (!whole) file.warn(fmt::format("what follows the pickle, at byte {}, is no pickle", pickles.offset()));
    file.values.setRoot(root);
    TRY_VOID(nameTensors(file, file.checkpoint.tensors.size(), 0));
    return Format::Pickle;
}

}  // namespace plimsoll
