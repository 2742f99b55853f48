// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <vector>

#include "convert/sample.h"
#include "convert/sample_noise.h"
#include "peer.h"

using namespace plimsoll;

Q_DECLARE_METATYPE(plimsoll::DType)

class TstSample final : public QObject {
    Q_OBJECT
private slots:
    void sizes_data();
    void sizes();
    void refused_data();
    void refused();
    void noiseIsNearlyNormal();
    void noiseHasNoSeams();
    void sameSeedSameBytes();
    void peersReadIt_data();
    void peersReadIt();
    void gpt2HasTheReferencesNames();

private:
    QTemporaryDir dir_;
};

void TstSample::sizes_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<DType>("dtype");
    QTest::addColumn<quint64>("tensors");
    QTest::addColumn<quint64>("bytes");
    // Parameters and masks of the notebook's model, counted by hand from its configuration: per layer four square
    // projections and two of the feed-forward part with their biases, two norms of two vectors, one mask.
    const auto gpt2 = [](quint64 e, quint64 n) {
        return 2 * 50257 * e + 1024 * e +
               n * (1024 * 1024 + 4 * (e * e + e) + (4 * e * e + 4 * e) + (4 * e * e + e) + 4 * e) + 2 * e;
    };
    QTest::newRow("small") << "gpt2-small" << DType::F32 << quint64{2 + 12 * 17 + 3} << 4 * gpt2(768, 12);
    QTest::newRow("medium") << "gpt2-medium" << DType::F32 << quint64{2 + 24 * 17 + 3} << 4 * gpt2(1024, 24);
    QTest::newRow("large") << "gpt2-large" << DType::BF16 << quint64{2 + 36 * 17 + 3} << 2 * gpt2(1280, 36);
    QTest::newRow("xl") << "gpt2-xl" << DType::F32 << quint64{2 + 48 * 17 + 3} << 4 * gpt2(1600, 48);
    QTest::newRow("linear10") << "linear10" << DType::F64 << quint64{20} << quint64{8 * 10 * 1001 * 1000};
}

void TstSample::sizes() {
    QFETCH(QString, model);
    QFETCH(DType, dtype);
    const auto tensors = sampleTensors(model.toStdString());
    QVERIFY(tensors);
    QTEST(static_cast<quint64>(tensors->size()), "tensors");
    const auto bytes = sampleBytes(model.toStdString(), dtype);
    QVERIFY(bytes);
    QTEST(static_cast<quint64>(*bytes), "bytes");
}

void TstSample::refused_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("file");
    QTest::addColumn<DType>("dtype");
    QTest::newRow("unknown model") << "gpt3"
                                   << "x.pth" << DType::F32;
    QTest::newRow("unknown suffix") << "linear10"
                                    << "x.onnx" << DType::F32;
    QTest::newRow("integers") << "linear10"
                              << "x.pth" << DType::I32;
}

void TstSample::refused() {
    QFETCH(QString, model);
    QFETCH(QString, file);
    QFETCH(DType, dtype);
    ProgressCounter progress;
    const auto path = dir_.filePath(file);
    const auto report = writeSample(model.toStdString(), path.toStdString(), dtype, 1, false, progress, {});
    QVERIFY(!report);
    QVERIFY(report.error().code == Errc::Usage);
    QVERIFY(!QFileInfo::exists(path));
    QCOMPARE(progress.done(), std::uint64_t{0});
}

void TstSample::noiseIsNearlyNormal() {
    std::vector<float> values(1'000'000);
    fillNoise(7, 3, 0, values);
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    float largest = 0;
    for (const float v : values) {
        sum += v;
        squares += double(v) * v;
        fourth += double(v) * v * v * v;
        largest = std::max(largest, std::abs(v));
    }
    const auto n = double(values.size());
    const double variance = squares / n;
    QVERIFY(std::abs(sum / n) < 0.02 * 5 / std::sqrt(n));
    QVERIFY(std::abs(std::sqrt(variance) / 0.02 - 1) < 0.005);
    // The sum of four uniform numbers has a kurtosis of 2.7, a normal one of 3.
    QVERIFY(std::abs(fourth / n / (variance * variance) - 2.7) < 0.02);
    QVERIFY(largest < 0.02F * 3.47F);
    std::vector<float> other(1000);
    fillNoise(7, 4, 0, other);
    QVERIFY(!std::equal(other.begin(), other.end(), values.begin()));
    fillNoise(8, 3, 0, other);
    QVERIFY(!std::equal(other.begin(), other.end(), values.begin()));
}

void TstSample::noiseHasNoSeams() {
    std::vector<float> whole(1000);
    fillNoise(1, 2, 500, whole);
    std::vector<float> part(300);
    fillNoise(1, 2, 700, part);
    QVERIFY(std::equal(part.begin(), part.end(), whole.begin() + 200));
}

void TstSample::sameSeedSameBytes() {
    const auto write = [&](const QString& name, std::uint64_t seed) {
        ProgressCounter progress;
        const auto path = dir_.filePath(name);
        const auto report = writeSample("linear10", path.toStdString(), DType::F16, seed, true, progress, {});
        if (!report) qFatal("%s", report.error().what.c_str());
        if (progress.done() != *sampleBytes("linear10", DType::F16))
            qFatal("progress does not count the sample's bytes");
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read back");
        return file.readAll();
    };
    const auto first = write("a.pth", 1);
    QCOMPARE(write("b.pth", 1) == first, true);
    QCOMPARE(write("c.pth", 2) == first, false);
}

void TstSample::peersReadIt_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<DType>("dtype");
    QTest::newRow("pth f32") << "m.pth" << DType::F32;
    QTest::newRow("pth bf16") << "m.pt" << DType::BF16;
    QTest::newRow("pth f8") << "m8.pth" << DType::F8_E4M3FN;
    QTest::newRow("safetensors f64") << "m.safetensors" << DType::F64;
    QTest::newRow("safetensors f16") << "m16.safetensors" << DType::F16;
}

void TstSample::peersReadIt() {
    NEEDS_PEER();
    QFETCH(QString, file);
    QFETCH(DType, dtype);
    const auto path = dir_.filePath(file);
    ProgressCounter progress;
    const auto report = writeSample("linear10", path.toStdString(), dtype, 5, true, progress, {});
    QVERIFY2(report, report ? "" : report.error().what.c_str());
    QCOMPARE(static_cast<qint64>(report->bytesWritten), QFileInfo(path).size());
    const QString script = QStringLiteral(R"(
import sys, torch
path, dtype = sys.argv[1], getattr(torch, sys.argv[2])
if path.endswith('.safetensors'):
    from safetensors.torch import load_file
    d = load_file(path)
else:
    d = torch.load(path, weights_only=True, mmap=True)
    assert type(d).__name__ == 'OrderedDict'
model = torch.nn.Module()
model.linears = torch.nn.ModuleList([torch.nn.Linear(1000, 1000) for _ in range(10)])
model.to(dtype).load_state_dict(d)
w = d['linears.3.weight'].float()
assert abs(w.std().item() - 0.02) < 1e-3, w.std()
assert not torch.equal(w, d['linears.4.weight'].float())
)");
    PEER_OK(script, {path, QString::fromStdString(std::string(torchName(dtype)))});
    if (!file.endsWith(".safetensors")) {
        const auto unzip = runProcess("unzip", {"-tq", path});
        QVERIFY2(unzip.exitCode == 0, unzip.out.constData());
    }
}

void TstSample::gpt2HasTheReferencesNames() {
    NEEDS_PEER();
    const auto path = dir_.filePath("gpt2.pth");
    ProgressCounter progress;
    const auto report = writeSample("gpt2-small", path.toStdString(), DType::BF16, 5, true, progress, {});
    QVERIFY2(report, report ? "" : report.error().what.c_str());
    // The notebook's modules, as far as they decide names, shapes and order of a state_dict.
    const QString script = QStringLiteral(R"(
import sys, torch
from torch import nn
class Attention(nn.Module):
    def __init__(s, e, c):
        super().__init__()
        s.W_query, s.W_key, s.W_value, s.out_proj = (nn.Linear(e, e) for _ in range(4))
        s.register_buffer('mask', torch.triu(torch.ones(c, c), diagonal=1))
class FeedForward(nn.Module):
    def __init__(s, e):
        super().__init__()
        s.layers = nn.Sequential(nn.Linear(e, 4 * e), nn.GELU(), nn.Linear(4 * e, e))
class Norm(nn.Module):
    def __init__(s, e):
        super().__init__()
        s.scale, s.shift = nn.Parameter(torch.ones(e)), nn.Parameter(torch.zeros(e))
class Block(nn.Module):
    def __init__(s, e, c):
        super().__init__()
        s.att, s.ff, s.norm1, s.norm2 = Attention(e, c), FeedForward(e), Norm(e), Norm(e)
class Gpt(nn.Module):
    def __init__(s, e=768, n=12, v=50257, c=1024):
        super().__init__()
        s.tok_emb, s.pos_emb = nn.Embedding(v, e), nn.Embedding(c, e)
        s.trf_blocks = nn.Sequential(*[Block(e, c) for _ in range(n)])
        s.final_norm, s.out_head = Norm(e), nn.Linear(e, v, bias=False)
with torch.device('meta'):
    expected = Gpt().state_dict()
d = torch.load(sys.argv[1], weights_only=True, mmap=True)
assert list(d) == list(expected), [a for a in zip(d, expected) if a[0] != a[1]][:3]
for k in d: assert d[k].shape == expected[k].shape, k
mask = torch.triu(torch.ones(1024, 1024), diagonal=1).bfloat16()
assert torch.equal(d['trf_blocks.11.att.mask'], mask)
assert torch.equal(d['final_norm.scale'], torch.ones(768).bfloat16()) and not d['final_norm.shift'].any()
)");
    PEER_OK(script, {path});
}

QTEST_GUILESS_MAIN(TstSample)
#include "tst_sample.moc"
