// SPDX-License-Identifier: GPL-3.0-or-later
#include <QCheckBox>
#include <QFile>
#include <QHeaderView>
#include <QProgressBar>
#include <QScrollBar>
#include <QSpinBox>
#include <QtTest>

#include "convert_fixture.h"
#include "diagnostics/stall_watch.h"
#include "views/convert/presets.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// What is asked for, and the plan that comes of it.
class TstConvertView : public ConvertFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void plansConversion();
    void explainsImpossiblePlan_data();
    void explainsImpossiblePlan();
    void refusesDestination_data();
    void refusesDestination();
    void editsRulesByKeyboard();
    void countsAndShowsMatches();
    void previewsEveryTensor();
    void columnsFitAfterAClick();
    void aNameAloneIsBesideTheSource();
    void divisionsFollowTheTarget_data();
    void divisionsFollowTheTarget();
    void theWheelChangesNothing();
    void aChangedSourceIsNotConverted_data();
    void aChangedSourceIsNotConverted();
    void measuresLossBefore();
    void savesPresets();
    void remembersHowItRuns();
    void namesEverything();
    void fitsASmallScreen();
    void answersOverManyTensors();
};

void TstConvertView::plansConversion() {
    QVERIFY(openInConvert(sampleFile()));
    QVERIFY(visible("convertView"));
    QVERIFY(canStart());
    QVERIFY2(text("planChanges").contains(QStringLiteral("14 tensors in 1 file")), qPrintable(text("planChanges")));
    QVERIFY2(text("planRemark").contains(QStringLiteral("free")), qPrintable(text("planRemark")));
    choose("dtypeBox", QStringLiteral("bf16"));
    QVERIFY(waitForPlan());
    QVERIFY2(text("planChanges").contains(QStringLiteral("14 tensors cast")), qPrintable(text("planChanges")));
    QVERIFY(command().contains(QStringLiteral("--dtype bf16")));
    QVERIFY(destination().endsWith(QStringLiteral("sample-bf16.pth")));
    rules()->add({RuleAction::LeaveOut, QStringLiteral("*.bias"), {}});
    QVERIFY(waitForPlan());
    QVERIFY2(text("planChanges").contains(QStringLiteral("11 tensors in 1 file")), qPrintable(text("planChanges")));
    QCOMPARE(list("planLeftOut")->rowCount(), 3);
    QCOMPARE(list("planFiles")->rowCount(), 1);
    QCOMPARE(list("planFiles")->cell(0, 0), destination());
}

void TstConvertView::explainsImpossiblePlan_data() {
    QTest::addColumn<int>("action");
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("argument");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, RuleAction action, const char* pattern, const char* argument,
                        const char* says) {
        QTest::newRow(name) << static_cast<int>(action) << pattern << argument << says;
    };
    row("nothing left", RuleAction::LeaveOut, "*", "", "None of the 14 tensors is left to write");
    row("wrong type", RuleAction::DType, "*", "f12", "--rule: rule '*=f12'");
    row("wrong pattern", RuleAction::LeaveOut, "size>x", "", "--drop: ");
    row("wrong regex", RuleAction::RenameRegex, "(", "", "--rename: '(=>' is no regular expression");
    row("wrong cut", RuleAction::CutDim, "*", "x", "--tp-rule: '*=x' is not GLOB=DIM");
    row("two of one name", RuleAction::RenameRegex, "blocks\\.\\d+\\.", "", "--rename gives two tensors the name");
}

void TstConvertView::explainsImpossiblePlan() {
    QFETCH(int, action);
    QFETCH(QString, pattern);
    QFETCH(QString, argument);
    QFETCH(QString, says);
    QVERIFY(openInConvert(sampleFile()));
    rules()->add({static_cast<RuleAction>(action), pattern, argument});
    QVERIFY(waitForPlan());
    QVERIFY(visible("planProblem"));
    QVERIFY2(bannerText("planProblem").contains(says), qPrintable(bannerText("planProblem")));
    QVERIFY(!canStart());
    rules()->remove(0);
    QVERIFY(waitForPlan());
    QVERIFY(!visible("planProblem"));
    QVERIFY(canStart());
}

void TstConvertView::refusesDestination_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("says");
    QTest::newRow("taken") << "taken.pth"
                           << "exists already";
    QTest::newRow("its source") << "sample.safetensors"
                                << "would overwrite its own source";
    QTest::newRow("a directory") << "folder"
                                 << "is a directory";
    QTest::newRow("nowhere") << "no/such/place.pth"
                             << "No such file or directory";
}

// In the words of the command line, before anything is pressed.
void TstConvertView::refusesDestination() {
    QFETCH(QString, to);
    QFETCH(QString, says);
    QVERIFY(writeFile(path("taken.pth"), "precious"));
    QVERIFY(QDir(dir_->path()).mkdir(QStringLiteral("folder")));
    QVERIFY(openInConvert(sampleFile()));
    const QString free = destination();
    type("destination", dir_->filePath(to));
    QVERIFY(waitForPlan());
    QVERIFY(visible("destinationProblem"));
    QVERIFY2(text("destinationProblem").contains(says, Qt::CaseInsensitive), qPrintable(text("destinationProblem")));
    QVERIFY(!canStart());
    const auto refused = inShell(command());
    QCOMPARE(refused.exitCode, 1);
    QVERIFY2(refused.err.contains(says.toUtf8()), refused.err.constData());
    QCOMPARE(readFile(path("taken.pth")), QByteArray("precious"));
    type("destination", free);
    QVERIFY(waitForPlan());
    QVERIFY(!visible("destinationProblem"));
    QVERIFY(canStart());
}

void TstConvertView::editsRulesByKeyboard() {
    QVERIFY(openInConvert(sampleFile()));
    press("addRule");
    auto* table = find<QTableView>("rulesTable");
    QVERIFY(table->isVisible());
    auto* line = table->findChild<QLineEdit*>();
    QVERIFY(line != nullptr);
    QTest::keyClicks(line, QStringLiteral("*.norm.*"));
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(waitForPlan());
    QCOMPARE(rules()->rules().first(), (RuleRow{RuleAction::DType, "*.norm.*", "f32"}));
    QVERIFY2(command().endsWith(QStringLiteral("--rule '*.norm.*=f32'")), qPrintable(command()));
    table->setCurrentIndex(rules()->index(0, RulesModel::Action));
    QTest::keyClick(table, Qt::Key_F2);
    auto* box = table->findChild<QComboBox*>();
    QVERIFY(box != nullptr);
    box->setCurrentIndex(static_cast<int>(RuleAction::LeaveOut));
    emit box->activated(box->currentIndex());
    QVERIFY(waitForPlan());
    QVERIFY2(command().endsWith(QStringLiteral("--drop '*.norm.*'")), qPrintable(command()));
    QTest::keyClick(table, Qt::Key_Insert);
    QTest::keyClick(table->findChild<QLineEdit*>(), Qt::Key_Escape);
    QCOMPARE(rules()->rowCount(), 2);
    QCOMPARE(table->currentIndex().row(), 1);
    QTest::keyClick(table, Qt::Key_Up, Qt::AltModifier);
    QCOMPARE(rules()->rules().last().pattern, QStringLiteral("*.norm.*"));
    QCOMPARE(table->currentIndex().row(), 0);
    QTest::keyClick(table, Qt::Key_Delete);
    QCOMPARE(rules()->rowCount(), 1);
    press("removeRule");
    QCOMPARE(rules()->rowCount(), 0);
    QVERIFY(!table->isVisible());
    QVERIFY(waitForPlan());
    QVERIFY(canStart());
}

void TstConvertView::countsAndShowsMatches() {
    QVERIFY(openInConvert(sampleFile()));
    rules()->add({RuleAction::DType, QStringLiteral("*.weight"), QStringLiteral("bf16")});
    rules()->add({RuleAction::Rename, QStringLiteral("blocks"), QStringLiteral("layers")});
    rules()->add({RuleAction::LeaveOut, QStringLiteral("nothing"), {}});
    rules()->add({RuleAction::KeepType, QStringLiteral("conv.*"), {}});
    QVERIFY(waitForPlan());
    QCOMPARE(rule(0, RulesModel::Matches), QStringLiteral("11"));
    QCOMPARE(rule(1, RulesModel::Matches), QStringLiteral("12"));
    QCOMPARE(rule(2, RulesModel::Matches), QStringLiteral("0"));
    QCOMPARE(rule(3, RulesModel::Matches), QStringLiteral("1"));
    auto* preview = list("previewTable");
    QCOMPARE(preview->rowCount(), 14);
    find<QTableView>("rulesTable")->setCurrentIndex(rules()->index(3, 0));
    QCOMPARE(preview->rowCount(), 1);
    QCOMPARE(preview->cell(0, 0), QStringLiteral("conv.weight"));
    QCOMPARE(find<QComboBox>("previewChoice")->currentText(), QStringLiteral("Rule 4: conv.* keeps its type (1)"));
    QCOMPARE(find<QComboBox>("previewChoice")->itemText(3), QStringLiteral("Rule 1: *.weight becomes bf16 (11)"));
    QCOMPARE(preview->cell(0, 1), QStringLiteral("f32"));
    find<QTableView>("rulesTable")->setCurrentIndex(rules()->index(1, 0));
    QCOMPARE(preview->rowCount(), 12);
    const int row = rowNamed(*preview, QStringLiteral("blocks.0.att.weight → layers.0.att.weight"));
    QCOMPARE(preview->cell(row, 1), QStringLiteral("f32 → bf16"));
    QCOMPARE(preview->cell(row, 2), QStringLiteral("1.00 KiB → 512 B"));
}

void TstConvertView::previewsEveryTensor() {
    QVERIFY(openInConvert(llamaFile()));
    rules()->add({RuleAction::LeaveOut, QStringLiteral("*.bias"), {}});
    choose("targetFormat", QStringLiteral("safetensors"));
    choose("division", QStringLiteral("Tensor-parallel ranks"));
    find<QSpinBox>("rankCount")->setValue(4);
    QVERIFY(waitForPlan());
    QVERIFY2(canStart(), qPrintable(bannerText("planProblem")));
    auto* preview = list("previewTable");
    auto* choice = find<QComboBox>("previewChoice");
    QCOMPARE(choice->itemText(0), QStringLiteral("All tensors (19)"));
    QCOMPARE(choice->itemText(1), QStringLiteral("Those that change (13)"));
    QCOMPARE(choice->itemText(2), QStringLiteral("Those left out (3)"));
    choice->setCurrentIndex(1);
    QCOMPARE(preview->cell(rowNamed(*preview, QStringLiteral("tok_embeddings.weight")), 3),
             QStringLiteral("[32, 16] → [32, 4]"));
    const int query = rowNamed(*preview, QStringLiteral("layers.0.attention.wq.weight"));
    QCOMPARE(preview->cell(query, 3), QStringLiteral("[16, 16] → [4, 16]"));
    QCOMPARE(preview->cell(query, 2), QStringLiteral("1.00 KiB → 256 B"));
    choice->setCurrentIndex(2);
    QCOMPARE(preview->rowCount(), 3);
    QCOMPARE(preview->cell(0, 1), QStringLiteral("f32, left out"));
    QCOMPARE(list("planFiles")->rowCount(), 4);
}

// A button that is down while the table comes into sight is no hand on its columns.
void TstConvertView::columnsFitAfterAClick() {
    QVERIFY(open(sampleFile()));
    const QPoint somewhere(window_->width() / 4, window_->height() - 60);
    QTest::mousePress(window_->windowHandle(), Qt::LeftButton, {}, somewhere);
    window_->setView(MainWindow::View::Convert);
    QVERIFY(waitForPlan());
    QTest::mouseRelease(window_->windowHandle(), Qt::LeftButton, {}, somewhere);
    choose("dtypeBox", QStringLiteral("bf16"));
    QVERIFY(waitForPlan());
    const auto* table = list("previewTable");
    const QString types = table->cell(0, 1);
    QVERIFY2(table->columnWidth(1) > table->fontMetrics().horizontalAdvance(types), qPrintable(types));
}

// Wherever the program was started.
void TstConvertView::aNameAloneIsBesideTheSource() {
    QVERIFY(openInConvert(sampleFile()));
    type("destination", QStringLiteral("small.pth"));
    QVERIFY(waitForPlan());
    QCOMPARE(list("planFiles")->cell(0, 0), path("small.pth"));
    QVERIFY2(command().contains(path("small.pth")), qPrintable(command()));
    type("destination", QStringLiteral("~/small.pth"));
    QVERIFY(waitForPlan());
    QCOMPARE(list("planFiles")->cell(0, 0), QDir::homePath() + QStringLiteral("/small.pth"));
}

void TstConvertView::divisionsFollowTheTarget_data() {
    QTest::addColumn<QString>("target");
    QTest::addColumn<QStringList>("divisions");
    const QStringList shards{"Shards of at most", "Number of shards"};
    QTest::newRow("pth") << "PyTorch (.pth)" << QStringList{"One file"} + shards + QStringList{"Tensor-parallel ranks"};
    QTest::newRow("safetensors") << "safetensors"
                                 << QStringList{"One file"} + shards + QStringList{"Tensor-parallel ranks"};
    QTest::newRow("dcp") << "torch.distributed.checkpoint" << QStringList{"A folder with one data file"} + shards;
    QTest::newRow("tensors") << "a file per tensor" << QStringList{"A folder with a file for each tensor"};
    QTest::newRow("npz") << "NumPy (.npz)" << QStringList{"One file"};
}

// Each of them can be planned.
void TstConvertView::divisionsFollowTheTarget() {
    QFETCH(QString, target);
    QFETCH(QStringList, divisions);
    QVERIFY(openInConvert(llamaFile()));
    choose("targetFormat", target);
    auto* division = find<QComboBox>("division");
    QStringList offered;
    for (int i = 0; i < division->count(); ++i) offered << division->itemText(i);
    QCOMPARE(offered, divisions);
    for (const QString& name : divisions) {
        choose("division", name);
        QTRY_VERIFY2_WITH_TIMEOUT(canStart(), qPrintable(name + ": " + bannerText("planProblem")), kPatienceMs);
    }
}

// It scrolls the form, whatever is under the pointer.
void TstConvertView::theWheelChangesNothing() {
    QVERIFY(openInConvert(sampleFile()));
    for (const char* name : {"presetBox", "targetFormat", "division", "dtypeBox", "threads"}) {
        for (const int turn : {-120, 120}) {
            wheelOver(*find<QWidget>(name), turn);
            QCOMPARE(find<QComboBox>("presetBox")->currentIndex(), 0);
            QCOMPARE(find<QComboBox>("targetFormat")->currentText(), QStringLiteral("PyTorch (.pth)"));
            QCOMPARE(find<QComboBox>("division")->currentIndex(), 0);
            QCOMPARE(find<QComboBox>("dtypeBox")->currentIndex(), 0);
            QCOMPARE(find<QSpinBox>("threads")->value(), 0);
        }
    }
}

void TstConvertView::aChangedSourceIsNotConverted_data() {
    QTest::addColumn<bool>("seen");
    QTest::newRow("while it is planned") << true;
    QTest::newRow("before the view is opened") << false;
}

// What was read of its header need not be true any more, also where its size is the same.
void TstConvertView::aChangedSourceIsNotConverted() {
    QFETCH(const bool, seen);
    const QString name = sampleFile();
    QVERIFY(seen ? openInConvert(name) : open(name));
    if (seen) {
        choose("dtypeBox", QStringLiteral("bf16"));
        QVERIFY(waitForPlan());
        QVERIFY(canStart());
    }
    QFile file(name);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(file.size() - 1) && file.write("x") == 1);
    file.close();
    QTRY_VERIFY_WITH_TIMEOUT(visible("changedBar"), kPatienceMs);
    if (!seen) {
        window_->setView(MainWindow::View::Convert);
        QVERIFY(waitForPlan());
    }
    QVERIFY(!canStart());
    QVERIFY2(text("destinationProblem").contains(QStringLiteral("Reload")), qPrintable(text("destinationProblem")));
    press("changedReload");
    QTRY_VERIFY_WITH_TIMEOUT(canStart(), kPatienceMs);
    QVERIFY(!visible("destinationProblem"));
    if (seen) QCOMPARE(find<QComboBox>("dtypeBox")->currentText(), QStringLiteral("bf16"));  // as it was asked for
}

void TstConvertView::measuresLossBefore() {
    QVERIFY(openInConvert(sampleFile()));
    choose("dtypeBox", QStringLiteral("f8_e4m3fn"));
    QVERIFY(waitForPlan());
    const QString free = destination();
    auto* tabs = find<QTabWidget>("planTabs");
    tabs->setCurrentIndex(tabs->count() - 1);
    QVERIFY(visible("measureLoss"));
    QVERIFY(!find<QPushButton>("measureSelected")->isEnabled());
    press("measureLoss");
    auto* losses = list("lossTable");
    QTRY_COMPARE_WITH_TIMEOUT(losses->rowCount(), 14, kPatienceMs);
    QVERIFY2(text("lossSummary").startsWith(QStringLiteral("14 tensors cast")), qPrintable(text("lossSummary")));
    QVERIFY(!QFile::exists(free));
    // As the command line tells it, worst relative error first.
    const auto told = jsonOf(inShell(command() + QStringLiteral(" --dry-run --loss --json")).out)["loss"].toArray();
    QCOMPARE(told.size(), 14);
    double worst = 0;
    for (const QJsonValue loss : told) worst = std::max(worst, loss["max_rel"].toDouble());
    QCOMPARE(losses->cell(0, 3), QString::number(worst, 'g', 3));
    losses->horizontalHeader()->setSortIndicator(0, Qt::AscendingOrder);
    QTRY_COMPARE(losses->cell(0, 0), QStringLiteral("blocks.0.att.bias"));
    // Of what is selected alone.
    list("previewTable")->selectRow(13);
    const QString only = list("previewTable")->cell(13, 0);
    press("measureSelected");
    QTRY_COMPARE_WITH_TIMEOUT(losses->rowCount(), 1, kPatienceMs);
    QCOMPARE(losses->cell(0, 0), only);
}

void TstConvertView::savesPresets() {
    QVERIFY(openInConvert(sampleFile()));
    choosePreset(QStringLiteral("bf16 safetensors in 5 GB shards"));
    QVERIFY(waitForPlan());
    QCOMPARE(find<QLineEdit>("shardSize")->text(), QStringLiteral("5GB"));
    QCOMPARE(find<QComboBox>("dtypeBox")->currentText(), QStringLiteral("bf16"));
    QVERIFY(canStart());
    rules()->add({RuleAction::KeepType, QStringLiteral("*.norm.*"), {}});
    QVERIFY(waitForPlan());
    QCOMPARE(find<QComboBox>("presetBox")->currentText(), QStringLiteral("none"));
    const auto now = find<RecipeForm>("recipeForm")->recipe();
    QVERIFY(now);
    presets::save(QStringLiteral("mine"), *now);
    startAgain();
    QVERIFY(openInConvert(sampleFile()));
    choosePreset(QStringLiteral("mine"));
    QVERIFY(waitForPlan());
    QVERIFY2(command().contains(QStringLiteral("--dtype bf16 --rule '*.norm.*=keep' --max-shard-size 5GB")),
             qPrintable(command()));
    choosePreset(QStringLiteral("none"));
    QVERIFY(waitForPlan());
    QCOMPARE(rules()->rowCount(), 0);
    QVERIFY(!command().contains(QStringLiteral("--dtype")));
    presets::remove(QStringLiteral("mine"));
    QVERIFY(presets::own().isEmpty());
}

void TstConvertView::remembersHowItRuns() {
    QVERIFY(openInConvert(sampleFile()));
    find<QCheckBox>("verify")->setChecked(true);
    find<QSpinBox>("threads")->setValue(3);
    type("memoryLimit", QStringLiteral("nonsense"));
    QVERIFY(waitForPlan());
    QVERIFY2(bannerText("planProblem").startsWith(QStringLiteral("--memory: ")), qPrintable(bannerText("planProblem")));
    type("memoryLimit", QStringLiteral("32MiB"));
    QVERIFY(waitForPlan());
    QVERIFY2(command().endsWith(QStringLiteral("--memory 32MiB --threads 3 --verify")), qPrintable(command()));
    startAgain();
    QVERIFY(openInConvert(sampleFile()));
    QVERIFY2(command().endsWith(QStringLiteral("--memory 32MiB --threads 3 --verify")), qPrintable(command()));
}

// Whoever cannot see the window, or has no mouse, reaches everything and is told what it is.
void TstConvertView::namesEverything() {
    QVERIFY(openInConvert(sampleFile()));
    rules()->add({RuleAction::LeaveOut, QStringLiteral("*.bias"), {}});
    QVERIFY(waitForPlan());
    auto* view = find<QWidget>("convertView");
    int reached = 0;
    for (auto* widget : view->findChildren<QWidget*>()) {
        if (!widget->isVisible() || widget->focusPolicy() == Qt::NoFocus || !widget->isEnabled()) continue;
        if (qobject_cast<QAbstractScrollArea*>(widget->parentWidget()) != nullptr) continue;  // its viewport
        if (qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr) continue;     // its line
        if (qobject_cast<QLabel*>(widget) != nullptr) continue;                               // is its own name
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        const bool isNamed = !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty()) ||
                             qobject_cast<QTabBar*>(widget) != nullptr || qobject_cast<QTabWidget*>(widget) != nullptr;
        QVERIFY2(isNamed, qPrintable(QLatin1String(widget->metaObject()->className()) + ' ' + widget->objectName()));
        ++reached;
    }
    QVERIFY2(reached > 20, qPrintable(QString::number(reached)));
}

void TstConvertView::fitsASmallScreen() {
    window_->resize(1024, 700);
    QVERIFY(openInConvert(sampleFile()));
    rules()->add({RuleAction::LeaveOut, QStringLiteral("*.bias"), {}});
    QVERIFY(waitForPlan());
    QCOMPARE(window_->size(), QSize(1024, 700));
    for (const char* name : {"previewTable", "convertStart", "commandLine", "targetFormat", "destination"}) {
        const auto* widget = find<QWidget>(name);
        const QRect place(widget->mapTo(window_.get(), QPoint()), widget->size());
        QVERIFY2(window_->rect().contains(place) && place.height() > 20, name);
    }
    QVERIFY(list("previewTable")->height() > 150);
}

void TstConvertView::answersOverManyTensors() {
    constexpr std::chrono::milliseconds kStall(500);
    constexpr int kAllowed = 2;
    const QString file = path("many.safetensors");
    QVERIFY(samples::writeSafetensors(file, samples::transformer(20'000, 1)));
    QVERIFY(open(file));
    StallWatch watch(kStall);
    window_->setView(MainWindow::View::Convert);
    QVERIFY(waitForPlan());
    QCOMPARE(list("previewTable")->rowCount(), 80'002);
    rules()->add({RuleAction::DType, QStringLiteral("*.weight"), QStringLiteral("bf16")});
    for (const char* pattern : {"b", "bl", "blocks.1*", "*.bias"}) {
        rules()->setData(rules()->index(0, RulesModel::Pattern), QLatin1String(pattern));
        QTest::qWait(20);
    }
    QVERIFY(waitForPlan());
    QCOMPARE(rule(0, RulesModel::Matches), QStringLiteral("20,000"));
    find<QTableView>("rulesTable")->setCurrentIndex(rules()->index(0, 0));
    QCOMPARE(list("previewTable")->rowCount(), 20'000);
    list("previewTable")->selectAll();
    auto* bar = list("previewTable")->verticalScrollBar();
    bar->setValue(bar->maximum());
    // As many files as tensors, and the index.
    rules()->setData(rules()->index(0, RulesModel::Action), static_cast<int>(RuleAction::TakeOnly));
    choose("targetFormat", QStringLiteral("a file per tensor"));
    QTRY_COMPARE_WITH_TIMEOUT(list("planFiles")->rowCount(), 20'001, 4 * kPatienceMs);
    window_->closeFile();
    QCoreApplication::processEvents();
    QVERIFY2(
        watch.stalls() <= kAllowed,
        qPrintable(QStringLiteral("%1 stalls, the longest %2 ms").arg(watch.stalls()).arg(watch.longest().count())));
}

QTEST_MAIN(TstConvertView)
#include "tst_convert_view.moc"
