// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <string>
#include <vector>

#include "checkpoint/name_tree.h"

using namespace plimsoll;

namespace {

TensorTable tableOf(const std::vector<std::string>& names) {
    TensorTable table;
    Storage storage;
    storage.bytes = 4;
    const auto storageId = table.addStorage(storage);
    for (const auto& name : names) {
        TensorRow row;
        row.name = name;
        row.storage = storageId;
        const auto id = table.add(row, TensorTable::Name::Copy);
        if (!id) qFatal("%s", id.error().what.c_str());
    }
    return table;
}

// The tree as text, depth first: "(a=0(b=1))" is tensor 0 at a with tensor 1 below it at b.
std::string sketch(const NameTree& tree, NodeId node) {
    std::string text;
    if (node != NameTree::root()) text += tree.label(node);
    if (tree.tensor(node).valid()) text += "=" + std::to_string(tree.tensor(node).value);
    if (tree.childCount(node) == 0) return text;
    text += "(";
    for (std::uint32_t row = 0; row < tree.childCount(node); ++row) {
        if (row > 0) text += " ";
        text += sketch(tree, tree.child(node, row));
    }
    return text + ")";
}

// What the header promises of every node.
void checkInvariants(const TensorTable& table, const NameTree& tree) {
    std::uint64_t tensors = 0;
    for (std::uint32_t i = 0; i < tree.size(); ++i) {
        const NodeId node(i);
        std::uint64_t bytes = 0;
        std::uint32_t count = 0;
        if (tree.tensor(node).valid()) {
            ++tensors;
            ++count;
            bytes += table.nbytes(tree.tensor(node));
            QCOMPARE(tree.path(node), table.name(tree.tensor(node)));
        }
        for (std::uint32_t row = 0; row < tree.childCount(node); ++row) {
            const NodeId child = tree.child(node, row);
            QCOMPARE(tree.parent(child).value, node.value);
            QCOMPARE(tree.rowInParent(child), row);
            QVERIFY(tree.path(child).ends_with(tree.label(child)));
            if (row > 0) QVERIFY(!naturalLess(tree.label(child), tree.label(tree.child(node, row - 1))));
            bytes += tree.bytes(child);
            count += tree.tensorCount(child);
        }
        QCOMPARE(tree.bytes(node), bytes);
        QCOMPARE(tree.tensorCount(node), count);
    }
    QCOMPARE(std::size_t(tensors), table.size());
}

}  // namespace

Q_DECLARE_METATYPE(std::vector<std::string>)

class TstNameTree : public QObject {
    Q_OBJECT

private slots:
    void naturalOrder_data() {
        QTest::addColumn<QString>("less");
        QTest::addColumn<QString>("greater");
        QTest::newRow("numbers") << "layers.2"
                                 << "layers.10";
        QTest::newRow("same number, then text") << "h2.a"
                                                << "h2.b";
        QTest::newRow("longer than 64 bits") << "1" + QString(30, '0') << "2" + QString(30, '0');
        QTest::newRow("leading zeros count little") << "a01"
                                                    << "a2";
        QTest::newRow("prefix first") << "a"
                                      << "a.b";
        QTest::newRow("empty first") << ""
                                     << "0";
        QTest::newRow("zeros only") << "x0"
                                    << "x00";
        QTest::newRow("bytes above 127 last") << "z" << QString::fromUtf8("\xc3\xa9");
    }

    void naturalOrder() {
        QFETCH(QString, less);
        QFETCH(QString, greater);
        const auto a = less.toStdString();
        const auto b = greater.toStdString();
        QVERIFY(naturalLess(a, b));
        QVERIFY(!naturalLess(b, a));
        QVERIFY(!naturalLess(a, a));
    }

    void shapes_data() {
        QTest::addColumn<std::vector<std::string>>("names");
        QTest::addColumn<QByteArray>("expected");
        using Names = std::vector<std::string>;
        QTest::newRow("none") << Names{} << QByteArray("");
        QTest::newRow("root tensor") << Names{""} << QByteArray("(=0)");
        QTest::newRow("natural order") << Names{"l.10.w", "l.9.w", "l.9.b"} << QByteArray("(l(9(b=2 w=1) 10(w=0)))");
        QTest::newRow("empty component") << Names{"a..b", "a.b", ".a", "a."} << QByteArray("((a=2) a(=3(b=0) b=1))");
        QTest::newRow("leaf, then module") << Names{"x", "x.indices"} << QByteArray("(x=0(indices=1))");
        QTest::newRow("module, then leaf") << Names{"x.values", "x"} << QByteArray("(x=1(values=0))");
        QTest::newRow("same name twice") << Names{"a.b", "a.b", "a.b.c"} << QByteArray("(a(b=0(c=2) b=1))");
        QTest::newRow("runs that come back") << Names{"a.x", "b.x", "a.y"} << QByteArray("(a(x=0 y=2) b(x=1))");
        QTest::newRow("common text, other component")
            << Names{"ab.c", "a.c", "abc.c"} << QByteArray("(a(c=1) ab(c=0) abc(c=2))");
    }

    void shapes() {
        QFETCH(std::vector<std::string>, names);
        QFETCH(QByteArray, expected);
        const auto table = tableOf(names);
        const auto tree = NameTree::build(table);
        QCOMPARE(QByteArray::fromStdString(sketch(tree, NameTree::root())), expected);
        checkInvariants(table, tree);
    }

    void partOfTheRows() {
        const auto table = tableOf({"a.x", "b.x", "a.y"});
        const std::vector<TensorId> rows{TensorId(2)};
        QCOMPARE(sketch(NameTree::build(table, rows), NameTree::root()), std::string("(a(y=2))"));
    }

    void millionNames() {
        std::vector<std::string> names;
        names.reserve(1'000'000);
        for (int i = 0; i < 1'000'000; ++i)
            names.push_back("model.layers." + std::to_string((i * 7919LL % 1'000'000) / 512) + ".experts." +
                            std::to_string(i % 64) + ".w" + std::to_string(i));
        const auto table = tableOf(names);
        const auto tree = NameTree::build(table);
        QCOMPARE(std::size_t{tree.tensorCount(NameTree::root())}, names.size());
        checkInvariants(table, tree);
    }

    void dotsOnlyStayBounded() {
        const auto table = tableOf({std::string(5'000'000, '.'), "a.b"});
        const auto tree = NameTree::build(table);
        QVERIFY(tree.size() < 5'000);
        QCOMPARE(tree.tensorCount(NameTree::root()), 2U);
        checkInvariants(table, tree);
    }
};

QTEST_APPLESS_MAIN(TstNameTree)
#include "tst_name_tree.moc"
