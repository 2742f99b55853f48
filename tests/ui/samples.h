// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>
#include <QtEndian>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

// Checkpoints for tests of the window, made without any reader or writer of core.
namespace samples {

struct Tensor {
    QString name;
    std::vector<quint64> shape;
};

inline quint64 elementsOf(const Tensor& tensor) {
    quint64 n = 1;
    for (const quint64 dim : tensor.shape) n *= dim;
    return n;
}

// A safetensors file of float32 tensors; element i of every tensor is i / 4, exact in every float type up to 2^9.
inline bool writeSafetensors(const QString& path, const std::vector<Tensor>& tensors,
                             const QJsonObject& metadata = {}) {
    QJsonObject header;
    if (!metadata.isEmpty()) header.insert(QStringLiteral("__metadata__"), metadata);
    qint64 at = 0;
    for (const Tensor& tensor : tensors) {
        QJsonArray shape;
        for (const quint64 dim : tensor.shape) shape.append(static_cast<qint64>(dim));
        const qint64 end = at + static_cast<qint64>(elementsOf(tensor)) * 4;
        header.insert(tensor.name, QJsonObject{{QStringLiteral("dtype"), QStringLiteral("F32")},
                                               {QStringLiteral("shape"), shape},
                                               {QStringLiteral("data_offsets"), QJsonArray{at, end}}});
        at = end;
    }
    const QByteArray json = QJsonDocument(header).toJson(QJsonDocument::Compact);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return false;
    const quint64 length = qToLittleEndian(static_cast<quint64>(json.size()));
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file.write(json);
    for (const Tensor& tensor : tensors) {
        QByteArray values(static_cast<qsizetype>(elementsOf(tensor)) * 4, Qt::Uninitialized);
        for (quint64 i = 0; i < elementsOf(tensor); ++i) {
            const float value = static_cast<float>(i) / 4.0F;
            std::memcpy(values.data() + i * 4, &value, 4);
        }
        file.write(values);
    }
    return file.error() == QFile::NoError && file.flush();
}

// A safetensors file of 4 * layers tensors of one float32 each, of which only the names differ. Written as text:
// QJsonObject is slow at so many.
inline bool writeMany(const QString& path, int layers) {
    QByteArray header("{");
    qint64 at = 0;
    for (int i = 0; i < layers; ++i) {
        for (const char* part : {"att.weight", "att.bias", "ff.weight", "norm.weight"}) {
            header += (at == 0 ? "\"blocks." : ",\"blocks.") + QByteArray::number(i) + '.' + part +
                      R"(":{"dtype":"F32","shape":[1],"data_offsets":[)" + QByteArray::number(at) + ',' +
                      QByteArray::number(at + 4) + "]}";
            at += 4;
        }
    }
    header += '}';
    QFile out(path);
    if (!out.open(QIODevice::WriteOnly)) return false;
    const quint64 length = qToLittleEndian(static_cast<quint64>(header.size()));
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out.write(header);
    return out.flush() && out.resize(8 + header.size() + at);
}

// A safetensors file of one float32 tensor of side x side zeros that takes no room on the disk.
inline bool writeSparse(const QString& path, quint64 side) {
    const quint64 bytes = side * side * 4;
    const QByteArray header = QStringLiteral("{\"w\":{\"dtype\":\"F32\",\"shape\":[%1,%1],\"data_offsets\":[0,%2]}}")
                                  .arg(side)
                                  .arg(bytes)
                                  .toUtf8();
    QFile out(path);
    if (!out.open(QIODevice::WriteOnly)) return false;
    const quint64 length = qToLittleEndian(static_cast<quint64>(header.size()));
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out.write(header);
    return out.flush() && out.resize(static_cast<qint64>(8 + static_cast<quint64>(header.size()) + bytes));
}

// A little transformer: 2 + 4 * layers tensors.
inline std::vector<Tensor> transformer(int layers, quint64 width) {
    std::vector<Tensor> tensors{{QStringLiteral("tok_emb.weight"), {width * 4, width}}};
    for (int i = 0; i < layers; ++i) {
        const QString layer = QStringLiteral("blocks.%1.").arg(i);
        tensors.push_back({layer + QStringLiteral("att.weight"), {width, width}});
        tensors.push_back({layer + QStringLiteral("att.bias"), {width}});
        tensors.push_back({layer + QStringLiteral("ff.weight"), {width, width * 2}});
        tensors.push_back({layer + QStringLiteral("norm.weight"), {width}});
    }
    tensors.push_back({QStringLiteral("conv.weight"), {2, 3, 4, 5}});
    return tensors;
}

// An inventory without a file behind it: for models, which read no bytes.
inline std::shared_ptr<plimsoll::Checkpoint> inventory(const std::vector<Tensor>& tensors) {
    auto checkpoint = std::make_shared<plimsoll::Checkpoint>();
    checkpoint->path = "made.safetensors";
    checkpoint->format = plimsoll::Format::Safetensors;
    checkpoint->files.push_back({"made.safetensors", "made.safetensors", 0, nullptr});
    for (const Tensor& tensor : tensors) {
        plimsoll::Storage storage;
        storage.file = plimsoll::FileId(0);
        storage.bytes = storage.storedBytes = elementsOf(tensor) * 4;
        plimsoll::TensorRow row;
        const std::string name = tensor.name.toStdString();
        const std::vector<std::uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
        row.name = name;
        row.dtype = plimsoll::DType::F32;
        row.shape = shape;
        row.storage = checkpoint->tensors.addStorage(storage);
        if (!checkpoint->tensors.add(row, plimsoll::TensorTable::Name::Copy)) return nullptr;
    }
    return checkpoint;
}

}  // namespace samples
