// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include "peer.h"

// Runs plimsoll-cli of this build.
inline ProcessResult runCli(const QStringList& arguments) {
    return runProcess(builtProgram(QStringLiteral("plimsoll-cli")), arguments);
}

struct SmallTensor {
    QByteArray name;
    QByteArray dtype;  // safetensors' name
    QList<qint64> shape;
    QByteArray bytes;
};

template <class T>
QByteArray littleEndian(std::initializer_list<T> values) {
    QByteArray bytes;
    for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return bytes;
}

// A .safetensors file as its format describes it; `metadata` is the JSON of __metadata__, empty for none.
inline QByteArray safetensorsBytes(const QList<SmallTensor>& tensors, const QByteArray& metadata = {}) {
    QByteArray header = "{";
    if (!metadata.isEmpty()) header += "\"__metadata__\":" + metadata + ",";
    QByteArray data;
    for (const SmallTensor& tensor : tensors) {
        QByteArray dims;
        for (const qint64 size : tensor.shape) dims += (dims.isEmpty() ? "" : ",") + QByteArray::number(size);
        header += "\"" + tensor.name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[" + dims +
                  "],\"data_offsets\":[" + QByteArray::number(data.size()) + "," +
                  QByteArray::number(data.size() + tensor.bytes.size()) + "]},";
        data += tensor.bytes;
    }
    if (header.endsWith(',')) header.chop(1);
    header += "}";
    while (header.size() % 8 != 0) header += ' ';
    return littleEndian<quint64>({static_cast<quint64>(header.size())}) + header + data;
}

inline bool writeFile(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

inline QByteArray readFile(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// The one JSON object that a command printed; empty where it is none.
inline QJsonObject jsonOf(const QByteArray& text) {
    return QJsonDocument::fromJson(text).object();
}

// Fails the test with the command's message unless it ended with this status.
#define STATUS_IS(result, status) \
    QVERIFY2((result).exitCode == (status), qPrintable(QString::number((result).exitCode) + ": " + (result).err))
