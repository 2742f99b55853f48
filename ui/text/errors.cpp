// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/errors.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QRegularExpression>

#include "text/text.h"

namespace plimsoll::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Errors", text);
}

QString headlineOf(Errc code) {
    switch (code) {
        case Errc::Io:
            return tr("The system could not read this file");
        case Errc::Truncated:
            return tr("This file ends too early");
        case Errc::Corrupt:
            return tr("This file contradicts itself");
        case Errc::OutOfBounds:
            return tr("This file points outside of itself");
        case Errc::Overflow:
            return tr("This file names an impossible size");
        case Errc::OverLimit:
            return tr("This file asks for more than a real checkpoint ever does");
        case Errc::Unsupported:
            return tr("This is not a checkpoint that can be opened here");
        case Errc::Usage:
            return tr("This cannot be opened");
        case Errc::Network:
            return tr("The server cannot be reached, or broke off");
        case Errc::Cancelled:
            return tr("Opening was cancelled");
    }
    return {};
}

QString adviceOf(Errc code) {
    switch (code) {
        case Errc::Io:
            return tr(
                "Check that the file still exists and that you may read it. On a network drive or a removable disk, "
                "check the connection, then try again.");
        case Errc::Truncated:
            return tr(
                "The download or copy was probably cut short. Compare the size with the source and fetch it again.");
        case Errc::Corrupt:
        case Errc::OutOfBounds:
        case Errc::Overflow:
            return tr(
                "The file is damaged, or was made to look like a checkpoint. Compare its checksum with the source and "
                "fetch it again. Do not load it with torch.load before you know.");
        case Errc::OverLimit:
            return tr("Files like this exist to exhaust memory. If you trust where it comes from, report it.");
        case Errc::Unsupported:
            return tr(
                "Plimsoll opens PyTorch files (.pt, .pth, .bin, .ckpt), safetensors, GGUF, NumPy files, the index.json "
                "of sharded models and distributed checkpoints. Check that this is the right file, and that it was "
                "fetched whole.");
        case Errc::Usage:
            return tr("Choose another file.");
        case Errc::Network:
            return tr("Check the address and the connection, then try again.");
        case Errc::Cancelled:
            return tr("Open it again when you like.");
    }
    return {};
}

}  // namespace

ErrorText explain(const Error& error, const QString& askedPath) {
    ErrorText text;
    text.headline = headlineOf(error.code);
    text.file = error.path.empty() ? askedPath : toText(error.path);
    if (error.offset != kNoOffset) {
        text.place = tr("byte %1 (0x%2)").arg(countText(error.offset)).arg(error.offset, 0, 16);
    }
    text.found = toText(error.what);
    static const QRegularExpression bracketed(QStringLiteral("^(.*) \\(expected (.*)\\)$"),
                                              QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression afterComma(QStringLiteral("^(.*)[,;:] expected (.*)$"),
                                               QRegularExpression::DotMatchesEverythingOption);
    for (const QRegularExpression& form : {bracketed, afterComma}) {
        const auto match = form.match(text.found);
        if (!match.hasMatch()) continue;
        text.expected = match.captured(2);
        text.found = match.captured(1);
        break;
    }
    text.advice = adviceOf(error.code);
    return text;
}

QString errorLine(const Error& error, const QString& askedPath) {
    const bool other = !error.path.empty() && toText(error.path) != askedPath;
    QString line = toText(error.what);
    if (error.offset != kNoOffset) line = tr("at byte %1: %2").arg(countText(error.offset), line);
    if (other) line = tr("%1: %2").arg(toText(error.path), line);
    if (!line.isEmpty()) line[0] = line[0].toUpper();
    return line;
}

}  // namespace plimsoll::ui
