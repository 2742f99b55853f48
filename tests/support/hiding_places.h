// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <string>
#include <vector>

#include "cli.h"
#include "deflated.h"
#include "pickles.h"
#include "zip_builder.h"

// Pickles, and containers to hide them in.

inline const QByteArray kEvil = raw("cos\nsystem\n(S'id'\ntR.");
inline const QByteArray kEvilMarked = raw("\x80\x02") + kEvil;
inline const QByteArray kGood = raw("\x80\x02]q\x00.");

inline ZipBuilder::Member stored(const char* name, const QByteArray& content) {
    ZipBuilder::Member member;
    member.name = name;
    member.packed = content.toStdString();
    return member;
}

inline ZipBuilder::Member packed(const char* name, const QByteArray& content) {
    ZipBuilder::Member member = stored(name, deflated(content, Wrap::Raw));
    member.content = content.toStdString();
    member.method = 8;
    return member;
}

inline QByteArray zipOf(const std::vector<ZipBuilder::Member>& members, const std::string& comment = {}) {
    ZipBuilder builder;
    builder.members = members;
    builder.comment = comment;
    const auto bytes = builder.build().bytes;
    return QByteArray(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()));
}

inline QByteArray tarOf(const QByteArray& name, const QByteArray& content) {
    QByteArray header(512, '\0');
    header.replace(0, name.size(), name);
    header.replace(124, 11, QByteArray::number(content.size(), 8).rightJustified(11, '0'));
    header.replace(148, 8, "        ");
    header[156] = '0';
    int sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    header.replace(148, 7, QByteArray::number(sum, 8).rightJustified(6, '0') + '\0');
    return header + content + QByteArray((512 - content.size() % 512) % 512 + 1024, '\0');
}

inline QByteArray asConstant(const QByteArray& bytes) {
    return raw("\x80\x03") + 'B' + littleEndian<quint32>({static_cast<quint32>(bytes.size())}) + bytes + '.';
}

inline QByteArray npyOfObjects(const QByteArray& pickle) {
    QByteArray header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    header = header.leftJustified(128 - 10 - 1, ' ') + '\n';
    return raw("\x93NUMPY\x01\x00") + littleEndian<quint16>({static_cast<quint16>(header.size())}) + header + pickle;
}
