// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "convert/plan.h"
#include "convert/run.h"
#include "formats/registry.h"
#include "peer.h"

using namespace plimsoll;

// Whole conversions, from files that torch and safetensors wrote to files that they read back.
class TstConvert final : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void cleanupTestCase();
    void peerAgrees_data();
    void peerAgrees();
    void objectsAreRefusedByName_data();
    void objectsAreRefusedByName();
    void deflatedAndBigEndian();
    void backAndForth();

private:
    QString source(const QString& name) const { return dir_.filePath("src/" + name); }
    QString script() const { return QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/convert_peer.py"); }

    // Empty where the peer finds that `out` is the right conversion of `from`.
    QByteArray judge(const QString& check, const QString& from, const QString& out, const QString& dtype = {});

    QTemporaryDir dir_;
    QProcess peer_;  // one for all rows: torch takes seconds to import
};

namespace {

struct Options {
    QString dtype;
    QString shard;
    bool weightsOnly = false;
    unsigned threads = 0;
    std::uint64_t memory = Recipe{}.memoryBytes;
};

Result<ConvertReport> convert(const QString& from, const QString& to, const Options& options = {}) {
    TRY(const auto checkpoint, openCheckpoint(from.toStdString()));
    Recipe recipe;
    recipe.target = to.contains("safetensors") ? Target::Safetensors : Target::Pth;
    recipe.destination = to.toStdString();
    if (!options.dtype.isEmpty()) recipe.dtype = dtypeFromShortName(options.dtype.toStdString());
    if (!options.shard.isEmpty()) recipe.maxShardBytes = options.shard.toULongLong();
    recipe.weightsOnly = options.weightsOnly;
    recipe.threads = options.threads;
    recipe.memoryBytes = options.memory;
    TRY(const auto plan, planConversion(checkpoint, recipe));
    ProgressCounter progress;
    TRY(auto report, runPlan(plan, progress, {}));
    if (progress.done() != plan.bytesRead || report.bytesRead != plan.bytesRead)
        return fail(Errc::Corrupt, "progress does not add up to what the plan announced");
    for (const auto& file : plan.files)
        if (static_cast<std::uint64_t>(QFileInfo(QString::fromStdString(file.path)).size()) != file.bytes)
            return fail(Errc::Corrupt, "a file has not the planned size");
    return report;
}

}  // namespace

#define CONVERT_OK(...)                                                                             \
    do {                                                                                            \
        const auto converted_ = convert(__VA_ARGS__);                                               \
        QVERIFY2(converted_, converted_ ? "" : describe(converted_.error(), "the source").c_str()); \
    } while (false)

void TstConvert::initTestCase() {
    NEEDS_PEER();
    QVERIFY(QDir(dir_.path()).mkdir("src"));
    const auto made = runProcess(peerPython(), {script(), "make", dir_.filePath("src")});
    QVERIFY2(made.exitCode == 0, made.err.constData());
    peer_.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    peer_.start(peerPython(), {script(), "serve"});
    QVERIFY(peer_.waitForStarted());
}

void TstConvert::cleanupTestCase() {
    if (peer_.state() == QProcess::NotRunning) return;
    peer_.closeWriteChannel();
    QVERIFY(peer_.waitForFinished());
    QCOMPARE(peer_.exitCode(), 0);
}

QByteArray TstConvert::judge(const QString& check, const QString& from, const QString& out, const QString& dtype) {
    peer_.write(QJsonDocument(QJsonArray{check, from, out, dtype}).toJson(QJsonDocument::Compact) + '\n');
    while (!peer_.canReadLine())
        if (!peer_.waitForReadyRead(600'000)) return "the peer does not answer";
    return peer_.readLine().trimmed();
}

void TstConvert::peerAgrees_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<QString>("shard");
    QTest::addColumn<bool>("weightsOnly");
    QTest::addColumn<QStringList>("checks");
    const auto row = [](const char* from, const char* to, const QStringList& checks, const char* dtype = "",
                        const char* shard = "", bool weightsOnly = false) {
        const auto name = QStringLiteral("%1 to %2 %3 %4%5").arg(from, to, dtype, shard, weightsOnly ? " weights" : "");
        QTest::newRow(qPrintable(name)) << from << to << dtype << shard << weightsOnly << checks;
    };
    for (const auto* dtype : {"", "f64", "f32", "f16", "bf16", "f8_e4m3fn", "f8_e5m2"}) {
        row("types.pth", "pth", {"graph"}, dtype);
        row("types.safetensors", "safetensors", {"flat", "identical"}, dtype);
    }
    row("types.safetensors", "pth", {"state"}, "bf16");
    row("training.pth", "pth", {"graph"});
    row("training.pth", "pth", {"graph"}, "bf16");
    row("training.pth", "pth", {"weights"}, "", "", true);
    row("training.pth", "safetensors", {"weights"}, "f16", "", true);
    row("training.pth", "safetensors", {"training.metadata"});
    row("namespace.pth", "pth", {"graph"}, "f16");
    row("namespace.pth", "pth", {"weights"}, "", "", true);
    row("tied.pth", "pth", {"graph"}, "f16");
    row("tied.pth", "safetensors", {"tied"}, "bf16");
    row("tied.safetensors", "pth", {"state"});
    row("parameters.pth", "pth", {"graph"}, "bf16");
    row("memo.pth", "pth", {"graph"});
    row("views.pth", "pth", {"graph"});
    row("views.pth", "pth", {"graph"}, "f64");
    row("views.pth", "safetensors", {"tied"});
    row("big.pth", "pth", {"graph"}, "bf16");
    row("big.pth", "safetensors", {"flat", "identical"}, "f16");
    row("views_legacy.pth", "pth", {"graph"}, "f16");
    row("views_legacy.pth", "safetensors", {"tied"});
    row("training_legacy.pth", "pth", {"graph"});
    row("many.pth", "pth", {"graph"}, "f16");
    row("many.pth", "safetensors", {"flat", "identical"});
    row("many.pth", "safetensors", {"shards"}, "", "50000");
    row("many.pth", "bin", {"flat"}, "", "50000");
    row("objects.pth", "pth", {"graph"});
    row("objects.pth", "bin", {"objects"}, "", "100");
    row("objects.pth", "bin", {"objects"}, "f64", "30");
    row("devices.pth", "pth", {"locations"}, "bf16");
    row("devices_legacy.pth", "pth", {"locations"});
    row("sharded_st", "pth", {"flat"}, "bf16");
    row("sharded_bin", "safetensors", {"flat", "identical"});
    row("sharded_st", "safetensors", {"flat"}, "", "1000");
    row("sharded_full.pth", "safetensors", {"flat"}, "", "1000000");
}

void TstConvert::peerAgrees() {
    NEEDS_PEER();
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, dtype);
    QFETCH(QString, shard);
    QFETCH(bool, weightsOnly);
    QFETCH(QStringList, checks);
    const auto out = dir_.filePath(shard.isEmpty() ? "out." + to : "out-" + to);
    QFile::remove(out);
    QDir(out).removeRecursively();
    // Few small blocks: records are cut at every seam there is.
    CONVERT_OK(source(from), out, Options{dtype, shard, weightsOnly, 3, std::uint64_t{2} << 20});
    QVERIFY(!QFileInfo::exists(out + ".partial"));
    std::string torchDtype;
    if (!dtype.isEmpty()) torchDtype = torchName(*dtypeFromShortName(dtype.toStdString()));
    for (const auto& check : checks) {
        const auto verdict = judge(check, source(from), out, QString::fromStdString(torchDtype));
        QVERIFY2(verdict.isEmpty(), verdict.constData());
    }
    if (to == "pth") {
        const auto unzip = runProcess("unzip", {"-tq", out});
        QVERIFY2(unzip.exitCode == 0, (unzip.out + unzip.err).constData());
    }
}

void TstConvert::objectsAreRefusedByName_data() {
    QTest::addColumn<QStringList>("keep");
    QTest::addColumn<QString>("named");
    QTest::newRow("sparse") << QStringList{"sparse.*"} << "sparse.indices";
    QTest::newRow("csr") << QStringList{"csr.*"} << "csr.crow_indices";
    QTest::newRow("quantized") << QStringList{"quantized"} << "quantized";
    QTest::newRow("nothing special") << QStringList{"plain"} << "";
}

void TstConvert::objectsAreRefusedByName() {
    NEEDS_PEER();
    QFETCH(QStringList, keep);
    QFETCH(QString, named);
    const auto checkpoint = openCheckpoint(source("objects.pth").toStdString());
    QVERIFY(checkpoint);
    Recipe recipe;
    recipe.target = Target::Safetensors;
    recipe.destination = dir_.filePath("objects.safetensors").toStdString();
    for (const auto& text : keep) recipe.keep.push_back(text.toStdString());
    const auto plan = planConversion(*checkpoint, recipe);
    QCOMPARE(plan.has_value(), named.isEmpty());
    if (plan) return;
    QVERIFY(plan.error().code == Errc::Unsupported);
    QVERIFY2(plan.error().what.find("'" + named.toStdString() + "'") != std::string::npos, plan.error().what.c_str());
}

// Archives that torch reads but never writes: the members deflated, the storages big-endian.
void TstConvert::deflatedAndBigEndian() {
    NEEDS_PEER();
    const auto plain = source("big.pth");
    const auto packed = dir_.filePath("packed.pth");
    const QString repack = QStringLiteral(R"(
import sys, zipfile, numpy
sizes = {}
import torch
d = torch.load(sys.argv[1], weights_only=True)
width = {t.nbytes: t.element_size() for t in d.values()}
with zipfile.ZipFile(sys.argv[1]) as a, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as b:
    for i in a.infolist():
        data = a.read(i)
        if '/data/' in i.filename: data = numpy.frombuffer(data, '<u%d' % width[len(data)]).byteswap().tobytes()
        if i.filename.endswith('byteorder'): data = b'big'
        b.writestr(i.filename, data)
)");
    PEER_OK(repack, {plain, packed});
    for (const auto* to : {"packed_out.pth", "packed_out.safetensors"}) {
        const auto out = dir_.filePath(to);
        CONVERT_OK(packed, out, Options{"bf16", "", false, 2, std::uint64_t{1} << 20});
        const auto check = QString(to).endsWith("pth") ? "graph" : "flat";
        const auto verdict = judge(check, plain, out, "bfloat16");
        QVERIFY2(verdict.isEmpty(), verdict.constData());
    }
}

void TstConvert::backAndForth() {
    NEEDS_PEER();
    const auto there = dir_.filePath("there.safetensors");
    const auto back = dir_.filePath("back.pth");
    const auto again = dir_.filePath("again.safetensors");
    CONVERT_OK(source("metadata.safetensors"), there);
    CONVERT_OK(there, back);
    CONVERT_OK(back, again);
    const auto content = [](const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    // All but the metadata, which torch's format has no place for.
    QVERIFY(content(there).contains("\"license\":\"mit\""));
    const auto verdict = judge("flat", source("metadata.safetensors"), again);
    QVERIFY2(verdict.isEmpty(), verdict.constData());
    CONVERT_OK(again, dir_.filePath("back2.pth"));
    QCOMPARE(content(dir_.filePath("back2.pth")) == content(back), true);
}

QTEST_GUILESS_MAIN(TstConvert)
#include "tst_convert.moc"
