// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

#include <memory>
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

// What of a tensor is compared, as one line of text.
inline QString lineOf(const QString& name, const QString& dtype, const QString& shape, const QString& stride,
                      const QString& hash) {
    return QStringList{name, dtype, shape, stride, hash}.join('|');
}

inline QString numbers(const QJsonArray& array) {
    QStringList texts;
    for (const auto& value : array) texts.append(QString::number(value.toInteger()));
    return texts.join('x');
}

template <class Span>
QString numbers(Span span) {
    QStringList texts;
    for (const auto value : span) texts.append(QString::number(value));
    return texts.join('x');
}

// Sorted lines of all tensors. A tensor without bytes, or whose truth has no hash, has an empty one.
inline QStringList linesOf(const std::shared_ptr<const plimsoll::Checkpoint>& checkpoint, bool withStride) {
    using namespace plimsoll;
    TensorReader reader(checkpoint);
    const TensorTable& table = checkpoint->tensors;
    QStringList lines;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        const TensorId id(i);
        const bool absent = table.storage(id).encoding == StorageEncoding::Absent;
        lines.append(lineOf(textOf(table.name(id)), textOf(torchName(table.dtype(id))), numbers(table.shape(id)),
                            withStride ? numbers(table.stride(id)) : QString(),
                            absent && table.nbytes(id) > 0 ? QString() : contentHash(reader, table, id)));
    }
    lines.sort();
    return lines;
}

inline QStringList linesOf(const QJsonArray& tensors) {
    QStringList lines;
    for (const auto& value : tensors) {
        const auto tensor = value.toObject();
        lines.append(lineOf(tensor["name"].toString(), tensor["dtype"].toString(), numbers(tensor["shape"].toArray()),
                            numbers(tensor["stride"].toArray()), tensor["sha256"].toString()));
    }
    lines.sort();
    return lines;
}

inline std::shared_ptr<const plimsoll::Checkpoint> opened(const QString& path) {
    auto checkpoint = plimsoll::openCheckpoint(path.toStdString());
    if (!checkpoint) {
        qWarning("%s", plimsoll::describe(checkpoint.error(), path.toStdString()).c_str());
        return nullptr;
    }
    return *checkpoint;
}
