// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "tensor/sign.h"

using namespace plimsoll;

class TstSign final : public QObject {
    Q_OBJECT
private slots:
    void turns_data();
    void turns();
};

void TstSign::turns_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("negated");
    QTest::addColumn<QByteArray>("conjugated");
    const auto row = [](DType dtype, const char* before, const char* negated, const char* conjugated) {
        QTest::newRow(std::string(shortName(dtype)).c_str())
            << int(dtype) << QByteArray::fromHex(before) << QByteArray::fromHex(negated)
            << QByteArray::fromHex(conjugated);
    };
    row(DType::F64, "000000000000f03f", "000000000000f0bf", "000000000000f03f");
    row(DType::F32, "0000803f000000000000c07f", "000080bf000000800000c0ff", "0000803f000000000000c07f");
    row(DType::F16, "003c0080", "00bc0000", "003c0080");
    row(DType::BF16, "803f", "80bf", "803f");
    row(DType::F8_E4M3FN, "38", "b8", "38");
    row(DType::F8_E4M3FNUZ, "388000", "b88000", "388000");
    row(DType::F8_E8M0FNU, "7f", "7f", "7f");
    row(DType::I64, "0100000000000000", "ffffffffffffffff", "0100000000000000");
    row(DType::I32, "0000008005000000", "00000080fbffffff", "0000008005000000");
    row(DType::I16, "0001", "00ff", "0001");
    row(DType::I8, "0180", "ff80", "0180");
    row(DType::U8, "01", "ff", "01");
    row(DType::Bool, "01", "01", "01");
    row(DType::C64, "0000803f0000004000000000000080bf", "000080bf000000c0000000800000803f",
        "0000803f000000c0000000000000803f");
    row(DType::C32, "003c0040", "00bc00c0", "003c00c0");
    row(DType::Q4_0, "000102030405060708090a0b0c0d0e0f1011", "000102030405060708090a0b0c0d0e0f1011",
        "000102030405060708090a0b0c0d0e0f1011");
}

void TstSign::turns() {
    QFETCH(int, dtype);
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, negated);
    QFETCH(QByteArray, conjugated);
    const auto bytesOf = [](QByteArray& bytes) {
        return std::as_writable_bytes(std::span(bytes.data(), std::size_t(bytes.size())));
    };
    QByteArray bytes = before;
    negateElements(DType(dtype), bytesOf(bytes));
    QCOMPARE(bytes.toHex(), negated.toHex());
    bytes = before;
    conjugateElements(DType(dtype), bytesOf(bytes));
    QCOMPARE(bytes.toHex(), conjugated.toHex());
}

QTEST_APPLESS_MAIN(TstSign)
#include "tst_sign.moc"
