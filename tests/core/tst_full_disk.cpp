// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <csignal>

#include <sys/resource.h>
#include <sys/syscall.h>

#include "at_bytes.h"
#include "base/limits.h"
#include "child.h"
#include "sample_source.h"

using namespace plimsoll;

// Conversions whose disk fills up while they run: on a small tmpfs where mounting is permitted, else with a file-size
// limit that comes into force half-way.
class TstFullDisk final : public SampleSource {
    Q_OBJECT
private slots:
    void initTestCase();
    void init();
    void fillsHalfWay_data();
    void fillsHalfWay();
    void tooSmallFromTheStart_data();
    void tooSmallFromTheStart();
    void tooSmallToGoOn();

private:
    Recipe recipe(const QString& to) const;
    QString onDisk(const QString& name) const { return path("disk/" + name); }
    QStringList onDisk() const { return QDir(path("disk")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot); }
    Result<ConvertReport> run(const Recipe& recipe, ProgressSink& progress) const;
    // What went wrong; empty where all is as it should be. In a process of its own.
    //   reserves  the file system reserves blocks
    //   limits    without a disk of its own
    QString fillAndGoOn(const QString& to, bool reserves, bool older, bool limits) const;
};

namespace {

const QString kNotPermitted = QStringLiteral("not permitted");

// Takes whatever is free.
void fillUp(const QString& name) {
    const int fd = ::open(name.toUtf8().constData(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const std::string block(4096, 'x');
    while (::write(fd, block.data(), block.size()) > 0) {
    }
    ::close(fd);
}

void limitFiles(rlim_t bytes) {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ::setrlimit(RLIMIT_FSIZE, &limit);
}

QString textOf(const Result<ConvertReport>& report) {
    return report ? QStringLiteral("it worked") : QString::fromStdString(describe(report.error(), ""));
}

}  // namespace

void TstFullDisk::initTestCase() {
    makeSource("linears.[01].*");
    const QTemporaryDir folder;
    const bool mounts =
        inChildProcess([&] { return QString(mountSmallDisk(folder.path(), "1m") ? "" : "no"); }).isEmpty();
    qInfo("the disk that fills up is %s", mounts ? "a tmpfs" : "a file-size limit: mounting is not permitted here");
}

void TstFullDisk::init() {
    freshFolder();
    QVERIFY(QDir(path("")).mkdir("disk"));
}

Recipe TstFullDisk::recipe(const QString& to) const {
    Recipe recipe;
    recipe.target = to.endsWith(".pth") || to == "bin" ? Target::Pth
                    : to.endsWith(".npz")              ? Target::Npz
                    : to == "dcp"                      ? Target::Dcp
                    : to == "tensors"                  ? Target::Tensors
                                                       : Target::Safetensors;
    recipe.destination = onDisk(to).toStdString();
    recipe.dtype = DType::F16;
    recipe.threads = 2;
    recipe.memoryBytes = limits::MiB;
    recipe.measureLoss = true;
    if (to == "bin" || to == "shards") recipe.shardCount = 3;
    if (to == "dcp") recipe.shardCount = 2;
    return recipe;
}

Result<ConvertReport> TstFullDisk::run(const Recipe& recipe, ProgressSink& progress) const {
    TRY(const auto planned, planOf(recipe));
    return runPlan(planned, progress, {});
}

void TstFullDisk::fillsHalfWay_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("reserves");
    QTest::addColumn<bool>("older");
    QTest::addColumn<bool>("limits");
    for (const char* to : {"out.pth", "out.safetensors", "out.npz", "shards", "bin", "tensors", "dcp"}) {
        QTest::addRow("%s", to) << to << false << false << false;
        QTest::addRow("%s over an older one", to) << to << false << true << false;
        QTest::addRow("%s, its blocks reserved", to) << to << true << false << false;
        QTest::addRow("%s, a limit of files", to) << to << false << true << true;
    }
}

QString TstFullDisk::fillAndGoOn(const QString& to, bool reserves, bool older, bool limits) const {
    const bool mounted = !limits && mountSmallDisk(path("disk"), "24m");
    if (!reserves && mounted && !refuseCall(SYS_fallocate, EOPNOTSUPP)) return kNotPermitted;
    std::signal(SIGXFSZ, SIG_IGN);
    auto wanted = recipe(to);
    ProgressCounter counter;
    if (!run(wanted, counter)) return "no output to compare with";
    const auto expected = contentOf(onDisk(to));
    if (!QDir(path("disk")).rename(to, "expected")) return "cannot rename";
    const bool single = QFileInfo(onDisk("expected")).isFile();
    wanted.overwrite = older;
    if (older && !single) QDir(path("disk")).mkdir(to);
    const auto oldName = single ? to : to + "/model-00001-of-00009.safetensors";
    if (older && !QFile::copy(path("s.pth"), onDisk(oldName))) return "no older output";

    AtBytes progress(counter.done() / 2, [&] {
        if (mounted)
            fillUp(onDisk("filler"));
        else
            limitFiles(4096);
    });
    const auto failed = run(wanted, progress);
    const QString says = textOf(failed);
    // Only its journal has no blocks of its own: the conversion may well get through.
    if (reserves && failed) return contentOf(onDisk(to)) == expected ? QString() : "the output differs";
    if (failed || failed.error().code != Errc::Io) return "on the full disk: " + says;
    if (!says.contains(mounted ? "No space left" : "File too large") || !says.contains("disk/" + to)) return says;
    if (says.contains('\n')) return "more than one line: " + says;
    if (QFileInfo::exists(onDisk(to)) != older) return "something else has the output's name";
    if (older && contentOf(onDisk(oldName)) != contentOf(path("s.pth"))) return "the older output is not what it was";

    wanted.resume = true;
    QFile::remove(onDisk("filler"));
    limitFiles(RLIM_INFINITY);
    const auto resumed = run(wanted, counter);
    if (!resumed) return "going on: " + textOf(resumed);
    if (resumed->resumedBytes == 0) return "nothing was left of the first half";
    // What is not of a set of this kind stays.
    if (older && !single && to != "shards") QFile::remove(onDisk(oldName));
    if (contentOf(onDisk(to)) != expected) return "the output differs";
    QStringList names{"expected", to};
    names.sort();
    return onDisk() == names ? QString() : "left: " + onDisk().join(' ');
}

void TstFullDisk::fillsHalfWay() {
    QFETCH(QString, to);
    QFETCH(bool, reserves);
    QFETCH(bool, older);
    QFETCH(bool, limits);
    const QString wrong = inChildProcess([&] { return fillAndGoOn(to, reserves, older, limits); });
    if (wrong == kNotPermitted) QSKIP("forbidding a system call is not permitted here");
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

void TstFullDisk::tooSmallFromTheStart_data() {
    QTest::addColumn<QString>("to");
    for (const char* to : {"out.pth", "out.npz", "shards", "tensors", "dcp"}) QTest::newRow(to) << to;
}

void TstFullDisk::tooSmallFromTheStart() {
    QFETCH(QString, to);
    const QString wrong = inChildProcess([&]() -> QString {
        if (!mountSmallDisk(path("disk"), "2m")) return kNotPermitted;
        AtBytes progress(1, [] { qFatal("it has begun"); });
        const auto report = run(recipe(to), progress);
        const QString says = textOf(report);
        if (report || report.error().code != Errc::Io || !says.contains("needs ") || !says.contains("are free"))
            return says;
        return onDisk().isEmpty() ? QString() : "left: " + onDisk().join(' ');
    });
    if (wrong == kNotPermitted) QSKIP("mounting a small tmpfs is not permitted here");
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

// The space is checked before going on, too; what is left stays.
void TstFullDisk::tooSmallToGoOn() {
    const QString wrong = inChildProcess([&]() -> QString {
        if (!mountSmallDisk(path("disk"), "6m") || !refuseCall(SYS_fallocate, EOPNOTSUPP)) return kNotPermitted;
        auto wanted = recipe("out.pth");
        std::stop_source stop;
        AtBytes progress(4'000'000, [&] { stop.request_stop(); });
        const auto planned = planOf(wanted);
        if (!planned || runPlan(*planned, progress, stop.get_token())) return "it was not stopped";
        fillUp(onDisk("filler"));
        wanted.resume = true;
        ProgressCounter counter;
        const auto refused = run(wanted, counter);
        if (refused || !textOf(refused).contains("are free")) return textOf(refused);
        QFile::remove(onDisk("filler"));
        const auto resumed = run(wanted, counter);
        return resumed && resumed->resumedBytes != 0 ? QString() : textOf(resumed);
    });
    if (wrong == kNotPermitted) QSKIP("mounting a small tmpfs is not permitted here");
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

QTEST_GUILESS_MAIN(TstFullDisk)
#include "tst_full_disk.moc"
