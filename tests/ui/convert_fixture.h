// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>
#include <QDirIterator>
#include <QProgressBar>
#include <QSpinBox>
#include <QTableView>

#include "cli.h"
#include "models/rules_model.h"
#include "views/convert/recipe_form.h"
#include "widgets/data_table.h"
#include "window_fixture.h"

// The convert view over small checkpoints, and words to drive it with.
class ConvertFixture : public WindowFixture {
protected:
    // A little LLaMA, whose names the built-in rules for ranks know.
    QString llamaFile() const {
        const QString file = path("llama.safetensors");
        std::vector<samples::Tensor> tensors{{QStringLiteral("tok_embeddings.weight"), {32, 16}}};
        for (int i = 0; i < 3; ++i) {
            const QString layer = QStringLiteral("layers.%1.").arg(i);
            for (const char* name : {"attention.wq", "attention.wk", "attention.wv", "attention.wo"})
                tensors.push_back({layer + QLatin1String(name) + QStringLiteral(".weight"), {16, 16}});
            tensors.push_back({layer + QStringLiteral("attention.wq.bias"), {16}});
            tensors.push_back({layer + QStringLiteral("attention_norm.weight"), {16}});
        }
        return samples::writeSafetensors(file, tensors) ? file : QString();
    }
    [[nodiscard]] bool openInConvert(const QString& file) {
        if (!open(file)) return false;
        window_->setView(MainWindow::View::Convert);
        return waitForPlan();
    }
    // The program again, with what it remembers.
    void startAgain() {
        window_ = std::make_unique<MainWindow>();
        window_->resize(1240, 800);  // whatever the screen
        window_->QWidget::show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }
    void choose(const char* box, const QString& text) const {
        auto* combo = find<QComboBox>(box);
        combo->setCurrentIndex(combo->findText(text));
        QCOMPARE(combo->currentText(), text);
    }
    // As a click on the entry: the box tells presets from what the program sets.
    void choosePreset(const QString& name) const {
        choose("presetBox", name);
        emit find<QComboBox>("presetBox")->activated(find<QComboBox>("presetBox")->currentIndex());
    }
    void type(const char* line, const QString& text) const {
        auto* edit = find<QLineEdit>(line);
        edit->selectAll();
        if (text.isEmpty())
            QTest::keyClick(edit, Qt::Key_Delete);
        else
            QTest::keyClicks(edit, text);
    }
    plimsoll::ui::RulesModel* rules() const {
        return qobject_cast<plimsoll::ui::RulesModel*>(find<QTableView>("rulesTable")->model());
    }
    QString rule(int row, int column) const { return rules()->index(row, column).data().toString(); }
    QString destination() const { return find<QLineEdit>("destination")->text(); }
    QString command() const { return find<QLineEdit>("commandLine")->text(); }
    bool canStart() const { return find<QPushButton>("convertStart")->isEnabled(); }
    QString startText() const { return find<QPushButton>("convertStart")->text().remove(QLatin1Char('&')); }
    plimsoll::ui::DataTable* list(const char* name) const { return find<plimsoll::ui::DataTable>(name); }

    static int rowNamed(const plimsoll::ui::DataTable& table, const QString& name) {  // -1: none
        for (int row = 0; row < table.rowCount(); ++row)
            if (table.cell(row, 0) == name) return row;
        return -1;
    }

    // What a shell makes of the command, with this build's plimsoll-cli.
    static ProcessResult inShell(const QString& command) {
        return runProcess(QStringLiteral("sh"),
                          {QStringLiteral("-c"), QStringLiteral("PATH=" PLIMSOLL_BIN_DIR ":$PATH; %1").arg(command)});
    }
    void convertHere() {
        press("convertStart");
        QTRY_VERIFY_WITH_TIMEOUT(!bannerText("convertOutcome").isEmpty() && !window_->isBusy(), kPatienceMs);
    }
    // Of a file, or of all files below a directory with their names.
    static QByteArray content(const QString& path) {
        if (!QFileInfo(path).isDir()) return readFile(path);
        QStringList names;
        for (QDirIterator at(path, QDir::Files, QDirIterator::Subdirectories); at.hasNext();) names << at.next();
        names.sort();
        QByteArray all;
        for (const QString& name : names) all += name.mid(path.size()).toUtf8() + '\n' + readFile(name);
        return all;
    }
    // 576 MB of zeros that take no room, and options with which they take a while.
    [[nodiscard]] bool openSlow() {
        const QString big = path("big.safetensors");
        if (!samples::writeSparse(big, 12'000) || !openInConvert(big)) return false;
        type("memoryLimit", QStringLiteral("1MiB"));
        find<QSpinBox>("threads")->setValue(1);
        return waitForPlan();
    }
    // Starts, and cancels when something is done.
    void interruptHere() {
        press("convertStart");
        auto* bar = find<QProgressBar>("convertProgress");
        QTRY_VERIFY_WITH_TIMEOUT(bar->value() > 0, kPatienceMs);
        press("convertCancel");
        QTRY_VERIFY_WITH_TIMEOUT(!window_->isBusy(), kPatienceMs);
        QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Cancelled")),
                 qPrintable(bannerText("convertOutcome")));
        QVERIFY(waitForPlan());
    }
};
