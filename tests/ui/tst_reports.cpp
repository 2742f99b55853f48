// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>

#include "views/integrity/integrity_view.h"
#include "views/overview/overview_view.h"
#include "views/overview/share_section.h"
#include "views/safety/safety_view.h"
#include "widgets/elided_label.h"
#include "widgets/figure_row.h"
#include "widgets/findings_table.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// The views that tell what is in a file: where its bytes went, and what its pickles would run.
class TstReports : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void showsWhereBytesWent();
    void keepsTheLargestShares();
    void opensSlimmingInConvert();
    void findsIdenticalTensors();
    void verdicts_data();
    void verdicts();
    void skippedIsNeverClean();
    void copiesFindings();
    void rowsOfScanAreWorstFirst();
    void checksIntegrity_data();
    void checksIntegrity();
    void notCheckedIsNeverSound();
    void showsTheTensorOfAFinding();

private:
    // Its last value is NaN.
    QString fileWithNan(const std::vector<samples::Tensor>& tensors) {
        const QString file = path("nan.safetensors");
        QFile out(file);
        const quint32 nan = qToLittleEndian<quint32>(0x7fc00000);
        const bool made = samples::writeSafetensors(file, tensors) && out.open(QIODevice::ReadWrite) &&
                          out.seek(out.size() - 4) && out.write(reinterpret_cast<const char*>(&nan), 4) == 4;
        return made ? file : QString();
    }
    template <class View>
    void showReport(MainWindow::View which, const char* name) {
        auto* view = find<View>(name);
        QSignalSpy shown(view, &View::reportShown);
        window_->setView(which);
        QVERIFY(shown.wait(kPatienceMs));
    }
    QString cellOf(const FindingsTable* table, int row, int column) const {
        return table->model()->index(row, column).data().toString();
    }
};

void TstReports::showsWhereBytesWent() {
    QVERIFY(open(sampleFile()));
    showReport<OverviewView>(MainWindow::View::Overview, "overviewView");
    const auto* figures = find<FigureRow>("overviewFigures");
    QCOMPARE(figures->value(QStringLiteral("tensors")), QStringLiteral("14"));
    QCOMPARE(figures->value(QStringLiteral("unused in storages")), QStringLiteral("0 B"));
    QVERIFY(find<ShareSection>("overviewRoles") != nullptr);
    QStringList layers;
    for (const auto* label : find<ShareSection>("overviewLayers")->findChildren<ElidedLabel*>())
        layers << label->text();
    QVERIFY2(layers.contains(QStringLiteral("blocks.2  (4 tensors)")), qPrintable(layers.join(QLatin1Char('\n'))));
}

void TstReports::keepsTheLargestShares() {
    const auto rowsOf = [](const std::vector<std::uint64_t>& sizes) {
        return ShareSection::largest(
            sizes.size(), [&sizes](std::size_t i) { return sizes[i]; },
            [&sizes](std::size_t i) {
                return ShareSection::Row{QString::number(i), {}, {}, sizes[i], 0};
            });
    };
    std::vector<std::uint64_t> sizes(40, 1);
    std::fill(sizes.end() - 10, sizes.end(), 5);
    const auto some = rowsOf(sizes);
    QCOMPARE(some.shown.size(), 24);
    QCOMPARE(some.shown.at(13).name, QStringLiteral("13"));  // of the small ones the first
    QCOMPARE(some.shown.at(14).name, QStringLiteral("30"));
    QCOMPARE(some.others, std::uint64_t{16});
    QCOMPARE(some.otherBytes, std::uint64_t{16});
    const auto all = rowsOf({3, 0, 7});
    QCOMPARE(all.shown.size(), 3);
    QCOMPARE(all.others, std::uint64_t{0});
}

void TstReports::opensSlimmingInConvert() {
    QVERIFY(open(sampleFile()));
    showReport<OverviewView>(MainWindow::View::Overview, "overviewView");
    const QString command = find<QLineEdit>("slimCommand")->text();
    QVERIFY2(command.startsWith(QStringLiteral("plimsoll-cli convert ")), qPrintable(command));
    QVERIFY2(command.contains(QStringLiteral("--dtype bf16")), qPrintable(command));
    press("slimCopy");
    QCOMPARE(QApplication::clipboard()->text(), command);
    press("slimConvert");
    QVERIFY(visible("convertView"));
    QCOMPARE(find<QComboBox>("dtypeBox")->currentText(), QStringLiteral("bf16"));
    QVERIFY(waitForPlan());
    QVERIFY(find<QLineEdit>("commandLine")->text().contains(QStringLiteral("--dtype bf16")));
}

void TstReports::findsIdenticalTensors() {
    const QString file = path("twice.safetensors");
    QVERIFY(samples::writeSafetensors(file, {{QStringLiteral("a"), {64}}, {QStringLiteral("b"), {64}}}));
    QVERIFY(open(file));
    showReport<OverviewView>(MainWindow::View::Overview, "overviewView");
    auto* view = find<OverviewView>("overviewView");
    QSignalSpy shown(view, &OverviewView::reportShown);
    press("findIdentical");
    QVERIFY(shown.wait(kPatienceMs));
    QTRY_VERIFY(find<QPushButton>("findIdentical") == nullptr);
    bool named = false;
    for (const auto* label : view->findChildren<QLabel*>())
        named = named || label->text().startsWith(QStringLiteral("Identical"));
    QVERIFY(named);
}

void TstReports::verdicts_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("verdict");
    QTest::addColumn<QString>("name");
    QTest::newRow("harmless") << QByteArray(
                                     "\x80\x02"
                                     "ccollections\nOrderedDict\n)R.")
                              << "Clean"
                              << "collections.OrderedDict";
    QTest::newRow("runs a command") << QByteArray(
                                           "\x80\x02"
                                           "cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.",
                                           27)
                                    << "Dangerous"
                                    << "posix.system";
    QTest::newRow("not known") << QByteArray(
                                      "\x80\x02"
                                      "cmymodel\nNet\n)R.")
                               << "Suspicious"
                               << "mymodel.Net";
}

void TstReports::verdicts() {
    QFETCH(QByteArray, content);
    QFETCH(QString, verdict);
    QFETCH(QString, name);
    QFile file(path("made.pkl"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
    file.close();
    QVERIFY(open(file.fileName()));
    showReport<SafetyView>(MainWindow::View::Safety, "safetyView");
    QVERIFY2(bannerText("safetyVerdict").startsWith(verdict), qPrintable(bannerText("safetyVerdict")));
    const auto* table = find<FindingsTable>("safetyTable");
    QCOMPARE(cellOf(table, 0, FindingsModel::What), name);
    QVERIFY(!cellOf(table, 0, FindingsModel::Where).isEmpty());
    QVERIFY(text("safetyFacts").startsWith(QStringLiteral("Pickles followed: 1.")));
}

void TstReports::skippedIsNeverClean() {
    ScannedFile file;
    file.skipped.push_back({{}, "it is encrypted"});
    SafetyView view;
    view.show(ScanReport{{file}});
    const QString said = view.findChild<Banner*>(QStringLiteral("safetyVerdict"))->text();
    QVERIFY2(said.startsWith(QStringLiteral("Not known")), qPrintable(said));
    QVERIFY(!said.contains(QStringLiteral("clean"), Qt::CaseInsensitive));
    QVERIFY(!said.contains(QStringLiteral("safe"), Qt::CaseInsensitive));
    const auto* table = view.findChild<FindingsTable*>();
    QCOMPARE(cellOf(table, 0, FindingsModel::Word), QStringLiteral("skipped"));
    QCOMPARE(cellOf(table, 0, FindingsModel::Why), QStringLiteral("it is encrypted"));
}

void TstReports::copiesFindings() {
    FindingsTable table;
    table.setRows({{FindingLevel::Bad, "dangerous", "os.system", "runs commands", "data.pkl"},
                   {FindingLevel::Good, "safe", "torch.FloatStorage", "", "data.pkl"}});
    table.copy();
    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("dangerous\tos.system\truns commands\tdata.pkl\nsafe\ttorch.FloatStorage\t\tdata.pkl"));
    table.selectRow(1);
    QTest::keySequence(&table, QKeySequence::Copy);
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("safe\ttorch.FloatStorage\t\tdata.pkl"));
}

void TstReports::rowsOfScanAreWorstFirst() {
    ScannedFile file;
    file.relativePath = "a.pt";
    file.globals.push_back({{"torch", "FloatStorage", Verdict::Safe, false, "", 0}, {}});
    file.globals.push_back({{"?", "?", Verdict::Suspicious, true, "computed", 0}, {}});
    file.globals.push_back({{"x", "y", Verdict::Suspicious, false, "not known", 0}, {}});
    file.skipped.push_back({{}, "too large"});
    ScannedFile unreadable;
    unreadable.relativePath = "b.pt";
    unreadable.unreadable = Error{Errc::Io, 0, "Permission denied", {}};
    const auto rows = rowsOf(ScanReport{{file, unreadable}});
    QStringList words;
    for (const FindingRow& row : rows) words << row.word;
    QCOMPARE(words, (QStringList{"dynamic", "suspicious", "skipped", "not read", "safe"}));
    QVERIFY(rows[0].where.startsWith(QStringLiteral("a.pt")));
    FindingsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setRows(rows);
    QCOMPARE(model.rowCount(), 5);
}

void TstReports::checksIntegrity_data() {
    QTest::addColumn<bool>("deep");
    QTest::addColumn<QString>("verdict");
    QTest::newRow("what is there") << false << "Whole: ";
    QTest::newRow("with the values") << true << "It can be read";
}

void TstReports::checksIntegrity() {
    QFETCH(bool, deep);
    QFETCH(QString, verdict);
    QVERIFY(open(fileWithNan({{QStringLiteral("w"), {4}}})));
    window_->setView(MainWindow::View::Integrity);
    find<QCheckBox>("integrityDeep")->setChecked(deep);
    QSignalSpy shown(find<IntegrityView>("integrityView"), &IntegrityView::reportShown);
    press("integrityStart");
    QVERIFY(shown.wait(kPatienceMs));
    QVERIFY2(bannerText("integrityVerdict").startsWith(verdict), qPrintable(bannerText("integrityVerdict")));
    QVERIFY(text("integrityFacts").startsWith(QStringLiteral("Checked: ")));
    bool found = false;
    for (const FindingRow& row : find<FindingsTable>("integrityTable")->rows())
        found = found || row.why == QLatin1String("tensor.nan");
    QCOMPARE(found, deep);
}

void TstReports::notCheckedIsNeverSound() {
    CheckReport report;
    report.notDone.push_back({{}, "the CRC-32 of a record", "it is encrypted"});
    IntegrityView view;
    view.show(report);
    const QString said = view.findChild<Banner*>(QStringLiteral("integrityVerdict"))->text();
    QVERIFY2(said.contains(QStringLiteral("not everything could be checked")), qPrintable(said));
    QCOMPARE(cellOf(view.findChild<FindingsTable*>(), 0, FindingsModel::Word), QStringLiteral("not checked"));
}

void TstReports::showsTheTensorOfAFinding() {
    QVERIFY(open(fileWithNan({{QStringLiteral("good"), {5}}, {QStringLiteral("spoiled"), {3}}})));
    find<QCheckBox>("integrityDeep")->setChecked(true);
    auto* view = find<IntegrityView>("integrityView");
    window_->setView(MainWindow::View::Integrity);
    QSignalSpy shown(view, &IntegrityView::reportShown);
    press("integrityStart");
    QVERIFY(shown.wait(kPatienceMs));
    auto* table = find<FindingsTable>("integrityTable");
    QVERIFY(!find<QPushButton>("integrityInspect")->isEnabled());
    for (int row = 0; row < table->rows().size(); ++row)
        if (table->rows()[row].why == QLatin1String("tensor.nan"))
            table->setCurrentIndex(table->model()->index(row, 0));
    press("integrityInspect");
    QVERIFY(visible("inspectView"));
    QCOMPARE(text("tensorName"), QStringLiteral("spoiled"));
}

QTEST_MAIN(TstReports)
#include "tst_reports.moc"
