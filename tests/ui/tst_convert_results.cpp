// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QFile>
#include <QMessageBox>
#include <QProcess>
#include <QStackedWidget>
#include <QTimer>
#include <QtTest>
#include <csignal>

#include "convert_fixture.h"
#include "jobs/unfinished.h"
#include "models/job_list_model.h"
#include "plots/memory_plot.h"
#include "text/text.h"
#include "views/convert/presets.h"
#include "widgets/figure_row.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Conversions that run, end, are cancelled and go on; and the command line that does the same.
class TstConvertResults : public ConvertFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void converts();
    void commandDoesTheSame_data();
    void commandDoesTheSame();
    void replacesWhatItMay();
    void mergesRanks();
    void opensTheFirstRank();
    void tellsLossAndVerifies();
    void goesOnAfterCancel();
    void goesOnWithTheCommandLine();
    void usesOptionsOfWhatIsLeft();
    void discardsWhatIsLeft();
    void closesWhileWorking();
    void resumesFromTheListOfJobs();
    void remembersThroughACrash();
    void forgetsWhatIsNotWanted();
    void offersWhatWaited();

private:
    QTableView* jobs() const { return window_->findChild<QTableView*>(QStringLiteral("jobsTable")); }
    QString jobState(int row) const { return jobs()->model()->index(row, JobListModel::State).data().toString(); }
    void resumeFromList(const QString& to);
    void planIsThatOf(const QString& command);
};

void TstConvertResults::converts() {
    QVERIFY(openInConvert(sampleFile()));
    choose("dtypeBox", QStringLiteral("f16"));
    QVERIFY(waitForPlan());
    const QString to = destination();
    QVERIFY(!QFile::exists(to));
    QSignalSpy compared(find<ConvertView>("convertView"), &ConvertView::compareRequested);
    convertHere();
    QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Written: ") + to),
             qPrintable(bannerText("convertOutcome")));
    QVERIFY(QFile::exists(to));
    QVERIFY(find<MemoryPlot>("convertPlot")->pointCount(0) > 0);
    QVERIFY(waitForPlan());
    QVERIFY(visible("openResult"));  // the plan for the next one does not hide what came of this one
    QVERIFY(destination() != to);    // the next one must not collide
    QVERIFY(find<QTabWidget>("runTabs")->isVisible());
    press("compareResult");
    QCOMPARE(compared.size(), 1);
    QCOMPARE(compared.first().first().toString(), to);
    QVERIFY(find<QWidget>("compareView")->isVisible());
    window_->setView(MainWindow::View::Convert);
    press("backToPlan");
    QVERIFY(visible("planTabs"));
    find<QStackedWidget>("convertPages")->setCurrentIndex(1);
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    press("openResult");
    QVERIFY(opened.wait(kPatienceMs));
    QCOMPARE(window_->checkpoint()->format, Format::TorchZip);
    QCOMPARE(window_->checkpoint()->tensors.size(), std::size_t(14));
    QCOMPARE(window_->checkpoint()->tensors.dtype(TensorId(0)), DType::F16);
    NEEDS_PEER();
    PEER_OK(QStringLiteral("import sys, torch\n"
                           "d = torch.load(sys.argv[1], weights_only=True)\n"
                           "assert len(d) == 14, len(d)\n"
                           "w = d['blocks.1.att.weight']\n"
                           "assert w.dtype == torch.float16 and w.shape == (16, 16), w\n"
                           "assert torch.equal(w.flatten().float(), torch.arange(256) / 4)\n"),
            {to});
}

void TstConvertResults::commandDoesTheSame_data() {
    QTest::addColumn<QString>("preset");  // its name, or a command line
    for (const presets::Preset& preset : presets::builtIn()) QTest::newRow(qPrintable(preset.name)) << preset.name;
    const auto row = [](const char* options) {
        QTest::newRow(options) << QStringLiteral("plimsoll-cli convert SRC DST ") + QLatin1String(options);
    };
    row("--to pth --dtype f16 --rule 'layers.1.*=f32' --rule '*norm*=keep' --saturate --verify");
    row("--to pth --shards 3 --threads 2");
    row("--to pth --max-shard-size 4096 --dtype bf16");
    row("--to safetensors --shards 2 --rename layers=blocks --rename 'att(\\w+)=>\\1' --drop '*.bias'");
    row("--to dcp --shards 2 --keep 'layers.*' --keep 'size>1KiB' --drop '/wq\\.b/'");
    row("--to npz --rename 'layers.*.attention.*=h.*.*' --memory 1MiB");
    row("--to tensors --dtype f64 --loss");
    row("--to pth --tp 2 --tp-rule 'tok*=replicate' --tp-rule '*.wo.weight=1' --tp-rule '*.wk.weight=0x2'");
    row("--to safetensors --drop 'it'\\''s' --drop=-odd --drop 'a b'");
}

// What the window shows of its plan is what the command says of its own.
void TstConvertResults::planIsThatOf(const QString& command) {
    const auto dry = inShell(command + QStringLiteral(" --dry-run --json"));
    STATUS_IS(dry, 0);
    const QJsonObject plan = jsonOf(dry.out);
    QCOMPARE(plan["output"].toString(), destination());
    std::map<QString, QString> files;
    for (const QJsonValue file : plan["files"].toArray())
        files[file["path"].toString()] = bytesText(static_cast<quint64>(file["bytes"].toInteger()));
    auto* shown = list("planFiles");
    QCOMPARE(static_cast<std::size_t>(shown->rowCount()), files.size());
    for (int row = 0; row < shown->rowCount(); ++row) QCOMPARE(shown->cell(row, 2), files[shown->cell(row, 0)]);
    QCOMPARE(text("planAfter"), bytesText(static_cast<quint64>(plan["bytes_written"].toInteger())));
    QVERIFY(text("planChanges").startsWith(tensorsText(static_cast<quint64>(plan["tensors"].toInteger()))));
    QStringList leftOut;
    for (int row = 0; row < list("planLeftOut")->rowCount(); ++row) leftOut << list("planLeftOut")->cell(row, 0);
    QStringList dropped;
    for (const QJsonValue line : plan["dropped"].toArray()) dropped << line.toString();
    QCOMPARE(leftOut, dropped);
}

void TstConvertResults::commandDoesTheSame() {
    QFETCH(QString, preset);
    QVERIFY(openInConvert(llamaFile()));
    if (preset.startsWith(QStringLiteral("plimsoll-cli"))) {
        const auto recipe = presets::recipeOf({{}, preset});
        QVERIFY(recipe);
        find<RecipeForm>("recipeForm")->setRecipe(*recipe);
        QVERIFY(waitForPlan());
        for (const QString& word : preset.split(QLatin1Char(' ')).mid(4))
            if (word.startsWith(QStringLiteral("--"))) QVERIFY2(command().contains(word), qPrintable(command()));
    } else {
        choosePreset(preset);
        QVERIFY(waitForPlan());
    }
    QVERIFY2(canStart(), qPrintable(bannerText("planProblem")));
    planIsThatOf(command());
    const QString to = destination();
    find<QPushButton>("copyCommand")->click();
    STATUS_IS(inShell(QApplication::clipboard()->text()), 0);
    const QByteArray byCommand = content(to);
    QVERIFY(!byCommand.isEmpty());
    QVERIFY(QFileInfo(to).isDir() ? QDir(to).removeRecursively() : QFile::remove(to));
    convertHere();
    QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Written")),
             qPrintable(bannerText("convertOutcome")));
    QVERIFY(content(to) == byCommand);
}

void TstConvertResults::replacesWhatItMay() {
    QVERIFY(writeFile(path("old.pth"), "old"));
    QVERIFY(openInConvert(sampleFile()));
    type("destination", path("old.pth"));
    QVERIFY(waitForPlan());
    QVERIFY(!canStart());
    find<QCheckBox>("overwrite")->setChecked(true);
    QVERIFY(waitForPlan());
    QVERIFY(canStart());
    QVERIFY(command().endsWith(QStringLiteral("--overwrite")));
    convertHere();
    QVERIFY(readFile(path("old.pth")).size() > 100);
}

void TstConvertResults::mergesRanks() {
    const QString ranks = path("ranks");
    STATUS_IS(runCli({"convert", llamaFile(), ranks, "--to", "safetensors", "--tp", "4"}), 0);
    QVERIFY(openInConvert(ranks + QStringLiteral("/rank_01/model.safetensors")));
    QVERIFY(visible("mergeRanks"));
    find<QCheckBox>("mergeRanks")->setChecked(true);
    QVERIFY(waitForPlan());
    QVERIFY2(canStart(), qPrintable(bannerText("planProblem")));
    QVERIFY2(command().contains(ranks + QLatin1Char(' ')) && command().contains(QStringLiteral("--tp-merge")),
             qPrintable(command()));
    const QString to = destination();
    QVERIFY2(to.endsWith(QStringLiteral("ranks-merged.pth")), qPrintable(to));
    planIsThatOf(command());
    convertHere();
    STATUS_IS(runCli({"diff", path("llama.safetensors"), to, "--values"}), 0);
}

// A folder of ranks is no checkpoint.
void TstConvertResults::opensTheFirstRank() {
    QVERIFY(openInConvert(llamaFile()));
    const auto recipe = presets::recipeOf(
        {{}, QStringLiteral("plimsoll-cli convert SRC DST --to safetensors --tp 2 --tp-rule 'layers.*=replicate'")});
    QVERIFY(recipe);
    find<RecipeForm>("recipeForm")->setRecipe(*recipe);
    QVERIFY(waitForPlan());
    QVERIFY2(!text("planRemark").contains(QStringLiteral("once")), qPrintable(text("planRemark")));
    const QString to = destination();
    QVERIFY2(to.endsWith(QStringLiteral("/llama-tp2")), qPrintable(to));
    convertHere();
    QVERIFY(waitForPlan());
    QCOMPARE(destination(), to + QStringLiteral("-2"));
    QVERIFY(!visible("compareResult"));
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    press("openResult");
    QVERIFY(!opened.isEmpty() || opened.wait(kPatienceMs));
    QCOMPARE(window_->currentPage()->path(), to + QStringLiteral("/rank_00"));
}

void TstConvertResults::tellsLossAndVerifies() {
    QVERIFY(openInConvert(sampleFile()));
    choose("dtypeBox", QStringLiteral("f8_e5m2"));
    find<QCheckBox>("verify")->setChecked(true);
    find<QCheckBox>("measureWhileConverting")->setChecked(true);
    QVERIFY(waitForPlan());
    convertHere();
    QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Written and verified: ")),
             qPrintable(bannerText("convertOutcome")));
    auto* tabs = find<QTabWidget>("runTabs");
    QVERIFY(tabs->isTabVisible(tabs->count() - 1));
    QVERIFY2(text("resultLoss").startsWith(QStringLiteral("14 tensors cast")), qPrintable(text("resultLoss")));
    QTRY_COMPARE(tabs->widget(tabs->count() - 1)->findChild<DataTable*>()->rowCount(), 14);
}

void TstConvertResults::goesOnAfterCancel() {
    QVERIFY(openSlow());
    const QString to = destination();
    interruptHere();
    QVERIFY(!QFile::exists(to));
    QCOMPARE(destination(), to);
    QCOMPARE(startText(), QStringLiteral("Resume"));
    QVERIFY(command().endsWith(QStringLiteral("--resume")));
    // The next start of the program knows of it.
    startAgain();
    QVERIFY(openInConvert(path("big.safetensors")));
    QVERIFY(visible("leftover"));
    QVERIFY2(bannerText("leftover").contains(QStringLiteral("has done")), qPrintable(bannerText("leftover")));
    QCOMPARE(destination(), to);
    QCOMPARE(startText(), QStringLiteral("Resume"));
    const QString whole = text("planRemark").section(QLatin1Char(' '), 1, 2);
    convertHere();
    QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Written")),
             qPrintable(bannerText("convertOutcome")));
    const auto* figures = find<FigureRow>("convertFigures");
    QVERIFY(figures->value(QStringLiteral("Done before")).contains(QStringLiteral("MiB")));
    QVERIFY2(figures->value(QStringLiteral("Read")) != whole, qPrintable(whole));
    QVERIFY(waitForPlan());
    QCOMPARE(startText(), QStringLiteral("Convert"));
    QVERIFY(!visible("destinationProblem"));  // what was just made has made way for a free name
    QVERIFY(canStart());
    QVERIFY(unfinished::list().isEmpty());
    STATUS_IS(runCli({"diff", path("big.safetensors"), to, "--values"}), 0);
}

// What the window left, the command that it shows goes on with.
void TstConvertResults::goesOnWithTheCommandLine() {
    QVERIFY(openSlow());
    const QString to = destination();
    interruptHere();
    const auto done = inShell(command());
    STATUS_IS(done, 0);
    QVERIFY2(done.out.contains("resumed: "), done.out.constData());
    QVERIFY(QFile::exists(to));
}

void TstConvertResults::usesOptionsOfWhatIsLeft() {
    QVERIFY(openSlow());
    choose("dtypeBox", QStringLiteral("bf16"));
    QVERIFY(waitForPlan());
    const QString to = destination();
    interruptHere();
    choose("dtypeBox", QStringLiteral("f16"));
    QVERIFY(waitForPlan());
    type("destination", to);
    QVERIFY(waitForPlan());
    QVERIFY(visible("leftover"));
    QVERIFY2(bannerText("leftover")
                 .contains(QStringLiteral("it was started with plimsoll-cli convert SRC DST --to pth "
                                          "--dtype bf16")),
             qPrintable(bannerText("leftover")));
    QCOMPARE(startText(), QStringLiteral("Convert"));
    press("useLeftoverOptions");
    QVERIFY(waitForPlan());
    QCOMPARE(find<QComboBox>("dtypeBox")->currentText(), QStringLiteral("bf16"));
    QCOMPARE(destination(), to);
    QCOMPARE(startText(), QStringLiteral("Resume"));
}

void TstConvertResults::discardsWhatIsLeft() {
    QVERIFY(openSlow());
    const QString to = destination();
    interruptHere();
    QVERIFY(QFile::exists(to + QStringLiteral(".partial")));
    press("backToPlan");
    press("discardLeftover");
    QVERIFY(waitForPlan());
    QVERIFY(!visible("leftover"));
    QCOMPARE(startText(), QStringLiteral("Convert"));
    QCOMPARE(QDir(dir_->path()).entryList({QStringLiteral("*.partial*")}), QStringList());
}

void TstConvertResults::closesWhileWorking() {
    const QString big = path("big.safetensors");
    QVERIFY(samples::writeSparse(big, 8'000));
    const QString many = path("many.safetensors");
    QVERIFY(samples::writeSafetensors(many, samples::transformer(2000, 1)));
    for (int round = 0; round < 5; ++round) {
        auto window = std::make_unique<MainWindow>();
        window->openFile(many);
    }
    for (int round = 0; round < 3; ++round) {
        auto window = std::make_unique<MainWindow>();
        QSignalSpy opened(window.get(), &MainWindow::fileOpened);
        window->openFile(big);
        QVERIFY(opened.wait(kPatienceMs));
        window->setView(MainWindow::View::Convert);
        auto* start = window->findChild<QPushButton*>(QStringLiteral("convertStart"));
        QTRY_VERIFY(start->isEnabled());
        start->click();
        QVERIFY(window->isBusy());
    }
    QCOMPARE(QDir(dir_->path()).entryList({QStringLiteral("*.pth")}), QStringList());
}

void TstConvertResults::resumeFromList(const QString& to) {
    QVERIFY(jobs()->isVisible());
    QCOMPARE(jobs()->model()->rowCount(), 1);
    QCOMPARE(jobState(0), QStringLiteral("stopped: can be resumed"));
    QVERIFY(!QFile::exists(to));
    press("jobResume");
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(to) && !window_->isBusy(), kPatienceMs);
    QVERIFY(visible("convertView"));
    QVERIFY(find<FigureRow>("convertFigures")->value(QStringLiteral("Done before")).contains(QStringLiteral("MiB")));
    QCOMPARE(jobs()->model()->rowCount(), 1);
    QVERIFY2(jobState(0).startsWith(QStringLiteral("done")), qPrintable(jobState(0)));
    QVERIFY(unfinished::list().isEmpty());
}

void TstConvertResults::resumesFromTheListOfJobs() {
    QVERIFY(openSlow());
    const QString to = destination();
    interruptHere();
    QCOMPARE(jobState(0), QStringLiteral("cancelled: can be resumed"));
    startAgain();
    resumeFromList(to);
}

// Run by itself, this function of the test is the program that dies: see PLIMSOLL_TEST_DIES.
void TstConvertResults::remembersThroughACrash() {
    if (const QString home = qEnvironmentVariable("PLIMSOLL_TEST_DIES"); !home.isEmpty()) {
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home + QStringLiteral("/settings"));
        QVERIFY(openInConvert(home + QStringLiteral("/big.safetensors")));
        type("memoryLimit", QStringLiteral("1MiB"));
        find<QSpinBox>("threads")->setValue(1);
        QVERIFY(waitForPlan());
        press("convertStart");
        QTRY_VERIFY_WITH_TIMEOUT(find<QProgressBar>("convertProgress")->value() > 0, kPatienceMs);
        ::raise(SIGKILL);
    }
    QVERIFY(samples::writeSparse(path("big.safetensors"), 12'000));
    QProcess dying;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("PLIMSOLL_TEST_DIES"), dir_->path());
    dying.setProcessEnvironment(environment);
    dying.start(QCoreApplication::applicationFilePath(), {QStringLiteral("remembersThroughACrash")});
    QVERIFY(dying.waitForFinished(kPatienceMs));
    const QByteArray said = dying.readAllStandardOutput();
    QVERIFY2(dying.exitStatus() == QProcess::CrashExit, said.constData());
    startAgain();
    const auto known = unfinished::list();
    QCOMPARE(known.size(), 1);
    QVERIFY(known.first().begun);
    resumeFromList(path("big.pth"));
}

void TstConvertResults::forgetsWhatIsNotWanted() {
    QVERIFY(openSlow());
    interruptHere();
    QCOMPARE(unfinished::list().size(), 1);
    startAgain();
    QTimer::singleShot(0, this, [] {
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        QVERIFY(box != nullptr);
        for (QAbstractButton* button : box->buttons())
            if (box->buttonRole(button) == QMessageBox::AcceptRole) button->click();
    });
    press("jobForget");
    QCOMPARE(jobs()->model()->rowCount(), 0);
    QVERIFY(unfinished::list().isEmpty());
    startAgain();
    QVERIFY(!jobs()->isVisible());
}

// One that had not had its turn has nothing on the disk; what cannot be begun any more is not offered.
void TstConvertResults::offersWhatWaited() {
    QVERIFY(samples::writeSparse(path("big.safetensors"), 1'000));
    const QString to = path("other.pth");
    const QString line = QStringLiteral("plimsoll-cli convert %1 %2").arg(path("big.safetensors"), to);
    unfinished::remember(line, path("big.safetensors").toStdString());
    startAgain();
    QCOMPARE(jobState(0), QStringLiteral("stopped: had not begun, can be started"));
    press("jobResume");
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(to) && !window_->isBusy(), kPatienceMs);
    QVERIFY(unfinished::list().isEmpty());
    unfinished::remember(line, path("big.safetensors").toStdString());
    QVERIFY(unfinished::list().isEmpty());  // its destination is there
    unfinished::remember(QStringLiteral("plimsoll-cli convert gone.pth new.pth"), "gone.pth");
    QVERIFY(unfinished::list().isEmpty());
}

QTEST_MAIN(TstConvertResults)
#include "tst_convert_results.moc"
