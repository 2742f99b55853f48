// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/unfinished.h"

#include <unistd.h>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>

#include "convert/command_line.h"
#include "convert/journal.h"
#include "io/address.h"
#include "text/text.h"

namespace plimsoll::ui::unfinished {
namespace {

const QString kGroup = QStringLiteral("unfinished");
constexpr qsizetype kMost = 20;

struct Entry {
    QString line;
    QString opened;
    QString window;  // whose it is, see markOf()
};

// Tells a process from all others, also from a later one with its number; empty where there is none.
QString markOf(const QString& pid) {
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray stat = file.readAll();
    // The name in parentheses may hold anything; what follows is a letter and numbers, the 20th the time of the start.
    const auto fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    return fields.size() > 19 ? QStringLiteral("%1 %2").arg(pid, QString::fromLatin1(fields.at(19))) : QString();
}

QString ownMark() {
    return markOf(QString::number(::getpid()));
}

bool isOfOtherWindow(const Entry& entry) {
    return !entry.window.isEmpty() && entry.window != ownMark() &&
           markOf(entry.window.section(QLatin1Char(' '), 0, 0)) == entry.window;
}

QList<Entry> read() {
    QSettings settings;
    QList<Entry> entries;
    const int count = settings.beginReadArray(kGroup);
    for (int i = 0; i < count; ++i) {
        settings.setArrayIndex(i);
        entries.append({settings.value(QStringLiteral("line")).toString(),
                        settings.value(QStringLiteral("opened")).toString(),
                        settings.value(QStringLiteral("window")).toString()});
    }
    return entries;
}

void write(const QList<Entry>& entries) {
    QSettings settings;
    settings.remove(kGroup);
    settings.beginWriteArray(kGroup);
    for (int i = 0; i < std::min(entries.size(), kMost); ++i) {
        settings.setArrayIndex(i);
        settings.setValue(QStringLiteral("line"), entries[i].line);
        settings.setValue(QStringLiteral("opened"), entries[i].opened);
        settings.setValue(QStringLiteral("window"), entries[i].window);
    }
    settings.endArray();
    settings.sync();  // now, and not when there is time: the next thing may be a crash
}

bool hasJournal(const Recipe& recipe) {
    return Journal::exists(journalPathOf(recipe.destination + ".partial"));
}

bool canBegin(const Entry& entry, const Recipe& recipe) {
    const bool there = isAddress(entry.opened.toStdString()) || QFileInfo::exists(entry.opened);
    return there && !QFileInfo::exists(toText(recipe.destination));
}

}  // namespace

QString lineOf(const std::string& source, const Recipe& recipe) {
    Recipe started = recipe;
    started.resume = false;
    return toText(convertCommandLine(source, started));
}

void remember(const QString& line, const std::string& opened) {
    QList<Entry> entries = read();
    entries.removeIf([&line](const Entry& entry) { return entry.line == line; });
    entries.prepend({line, toText(opened), ownMark()});
    write(entries);
}

void forget(const QString& line) {
    QList<Entry> entries = read();
    if (entries.removeIf([&line](const Entry& entry) { return entry.line == line; }) > 0) write(entries);
}

QList<Conversion> list() {
    QList<Entry> entries = read();
    QList<Conversion> conversions;
    const auto gone = [&conversions](const Entry& entry) {
        if (isOfOtherWindow(entry)) return false;
        const auto command = parseConvertCommand(entry.line.toStdString());
        if (!command) return true;
        const bool begun = hasJournal(command->recipe);
        if (!begun && !canBegin(entry, command->recipe)) return true;
        conversions.append({entry.line, entry.opened, begun});
        return false;
    };
    if (entries.removeIf(gone) > 0) write(entries);
    return conversions;
}

std::optional<Recipe> newestOf(const std::string& source) {
    for (const Conversion& conversion : list()) {
        auto command = parseConvertCommand(conversion.line.toStdString());
        if (conversion.begun && command && command->source == source) return std::move(command->recipe);
    }
    return std::nullopt;
}

}  // namespace plimsoll::ui::unfinished
