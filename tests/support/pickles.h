// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <optional>
#include <span>

#include "pickle/machine.h"
#include "pickle/scanner.h"

inline std::span<const std::byte> bytesOf(const QByteArray& data) {
    return std::as_bytes(std::span(data.constData(), static_cast<std::size_t>(data.size())));
}

// A literal with NUL bytes in it.
template <std::size_t N>
QByteArray raw(const char (&text)[N]) {
    return QByteArray(text, static_cast<int>(N) - 1);
}

// Understands nothing, as a plain pickle has it.
class NoResolver : public plimsoll::PickleResolver {
public:
    plimsoll::Result<std::optional<plimsoll::Value>> persistent(plimsoll::ValueTree&, plimsoll::Value) override {
        return std::optional<plimsoll::Value>{};
    }
    plimsoll::Result<std::optional<plimsoll::Value>> reduce(plimsoll::ValueTree&, plimsoll::Value,
                                                            plimsoll::Value) override {
        return std::optional<plimsoll::Value>{};
    }
};

// Makes a tensor of every torch._utils._rebuild_tensor_v2 and a storage of every persistent tuple.
class TensorResolver : public plimsoll::PickleResolver {
public:
    plimsoll::Result<std::optional<plimsoll::Value>> persistent(plimsoll::ValueTree&, plimsoll::Value id) override {
        if (id.kind != plimsoll::ValueKind::Tuple) return std::optional<plimsoll::Value>{};
        return std::optional(plimsoll::ValueTree::storageRef(plimsoll::StorageId(storages++)));
    }
    plimsoll::Result<std::optional<plimsoll::Value>> reduce(plimsoll::ValueTree& tree, plimsoll::Value callable,
                                                            plimsoll::Value) override {
        if (!tree.isGlobal(callable, "torch._utils", "_rebuild_tensor_v2")) return std::optional<plimsoll::Value>{};
        return std::optional(plimsoll::ValueTree::tensorRef(plimsoll::TensorId(tensors++)));
    }

    std::uint32_t storages = 0;
    std::uint32_t tensors = 0;
};

inline plimsoll::Result<plimsoll::Value> runBytes(plimsoll::ValueTree& tree, const QByteArray& pickle,
                                                  plimsoll::PickleResolver& resolver, std::uint64_t offset = 0) {
    return plimsoll::runPickle(tree, {bytesOf(pickle), offset}, plimsoll::scanPickle(bytesOf(pickle), offset), resolver)
        .map([](const plimsoll::PickleRoot& root) { return root.value; });
}

inline plimsoll::Result<plimsoll::Value> runBytes(plimsoll::ValueTree& tree, const QByteArray& pickle) {
    NoResolver resolver;
    return runBytes(tree, pickle, resolver);
}
