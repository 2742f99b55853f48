// SPDX-License-Identifier: GPL-3.0-or-later
// What plimsoll-loader casts, and the checksum, against torch.
#include <QtTest>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "load_fixture.h"

using namespace plimsoll;

namespace {

QString toQString(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

// XXH3-128 of a file as the checksum has it; empty where it cannot be read.
QString hashOf(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray bytes = file.readAll();
    const XXH128_hash_t hash = XXH3_128bits(bytes.constData(), static_cast<std::size_t>(bytes.size()));
    return QString("%1%2").arg(hash.high64, 16, 16, QChar('0')).arg(hash.low64, 16, 16, QChar('0'));
}

// What the checksum is made of, put together by torch; any NaN of a tensor that was cast is the one with all bits set.
constexpr auto kDumpState = R"(
import sys, struct, torch
target = getattr(torch, sys.argv[1]) if sys.argv[1] else None
for path in sys.argv[2:]:
    state = torch.load(path, weights_only=True)
    flat = {}
    for name, t in state.items():
        flat |= {f"{name}.{key}": value for key, value in t.items()} if isinstance(t, dict) else {name: t}
    with open(path + ".dump", "wb") as f:
        for name in sorted(flat, key=str.encode):
            stored = flat[name].detach()
            cast = target is not None and stored.is_floating_point() and stored.dtype != target
            t = (stored.to(target) if cast else stored).contiguous().reshape(-1)
            for text in (name.encode(), str(t.dtype).removeprefix("torch.").encode()):
                f.write(struct.pack("<Q", len(text)) + text)
            f.write(struct.pack(f"<Q{stored.dim()}Q", stored.dim(), *stored.shape))
            values = t.view(torch.uint8).numpy() if t.numel() else None
            if cast and t.numel():
                ones = (1 << (8 * t.element_size() - 1)) - 1
                values.view(f"<u{t.element_size()}")[t.double().isnan().numpy()] = ones
            f.write(values.tobytes() if t.numel() else b"")
)";

}  // namespace

class TstLoadCasts : public LoadFixture {
    Q_OBJECT
private slots:
    void initTestCase() { writeModels(); }
    void checksumIsAsDefined();
    void castsWhereAsked_data();
    void castsWhereAsked();
};

void TstLoadCasts::checksumIsAsDefined() {
    const QStringList files{path("plain.pth"), path("dtypes.pth")};
    PEER_OK(QString::fromUtf8(kDumpState), QStringList{""} + files);
    for (const QString& file : files) {
        QVERIFY(QFileInfo(file + ".dump").size() > 1000);
        QCOMPARE(QString::fromStdString(expectedOf(open(file))), hashOf(file + ".dump"));
    }
}

void TstLoadCasts::castsWhereAsked_data() {
    QTest::addColumn<QString>("dtype");
    for (const char* dtype : {"f64", "f32", "f16", "bf16", "f8_e4m3fn", "f8_e5m2"}) QTest::newRow(dtype) << dtype;
}

// The loader casts with torch, the expected checksum is made with our own kernels, and a third time all by torch: every
// value must be the same.
void TstLoadCasts::castsWhereAsked() {
    QFETCH(const QString, dtype);
    const auto target = dtypeFromShortName(dtype.toStdString());
    QVERIFY(target);
    const QStringList files{path("dtypes.pth"), path("views.pth"), path("bits.pth")};
    PEER_OK(QString::fromUtf8(kDumpState), QStringList{toQString(torchName(*target))} + files);
    for (const QString& file : files) {
        const auto checkpoint = open(file);
        QVERIFY(checkpoint);
        const std::string expected = expectedOf(checkpoint, target);
        QCOMPARE(QString::fromStdString(expected), hashOf(file + ".dump"));
        for (const StrategyInfo& strategy : strategies()) {
            if (strategy.casts == StrategyInfo::Casts::Never) continue;
            const LoadTest test{std::string(strategy.name), "cpu", target, {}};
            const auto run = runLoadTest(*checkpoint, test, expected, {}, {});
            QVERIFY(run);
            QVERIFY2(run->verified, (file.toStdString() + ": " + run->error.value_or("")).c_str());
            QCOMPARE(run->dtype, target);
        }
    }
}

QTEST_GUILESS_MAIN(TstLoadCasts)
#include "tst_load_casts.moc"
