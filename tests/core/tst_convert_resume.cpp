// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <random>
#include <stop_token>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "at_bytes.h"
#include "base/limits.h"
#include "convert/journal.h"
#include "sample_source.h"

using namespace plimsoll;

// Conversions that were interrupted: what stays, what goes on, what is refused and why.
class TstConvertResume final : public SampleSource {
    Q_OBJECT
private slots:
    void initTestCase();
    void init();
    void goesOn_data();
    void goesOn();
    void manyTimes();
    void nothingToGoOnWith();
    void tornJournal_data();
    void tornJournal();
    void afterAPowerCut();
    void refuses_data();
    void refuses();
    void secondConversionIsRefused();
    void verificationFindsAnotherByte();

private:
    Recipe recipe(const QString& to) const;
    Result<ConvertReport> run(const Recipe& recipe, ProgressSink& progress, const std::stop_token& stop = {});
    Result<ConvertReport> resume(const QString& to);
    // Stops a conversion when that many source bytes are done.
    void interrupt(const QString& to, std::uint64_t after);
    QByteArray journal(const QString& to) const;
};

namespace {

void writeBytes(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write");
}

}  // namespace

void TstConvertResume::initTestCase() {
    makeSource("linears.[01].*");
}

void TstConvertResume::init() {
    freshFolder();
}

Recipe TstConvertResume::recipe(const QString& to) const {
    Recipe recipe;
    recipe.target = to.endsWith(".pth") ? Target::Pth : to == "dcp" ? Target::Dcp : Target::Safetensors;
    recipe.destination = path(to).toStdString();
    recipe.dtype = DType::BF16;
    recipe.threads = 2;
    recipe.memoryBytes = limits::MiB;
    recipe.measureLoss = true;
    recipe.verify = true;
    if (to == "shards") recipe.maxShardBytes = 1'000'000;
    return recipe;
}

Result<ConvertReport> TstConvertResume::run(const Recipe& recipe, ProgressSink& progress, const std::stop_token& stop) {
    TRY(const auto planned, planOf(recipe));
    return runPlan(planned, progress, stop);
}

Result<ConvertReport> TstConvertResume::resume(const QString& to) {
    auto wanted = recipe(to);
    wanted.resume = true;
    ProgressCounter progress;
    return run(wanted, progress);
}

void TstConvertResume::interrupt(const QString& to, std::uint64_t after) {
    std::stop_source stop;
    AtBytes progress(after, [&] { stop.request_stop(); });
    const auto stopped = run(recipe(to), progress, stop.get_token());
    QVERIFY(!stopped);
    QVERIFY(stopped.error().code == Errc::Cancelled);
    QVERIFY(!QFileInfo::exists(path(to)));
}

QByteArray TstConvertResume::journal(const QString& to) const {
    return contentOf(path(to + ".partial.journal"));
}

void TstConvertResume::goesOn_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<quint64>("after");
    for (const QString to : {"out.pth", "out.safetensors", "shards", "dcp"})
        for (const quint64 after : {1'000'000U, 4'000'000U, 7'980'000U, 10'000'000U})  // the last while verifying
            QTest::newRow(qPrintable(to + " after " + QString::number(after))) << to << after;
}

void TstConvertResume::goesOn() {
    QFETCH(QString, to);
    QFETCH(quint64, after);
    ProgressCounter progress;
    const auto whole = run(recipe(to), progress);
    QVERIFY(whole && whole->verified);
    const auto expected = contentOf(path(to));
    QVERIFY(QFile::rename(path(to), path("expected")));
    interrupt(to, after);
    QVERIFY(names().contains(to + ".partial"));
    auto wanted = recipe(to);
    wanted.resume = true;
    ProgressCounter rest;
    const auto resumed = run(wanted, rest);
    QVERIFY2(resumed, resumed ? "" : resumed.error().what.c_str());
    QVERIFY(resumed->resumedBytes + limits::MiB >= std::min<quint64>(after, whole->bytesRead));
    QVERIFY(resumed->verified);
    QCOMPARE(rest.done(), progress.done());
    QVERIFY(contentOf(path(to)) == expected);
    auto expectedNames = QStringList{"expected", to, "s.pth"};
    expectedNames.sort();
    QCOMPARE(names(), expectedNames);
    QCOMPARE(resumed->losses.size(), whole->losses.size());
    for (std::size_t i = 0; i < whole->losses.size(); ++i) {
        QCOMPARE(resumed->losses[i].name, whole->losses[i].name);
        QCOMPARE(resumed->losses[i].loss.count, whole->losses[i].loss.count);
        QCOMPARE(resumed->losses[i].loss.maxAbs, whole->losses[i].loss.maxAbs);
        QCOMPARE(resumed->losses[i].loss.maxRel, whole->losses[i].loss.maxRel);
        QVERIFY(qFuzzyCompare(resumed->losses[i].loss.rms(), whole->losses[i].loss.rms()));
    }
}

// Interrupted again and again, with other numbers of threads.
void TstConvertResume::manyTimes() {
    ProgressCounter counter;
    QVERIFY(run(recipe("out.pth"), counter));
    const auto expected = contentOf(path("out.pth"));
    QVERIFY(QFile::remove(path("out.pth")));
    std::mt19937 random(7);
    int rounds = 0;
    for (bool done = false; !done; ++rounds) {
        QVERIFY(rounds < 200);
        std::stop_source stop;
        auto wanted = recipe("out.pth");
        wanted.resume = true;
        wanted.threads = 1 + random() % 4;
        // What was done before is counted at once.
        AtBytes progress(500'000ULL * static_cast<unsigned>(rounds) + random() % 1'000'000,
                         [&] { stop.request_stop(); });
        const auto report = run(wanted, progress, stop.get_token());
        done = report.has_value();
        if (!done) QVERIFY2(report.error().code == Errc::Cancelled, report.error().what.c_str());
    }
    QVERIFY(rounds > 5);
    QVERIFY(contentOf(path("out.pth")) == expected);
}

void TstConvertResume::nothingToGoOnWith() {
    const auto report = resume("out.pth");
    QVERIFY(report);
    QCOMPARE(report->resumedBytes, 0U);
    const auto again = resume("out.pth");
    QVERIFY(!again && again.error().code == Errc::Usage);  // it exists
}

void TstConvertResume::tornJournal_data() {
    QTest::addColumn<double>("kept");
    QTest::addColumn<bool>("flip");
    for (const double kept : {0.0, 0.01, 0.3, 0.5, 0.9, 0.999}) {
        QTest::addRow("cut at %g", kept) << kept << false;
        QTest::addRow("a byte changed at %g", kept) << kept << true;
    }
}

// Whatever a crash leaves of the journal, the result is right.
void TstConvertResume::tornJournal() {
    QFETCH(double, kept);
    QFETCH(bool, flip);
    ProgressCounter counter;
    QVERIFY(run(recipe("out.pth"), counter));
    QVERIFY(QFile::rename(path("out.pth"), path("expected")));
    interrupt("out.pth", 6'000'000);
    auto bytes = journal("out.pth");
    const auto at = static_cast<qsizetype>(kept * static_cast<double>(bytes.size()));
    if (flip)
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    else
        bytes.truncate(at);
    writeBytes(path("out.pth.partial.journal"), bytes);
    const auto report = resume("out.pth");
    QVERIFY2(report, report ? "" : report.error().what.c_str());
    QVERIFY(contentOf(path("out.pth")) == contentOf(path("expected")));
}

// Another start of the system: only what a marker covers is believed.
void TstConvertResume::afterAPowerCut() {
    const auto at = path("x.journal").toStdString();
    JournalHeader header;
    header.recipe = "--to pth";
    header.plan = "0123";
    header.blockBytes = 65536;
    header.sources.push_back({"s.pth", 12, -5, 77, 3});
    QVERIFY(Journal::clear(at));
    int synced = 0;
    const auto sync = [&](std::uint32_t) -> Result<void> {
        ++synced;
        return {};
    };
    {
        auto journal = Journal::start(at, header);
        QVERIFY(journal);
        for (std::uint64_t i = 0; i < 10; ++i) {
            WorkItem item;
            item.number = i;
            const PartSummary part{static_cast<std::uint32_t>(i * i), {}};
            QVERIFY(journal->add(item, {&part, 1}));
            if (i == 6) QVERIFY(journal->mark(sync));
        }
        QCOMPARE(journal->added(), 10U);
    }
    QCOMPARE(synced, 1);
    auto content = Journal::read(at);
    QVERIFY(content && *content);
    QCOMPARE((*content)->items.size(), 10U);
    QCOMPARE((*content)->items[9].parts.at(0).crc, 81U);
    QCOMPARE((*content)->header.sources[0].mtimeNs, -5);
    content = Journal::read(at, "another start");
    QVERIFY(content && *content);
    QCOMPARE((*content)->items.size(), 7U);
    // What is gone on with is on the disk: another start of the system believes it.
    auto next = (*content)->header;
    next.id = Journal::newId();
    auto journal = Journal::replace(at, next, (*content)->items);
    QVERIFY(journal);
    QCOMPARE(journal->added(), 7U);
    content = Journal::read(at, "another start");
    QVERIFY(content && *content);
    QCOMPARE((*content)->items.size(), 7U);
    QCOMPARE((*content)->header.id, next.id);
    WorkItem item;
    item.number = 8;
    const PartSummary part{5, {}};
    QVERIFY(journal->add(item, {&part, 1}));
    content = Journal::read(at);
    QVERIFY(content && *content);
    QCOMPARE((*content)->items.size(), 8U);
    QCOMPARE((*content)->items[7].number, 8U);
}

void TstConvertResume::refuses_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("says");
    QTest::newRow("source written to") << "touch"
                                       << "has changed since: it was written to";
    QTest::newRow("source cut") << "cut"
                                << "has changed since: it had ";
    QTest::newRow("source replaced") << "replace"
                                     << "another file has its name now";
    QTest::newRow("header changed, time put back") << "header"
                                                   << "its header has another checksum";
    QTest::newRow("another type") << "dtype"
                                  << "it was started with plimsoll-cli convert SRC DST --to pth --dtype bf16, this is ";
    QTest::newRow("another selection")
        << "drop"
        << "this is plimsoll-cli convert SRC DST --to pth --dtype bf16 --drop linears.1.bias";
    QTest::newRow("partial output replaced") << "replaced"
                                             << "about another file";
    QTest::newRow("partial output cut") << "short"
                                        << "bytes (expected ";
}

void TstConvertResume::refuses() {
    QFETCH(QString, change);
    QFETCH(QString, says);
    interrupt("out.pth", 4'000'000);
    auto wanted = recipe("out.pth");
    wanted.resume = true;
    const QByteArray source = path("s.pth").toUtf8();
    const QString partial = path("out.pth.partial");
    struct stat status {};
    QCOMPARE(::stat(source.constData(), &status), 0);
    const timespec times[] = {status.st_atim, status.st_mtim};
    if (change == "touch") QCOMPARE(::utimensat(AT_FDCWD, source.constData(), nullptr, 0), 0);
    if (change == "cut") {
        // A smaller checkpoint in the same file.
        Recipe other;
        other.target = Target::Pth;
        other.destination = path("other.pth").toStdString();
        other.drop = {"linears.1.weight"};
        ProgressCounter progress;
        QVERIFY(run(other, progress));
        writeBytes(path("s.pth"), contentOf(path("other.pth")));
        QVERIFY(QFile::remove(path("other.pth")));
    }
    if (change == "replace") {
        QVERIFY(QFile::copy(path("s.pth"), path("copy")));
        QCOMPARE(::utimensat(AT_FDCWD, path("copy").toUtf8().constData(), times, 0), 0);
        QCOMPARE(::rename(path("copy").toUtf8().constData(), source.constData()), 0);
    }
    if (change == "header") {
        auto bytes = contentOf(path("s.pth"));
        bytes[5000] = static_cast<char>(bytes[5000] ^ 1);
        writeBytes(path("s.pth"), bytes);
        QCOMPARE(::utimensat(AT_FDCWD, source.constData(), times, 0), 0);
    }
    if (change == "dtype") wanted.dtype = DType::F16;
    if (change == "drop") wanted.drop = {"linears.1.bias"};
    if (change == "replaced") {
        QVERIFY(QFile::rename(partial, path("elsewhere")));
        writeBytes(partial, "another");
    }
    if (change == "short") QVERIFY(QFile::resize(partial, 1000));
    const auto before = names();
    const auto journalBefore = journal("out.pth");
    ProgressCounter progress;
    const auto report = run(wanted, progress);
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Usage);
    QVERIFY2(report.error().what.starts_with("cannot be resumed: "), report.error().what.c_str());
    QVERIFY2(report.error().what.find(says.toStdString()) != std::string::npos, report.error().what.c_str());
    QCOMPARE(report.error().path, partial.toStdString());
    QCOMPARE(names(), before);
    QVERIFY(journal("out.pth") == journalBefore);
    // Without --resume it starts anew.
    wanted.resume = false;
    QVERIFY(run(wanted, progress));
}

void TstConvertResume::secondConversionIsRefused() {
    for (const auto* to : {"out.pth", "shards"}) {
        std::optional<Result<ConvertReport>> second;
        AtBytes progress(2'000'000, [&] {
            ProgressCounter other;
            second = run(recipe(to), other);
        });
        QVERIFY(run(recipe(to), progress));
        QVERIFY(second && !*second);
        QVERIFY2(second->error().what.starts_with("another program is writing this "), second->error().what.c_str());
        QVERIFY(second->error().code == Errc::Usage);
    }
}

// A byte that changes between the write and the end, as a bad disk would do it.
void TstConvertResume::verificationFindsAnotherByte() {
    for (const auto* to : {"out.pth", "shards"}) {
        const QString partial = path(QString(to) + ".partial");
        bool changed = false;
        AtBytes progress(8'008'000, [&] {
            const QString name = QFileInfo(partial).isDir() ? partial + "/model-00002-of-00003.safetensors" : partial;
            QFile file(name);
            changed = file.open(QIODevice::ReadWrite) && file.seek(1'000'000) && file.write("!?") == 2;
        });
        const auto report = run(recipe(to), progress);
        QVERIFY(changed);
        QVERIFY(!report);
        QVERIFY2(report.error().code == Errc::Corrupt, report.error().what.c_str());
        QVERIFY2(report.error().what.starts_with("verification found other bytes"), report.error().what.c_str());
        QVERIFY(report.error().offset != kNoOffset);
        QVERIFY(!QFileInfo::exists(path(to)));
    }
}

QTEST_GUILESS_MAIN(TstConvertResume)
#include "tst_convert_resume.moc"
