// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/sample.h"
#include "formats/registry.h"
#include "io/resident_pages.h"

using namespace plimsoll;

namespace {

QByteArray content(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("cannot be read");
}

}  // namespace

class TstConvertCold : public QObject {
    Q_OBJECT
private slots:
    void coldSourceGivesTheSame_data();
    void coldSourceGivesTheSame();

private:
    QString path(const QString& name) const { return dir_.filePath(name); }
    Result<Plan> plan(const QString& to, std::uint64_t shard, std::uint64_t memory);
    // Pages.
    qint64 residentOf(const QString& name) const {
        QFile file(path(name));
        if (!file.open(QIODevice::ReadOnly)) return 0;
        const auto pages = residentPages(file.handle(), 0, static_cast<std::uint64_t>(file.size()));
        return static_cast<qint64>(pages.value_or(0));
    }

    QTemporaryDir dir_;
};

Result<Plan> TstConvertCold::plan(const QString& to, std::uint64_t shard, std::uint64_t memory) {
    TRY(const auto checkpoint, openCheckpoint(path("source.pth").toStdString()));
    Recipe recipe;
    recipe.target = Target::Safetensors;
    recipe.destination = path(to).toStdString();
    recipe.dtype = DType::BF16;
    recipe.threads = 2;
    recipe.overwrite = true;
    recipe.memoryBytes = memory;
    recipe.maxShardBytes = shard;
    return planConversion(checkpoint, recipe);
}

void TstConvertCold::coldSourceGivesTheSame_data() {
    QTest::addColumn<quint64>("memory");  // what is read ahead gets a part of it, where it is enough
    QTest::addColumn<quint64>("shard");
    QTest::newRow("nothing ahead") << quint64{limits::MiB} << quint64{5'000'000};
    for (const quint64 memory : {quint64{8 * limits::MiB}, quint64{64 * limits::MiB}})
        for (const quint64 shard : {quint64{5'000'000}, quint64{100'000'000}})
            QTest::addRow("%llu in shards of %llu", memory, shard) << memory << shard;
}

void TstConvertCold::coldSourceGivesTheSame() {
    QFETCH(const quint64, memory);
    QFETCH(const quint64, shard);
    ProgressCounter sampled;
    // 40 MB: 20 tensors, ten of 4 MB.
    QVERIFY(writeSample("linear10", path("source.pth").toStdString(), DType::F32, 1, true, sampled, {}));
    const auto made = [&](const QString& to, bool cold) {
        const auto planned = plan(to, shard, memory);
        if (!planned) return Result<qint64>(fail(planned.error()));
        if (cold) {
            QFile source(path("source.pth"));
            if (!source.open(QIODevice::ReadOnly)) return Result<qint64>(fail(Errc::Io, "the source is gone"));
            ::fsync(source.handle());
            ::posix_fadvise(source.handle(), 0, 0, POSIX_FADV_DONTNEED);
        }
        const auto before = residentOf("source.pth");
        ProgressCounter progress;
        const auto report = runPlan(*planned, progress, {});
        return report ? Result<qint64>(residentOf("source.pth") - before) : Result<qint64>(fail(report.error()));
    };
    QVERIFY(made("warm", false));
    const auto more = made("cold", true);
    QVERIFY(more);
    const auto shards = QDir(path("warm")).entryList(QDir::Files);
    QVERIFY(!shards.isEmpty());
    for (const auto& name : shards)
        QVERIFY2(content(path("cold/" + name)) == content(path("warm/" + name)), qPrintable(name));
    // A few pages come into the cache: of headers, and around what is read there.
    if (memory >= 64 * limits::MiB) QVERIFY2(*more < 2'500, qPrintable(QString::number(*more)));
}

QTEST_GUILESS_MAIN(TstConvertCold)
#include "tst_convert_cold.moc"
