// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QStringList>
#include <array>
#include <cmath>

#include "base/glob.h"
#include "io/address.h"

namespace plimsoll::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Text", text);
}

// The C locale groups no digits, and nobody reads 6754381824.
QLocale numbers() {
    const QLocale system = QLocale::system();
    return system.language() == QLocale::C ? QLocale(QLocale::English, QLocale::UnitedStates) : system;
}

}  // namespace

QString toText(std::string_view utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

QString bytesText(std::uint64_t bytes) {
    return toText(formatByteSize(bytes));
}

QString tickBytesText(double bytes) {
    static constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < kUnits.size()) {
        bytes /= 1024;
        ++unit;
    }
    return QStringLiteral("%1 %2").arg(numbers().toString(bytes, 'g', 4), QLatin1String(kUnits[unit]));
}

QString exactBytesText(std::uint64_t bytes) {
    if (bytes < 1024) return bytesText(bytes);
    return tr("%1 (%2 bytes)").arg(bytesText(bytes), countText(bytes));
}

QString countText(std::uint64_t count) {
    return numbers().toString(static_cast<qulonglong>(count));
}

QString roundCountText(std::uint64_t count) {
    struct Scale {
        double unit;
        const char* text;
    };
    static constexpr std::array<Scale, 3> kScales{{{1e12, QT_TRANSLATE_NOOP("Text", "%1 trillion")},
                                                   {1e9, QT_TRANSLATE_NOOP("Text", "%1 billion")},
                                                   {1e6, QT_TRANSLATE_NOOP("Text", "%1 million")}}};
    const auto value = static_cast<double>(count);
    for (const Scale& scale : kScales) {
        if (value < scale.unit) continue;
        const double scaled = value / scale.unit;
        return tr(scale.text).arg(numbers().toString(scaled, 'f', scaled < 10 ? 2 : 1));
    }
    return countText(count);
}

QString tensorsText(std::uint64_t count) {
    return count == 1 ? tr("1 tensor") : tr("%1 tensors").arg(countText(count));
}

QString durationText(double seconds) {
    const QLocale locale = numbers();
    if (!std::isfinite(seconds) || seconds < 0) return {};
    if (seconds < 0.0995) return tr("%1 ms").arg(locale.toString(seconds * 1000, 'f', seconds < 0.00995 ? 1 : 0));
    if (seconds < 9.95) return tr("%1 s").arg(locale.toString(seconds, 'f', 2));
    if (seconds < 59.5) return tr("%1 s").arg(locale.toString(seconds, 'f', 1));
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 3600) return tr("%1 min %2 s").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
    return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, QLatin1Char('0'));
}

QString tickSecondsText(double seconds) {
    return tr("%1 s").arg(numbers().toString(seconds, 'g', 4));
}

QString speedText(std::uint64_t bytes, double seconds) {
    if (seconds <= 0) return {};
    return tr("%1/s").arg(bytesText(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)));
}

QString percentText(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0 || part == 0) return tr("0 %");
    const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    if (percent < 0.1) return tr("< 0.1 %");
    return tr("%1 %").arg(numbers().toString(percent, 'f', 1));
}

QString timesText(double factor) {
    return tr("%1 ×").arg(numbers().toString(factor, 'f', 2));
}

QString numberText(double value) {
    return numbers().toString(value, 'g', 6).replace(QLatin1Char('E'), QLatin1Char('e'));
}

QString shapeText(std::span<const std::uint64_t> shape) {
    if (shape.empty()) return tr("scalar");
    QStringList dims;
    for (const std::uint64_t dim : shape) dims << QString::number(dim);
    return QLatin1Char('[') + dims.join(QStringLiteral(", ")) + QLatin1Char(']');
}

QString strideText(std::span<const std::int64_t> stride) {
    QStringList steps;
    for (const std::int64_t step : stride) steps << QString::number(step);
    return QLatin1Char('[') + steps.join(QStringLiteral(", ")) + QLatin1Char(']');
}

QString formatText(Format format) {
    switch (format) {
        case Format::TorchZip:
            return tr("PyTorch (zip)");
        case Format::TorchLegacy:
            return tr("PyTorch (before 1.6)");
        case Format::TorchTar:
            return tr("PyTorch (tar)");
        case Format::TorchScript:
            return tr("TorchScript");
        case Format::Safetensors:
            return tr("safetensors");
        case Format::SafetensorsIndex:
            return tr("safetensors, sharded");
        case Format::PytorchIndex:
            return tr("PyTorch, sharded");
        case Format::Gguf:
            return tr("GGUF");
        case Format::Npy:
            return tr("NumPy array");
        case Format::Npz:
            return tr("NumPy archive");
        case Format::TorchDcp:
            return tr("PyTorch distributed");
        case Format::Tensors:
            return tr("one file per tensor");
        case Format::Pickle:
            return tr("pickle");
        case Format::DeepSpeed:
            return tr("DeepSpeed");
        case Format::Megatron:
            return tr("Megatron");
    }
    return {};
}

QString targetText(Target target) {
    switch (target) {
        case Target::Pth:
            return tr("PyTorch (.pth)");
        case Target::Safetensors:
            return tr("safetensors");
        case Target::Tensors:
            return tr("a file per tensor");
        case Target::Npz:
            return tr("NumPy (.npz)");
        case Target::Dcp:
            return tr("torch.distributed.checkpoint");
    }
    return {};
}

QString fileName(const QString& path) {
    const std::string text = path.toStdString();
    return isAddress(text) ? toText(fileNameOfAddress(text)) : QFileInfo(path).fileName();
}

QString absolutePath(const QString& path) {
    return isAddress(path.toStdString()) ? path : QFileInfo(path).absoluteFilePath();
}

QString shortFolder(const QString& path) {
    if (const std::string text = path.toStdString(); isAddress(text))
        return toText(withoutCredentials(addressBeside(text, {})));
    const QString folder = QFileInfo(path).absolutePath();
    const QString home = QDir::homePath();
    if (folder == home) return QStringLiteral("~");
    if (folder.startsWith(home + QLatin1Char('/'))) return QLatin1Char('~') + folder.mid(home.size());
    return folder;
}

QString summaryText(const Checkpoint& checkpoint, std::uint64_t elements) {
    QStringList parts{formatText(checkpoint.format), tensorsText(checkpoint.tensors.size()),
                      tr("%1 elements").arg(roundCountText(elements)), bytesText(checkpoint.fileBytes())};
    return parts.join(QStringLiteral(" · "));
}

}  // namespace plimsoll::ui
