// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <string>

#include "base/result.h"
#include "models/findings_model.h"

class QPushButton;

namespace plimsoll::ui {

class Banner;
class FindingsTable;
class Label;
class RunStrip;

// What views of findings share: a verdict, the rows or a word in their place, facts below, and their copy. The views
// lay these out, run their job and say what it found.
class ReportView : public QWidget {
    Q_OBJECT
public:
    ~ReportView() override;

signals:
    void reportShown();

protected:
    // `name`: begins the parts' object names ("safety": safetyVerdict, safetyTable, ...).
    ReportView(const QString& name, const QString& tableName, QWidget* parent);

    void clearVerdict();  // and the facts
    void showWord(const QString& text);
    void showRows(QList<FindingRow> rows, const QString& wordForNone);
    // A word where it was stopped, else the error as verdict.
    void showFailure(const Error& error, const QString& stopped);

    Banner* verdict_;
    RunStrip* strip_;
    Label* facts_;
    FindingsTable* table_;
    Label* word_;
    QPushButton* copy_;
    std::string path_;  // of the checkpoint; empty: none
};

}  // namespace plimsoll::ui
