// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cstdint>

#include "base/big_vector.h"
#include "base/limits.h"

using namespace plimsoll;

class TstBigVector : public QObject {
    Q_OBJECT
private slots:
    void growsThroughTheBorder();
    void largeBlocksAreAligned();
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
    for (const std::size_t bytes : {2 * limits::MiB, 2 * limits::MiB + 1, 5 * limits::MiB - 1}) {
        BigVector<std::uint8_t> column(bytes, 7);
        QCOMPARE(reinterpret_cast<std::uintptr_t>(column.data()) % (2 * limits::MiB), std::uintptr_t{0});
        QCOMPARE(column.back(), std::uint8_t{7});
    }
}

void TstBigVector::tooLarge() {
    BigAllocator<std::uint64_t> allocator;
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(allocator.allocate(~std::size_t{0} / 4)), std::bad_alloc);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(allocator.allocate(~std::size_t{0} / 16)), std::bad_alloc);
}

QTEST_GUILESS_MAIN(TstBigVector)
#include "tst_big_vector.moc"
