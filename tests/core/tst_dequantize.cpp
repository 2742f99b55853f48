// SPDX-License-Identifier: GPL-3.0-or-later
#include <QCryptographicHash>
#include <QtTest>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "tensor/dequantize.h"

using namespace plimsoll;

namespace {

constexpr std::size_t kBlocks = 512;

// The blocks of gguf_golden.py.
std::vector<std::byte> madeBlocks(DType dtype) {
    std::vector<std::byte> blocks(kBlocks * blockShape(dtype).bytes);
    std::uint32_t state = 12345;
    for (auto& byte : blocks) {
        state = state * 1103515245U + 12345U;
        byte = std::byte(state >> 16U & 0xFFU);
    }
    return blocks;
}

}  // namespace

class TstDequantize final : public QObject {
    Q_OBJECT
private slots:
    void asTheGgufPackage_data();
    void asTheGgufPackage();
    void byHand();
    void q8k();
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
    const auto blocks = madeBlocks(DType(dtype));
    std::vector<float> values(kBlocks * blockShape(DType(dtype)).elements);
    QVERIFY(dequantizeBlocks(DType(dtype), blocks, values));
    for (float& value : values)
        if (std::isnan(value)) value = 0;
    const QByteArrayView bytes(reinterpret_cast<const char*>(values.data()), qsizetype(values.size() * sizeof(float)));
    QCOMPARE(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex(), sha256);
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

void TstDequantize::refused() {
    std::vector<std::byte> block(18);
    std::vector<float> values(32);
    QCOMPARE(dequantizeBlocks(DType::F32, block, values).error().code, Errc::Unsupported);
    QCOMPARE(dequantizeBlocks(DType::IQ2_S, block, values).error().code, Errc::Unsupported);
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
