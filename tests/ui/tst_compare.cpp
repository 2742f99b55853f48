// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QHeaderView>
#include <QMenu>
#include <QTabBar>
#include <cstring>

#include "cli.h"
#include "models/diff_rows_model.h"
#include "plots/histogram_plot.h"
#include "text/diff_list.h"
#include "text/names.h"
#include "views/compare/compare_view.h"
#include "views/compare/pair_pane.h"
#include "widgets/elided_label.h"
#include "widgets/link_button.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Two checkpoints beside each other.
class TstCompare : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void pairsByName();
    void ordersAndFilters_data();
    void ordersAndFilters();
    void readsValues();
    void overlaysHistograms();
    void suggestsRename();
    void refusesBadRename();
    void writesCsvAndCommand();
    void comparesWithOpenTab();
    void explainsWhatCannotBeOpened();
    void parsesRenames_data();
    void parsesRenames();
    void saysRenamesShortly_data();
    void saysRenamesShortly();

private:
    // A: samples::transformer(2, 16). B: the same without one tensor, one of another shape, one that A has not, and one
    // value of blocks.1.ff.weight changed by 10.
    [[nodiscard]] bool compareTwo() {
        auto tensors = samples::transformer(2, 16);
        const QString a = path("a.safetensors");
        if (!samples::writeSafetensors(a, tensors)) return false;
        std::erase_if(tensors, [](const auto& t) { return t.name == QLatin1String("blocks.0.norm.weight"); });
        for (auto& tensor : tensors)
            if (tensor.name == QLatin1String("blocks.0.att.bias")) tensor.shape = {17};
        tensors.push_back({QStringLiteral("head.weight"), {8, 8}});
        const QString b = path("b.safetensors");
        if (!samples::writeSafetensors(b, tensors) || !change(b, QStringLiteral("blocks.1.ff.weight"), 3, 10.75F))
            return false;
        return open(a) && compare(b);
    }
    // Writes one float into a file.
    static bool change(const QString& file, const QString& tensor, qint64 element, float value) {
        QFile out(file);
        if (!out.open(QIODevice::ReadWrite)) return false;
        quint64 length = 0;
        out.read(reinterpret_cast<char*>(&length), sizeof length);
        const QJsonObject header = QJsonDocument::fromJson(out.read(static_cast<qint64>(length))).object();
        const qint64 begin = header[tensor].toObject()[QStringLiteral("data_offsets")].toArray().at(0).toInteger();
        return out.seek(8 + static_cast<qint64>(length) + begin + element * 4) &&
               out.write(reinterpret_cast<const char*>(&value), sizeof value) == sizeof value;
    }
    [[nodiscard]] bool compare(const QString& with) {
        window_->setView(MainWindow::View::Compare);
        QSignalSpy compared(view(), &CompareView::compared);
        view()->compareWith({with, nullptr});
        return compared.wait(kPatienceMs);
    }
    [[nodiscard]] bool readValues() {
        QSignalSpy compared(view(), &CompareView::compared);
        press("compareValues");
        return compared.wait(kPatienceMs);
    }
    CompareView* view() const { return find<CompareView>("compareView"); }
    QTableView* table() const { return find<QTableView>("compareTable"); }
    QString at(int row, int column) const { return table()->model()->index(row, column).data().toString(); }
    QStringList names() const {
        QStringList result;
        for (int row = 0; row < table()->model()->rowCount(); ++row) result << at(row, DiffRowsModel::Name);
        return result;
    }
    int rowNamed(const char* name) const { return static_cast<int>(names().indexOf(QString::fromUtf8(name))); }
    QString tab(int index) const { return find<QTabBar>("compareStates")->tabText(index); }
};

void TstCompare::pairsByName() {
    QVERIFY(compareTwo());
    const QAbstractItemModelTester tester(table()->model());
    QCOMPARE(tab(0), QStringLiteral("All 11"));
    QCOMPARE(tab(1), QStringLiteral("Changed 1"));
    QCOMPARE(tab(2), QStringLiteral("Only in A 1"));
    QCOMPARE(tab(3), QStringLiteral("Only in B 1"));
    QCOMPARE(tab(4), QStringLiteral("Same 8"));
    // What differs comes first.
    QCOMPARE(names().mid(0, 3), QStringList({QStringLiteral("blocks.0.att.bias"),
                                             QStringLiteral("blocks.0.norm.weight"), QStringLiteral("head.weight")}));
    QCOMPARE(at(0, DiffRowsModel::State), QStringLiteral("other shape"));
    QCOMPARE(at(0, DiffRowsModel::A), QStringLiteral("f32 [16]"));
    QCOMPARE(at(0, DiffRowsModel::B), QStringLiteral("f32 [17]"));
    QCOMPARE(at(2, DiffRowsModel::A), QString());
    QVERIFY(table()->isColumnHidden(DiffRowsModel::Rms));
    QCOMPARE(find<ElidedLabel>("compareOther")->text(), QStringLiteral("b.safetensors"));
    for (int state = 1; state <= 4; ++state) {
        find<QTabBar>("compareStates")->setCurrentIndex(state);
        QVERIFY(tab(state).endsWith(QStringLiteral(" %1").arg(table()->model()->rowCount())));
    }
    window_->closeFile();
    QCOMPARE(table()->model()->rowCount(), 0);
    QVERIFY(view()->report() == nullptr);
}

void TstCompare::ordersAndFilters_data() {
    QTest::addColumn<QString>("filter");
    QTest::addColumn<int>("column");
    QTest::addColumn<bool>("descending");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char* what, const char* filter, int column, bool descending, const char* expected) {
        QTest::newRow(what) << filter << column << descending
                            << QString::fromLatin1(expected).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    };
    row("by name", "blocks.0", DiffRowsModel::Name, false,
        "blocks.0.att.bias blocks.0.att.weight blocks.0.ff.weight blocks.0.norm.weight");
    row("by name, backwards", "blocks.0.a", DiffRowsModel::Name, true, "blocks.0.att.weight blocks.0.att.bias");
    row("by the size of B", "blocks.0", DiffRowsModel::B, true,
        "blocks.0.ff.weight blocks.0.att.weight blocks.0.att.bias blocks.0.norm.weight");
    row("by state", "weight shape:8x8", DiffRowsModel::State, false, "head.weight");
    row("what B alone has", "head", DiffRowsModel::MaxAbs, true, "head.weight");
    row("nothing", "zebra", DiffRowsModel::MaxAbs, true, "");
}

void TstCompare::ordersAndFilters() {
    QFETCH(const QString, filter);
    QFETCH(const int, column);
    QFETCH(const bool, descending);
    QFETCH(const QStringList, expected);
    QVERIFY(compareTwo());
    find<QLineEdit>("compareFilter")->setText(filter);
    table()->horizontalHeader()->setSortIndicator(column, descending ? Qt::DescendingOrder : Qt::AscendingOrder);
    QCOMPARE(names(), expected);
}

void TstCompare::readsValues() {
    QVERIFY(compareTwo());
    QVERIFY(readValues());
    QVERIFY(!table()->isColumnHidden(DiffRowsModel::Rms));
    QCOMPARE(tab(1), QStringLiteral("Changed 2"));
    QCOMPARE(tab(4), QStringLiteral("Same 7"));
    const int row = rowNamed("blocks.1.ff.weight");
    QCOMPARE(row, 3);  // behind what has no distance
    QCOMPARE(at(row, DiffRowsModel::State), QStringLiteral("other values"));
    QCOMPARE(at(row, DiffRowsModel::MaxAbs), QStringLiteral("10"));
    QCOMPARE(at(row, DiffRowsModel::Differing), QStringLiteral("0.2 %"));
    QCOMPARE(at(rowNamed("blocks.0.att.bias"), DiffRowsModel::Differing), QStringLiteral("–"));
    QCOMPARE(at(rowNamed("tok_emb.weight"), DiffRowsModel::MaxAbs), QStringLiteral("0"));
}

void TstCompare::overlaysHistograms() {
    QVERIFY(compareTwo());
    QVERIFY(readValues());
    QSignalSpy shown(find<PairPane>("pairPane"), &PairPane::shown);
    table()->setCurrentIndex(table()->model()->index(rowNamed("blocks.1.ff.weight"), 0));
    QVERIFY(shown.wait(kPatienceMs));
    const auto& curves = find<HistogramPlot>("pairPlot")->curves();
    QCOMPARE(curves.size(), 2);
    QCOMPARE(curves[0].histogram.low, curves[1].histogram.low);
    QCOMPARE(curves[0].histogram.high, curves[1].histogram.high);
    quint64 moved = 0;
    quint64 total = 0;
    for (std::size_t i = 0; i < curves[0].histogram.counts.size(); ++i) {
        if (curves[0].histogram.counts[i] != curves[1].histogram.counts[i]) ++moved;
        total += curves[0].histogram.counts[i];
    }
    QCOMPARE(moved, quint64{2});  // the bin it left, and the one it is in
    QCOMPARE(total, quint64{512});
    table()->setCurrentIndex(table()->model()->index(rowNamed("head.weight"), 0));
    QVERIFY(find<HistogramPlot>("pairPlot")->curves().isEmpty());
    table()->setCurrentIndex(table()->model()->index(rowNamed("tok_emb.weight"), 0));
    press("pairInspect");
    QVERIFY(visible("inspectView"));
    QCOMPARE(text("tensorName"), QStringLiteral("tok_emb.weight"));
}

void TstCompare::suggestsRename() {
    auto tensors = samples::transformer(2, 4);
    QVERIFY(samples::writeSafetensors(path("a.safetensors"), tensors));
    for (auto& tensor : tensors) tensor.name.prepend(QStringLiteral("model."));
    QVERIFY(samples::writeSafetensors(path("b.safetensors"), tensors));
    QVERIFY(open(path("a.safetensors")));
    QVERIFY(compare(path("b.safetensors")));
    QCOMPARE(tab(4), QStringLiteral("Same 0"));
    QVERIFY(text("compareSuggestion").contains(QStringLiteral("=model")));
    QSignalSpy compared(view(), &CompareView::compared);
    press("compareUse");
    QVERIFY(compared.wait(kPatienceMs));
    QCOMPARE(tab(4), QStringLiteral("Same 10"));
    QVERIFY(!find<QLabel>("compareSuggestion")->isVisible());
    QCOMPARE(at(rowNamed("conv.weight → model.conv.weight"), DiffRowsModel::State), QStringLiteral("same type"));
}

void TstCompare::refusesBadRename() {
    QVERIFY(compareTwo());
    auto* renames = find<QLineEdit>("compareRenames");
    renames->setFocus();
    QTest::keyClicks(renames, QStringLiteral("("));
    QTest::keyClick(renames, Qt::Key_Return);
    QVERIFY(!bannerText("compareProblem").isEmpty());
    QCOMPARE(tab(0), QStringLiteral("All 11"));
}

void TstCompare::writesCsvAndCommand() {
    QVERIFY(compareTwo());
    QVERIFY(readValues());
    find<QLineEdit>("compareFilter")->setText(QStringLiteral("ff"));
    QSignalSpy exported(view(), &CompareView::exported);
    view()->exportCsv(path("out.csv"));
    QVERIFY(exported.wait(kPatienceMs));
    QFile out(path("out.csv"));
    QVERIFY(out.open(QIODevice::ReadOnly));
    const QStringList lines = QString::fromUtf8(out.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 3);
    QVERIFY(lines[0].startsWith(QStringLiteral("state,name_a,")));
    QVERIFY(lines[1].startsWith(QStringLiteral(
        "changed,blocks.1.ff.weight,float32,\"[16, 32]\",blocks.1.ff.weight,float32,\"[16, 32]\",512,1,10,")));
    QCOMPARE(lines[1].count(QLatin1Char(',')), lines[0].count(QLatin1Char(',')) + 2);
    QVERIFY(lines[2].startsWith(QStringLiteral("same,blocks.0.ff.weight,")));
    press("compareCommand");
    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("plimsoll-cli diff %1 %2 --values").arg(path("a.safetensors"), path("b.safetensors")));
}

void TstCompare::comparesWithOpenTab() {
    QVERIFY(samples::writeSafetensors(path("a.safetensors"), samples::transformer(1, 4)));
    QVERIFY(samples::writeSafetensors(path("b.safetensors"), samples::transformer(2, 4)));
    QVERIFY(open(path("a.safetensors")));
    QVERIFY(open(path("b.safetensors")));
    window_->setView(MainWindow::View::Compare);
    QVERIFY(visible("compareStart"));
    const auto rows = find<CompareStart>("compareStart")->findChildren<LinkButton*>();
    LinkButton* offered = nullptr;
    for (LinkButton* row : rows)
        if (row->text() == QLatin1String("a.safetensors") && row->isVisible()) offered = row;
    QVERIFY(offered != nullptr);
    QSignalSpy compared(view(), &CompareView::compared);
    QTest::mouseClick(offered, Qt::LeftButton);
    QVERIFY(compared.wait(kPatienceMs));
    QCOMPARE(tab(2), QStringLiteral("Only in A 4"));
    QMenu menu;
    find<CompareStart>("compareStart")->fill(menu);
    QVERIFY(menu.actions().first()->text().startsWith(QStringLiteral("a.safetensors")));
}

void TstCompare::explainsWhatCannotBeOpened() {
    QVERIFY(open(sampleFile()));
    QVERIFY(compare(path("missing.pth")));
    QVERIFY(!bannerText("compareProblem").isEmpty());
    QVERIFY(!find<QPushButton>("compareValues")->isEnabled());
    QVERIFY(find<QPushButton>("compareChange")->isEnabled());
    QVERIFY(visible("compareNone") && !visible("compareTable"));
    QVERIFY(compare(sampleFile()));
    QVERIFY(!visible("compareNone") && visible("compareTable"));
    // Why a table is empty is said in its place.
    find<QLineEdit>("compareFilter")->setText(QStringLiteral("no such name"));
    QTRY_VERIFY(visible("compareNothing"));
    find<QLineEdit>("compareFilter")->clear();
    QTRY_VERIFY(visible("compareTable"));
}

void TstCompare::parsesRenames_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<int>("rules");
    QTest::newRow("none") << " ; " << 0;
    QTest::newRow("one") << "model=net" << 1;
    QTest::newRow("two") << " model= ; *.gamma=*.weight;" << 2;
    QTest::newRow("wrong") << "model=net; (=>x" << -1;
}

void TstCompare::parsesRenames() {
    QFETCH(const QString, typed);
    QFETCH(const int, rules);
    const auto parsed = parseRenames(typed.toStdString());
    QCOMPARE(parsed ? static_cast<int>(parsed->size()) : -1, rules);
}

void TstCompare::saysRenamesShortly_data() {
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::addColumn<QString>("text");
    QTest::newRow("inside") << "sd.model.0.weight"
                            << "sd.net.0.weight"
                            << "sd.{model → net}.0.weight";
    QTest::newRow("at the front") << "model.0.weight"
                                  << "net.0.weight"
                                  << "{model → net}.0.weight";
    QTest::newRow("at the end") << "norm.gamma"
                                << "norm.weight"
                                << "norm.{gamma → weight}";
    QTest::newRow("whole components only") << "a.weight"
                                           << "a.weights"
                                           << "a.{weight → weights}";
    QTest::newRow("nothing in common") << "alpha"
                                       << "beta"
                                       << "alpha → beta";
    QTest::newRow("one in the other") << "conv.weight"
                                      << "model.conv.weight"
                                      << "conv.weight → model.conv.weight";
    QTest::newRow("repeated") << "a.a.a"
                              << "a.a"
                              << "a.a.a → a.a";
    QTest::newRow("no name") << ""
                             << "b"
                             << "(no name) → b";
    QTest::newRow("control characters") << "a\nb.c"
                                        << "a\x1b.c"
                                        << "{a\\nb → a\\x1b}.c";
    QTest::newRow("other direction") << "safe\u202etxt"
                                     << "b"
                                     << "safe\\u202etxt → b";
}

void TstCompare::saysRenamesShortly() {
    QFETCH(const QString, before);
    QFETCH(const QString, after);
    QTEST(renameText(before.toStdString(), after.toStdString()), "text");
}

QTEST_MAIN(TstCompare)
#include "tst_compare.moc"
