// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/command_line.h"

#include <QRegularExpression>
#include <QStringList>

#include "base/limits.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

// Exact, and as short as the units allow: "5GB", "512MiB", "123".
QString exactSize(std::uint64_t bytes) {
    struct Unit {
        std::uint64_t bytes;
        const char* name;
    };
    static constexpr Unit kUnits[] = {
        {1'000'000'000, "GB"}, {limits::GiB, "GiB"}, {1'000'000, "MB"}, {limits::MiB, "MiB"}};
    for (const Unit& unit : kUnits) {
        if (bytes >= unit.bytes && bytes % unit.bytes == 0) {
            return QString::number(bytes / unit.bytes) + QLatin1String(unit.name);
        }
    }
    return QString::number(bytes);
}

}  // namespace

QString shellQuoted(const QString& argument) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    if (plain.match(argument).hasMatch()) return argument;
    QString quoted = argument;
    quoted.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QLatin1Char('\'') + quoted + QLatin1Char('\'');
}

QString convertCommandLine(const QString& source, const Recipe& recipe) {
    QStringList words{QStringLiteral("plimsoll-cli"),
                      QStringLiteral("convert"),
                      source,
                      QString::fromStdString(recipe.destination),
                      QStringLiteral("--to"),
                      toText(targetName(recipe.target))};
    if (recipe.dtype) words << QStringLiteral("--dtype") << toText(shortName(*recipe.dtype));
    for (const CastRule& rule : recipe.rules) {
        const QString dtype = rule.dtype ? toText(shortName(*rule.dtype)) : QStringLiteral("keep");
        words << QStringLiteral("--rule") << toText(rule.glob) + QLatin1Char('=') + dtype;
    }
    for (const std::string& pattern : recipe.keep) words << QStringLiteral("--keep") << toText(pattern);
    for (const std::string& pattern : recipe.drop) words << QStringLiteral("--drop") << toText(pattern);
    if (recipe.weightsOnly) words << QStringLiteral("--weights-only");
    if (recipe.maxShardBytes) words << QStringLiteral("--max-shard-size") << exactSize(*recipe.maxShardBytes);
    if (recipe.memoryBytes != Recipe{}.memoryBytes)
        words << QStringLiteral("--memory") << exactSize(recipe.memoryBytes);
    if (recipe.overwrite) words << QStringLiteral("--overwrite");
    for (QString& word : words) word = shellQuoted(word);
    return words.join(QLatin1Char(' '));
}

}  // namespace plimsoll::ui
