// SPDX-License-Identifier: GPL-3.0-or-later
#include <random>
#include <vector>

#include <QtTest>

#include "base/byte_cursor.h"
#include "zip/crc32.h"
#include "zip_builder.h"

using plimsoll::crc32;
using plimsoll::crc32Combine;

class TstCrc32 : public QObject {
    Q_OBJECT

private slots:
    void knownSums();
    void continues();
    void combines_data();
    void combines();
    void combinesLengthsBeyondMemory();

private:
    static std::vector<std::byte> noise(std::size_t bytes) {
        std::mt19937 random(static_cast<unsigned>(bytes) + 1);
        std::vector<std::byte> data(bytes);
        for (auto& b : data) b = static_cast<std::byte>(random());
        return data;
    }
};

void TstCrc32::knownSums() {
    QCOMPARE(crc32(0, plimsoll::asBytes("123456789")), 0xcbf43926U);
    QCOMPARE(crc32(0, {}), 0U);
    QCOMPARE(crc32(77, {}), 77U);
    QCOMPARE(crc32(0, noise(5000)), ZipBuilder::crcByBits(noise(5000)));
}

void TstCrc32::continues() {
    const auto data = noise(1000);
    const std::span<const std::byte> all(data);
    QCOMPARE(crc32(crc32(0, all.first(333)), all.subspan(333)), crc32(0, all));
}

void TstCrc32::combines_data() {
    QTest::addColumn<int>("bytesA");
    QTest::addColumn<int>("bytesB");
    for (const int a : {0, 1, 3, 64, 1000, 65'537}) {
        for (const int b : {0, 1, 2, 7, 255, 256, 4096, 100'003}) QTest::addRow("%d and %d", a, b) << a << b;
    }
}

void TstCrc32::combines() {
    QFETCH(const int, bytesA);
    QFETCH(const int, bytesB);
    const auto data = noise(static_cast<std::size_t>(bytesA + bytesB));
    const auto a = std::span<const std::byte>(data).first(static_cast<std::size_t>(bytesA));
    const auto b = std::span<const std::byte>(data).subspan(static_cast<std::size_t>(bytesA));
    QCOMPARE(crc32Combine(crc32(0, a), crc32(0, b), b.size()), crc32(0, data));
}

void TstCrc32::combinesLengthsBeyondMemory() {
    // Zeros doubled: the sum of 2^k zero bytes from two halves must be that of any other split, up to 2^40 bytes.
    const std::byte zero{};
    std::uint32_t sum = crc32(0, {&zero, 1});
    std::uint32_t oneLess = 0;  // of 2^k - 1 zero bytes
    for (unsigned k = 0; k < 40; ++k) {
        const std::uint64_t bytes = std::uint64_t{1} << k;
        oneLess = crc32Combine(oneLess, sum, bytes);
        sum = crc32Combine(sum, sum, bytes);
        QCOMPARE(crc32Combine(oneLess, crc32(0, {&zero, 1}), 1), sum);
        QCOMPARE(crc32Combine(crc32(0, {&zero, 1}), oneLess, 2 * bytes - 1), sum);
    }
}

QTEST_APPLESS_MAIN(TstCrc32)
#include "tst_crc32.moc"
