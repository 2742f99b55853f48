// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits>
#include <string>
#include <vector>

#include "base/glob.h"
#include "peer.h"

using namespace plimsoll;

class TstGlob : public QObject {
    Q_OBJECT
private slots:
    void matches_data();
    void matches();
    void manyStars();
    void pythonAgrees();
    void parsesSizes_data();
    void parsesSizes();
    void refusesSizes_data();
    void refusesSizes();
    void formatsSizes_data();
    void formatsSizes();
};

void TstGlob::matches_data() {
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("match");
    const auto row = [](const char* pattern, const char* text, bool match) {
        QTest::addRow("'%s' on '%s'", pattern, text) << QByteArray(pattern) << QByteArray(text) << match;
    };
    row("", "", true);
    row("", "a", false);
    row("a", "", false);
    row("*", "", true);
    row("*", "a.b.c", true);
    row("**", "a", true);
    row("*.weight", "layers.0.weight", true);
    row("*.weight", "layers.0.weights", false);
    row("layers.*.bias", "layers.0.attn.bias", true);
    row("layers.?.bias", "layers.10.bias", false);
    row("layers.??.bias", "layers.10.bias", true);
    row("a*b*c", "a_b_b_c", true);
    row("a*b*c", "a_c_b", false);
    row("*ab", "aab", true);
    row("[abc]x", "bx", true);
    row("[abc]x", "dx", false);
    row("[!abc]x", "dx", true);
    row("[!abc]x", "ax", false);
    row("[0-9][0-9]", "42", true);
    row("[0-9]", "a", false);
    row("[a-]", "-", true);
    row("[]a]", "]", true);
    row("[!]]", "]", false);
    row("[z-a]", "m", false);
    row("[abc", "[abc", true);
    row("a[", "a[", true);
    row("A", "a", false);
    row("*[0-9].w", "l.12.w", true);
    row("\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true);
}

void TstGlob::matches() {
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, text);
    QFETCH(bool, match);
    QCOMPARE(globMatches(pattern.toStdString(), text.toStdString()), match);
}

// A matcher that tries every star anew would not finish: 30 stars on 60,000 characters.
void TstGlob::manyStars() {
    std::string pattern;
    for (int i = 0; i < 30; ++i) pattern += "a*";
    pattern += "b";
    const std::string text(60'000, 'a');
    QVERIFY(!globMatches(pattern, text));
    QVERIFY(globMatches(pattern, text + "b"));
}

// fnmatch.fnmatchcase decides the same on every pattern of up to four of these characters.
void TstGlob::pythonAgrees() {
    NEEDS_PEER();
    const ProcessResult peer = runPeer(QStringLiteral(R"(
import fnmatch, itertools, sys
texts = [''.join(t) for n in range(4) for t in itertools.product('ab]', repeat=n)]
for n in range(5):
    for p in itertools.product('ab*?[]!', repeat=n):
        p = ''.join(p)
        print(p + ' ' + ''.join('01'[fnmatch.fnmatchcase(t, p)] for t in texts))
)"));
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    std::vector<std::string> texts{""};
    for (std::size_t from = 0, length = 1; length < 4; ++length) {
        const std::size_t to = texts.size();
        for (; from < to; ++from)
            for (const char c : {'a', 'b', ']'}) texts.push_back(texts[from] + c);
    }
    qsizetype patterns = 0;
    for (const QByteArray& line : peer.out.split('\n')) {
        if (line.isEmpty()) continue;
        const qsizetype space = line.indexOf(' ');
        const std::string pattern = line.left(space).toStdString();
        std::string bits;
        for (const std::string& text : texts) bits += globMatches(pattern, text) ? '1' : '0';
        QVERIFY2(bits == line.mid(space + 1).toStdString(), line.constData());
        ++patterns;
    }
    QCOMPARE(patterns, 1 + 7 + 49 + 343 + 2401);
}

void TstGlob::parsesSizes_data() {
    QTest::addColumn<quint64>("bytes");
    const auto row = [](const char* text, quint64 bytes) { QTest::newRow(text) << bytes; };
    row("0", 0);
    row("123", 123);
    row("123B", 123);
    row("64MiB", quint64{64} << 20U);
    row("64mib", quint64{64} << 20U);
    row("64 MiB", quint64{64} << 20U);
    row("5GB", 5'000'000'000);
    row("1M", 1'000'000);
    row("1k", 1'000);
    row("2KiB", 2048);
    row("1.5GB", 1'500'000'000);
    row("1.5GiB", quint64{3} << 29U);
    row("0.1GB", 100'000'000);
    row("1.0005KB", 1000);
    row("0.30000000000000000000001MB", 300'000);
    row("1T", 1'000'000'000'000);
    row("1PiB", quint64{1} << 50U);
    row("15EiB", quint64{15} << 60U);
    row("15.9999999999999999999999EiB", 18446744073709551615U);
    row("18446744073709551615", std::numeric_limits<quint64>::max());
    row("0000000000000000000000000001", 1);
}

void TstGlob::parsesSizes() {
    QFETCH(quint64, bytes);
    const auto size = parseByteSize(QTest::currentDataTag());
    QVERIFY(size.has_value());
    QCOMPARE(*size, bytes);
}

void TstGlob::refusesSizes_data() {
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"",      " ",
                             "MiB",   "-1",
                             "+1",    "1.",
                             ".5",    "1.5",
                             "1.5B",  "1,5GB",
                             "1Mi",   "1iB",
                             "1MBB",  "1X",
                             "0x10",  "1e3",
                             "1 M B", "18446744073709551616",
                             "16EiB", "99999999999999999999GB",
                             "nan"})
        QTest::addRow("'%s'", text) << QByteArray(text);
}

void TstGlob::refusesSizes() {
    QFETCH(QByteArray, text);
    const auto size = parseByteSize(text.toStdString());
    QVERIFY(!size);
    QCOMPARE(size.error().code, Errc::Usage);
    QVERIFY(size.error().what.find("'" + text.toStdString() + "'") != std::string::npos);
}

void TstGlob::formatsSizes_data() {
    QTest::addColumn<quint64>("bytes");
    const auto row = [](const char* text, quint64 bytes) { QTest::newRow(text) << bytes; };
    row("0 B", 0);
    row("48 B", 48);
    row("1023 B", 1023);
    row("1.00 KiB", 1024);
    row("1.50 KiB", 1536);
    row("9.99 KiB", 10'230);
    row("10.0 KiB", 10'240);
    row("99.9 KiB", 102'300);
    row("100 KiB", 102'350);
    row("1023 KiB", 1'047'552);
    row("1.00 MiB", 1'048'575);
    row("6.29 GiB", 6'753'856'000);
    row("93.1 GiB", 100'000'000'000);
    row("16.0 EiB", std::numeric_limits<quint64>::max());
}

void TstGlob::formatsSizes() {
    QFETCH(quint64, bytes);
    QCOMPARE(QString::fromStdString(formatByteSize(bytes)), QString::fromUtf8(QTest::currentDataTag()));
}

QTEST_APPLESS_MAIN(TstGlob)
#include "tst_glob.moc"
