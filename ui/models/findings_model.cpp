// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/findings_model.h"

#include <QCoreApplication>
#include <algorithm>

#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Findings", text);
}

FindingLevel levelOf(Severity severity) {
    switch (severity) {
        case Severity::Note:
            return FindingLevel::Note;
        case Severity::Warning:
            return FindingLevel::Warning;
        case Severity::Error:
            return FindingLevel::Bad;
    }
    return FindingLevel::Bad;
}

FindingLevel levelOf(Verdict verdict) {
    switch (verdict) {
        case Verdict::Safe:
            return FindingLevel::Good;
        case Verdict::Suspicious:
            return FindingLevel::Warning;
        case Verdict::Dangerous:
            return FindingLevel::Bad;
    }
    return FindingLevel::Bad;
}

QString whereText(const Place& place, const QString& file) {
    const QString inside = toText(placeText(place));
    if (file.isEmpty()) return inside;
    return inside.isEmpty() ? file : QStringLiteral("%1: %2").arg(file, inside);
}

QString nameOf(const GlobalRef& global) {
    if (global.dynamic) return tr("a name computed while loading");
    return QStringLiteral("%1.%2").arg(toText(global.module), toText(global.name));
}

void sortWorstFirst(QList<FindingRow>& rows) {
    std::ranges::stable_sort(rows, std::ranges::greater(), &FindingRow::level);
}

void addFile(const ScannedFile& file, const QString& name, QList<FindingRow>& rows) {
    if (file.unreadable) {
        rows.append({FindingLevel::Skipped, tr("not read"), tr("The whole file"), toText(file.unreadable->what), name});
        return;
    }
    for (const ScannedGlobal& found : file.globals) {
        // A computed name has no verdict of its own: nothing is known of it, and no honest file needs one.
        const auto level = found.global.dynamic ? FindingLevel::Bad : levelOf(found.global.verdict);
        const QString word = found.global.dynamic ? tr("dynamic") : toText(verdictName(found.global.verdict));
        rows.append({level, word, nameOf(found.global), toText(found.global.reason), whereText(found.place, name)});
    }
    for (const Finding& finding : file.findings) {
        rows.append({levelOf(finding.severity), toText(severityName(finding.severity)), toText(finding.message),
                     toText(finding.rule), whereText(finding.place, name)});
    }
    for (const Skipped& skipped : file.skipped) {
        rows.append({FindingLevel::Skipped, tr("skipped"), tr("A part that was not looked into"),
                     toText(skipped.reason), whereText(skipped.place, name)});
    }
}

}  // namespace

QList<FindingRow> rowsOf(const ScanReport& report) {
    QList<FindingRow> rows;
    const bool several = report.files.size() > 1;
    for (const ScannedFile& file : report.files) addFile(file, several ? toText(file.relativePath) : QString(), rows);
    sortWorstFirst(rows);
    return rows;
}

QList<FindingRow> rowsOf(const CheckReport& report) {
    QList<FindingRow> rows;
    const bool several = report.files.size() > 1;
    const auto where = [several](const Place& place) {
        return whereText(place, several ? toText(place.file) : QString());
    };
    for (const Finding& finding : report.findings) {
        // Members of archives are places too.
        const bool ofTensor = finding.rule.starts_with("tensor.");
        rows.append({levelOf(finding.severity), toText(severityName(finding.severity)), toText(finding.message),
                     toText(finding.rule), where(finding.place), ofTensor ? finding.place.member : std::string()});
    }
    for (const NotChecked& missing : report.notDone) {
        rows.append({FindingLevel::Skipped, tr("not checked"), toText(missing.what), toText(missing.why),
                     where(missing.place)});
    }
    sortWorstFirst(rows);
    return rows;
}

void FindingsModel::setRows(QList<FindingRow> rows) {
    beginResetModel();
    rows_ = std::move(rows);
    endResetModel();
}

void FindingsModel::setPalette(const QPalette& palette) {
    palette_ = palette;
    if (!rows_.isEmpty()) emit dataChanged(index(0, Word), index(rowCount() - 1, Word));
}

int FindingsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int FindingsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FindingsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const FindingRow& row = rows_[index.row()];
    if (role == Qt::ForegroundRole && index.column() == Word) return colour(row.level);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    switch (index.column()) {
        case Word:
            return row.word;
        case What:
            return row.what;
        case Why:
            return row.why;
        case Where:
            return row.where;
        default:
            return {};
    }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Word:
            return tr("Verdict");
        case What:
            return tr("What");
        case Why:
            return tr("Why");
        case Where:
            return tr("Where");
        default:
            return {};
    }
}

QColor FindingsModel::colour(FindingLevel level) const {
    switch (level) {
        case FindingLevel::Good:
            return goodColour(palette_);
        case FindingLevel::Note:
            return mutedText(palette_);
        case FindingLevel::Skipped:
        case FindingLevel::Warning:
            return warnColour(palette_);
        case FindingLevel::Bad:
            return badColour(palette_);
    }
    return {};
}

}  // namespace plimsoll::ui
