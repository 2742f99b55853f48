// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zlib.h>

#include <QByteArray>

// zlib's windowBits of what comes out.
enum class Wrap : int { Raw = -15, Gzip = 31 };

// Empty where zlib refuses.
inline QByteArray deflated(const QByteArray& bytes, Wrap wrap = Wrap::Raw) {
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, static_cast<int>(wrap), 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    QByteArray out(static_cast<qsizetype>(deflateBound(&stream, static_cast<uLong>(bytes.size()))), '\0');
    QByteArray in = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.truncate(static_cast<qsizetype>(stream.total_out));
    deflateEnd(&stream);
    return out;
}
