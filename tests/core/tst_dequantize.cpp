// SPDX-License-Identifier: GPL-3.0-or-later
#include <QCryptographicHash>
#include <QtTest>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "peer.h"
#include "tensor/dequantize.h"

using namespace plimsoll;

namespace {

constexpr std::size_t kBlocks = 512;

// The blocks of gguf_golden.py are those of its seed.
constexpr std::uint32_t kGoldenSeed = 12345;

std::vector<std::byte> madeBlocks(DType dtype, std::uint32_t seed = kGoldenSeed) {
    std::vector<std::byte> blocks(kBlocks * blockShape(dtype).bytes);
    std::uint32_t state = seed;
    for (auto& byte : blocks) {
        state = state * 1103515245U + 12345U;
        byte = std::byte(state >> 16U & 0xFFU);
    }
    return blocks;
}

// Which NaN a value is, is nobody's business.
std::vector<float> valuesOf(DType dtype, const std::vector<std::byte>& blocks) {
    std::vector<float> values(kBlocks * blockShape(dtype).elements);
    if (!dequantizeBlocks(dtype, blocks, values)) return {};
    for (float& value : values)
        if (std::isnan(value)) value = 0;
    return values;
}

QByteArrayView bytesOf(const std::vector<float>& values) {
    return {reinterpret_cast<const char*>(values.data()), qsizetype(values.size() * sizeof(float))};
}

// Where packaging/setup.sh --with-tests puts the package, beside the torch wheel.
QString ggufSite() {
    const QString site = QFileInfo(peerPython()).path() + "/../../gguf-0.19.0";
    return !peerPython().isEmpty() && QFileInfo::exists(site + "/gguf") ? QDir::cleanPath(site) : QString();
}

// Every DIR/TYPE.blocks becomes DIR/TYPE.values.
const auto kUnpack = QStringLiteral(R"(
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants
for path in pathlib.Path(sys.argv[2]).glob("*.blocks"):
    kind = GGMLQuantizationType[path.stem]
    rows = numpy.frombuffer(path.read_bytes(), numpy.uint8).reshape(-1, GGML_QUANT_SIZES[kind][1])
    with numpy.errstate(all="ignore"):
        values = quants.dequantize(rows, kind).astype("<f4").reshape(-1)
    values[numpy.isnan(values)] = 0
    path.with_suffix(".values").write_bytes(values.tobytes())
)");

}  // namespace

class TstDequantize final : public QObject {
    Q_OBJECT
private slots:
    void asTheGgufPackage_data();
    void asTheGgufPackage();
    void otherBlocksAsTheGgufPackage();
    void byHand();
    void q8k();
    void q1_0();
    void refused();
};

// SHA-256 of the values, from gguf_golden.py.
void TstDequantize::asTheGgufPackage_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<QByteArray>("sha256");
    const auto row = [](DType dtype, const char* sha256) {
        QTest::newRow(std::string(shortName(dtype)).c_str()) << int(dtype) << QByteArray(sha256);
    };
    row(DType::Q4_0, "50e68ee4ab4084c10e49ab6e0baf773696569bdf907b3999bd15fa8bbd9989f8");
    row(DType::Q4_1, "9879ab4a60245845cc02d2e00eb666d9f1e7562e35f46ec3a08680c82bb1f554");
    row(DType::Q5_0, "38bc33f0efe6640b5f44bd619eafe59a5881f26bf574271273f5d137804516ae");
    row(DType::Q5_1, "e5b6dcb7c11c076e39d8cb649d6aa590ce259eb9b6efe477bd43bb8efa83524f");
    row(DType::Q8_0, "786418ad4291f33651fda7f3a39281d23cc39e9caa6ad008ec69ee408cd2b7c1");
    row(DType::Q2_K, "eb7fa74efcf177076912cc92a8e23c7ea20cfde7bf9fa1561061fb5fc64a28b7");
    row(DType::Q3_K, "f5c1afc5d6f9adb34b1899d2c7edf580f9b51ba75e8c2db7df66eb0de2f97363");
    row(DType::Q4_K, "c79ec9538cf88f69b69417d8ae58f9bd40d8981a716cee50e758701c96e89c5d");
    row(DType::Q5_K, "15febbe7198e1a2e2c02e0e698cddd870122e7f551aa9ffa8da683fa5e3e692b");
    row(DType::Q6_K, "756afb65d5eddc4f586dc1ecbb38470718651821b7c92c7eed678e946aa5f9f5");
    row(DType::IQ1_S, "94e813e0023fa0c767a4d830df63b3bd672323606af5d8b084878ec9fb20ef30");
    row(DType::IQ1_M, "5cfdb5238aa4cc809b31dfaeb3bd588cee43e74d8044aa409e6da8feed1e899e");
    row(DType::IQ2_XXS, "8434075825bcb80811ad2e73331e140e71b877459d44bf1cce8b9bf02978b627");
    row(DType::IQ2_XS, "6ece48b383eed67024374cc6010c03e4208fb18dac7a6952c289c6cc685aa5f1");
    row(DType::IQ2_S, "d08517e295607757396b7b458171227faab07edc8b5418d898eb59c5cffb0d47");
    row(DType::IQ3_XXS, "1a8960e5d9c775b9e18fab83ba0292dd2047123272e8118bbd8f102100c79a80");
    row(DType::IQ3_S, "73995a9197fd863d31df6f02e60910f8b31b3cd32dec3368ba30f1d682f80f59");
    row(DType::IQ4_NL, "50621f6d6c2a0c41b0719cc5eafee7572dede273b66a9da769d88933d9346ff9");
    row(DType::IQ4_XS, "1f15ce8a343cb8615ddb682469f0c4f8b84f00a6b910a2520e17c56bb2d1527b");
    row(DType::MXFP4, "e7b930900d1e0bc8be0a7012afc52b24aba77c5e56ef9161bd51e676af0b7aae");
    row(DType::NVFP4, "e3d13277ccf66523bdea4b161ea7d4f71b2b279111e62424e375d69bddcbe728");
    row(DType::TQ1_0, "ae2129e729a75f36428ee58649664dfcc6db7e64bfb77dcead8bf742e3622868");
    row(DType::TQ2_0, "759dd12bcde2a650a4e3fa877d7840332320452bb638dbbfbcea9392ab3d9b88");
}

void TstDequantize::asTheGgufPackage() {
    QFETCH(int, dtype);
    QFETCH(QByteArray, sha256);
    const auto values = valuesOf(DType(dtype), madeBlocks(DType(dtype)));
    QCOMPARE(QCryptographicHash::hash(bytesOf(values), QCryptographicHash::Sha256).toHex(), sha256);
}

// The package itself, on blocks that no table knows.
void TstDequantize::otherBlocksAsTheGgufPackage() {
    if (ggufSite().isEmpty()) QSKIP("the gguf package is not installed (packaging/setup.sh --with-tests)");
    const QTemporaryDir dir;
    const std::uint32_t seed = QRandomGenerator::global()->generate();
    std::vector<DType> types;
    for (int i = 0; i < kDTypeCount; ++i)
        if (isQuantizedBlock(DType(i)) && DType(i) != DType::Q8_K && DType(i) != DType::Q1_0) types.push_back(DType(i));
    const auto fileOf = [&](DType dtype, const char* suffix) {
        return dir.filePath(QString::fromStdString(std::string(torchName(dtype)) + suffix));
    };
    for (const DType dtype : types) {
        const auto blocks = madeBlocks(dtype, seed);
        QFile file(fileOf(dtype, ".blocks"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(reinterpret_cast<const char*>(blocks.data()), qsizetype(blocks.size())),
                 qsizetype(blocks.size()));
    }
    PEER_OK(kUnpack, {ggufSite(), dir.path()});
    for (const DType dtype : types) {
        QFile file(fileOf(dtype, ".values"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto values = valuesOf(dtype, madeBlocks(dtype, seed));
        QVERIFY2(file.readAll() == bytesOf(values),
                 (std::string(shortName(dtype)) + ", seed " + std::to_string(seed)).c_str());
    }
}

void TstDequantize::byHand() {
    // d = 2, elements 0 and 16 in the first byte.
    std::vector<std::byte> block(18, std::byte{0x88});
    block[0] = std::byte{0x00};
    block[1] = std::byte{0x40};
    block[2] = std::byte{0x0F};
    std::vector<float> values(32, 1.0F);
    QVERIFY(dequantizeBlocks(DType::Q4_0, block, values));
    QCOMPARE(values[0], 14.0F);
    QCOMPARE(values[16], -16.0F);
    QCOMPARE(values[1], 0.0F);
}

// The package has no q8_k: a float scale and 256 bytes, and sums that values do not need.
void TstDequantize::q8k() {
    std::vector<std::byte> block(292);
    const float scale = 0.5F;
    std::memcpy(block.data(), &scale, sizeof scale);
    for (std::size_t i = 0; i < 256; ++i) block[4 + i] = std::byte(i);
    std::vector<float> values(256);
    QVERIFY(dequantizeBlocks(DType::Q8_K, block, values));
    for (std::size_t i = 0; i < 256; ++i) QCOMPARE(values[i], 0.5F * static_cast<float>(static_cast<std::int8_t>(i)));
}

// Nor this: half 2 and 128 signs, a set bit for plus.
void TstDequantize::q1_0() {
    std::vector<std::byte> block(18, std::byte{0});
    block[1] = std::byte{0x40};
    block[2] = std::byte{0x05};
    block[17] = std::byte{0x80};
    std::vector<float> values(128);
    QVERIFY(dequantizeBlocks(DType::Q1_0, block, values));
    for (std::size_t i = 0; i < 128; ++i) QCOMPARE(values[i], i == 0 || i == 2 || i == 127 ? 2.0F : -2.0F);
}

void TstDequantize::refused() {
    std::vector<std::byte> block(18);
    std::vector<float> values(32);
    QCOMPARE(dequantizeBlocks(DType::F32, block, values).error().code, Errc::Unsupported);
    QCOMPARE(dequantizeBlocks(DType::Q8_1, block, values).error().code, Errc::Unsupported);
    QCOMPARE(dequantizeBlocks(DType::Q4_0, std::span(block).first(17), values).error().code, Errc::OutOfBounds);
    QCOMPARE(dequantizeBlocks(DType::Q4_0, block, std::span(values).first(31)).error().code, Errc::OutOfBounds);
    QCOMPARE(dequantizeBlocks(DType::Q4_0, {}, values).error().code, Errc::OutOfBounds);
    QVERIFY(dequantizeBlocks(DType::Q4_0, {}, {}));
    QCOMPARE(valueType(DType::Q6_K), DType::F32);
    QCOMPARE(valueType(DType::BF16), DType::BF16);
    QVERIFY(!isQuantizedBlock(DType::Opaque));
}

QTEST_APPLESS_MAIN(TstDequantize)
#include "tst_dequantize.moc"
