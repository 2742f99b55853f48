// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <string>
#include <vector>

#include "base/text_index.h"

using plimsoll::TextIndex;

class TstTextIndex final : public QObject {
    Q_OBJECT
private slots:
    void equalTextsHaveOneNumber();
};

void TstTextIndex::equalTextsHaveOneNumber() {
    constexpr std::uint32_t kTexts = 10'000;
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < kTexts; ++i) texts.push_back(i == 0 ? std::string() : "layers." + std::to_string(i));
    TextIndex index;
    const auto textOf = [&](std::uint32_t number) -> std::string_view { return texts[number]; };
    for (std::uint32_t i = 0; i < kTexts; ++i) {
        QCOMPARE(index.findOrAdd(texts[i], i, textOf), i);
        const std::string again = texts[i / 2];  // elsewhere in memory, before and after the table has grown
        QCOMPARE(index.findOrAdd(again, i + 1, textOf), i / 2);
    }
    for (std::uint32_t i = 0; i < kTexts; ++i) QCOMPARE(index.findOrAdd(texts[i], kTexts, textOf), i);
}

QTEST_GUILESS_MAIN(TstTextIndex)
#include "tst_text_index.moc"
