// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <stop_token>

#include <sys/time.h>

#include "at_bytes.h"
#include "base/limits.h"
#include "cli.h"
#include "convert/command_line.h"
#include "convert/destination.h"
#include "convert/run.h"
#include "formats/registry.h"

using namespace plimsoll;

// What is said of a destination before anything is written is what running would say.
class TstDestination final : public QObject {
    Q_OBJECT
private slots:
    void init();
    void refuses_data();
    void refuses();
    void acceptsWhatCanBeWritten_data();
    void acceptsWhatCanBeWritten();
    void findsWhatWasLeft_data();
    void findsWhatWasLeft();
    void tellsWhatDiffers();
    void discards_data();
    void discards();
    void discardsNothingElse();

private:
    QString path(const QString& name) const { return dir_->filePath(name); }
    QStringList names() const { return QDir(dir_->path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot); }
    Recipe recipe(const QString& to) const {
        Recipe recipe;
        recipe.target = Target::Safetensors;
        recipe.destination = path(to).toStdString();
        recipe.memoryBytes = limits::MiB;
        if (to == "shards") recipe.maxShardBytes = 1'000'000;
        return recipe;
    }
    Result<Plan> plan(const Recipe& recipe) const {
        TRY(const auto checkpoint, openCheckpoint(path("s.safetensors").toStdString()));
        return planConversion(checkpoint, recipe);
    }
    void interrupt(const Recipe& recipe) {
        const auto planned = plan(recipe);
        QVERIFY(planned);
        std::stop_source stop;
        AtBytes progress(2'000'000, [&] { stop.request_stop(); });
        const auto stopped = runPlan(*planned, progress, stop.get_token());
        QVERIFY(!stopped && stopped.error().code == Errc::Cancelled);
    }

    std::unique_ptr<QTemporaryDir> dir_;
};

void TstDestination::init() {
    dir_ = std::make_unique<QTemporaryDir>();
    QList<SmallTensor> tensors;
    for (const char* name : {"a", "b", "c", "d"})
        tensors << SmallTensor{name, "F32", {250'000}, QByteArray(1'000'000, 1)};
    QVERIFY(writeFile(path("s.safetensors"), safetensorsBytes(tensors)));
    QVERIFY(writeFile(path("taken"), "precious"));
    QVERIFY(QDir(dir_->path()).mkpath("full/sub") && QDir(dir_->path()).mkpath("empty"));
}

void TstDestination::refuses_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("overwrite");
    QTest::addColumn<bool>("shards");
    QTest::addColumn<QString>("says");
    QTest::newRow("exists") << "taken" << false << false << "exists already";
    QTest::newRow("the source") << "s.safetensors" << true << false << "would overwrite its own source";
    QTest::newRow("a directory") << "full" << true << false << "is a directory";
    QTest::newRow("no such directory") << "no/where" << false << false << "No such file or directory";
    QTest::newRow("shards into a file") << "taken" << true << true << "is a file";
    QTest::newRow("shards into a full directory") << "full" << false << true << "is not empty";
    QTest::newRow("shards over a directory that holds others") << "full" << true << true << "holds the directory 'sub'";
    QTest::newRow("shards nowhere") << "no/where" << false << true << "No such file or directory";
}

void TstDestination::refuses() {
    QFETCH(QString, to);
    QFETCH(bool, overwrite);
    QFETCH(bool, shards);
    QFETCH(QString, says);
    auto wanted = recipe(to);
    wanted.overwrite = overwrite;
    if (shards) wanted.maxShardBytes = 1'000'000;
    const auto planned = plan(wanted);
    QVERIFY(planned);
    const auto before = names();
    const auto state = lookAtDestination(*planned);
    QVERIFY(state.refusal);
    QVERIFY2(QString::fromStdString(state.refusal->what).contains(says), state.refusal->what.c_str());
    QCOMPARE(names(), before);
    ProgressCounter progress;
    const auto run = runPlan(*planned, progress, {});
    QVERIFY(!run);
    QCOMPARE(QString::fromStdString(describe(*state.refusal, "")), QString::fromStdString(describe(run.error(), "")));
}

void TstDestination::acceptsWhatCanBeWritten_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("overwrite");
    QTest::addColumn<bool>("shards");
    QTest::newRow("new file") << "new.safetensors" << false << false;
    QTest::newRow("over a file") << "taken" << true << false;
    QTest::newRow("new directory") << "new" << false << true;
    QTest::newRow("empty directory") << "empty" << false << true;
}

void TstDestination::acceptsWhatCanBeWritten() {
    QFETCH(QString, to);
    QFETCH(bool, overwrite);
    QFETCH(bool, shards);
    auto wanted = recipe(to);
    wanted.overwrite = overwrite;
    if (shards) wanted.maxShardBytes = 1'000'000;
    const auto planned = plan(wanted);
    QVERIFY(planned);
    const auto before = names();
    const auto state = lookAtDestination(*planned);
    QVERIFY2(!state.refusal, state.refusal ? state.refusal->what.c_str() : "");
    QVERIFY(!state.leftover);
    QCOMPARE(state.neededBytes, planned->bytesWritten);
    QVERIFY(state.freeBytes > state.neededBytes);
    QCOMPARE(names(), before);
    ProgressCounter progress;
    QVERIFY(runPlan(*planned, progress, {}));
}

void TstDestination::findsWhatWasLeft_data() {
    QTest::addColumn<QString>("to");
    QTest::newRow("file") << "out.safetensors";
    QTest::newRow("directory") << "shards";
}

void TstDestination::findsWhatWasLeft() {
    QFETCH(QString, to);
    interrupt(recipe(to));
    auto again = plan(recipe(to));
    QVERIFY(again);
    const auto state = lookAtDestination(*again);
    QVERIFY(!state.refusal);
    QVERIFY(state.leftover);
    QVERIFY2(!state.leftover->difference, state.leftover->difference.value_or("").c_str());
    QVERIFY(state.leftover->doneBytes >= 1'000'000 && state.leftover->doneBytes < 4'000'000);
    QCOMPARE(QString::fromStdString(state.leftover->partialPath), path(to + ".partial"));
    again->recipe.resume = true;
    ProgressCounter progress;
    const auto report = runPlan(*again, progress, {});
    QVERIFY(report);
    QCOMPARE(report->resumedBytes, state.leftover->doneBytes);
}

void TstDestination::tellsWhatDiffers() {
    auto first = recipe("out.safetensors");
    first.dtype = DType::F16;
    first.rules = {{"a", std::nullopt}};
    interrupt(first);
    const auto other = plan(recipe("out.safetensors"));
    QVERIFY(other);
    const auto state = lookAtDestination(*other);
    QVERIFY(!state.refusal && state.leftover && state.leftover->difference);
    QCOMPARE(state.leftover->doneBytes, 0U);
    const auto command = parseConvertCommand(state.leftover->command);
    QVERIFY(command);
    QVERIFY(command->recipe.dtype == DType::F16);
    QCOMPARE(command->recipe.rules.size(), std::size_t(1));
    // With what it was started with, it goes on.
    auto same = command->recipe;
    same.destination = first.destination;
    same.memoryBytes = first.memoryBytes;
    const auto planned = plan(same);
    QVERIFY(planned);
    const auto now = lookAtDestination(*planned);
    QVERIFY(now.leftover && !now.leftover->difference);
    // A source that was written to since is another one.
    QVERIFY(::utimes(path("s.safetensors").toUtf8().constData(), nullptr) == 0);
    const auto later = plan(same);
    QVERIFY(later);
    const auto changed = lookAtDestination(*later);
    QVERIFY(changed.leftover && changed.leftover->difference);
    QVERIFY2(QString::fromStdString(*changed.leftover->difference).contains("has changed since"),
             changed.leftover->difference->c_str());
}

void TstDestination::discards_data() {
    findsWhatWasLeft_data();
}

void TstDestination::discards() {
    QFETCH(QString, to);
    const auto before = names();
    interrupt(recipe(to));
    QVERIFY(names() != before);
    const auto planned = plan(recipe(to));
    QVERIFY(planned);
    const auto done = discardLeftover(*planned);
    QVERIFY2(done, done ? "" : done.error().what.c_str());
    QCOMPARE(names(), before);
}

void TstDestination::discardsNothingElse() {
    QVERIFY(QDir(dir_->path()).mkpath("shards.partial"));
    QVERIFY(writeFile(path("shards.partial/mine"), "precious"));
    const auto planned = plan(recipe("shards"));
    QVERIFY(planned);
    const auto done = discardLeftover(*planned);
    QVERIFY(!done);
    QCOMPARE(done.error().code, Errc::Usage);
    QCOMPARE(readFile(path("shards.partial/mine")), QByteArray("precious"));
}

QTEST_APPLESS_MAIN(TstDestination)
#include "tst_destination.moc"
