// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <atomic>
#include <csignal>
#include <cstring>
#include <functional>
#include <stop_token>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "at_bytes.h"
#include "base/limits.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/sample.h"
#include "formats/registry.h"

using namespace plimsoll;

namespace {

QByteArray content(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("cannot be read");
}

void writeText(const QString& path, const QByteArray& text) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("cannot write %s", qPrintable(path));
}

}  // namespace

class TstConvertRun final : public QObject {
    Q_OBJECT
private slots:
    void init();
    void cleanup();
    void destinationRules_data();
    void destinationRules();
    void itsOwnSource_data();
    void itsOwnSource();
    void insideItsSource_data();
    void insideItsSource();
    void stopLeavesWhatIsDone_data();
    void stopLeavesWhatIsDone();
    void fullDisk_data();
    void fullDisk();
    void needsMoreThanIsFree();
    void sourceChanges_data();
    void sourceChanges();
    void brokenRecordHeader();
    void directoryRules_data();
    void directoryRules();
    void memoryStaysBounded();
    void generatorFails();

private:
    QString path(const QString& name) const { return dir_->filePath(name); }
    QStringList names() const {
        return QDir(dir_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
    }
    // 40 MB: 20 tensors, ten of 4 MB.
    void makeSource(const QString& name);
    Result<Plan> plan(const QString& to, bool overwrite, std::optional<std::uint64_t> shard = {},
                      std::uint64_t memory = limits::MiB, const std::string& drop = {});
    Result<ConvertReport> convert(const QString& to, bool overwrite, std::optional<std::uint64_t> shard = {});

    std::unique_ptr<QTemporaryDir> dir_;
};

void TstConvertRun::init() {
    dir_ = std::make_unique<QTemporaryDir>();
    makeSource("source.pth");
}

void TstConvertRun::cleanup() {
    dir_.reset();
}

void TstConvertRun::makeSource(const QString& name) {
    ProgressCounter progress;
    const auto made = writeSample("linear10", path(name).toStdString(), DType::F32, 1, true, progress, {});
    QVERIFY2(made, made ? "" : made.error().what.c_str());
}

Result<Plan> TstConvertRun::plan(const QString& to, bool overwrite, std::optional<std::uint64_t> shard,
                                 std::uint64_t memory, const std::string& drop) {
    TRY(const auto checkpoint, openCheckpoint(path("source.pth").toStdString()));
    Recipe recipe;
    recipe.target = to.endsWith(".pth") ? Target::Pth : Target::Safetensors;
    recipe.destination = path(to).toStdString();
    recipe.dtype = DType::BF16;
    recipe.overwrite = overwrite;
    recipe.threads = 2;
    recipe.memoryBytes = memory;
    recipe.maxShardBytes = shard;
    if (!drop.empty()) recipe.drop.push_back(drop);
    return planConversion(checkpoint, recipe);
}

Result<ConvertReport> TstConvertRun::convert(const QString& to, bool overwrite, std::optional<std::uint64_t> shard) {
    TRY(const auto planned, plan(to, overwrite, shard));
    ProgressCounter progress;
    return runPlan(planned, progress, {});
}

void TstConvertRun::destinationRules_data() {
    QTest::addColumn<QString>("existing");
    QTest::addColumn<bool>("overwrite");
    QTest::addColumn<int>("code");  // -1: works
    const int usage = static_cast<int>(Errc::Usage);
    QTest::newRow("nothing there") << "" << false << -1;
    QTest::newRow("a file, kept") << "file" << false << usage;
    QTest::newRow("a file, replaced") << "file" << true << -1;
    QTest::newRow("a directory") << "directory" << true << usage;
    QTest::newRow("a FIFO") << "fifo" << true << usage;
    QTest::newRow("a dangling link, kept") << "dangling" << false << usage;
    QTest::newRow("what an interrupted run left") << "partial" << false << -1;
    QTest::newRow("no such directory") << "no directory" << false << static_cast<int>(Errc::Io);
}

void TstConvertRun::destinationRules() {
    QFETCH(QString, existing);
    QFETCH(bool, overwrite);
    QFETCH(int, code);
    const QString to = existing == "no directory" ? "missing/out.pth" : "out.pth";
    if (existing == "file") writeText(path(to), "older");
    if (existing == "partial") writeText(path(to + ".partial"), QByteArray(100'000'000, 'x'));
    if (existing == "directory") QVERIFY(QDir(dir_->path()).mkdir(to));
    if (existing == "fifo") QCOMPARE(::mkfifo(path(to).toUtf8().constData(), 0600), 0);
    if (existing == "dangling") QVERIFY(QFile::link(path("nowhere"), path(to)));
    const auto before = names();
    const auto report = convert(to, overwrite);
    QCOMPARE(report ? -1 : static_cast<int>(report.error().code), code);
    if (report) {
        QCOMPARE(names(), (QStringList{"out.pth", "source.pth"}));
        QVERIFY(openCheckpoint(path(to).toStdString()));
        return;
    }
    QVERIFY2(describe(report.error(), "").find("out.pth") != std::string::npos, report.error().path.c_str());
    QCOMPARE(names(), before);
    if (existing == "file") QCOMPARE(content(path(to)), QByteArray("older"));
}

void TstConvertRun::itsOwnSource_data() {
    QTest::addColumn<QString>("kind");
    QTest::newRow("same path") << "path";
    QTest::newRow("another spelling") << "spelling";
    QTest::newRow("symbolic link") << "symlink";
    QTest::newRow("hard link") << "hardlink";
}

void TstConvertRun::itsOwnSource() {
    QFETCH(QString, kind);
    const auto before = content(path("source.pth"));
    QString to = "other.pth";
    if (kind == "path") to = "source.pth";
    if (kind == "spelling") to = "./source.pth";
    if (kind == "symlink") QVERIFY(QFile::link(path("source.pth"), path(to)));
    if (kind == "hardlink") QCOMPARE(::link(path("source.pth").toUtf8(), path(to).toUtf8()), 0);
    for (const bool overwrite : {false, true}) {
        const auto report = convert(to, overwrite);
        QVERIFY(!report);
        QVERIFY(report.error().code == Errc::Usage);
        QVERIFY2(report.error().what.find("its own source") != std::string::npos, report.error().what.c_str());
    }
    QVERIFY(content(path("source.pth")) == before);
}

void TstConvertRun::insideItsSource_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("says");
    QTest::newRow("the set itself") << "set"
                                    << "its own source";
    QTest::newRow("by another name") << "link"
                                     << "its own source";
    QTest::newRow("as another format") << "set.dcp"
                                       << "is its own source";
    QTest::newRow("a shard") << "set/model-00002-of-00002.safetensors"
                             << "would overwrite its own source";
    QTest::newRow("a file beside the shards") << "set/merged.safetensors"
                                              << "lies in its own source";
    QTest::newRow("a set beside the shards") << "set/sub"
                                             << "lies in its own source";
}

void TstConvertRun::insideItsSource() {
    QFETCH(QString, to);
    QFETCH(QString, says);
    QVERIFY(convert("set", false, 12'000'000));
    QVERIFY(QFile::link(path("set"), path("link")));
    const auto before = QDir(path("set")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    const auto source = openCheckpoint(path("set").toStdString());
    QVERIFY(source);
    Recipe recipe;
    const bool asDcp = to.endsWith(".dcp");
    recipe.target = asDcp ? Target::Dcp : Target::Safetensors;
    recipe.destination = path(asDcp ? to.chopped(4) : to).toStdString();
    if (!to.contains('.')) recipe.shardCount = 3;
    recipe.overwrite = true;
    const auto planned = planConversion(*source, recipe);
    QVERIFY(planned);
    ProgressCounter progress;
    const auto report = runPlan(*planned, progress, {});
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Usage);
    QVERIFY2(report.error().what.find(says.toStdString()) != std::string::npos, report.error().what.c_str());
    QCOMPARE(QDir(path("set")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), before);
}

void TstConvertRun::stopLeavesWhatIsDone_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<quint64>("after");
    for (const auto* to : {"out.pth", "out.safetensors", "shards"}) {
        QTest::addRow("%s, before it starts", to) << to << quint64{0};
        QTest::addRow("%s, at the first block", to) << to << quint64{1};
        QTest::addRow("%s, half-way", to) << to << quint64{20'000'000};
        QTest::addRow("%s, at the last byte", to) << to << quint64{40'040'000};
    }
}

void TstConvertRun::stopLeavesWhatIsDone() {
    QFETCH(QString, to);
    QFETCH(quint64, after);
    const bool sharded = to == "shards";
    for (const bool existed : {false, true}) {
        if (existed && sharded) break;
        if (existed) writeText(path(to), "older");
        const auto before = names();
        const auto planned = plan(to, true, sharded ? std::optional<std::uint64_t>(5'000'000) : std::nullopt);
        QVERIFY(planned);
        std::stop_source stop;
        if (after == 0) stop.request_stop();
        AtBytes progress(after, [&] { stop.request_stop(); });
        const auto report = runPlan(*planned, progress, stop.get_token());
        QVERIFY(!report);
        QVERIFY(report.error().code == Errc::Cancelled);
        QVERIFY(progress.done() <= after + 3 * limits::MiB);
        // A block that was being made when the stop came is not done.
        const bool anyDone = after > limits::MiB;
        auto expected = before;
        if (anyDone) expected << to + ".partial" << to + ".partial.journal";
        expected.sort();
        auto found = names();
        if (after == 1) {
            found.removeAll(to + ".partial");
            found.removeAll(to + ".partial.journal");
        }
        QCOMPARE(found, expected);
        if (existed) QVERIFY(QFile::remove(path(to)));
        QDir(path(to + ".partial")).removeRecursively();
        for (const auto* suffix : {".partial", ".partial.journal"}) QFile::remove(path(to + suffix));
        if (existed) writeText(path(to), "older");
        if (existed) QCOMPARE(content(path(to)), QByteArray("older"));
    }
}

void TstConvertRun::fullDisk_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<quint64>("limit");
    QTest::newRow("at once") << "out.pth" << quint64{1};
    QTest::newRow("at the end") << "out.pth" << quint64{20'000'000};
    QTest::newRow("in the second shard") << "shards" << quint64{1'000'000};
}

void TstConvertRun::fullDisk() {
    QFETCH(QString, to);
    QFETCH(quint64, limit);
    const bool sharded = to == "shards";
    // The first shard is one bias of 2 kB, the second one weight of 2 MB.
    const auto planned = sharded ? plan(to, false, 2'001'000, limits::MiB, "linears.0.weight") : plan(to, false);
    QVERIFY(planned);
    const auto before = names();
    rlimit old{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{limit, old.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    ProgressCounter progress;
    const auto report = runPlan(*planned, progress, {});
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, oldHandler);
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Io);
    QVERIFY2(report.error().path.find(sharded ? "shards.partial/model-00002-of-" : "out.pth") != std::string::npos,
             report.error().path.c_str());
    QCOMPARE(names(), before);
}

void TstConvertRun::needsMoreThanIsFree() {
    // A file of 4 TiB that takes no space: its size alone must be refused, before anything is written.
    const QByteArray header = R"({"w":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}  )";
    QCOMPARE(header.size() % 8, 0);
    const std::uint64_t length = static_cast<std::uint64_t>(header.size());
    QByteArray start(sizeof length, '\0');
    std::memcpy(start.data(), &length, sizeof length);
    writeText(path("huge.safetensors"), start + header);
    const auto bytes = static_cast<off_t>(sizeof length + length + 4398046511104);
    if (::truncate(path("huge.safetensors").toUtf8(), bytes) != 0) QSKIP("the file system has no files of 4 TiB");
    const auto checkpoint = openCheckpoint(path("huge.safetensors").toStdString());
    QVERIFY2(checkpoint, checkpoint ? "" : checkpoint.error().what.c_str());
    Recipe recipe;
    recipe.target = Target::Pth;
    recipe.destination = path("out.pth").toStdString();
    const auto planned = planConversion(*checkpoint, recipe);
    QVERIFY(planned);
    ProgressCounter progress;
    const auto report = runPlan(*planned, progress, {});
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Io);
    QVERIFY2(report.error().what.starts_with("needs 4.00 TiB, "), report.error().what.c_str());
    QCOMPARE(names(), (QStringList{"huge.safetensors", "source.pth"}));
}

void TstConvertRun::sourceChanges_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<quint64>("after");
    QTest::newRow("cut to nothing, early") << "cut" << quint64{1'000'000};
    QTest::newRow("cut by a byte, early") << "cut byte" << quint64{1'000'000};
    QTest::newRow("written to, before it starts") << "write" << quint64{0};
    QTest::newRow("written to, late") << "write" << quint64{40'040'000};
    QTest::newRow("another file under its name") << "replace" << quint64{20'000'000};
}

void TstConvertRun::sourceChanges() {
    QFETCH(QString, how);
    QFETCH(quint64, after);
    const auto planned = plan("out.pth", false);
    QVERIFY(planned);
    const QByteArray name = path("source.pth").toUtf8();
    const auto bytes = QFileInfo(path("source.pth")).size();
    std::atomic<bool> changed = false;
    const auto change = [&] {
        if (how == "cut") changed = ::truncate(name.constData(), 0) == 0;
        if (how == "cut byte") changed = ::truncate(name.constData(), bytes - 1) == 0;
        if (how == "write") {
            QFile file(path("source.pth"));
            changed = file.open(QIODevice::ReadWrite) && file.seek(bytes / 2) && file.write("x") == 1;
        }
        if (how == "replace") {
            writeText(path("new"), "new");
            changed = ::rename(path("new").toUtf8().constData(), name.constData()) == 0;
        }
    };
    if (after == 0) change();
    AtBytes progress(after, change);
    const auto report = runPlan(*planned, progress, {});
    QVERIFY(changed);
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Corrupt || report.error().code == Errc::Truncated);
    QVERIFY2(report.error().path.ends_with("source.pth"), report.error().path.c_str());
    QCOMPARE(names(), QStringList{"source.pth"});
}

// The zip directory says where a record is; its own header, which is only looked at now, says something else.
void TstConvertRun::brokenRecordHeader() {
    auto bytes = content(path("source.pth"));
    const auto at = bytes.indexOf("archive/data/7");
    QVERIFY(at > 30);
    bytes[at - 30] = 'X';
    writeText(path("source.pth"), bytes);
    const auto report = convert("out.pth", false);
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Corrupt);
    QCOMPARE(report.error().offset, static_cast<std::uint64_t>(at - 30));
    QVERIFY(!names().contains("out.pth"));
}

void TstConvertRun::directoryRules_data() {
    QTest::addColumn<QString>("existing");
    QTest::addColumn<bool>("overwrite");
    QTest::addColumn<bool>("works");
    QTest::newRow("nothing there") << "" << false << true;
    QTest::newRow("an empty directory") << "empty" << false << true;
    QTest::newRow("left by an interrupted run") << "partial" << false << true;
    QTest::newRow("foreign files under the partial name") << "foreign" << false << false;
    QTest::newRow("an older set with a directory, overwrite") << "directory" << true << false;
    QTest::newRow("a directory with a file") << "config.json" << false << false;
    QTest::newRow("a directory with a file, overwrite") << "config.json" << true << true;
    QTest::newRow("an older set") << "older" << false << false;
    QTest::newRow("an older set, overwrite") << "older" << true << true;
    QTest::newRow("a file") << "file" << true << false;
}

void TstConvertRun::directoryRules() {
    QFETCH(QString, existing);
    QFETCH(bool, overwrite);
    QFETCH(bool, works);
    const QString shard = "out/model-00001-of-00005.safetensors";
    if (existing == "file") writeText(path("out"), "a file");
    const bool partial = existing == "partial" || existing == "foreign";
    if (!existing.isEmpty() && existing != "file") QVERIFY(QDir(dir_->path()).mkdir(partial ? "out.partial" : "out"));
    if (existing == "directory") QVERIFY(QDir(dir_->path()).mkdir("out/original"));
    if (existing == "config.json") writeText(path("out/config.json"), "{}");
    if (partial) writeText(path("out.partial/half"), "half");
    if (existing == "partial") writeText(path("out.partial.journal"), "");
    if (existing == "older") {
        writeText(path(shard), "older");
        writeText(path("out/model-00001-of-00009.safetensors"), "of another count");
    }
    const auto report = convert("out", overwrite, 5'000'000);
    QCOMPARE(report.has_value(), works);
    if (!works) {
        QVERIFY(report.error().code == Errc::Usage);
        if (existing == "older") QCOMPARE(content(path(shard)), QByteArray("older"));
        if (existing == "foreign") QCOMPARE(content(path("out.partial/half")), QByteArray("half"));
        return;
    }
    auto found = QDir(path("out")).entryList(QDir::Files);
    if (existing == "config.json") QCOMPARE(found.removeAll("config.json"), 1);
    QCOMPARE(found, (QStringList{"model-00001-of-00005.safetensors", "model-00002-of-00005.safetensors",
                                 "model-00003-of-00005.safetensors", "model-00004-of-00005.safetensors",
                                 "model-00005-of-00005.safetensors", "model.safetensors.index.json"}));
    QCOMPARE(report->files.size(), 6U);
    const auto opened = openCheckpoint(path("out").toStdString());
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE((*opened)->tensors.size(), 20U);
    QVERIFY((*opened)->warnings.empty());
    QVERIFY(!QFileInfo::exists(path("out.partial")));
    QVERIFY(!QFileInfo::exists(path("out.partial.journal")));
}

void TstConvertRun::memoryStaysBounded() {
    for (const std::uint64_t memory : {limits::MiB, 4 * limits::MiB}) {
        const auto planned = plan("out.pth", true, {}, memory);
        QVERIFY(planned);
        QVERIFY(planned->peakMemoryBytes <= memory);
        ProgressCounter progress;
        const auto report = runPlan(*planned, progress, {});
        QVERIFY(report);
        QCOMPARE(progress.done(), planned->bytesRead);
        // Far below the 40 MB that go through; above the plan lie what the allocator and threads keep for themselves.
        QVERIFY2(report->peakAnonBytes <= planned->peakMemoryBytes + 4 * limits::MiB,
                 std::to_string(report->peakAnonBytes).c_str());
    }
}

void TstConvertRun::generatorFails() {
    PlannedFile file;
    file.path = path("made.bin").toStdString();
    file.bytes = 10 * limits::MiB;
    for (std::uint64_t i = 0; i < 10; ++i) {
        PlannedRecord record;
        record.name = std::to_string(i);
        record.from = record.to = DType::U8;
        record.elements = record.destinationBytes = limits::MiB;
        record.destinationOffset = i * limits::MiB;
        file.records.push_back(record);
    }
    ProgressCounter progress;
    const BlockSource failing = [](const PlannedRecord& record, std::uint64_t, std::span<std::byte>,
                                   CastLoss&) -> Result<void> {
        if (record.name == "6") return fail(Errc::Corrupt, "the sixth");
        return {};
    };
    const auto report = runGenerated(file, false, 3, failing, progress, {});
    QVERIFY(!report);
    QCOMPARE(report.error().what, std::string("the sixth"));
    QCOMPARE(names(), QStringList{"source.pth"});
    const BlockSource filling = [](const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out,
                                   CastLoss&) -> Result<void> {
        for (auto& byte : out) byte = static_cast<std::byte>(record.name[0] + static_cast<char>(offset++ % 7));
        return {};
    };
    QVERIFY(runGenerated(file, false, 3, filling, progress, {}));
    const auto written = content(path("made.bin"));
    QCOMPARE(written.size(), qsizetype{10 * limits::MiB});
    for (qsizetype i = 0; i < written.size(); i += 4099) {
        const auto inRecord = i % static_cast<qsizetype>(limits::MiB);
        QCOMPARE(written[i], static_cast<char>('0' + i / static_cast<qsizetype>(limits::MiB) + inRecord % 7));
    }
}

QTEST_GUILESS_MAIN(TstConvertRun)
#include "tst_convert_run.moc"
