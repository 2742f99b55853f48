// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <cstdint>

#include "base/big_vector.h"
#include "base/limits.h"

using namespace plimsoll;

class TstBigVector : public QObject {
    Q_OBJECT
private slots:
    void growsThroughTheBorder();
    void largeBlocksAreAligned();
    void everySize();
    void tooLarge();
};

void TstBigVector::growsThroughTheBorder() {
    BigVector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i);
    for (std::uint64_t i = 0; i < numbers.size(); ++i) QVERIFY(numbers[i] == i);
    numbers.resize(10);
    numbers.shrink_to_fit();
    QCOMPARE(numbers.back(), std::uint64_t{9});
}

void TstBigVector::largeBlocksAreAligned() {
    for (const std::size_t bytes : {1 * limits::MiB, 2 * limits::MiB, 2 * limits::MiB + 1, 5 * limits::MiB - 1}) {
        BigVector<std::uint8_t> column(bytes, 7);
        QCOMPARE(reinterpret_cast<std::uintptr_t>(column.data()) % (2 * limits::MiB), std::uintptr_t{0});
        QCOMPARE(column.back(), std::uint8_t{7});
    }
}

// Whatever a block is made of, it is all there, empty, and can be given back.
void TstBigVector::everySize() {
    for (const std::size_t kib : {1U, 127U, 128U, 129U, 1023U, 1024U, 1025U, 2047U, 2048U, 3000U}) {
        for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
            const BigVector<std::uint8_t> column(kib * 1024 + more);
            QVERIFY(std::ranges::all_of(column, [](std::uint8_t byte) { return byte == 0; }));
            BigVector<std::uint8_t> copy = column;
            std::ranges::fill(copy, std::uint8_t{9});
            QCOMPARE(copy.back(), std::uint8_t{9});
        }
    }
}

void TstBigVector::tooLarge() {
    BigAllocator<std::uint64_t> allocator;
    QVERIFY_THROWS_EXCEPTION(std::bad_alloc, static_cast<void>(allocator.allocate(~std::size_t{0} / 4)));
    QVERIFY_THROWS_EXCEPTION(std::bad_alloc, static_cast<void>(allocator.allocate(~std::size_t{0} / 16)));
}

QTEST_GUILESS_MAIN(TstBigVector)
#include "tst_big_vector.moc"
