// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/tensor_reader.h"
#include "formats/registry.h"

inline QJsonObject readJson(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) qFatal("%s cannot be read", qPrintable(path));
    return QJsonDocument::fromJson(file.readAll()).object();
}

inline QString textOf(std::string_view text) {
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

// SHA-256 of a tensor's elements in row-major order, read in blocks; the error's text where reading fails.
inline QString contentHash(plimsoll::TensorReader& reader, const plimsoll::TensorTable& table, plimsoll::TensorId id) {
    using namespace plimsoll;
    const std::uint64_t elementBytes = std::max<std::uint64_t>(bitWidth(table.dtype(id)) / 8, 1);
    const std::uint64_t blockBytes = elementBytes * 10'000;
    std::vector<std::byte> block;
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (std::uint64_t at = 0; at < table.nbytes(id); at += blockBytes) {
        block.resize(std::min(blockBytes, table.nbytes(id) - at));
        const auto read = reader.readElements(id, at / elementBytes, block);
        if (!read) return QString::fromStdString(read.error().what);
        hash.addData(QByteArrayView(reinterpret_cast<const char*>(block.data()), qsizetype(block.size())));
    }
    return QString::fromLatin1(hash.result().toHex());
}
