// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "peer.h"
#include "tensor/dtype.h"

using namespace plimsoll;

namespace {

QString text(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

}  // namespace

class TstDType : public QObject {
    Q_OBJECT
private slots:
    void namesReadBack();
    void namesAreDistinct();
    void unknownNames();
    void packedBytesOfCounts_data();
    void packedBytesOfCounts();
    void torchAgrees();
    void safetensorsAgrees();
};

void TstDType::namesReadBack() {
    for (int i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        const std::optional<DType> expected = dtype == DType::Opaque ? std::nullopt : std::optional(dtype);
        QCOMPARE(dtypeFromTorchName(torchName(dtype)), expected);
        QCOMPARE(dtypeFromShortName(shortName(dtype)), expected);
        if (!safetensorsName(dtype).empty()) QCOMPARE(dtypeFromSafetensorsName(safetensorsName(dtype)), expected);
        if (!storageClassName(dtype).empty()) QCOMPARE(dtypeFromStorageClass(storageClassName(dtype)), expected);
    }
}

void TstDType::namesAreDistinct() {
    std::set<std::string_view> torchNames;
    std::set<std::string_view> shortNames;
    for (int i = 0; i < kDTypeCount; ++i) {
        QVERIFY(torchNames.insert(torchName(static_cast<DType>(i))).second);
        QVERIFY(shortNames.insert(shortName(static_cast<DType>(i))).second);
    }
}

void TstDType::unknownNames() {
    for (const char* name : {"", "float", "torch.float32", "F32 ", "opaque", "UntypedStorage", "f"}) {
        QVERIFY(!dtypeFromTorchName(name));
        QVERIFY(!dtypeFromShortName(name));
        QVERIFY(!dtypeFromSafetensorsName(name));
        QVERIFY(!dtypeFromStorageClass(name));
    }
}

void TstDType::packedBytesOfCounts_data() {
    constexpr quint64 kMax = std::numeric_limits<quint64>::max();
    QTest::addColumn<int>("dtype");
    QTest::addColumn<quint64>("elements");
    QTest::addColumn<bool>("fits");
    QTest::addColumn<quint64>("bytes");
    const auto row = [](const char* name, DType dtype, quint64 elements, std::optional<quint64> bytes) {
        QTest::newRow(name) << static_cast<int>(dtype) << elements << bytes.has_value() << bytes.value_or(0);
    };
    row("none", DType::F32, 0, 0);
    row("f32", DType::F32, 3, 12);
    row("c128", DType::C128, 2, 32);
    row("widest product", DType::F64, kMax / 8, kMax / 8 * 8);
    row("product overflows", DType::F64, kMax / 8 + 1, std::nullopt);
    row("two ggml blocks", DType::Q4_K, 512, 288);
    row("part of a ggml block", DType::Q8_0, 33, std::nullopt);
    row("ggml product overflows", DType::Q8_0, kMax / 32 * 32, std::nullopt);
    row("f4 even", DType::F4, 6, 3);
    row("f4 odd leaves half a byte", DType::F4, 5, std::nullopt);
    row("f6 fills three bytes", DType::F6_E2M3, 4, 3);
    row("f6 leaves bits", DType::F6_E3M2, 3, std::nullopt);
    row("f6 many", DType::F6_E3M2, kMax / 8 * 8, kMax / 8 * 6);
    row("f4 as torch stores it counts bytes", DType::F4_E2M1FN_X2, 5, 5);
    row("quint4x2 is padded", DType::QU4X2, 5, 3);
    row("quint2x4 is padded", DType::QU2X4, 5, 2);
    row("opaque", DType::Opaque, 1, std::nullopt);
}

void TstDType::packedBytesOfCounts() {
    QFETCH(int, dtype);
    QFETCH(quint64, elements);
    QFETCH(bool, fits);
    QFETCH(quint64, bytes);
    const auto packed = packedBytes(static_cast<DType>(dtype), elements);
    QCOMPARE(packed.has_value(), fits);
    if (fits) QCOMPARE(*packed, bytes);
}

// Names, widths, floatness and storage classes are those of torch itself, and none of torch's is missing.
void TstDType::torchAgrees() {
    NEEDS_PEER();
    const ProcessResult peer = runPeer(QStringLiteral(R"(
import re, torch, torch.storage
classes = torch.storage._dtype_to_storage_type_map()
for d in sorted({getattr(torch, n) for n in dir(torch) if isinstance(getattr(torch, n), torch.dtype)}, key=str):
    name = str(d)[6:]
    if re.fullmatch('bits.*|u?int[1-7]', name): continue  # shells without a saved form
    print(name, d.itemsize * 8, int(d.is_floating_point), classes.get(d, '-'))
)"));
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    int seen = 0;
    for (const QByteArray& line : peer.out.trimmed().split('\n')) {
        const QList<QByteArray> fields = line.split(' ');
        const auto dtype = dtypeFromTorchName(fields[0].toStdString());
        QVERIFY2(dtype, line.constData());
        const bool subByte = fields[0] == "quint4x2" || fields[0] == "quint2x4";
        if (!subByte) QCOMPARE(bitWidth(*dtype), fields[1].toUInt());
        if (fields[0] != "float4_e2m1fn_x2") QCOMPARE(isFloating(*dtype), fields[2] == "1");
        QCOMPARE(text(storageClassName(*dtype)), fields[3] == "-" ? QString() : QString::fromUtf8(fields[3]));
        ++seen;
    }
    // Everything before the packed types of safetensors and ggml.
    QCOMPARE(seen, static_cast<int>(DType::F4));
}

void TstDType::safetensorsAgrees() {
    NEEDS_PEER();
    const ProcessResult peer = runPeer(QStringLiteral(R"(
from safetensors.torch import _TYPES
for name, d in _TYPES.items(): print(name, str(d)[6:])
)"));
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    for (const QByteArray& line : peer.out.trimmed().split('\n')) {
        const QList<QByteArray> fields = line.split(' ');
        const auto dtype = dtypeFromSafetensorsName(fields[0].toStdString());
        QVERIFY2(dtype, line.constData());
        QCOMPARE(text(torchName(*dtype)), QString::fromUtf8(fields[1]));
    }
}

QTEST_APPLESS_MAIN(TstDType)
#include "tst_dtype.moc"
