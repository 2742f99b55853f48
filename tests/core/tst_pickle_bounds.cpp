// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <set>

#include "base/limits.h"
#include "pickles.h"

using namespace plimsoll;

namespace {

Result<PickleRoot> runOf(const QByteArray& pickle, std::uint64_t storedBytes, std::stop_token stop = {}) {
    ValueTree tree;
    NoResolver resolver;
    const auto bytes = bytesOf(pickle);
    return runPickle(tree, {bytes, 0, std::move(stop), storedBytes}, scanPickle(bytes), resolver);
}

Result<PickleRoot> runOf(const QByteArray& pickle) {
    return runOf(pickle, static_cast<std::uint64_t>(pickle.size()));
}

QByteArray repeated(const QByteArray& unit, int count) {
    return unit.repeated(count);
}

QByteArray longBinPut(std::uint32_t index) {
    QByteArray opcode("r\0\0\0\0", 5);
    std::memcpy(opcode.data() + 1, &index, sizeof(index));
    return opcode;
}

}  // namespace

// What one pickle may cost, and what it leaves behind.
class TstPickleBounds : public QObject {
    Q_OBJECT
private slots:
    void leftOnTheStack_data();
    void leftOnTheStack();
    void memory_data();
    void memory();
    void memoryGrowsWithTheFile();
    void stops();
    void farMemoIndices();
    void memoIndices();
    void tooManyFarMemoIndices();
    void longNames();
};

void TstPickleBounds::leftOnTheStack_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QString>("oddity");
    QTest::newRow("nothing") << raw("K\x01.") << QString();
    QTest::newRow("values") << raw("K\x01K\x02K\x03.") << "STOP leaves 2 values and 0 marks on the stack";
    QTest::newRow("marks") << raw("(((K\x03.") << "STOP leaves 0 values and 3 marks on the stack";
    QTest::newRow("both") << raw("K\x01(K\x02K\x03.") << "STOP leaves 2 values and 1 marks on the stack";
}

void TstPickleBounds::leftOnTheStack() {
    QFETCH(QByteArray, pickle);
    QFETCH(QString, oddity);
    const auto root = runOf(pickle);
    QVERIFY2(root, root ? "" : root.error().what.c_str());
    QCOMPARE(QString::fromStdString(root->oddity), oddity);
}

void TstPickleBounds::memory_data() {
    QTest::addColumn<QByteArray>("pickle");
    const QByteArray list = raw("](") + repeated(raw("K\x01"), 10'000) + raw("eq\0");
    const QByteArray text = raw("X\0\0\x10\0") + QByteArray(1 << 20, 'a') + raw("q\0");
    QTest::newRow("empty lists") << raw("](") + repeated("]", 2'000'000) + "e.";
    QTest::newRow("empty dicts") << raw("](") + repeated("}", 2'000'000) + "e.";
    QTest::newRow("dicts of one item") << raw("](") + repeated(raw("}K\x01Ns"), 1'000'000) + "e.";
    QTest::newRow("calls") << raw("cm\nC\nq\0(") + repeated(raw("h\0)R"), 1'000'000) + "l.";
    QTest::newRow("one list as a set, again and again")
        << list + raw("cbuiltins\nset\nq\x01(") + repeated(raw("h\x01h\0\x85R"), 3'000) + "l.";
    QTest::newRow("one text as bytes, again and again") << text +
                                                               raw("X\x06\0\0\0latin1q\x01"
                                                                   "0c_codecs\nencode\nq\x02(") +
                                                               repeated(raw("h\x02h\0h\x01\x86R"), 300) + "l.";
}

void TstPickleBounds::memory() {
    QFETCH(QByteArray, pickle);
    // As if it had been deflated very well.
    const auto root = runOf(pickle, 1'000);
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OverLimit);
    QVERIFY2(root.error().what.find("bytes of memory") != std::string::npos, root.error().what.c_str());
}

void TstPickleBounds::memoryGrowsWithTheFile() {
    const QByteArray numbers =
        raw("](") + repeated(raw("K\x01"), 3'900'000) + "e" + raw("(") + repeated(raw("K\x02"), 3'900'000) + "e.";
    QVERIFY(!runOf(numbers, 1'000));
    const auto root = runOf(numbers);
    QVERIFY2(root, root ? "" : root.error().what.c_str());
}

void TstPickleBounds::stops() {
    std::stop_source source;
    source.request_stop();
    const QByteArray pickle = raw("](") + repeated(raw("K\x01"), 200'000) + "e.";
    const auto root = runOf(pickle, 400'000, source.get_token());
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::Cancelled);
    const auto scan = scanPickle(bytesOf(pickle), 0, source.get_token());
    QVERIFY(scan.broken);
    QCOMPARE(scan.broken->code, Errc::Cancelled);
}

void TstPickleBounds::farMemoIndices() {
    const auto root = runOf(raw("K\x07r\xff\xff\xff\x7f") + raw("0Nj\xff\xff\xff\x7f."));
    QVERIFY2(root, root ? "" : root.error().what.c_str());
    QCOMPARE(root->value, ValueTree::integer(7));
    // The same entry, far at first and near at last.
    const auto late = runOf(raw("K\x07r\x40\0\0\0") + raw("0") + repeated("N0", 100) + raw("h\x40."));
    QVERIFY2(late, late ? "" : late.error().what.c_str());
    QCOMPARE(late->value, ValueTree::integer(7));
}

void TstPickleBounds::memoIndices() {
    MemoIndices set;
    QVERIFY(set.add(64, 7));    // far
    QVERIFY(set.add(1000, 7));  // far, and stays so
    QVERIFY(set.add(3, 7));
    QVERIFY(set.add(65, 200));  // what is far below 128 becomes near
    QVERIFY(set.add(64, 200));
    QVERIFY(set.add(9000, 10'000));
    QCOMPARE(set.count(), std::uint64_t{5});
    set.number();
    std::set<std::uint32_t> numbers;
    for (const std::uint64_t index : {3U, 64U, 65U, 1000U, 9000U}) {
        QVERIFY(set.contains(index));
        numbers.insert(set.slot(index));
    }
    QCOMPARE(numbers, (std::set<std::uint32_t>{0, 1, 2, 3, 4}));
    for (const std::uint64_t index : {0U, 66U, 999U, 1001U, 8999U, 4'000'000'000U}) {
        QVERIFY(!set.contains(index));
        QCOMPARE(set.slot(index), MemoIndices::kNone);
    }
}

void TstPickleBounds::tooManyFarMemoIndices() {
    QByteArray pickle = "N";
    for (std::uint32_t i = 0; i <= limits::kPickleFarMemo; ++i) pickle += longBinPut(0x7000'0000 + i);
    QVERIFY(runOf(pickle + "."));
    // Only MEMOIZE asks how many there are.
    const auto root = runOf(pickle + raw("\x94."));
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OverLimit);
}

void TstPickleBounds::longNames() {
    const QByteArray name(static_cast<int>(limits::kPickleGlobalBytes), 'n');
    QVERIFY(runOf("c" + name.left(name.size() / 2) + "\nC\n."));
    const auto scan = scanPickle(bytesOf("cos\nsystem\nc" + name + "\nC\n."));
    QCOMPARE(scan.globals.size(), std::size_t{1});
    QVERIFY(scan.broken);
    QCOMPARE(scan.broken->code, Errc::OverLimit);
    // A name that is not listed is not opened.
    const auto root = runOf("c" + name + "\nC\n.");
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OverLimit);
}

QTEST_GUILESS_MAIN(TstPickleBounds)
#include "tst_pickle_bounds.moc"
