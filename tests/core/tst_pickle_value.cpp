// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "pickle/literals.h"
#include "pickle/value.h"
#include "pickles.h"

using namespace plimsoll;

class TstPickleValue : public QObject {
    Q_OBJECT
private slots:
    void cutRepr_data();
    void cutRepr();
    void cyclesEnd();
    void deepReprIsCut();
    void longReprIsNotQuadratic();
    void opaqueKinds();
    void copiedTextsStay();
    void tupleOfItsOwnItems();
    void find();
    void globalsAreOne();
    void bigDecimals_data();
    void bigDecimals();
    void utf8_data();
    void utf8();
};

void TstPickleValue::cutRepr_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("chars");
    QTest::addColumn<QString>("shown");
    QTest::newRow("fits") << "hello" << 7 << "'hello'";
    QTest::newRow("one too few") << "hello" << 6 << "'he...";
    QTest::newRow("characters, not bytes") << "äöüß" << 6 << "'äöüß'";
    QTest::newRow("never inside a character") << "äöüß" << 5 << "'ä...";
    QTest::newRow("nothing but dots") << "hello" << 3 << "...";
    QTest::newRow("nothing") << "hello" << 0 << "";
}

void TstPickleValue::cutRepr() {
    QFETCH(QString, text);
    QFETCH(int, chars);
    QFETCH(QString, shown);
    ValueTree tree;
    const Value v = tree.textCopy(ValueKind::String, text.toStdString());
    QCOMPARE(QString::fromStdString(repr(tree, v, static_cast<std::size_t>(chars))), shown);
}

void TstPickleValue::cyclesEnd() {
    ValueTree tree;
    const Value list = tree.list();
    const Value dict = tree.dict();
    tree.append(list, dict);
    tree.insert(dict, ValueTree::integer(1), list);
    tree.insert(dict, ValueTree::integer(2), dict);
    const Value tuple = tree.tuple(std::span(&list, 1));
    tree.append(list, tuple);
    QCOMPARE(QString::fromStdString(repr(tree, list)), QString("[{1: [...], 2: {...}}, ([...],)]"));
    QCOMPARE(QString::fromStdString(repr(tree, tuple)), QString("([{1: [...], 2: {...}}, (...)],)"));
}

void TstPickleValue::deepReprIsCut() {
    ValueTree tree;
    Value v = ValueTree::none();
    for (int i = 0; i < 100'000; ++i) v = tree.tuple(std::span(&v, 1));
    const auto shown = repr(tree, v, 10'000);
    QVERIFY(shown.starts_with("(((("));
    QVERIFY(shown.find("(...)") != std::string::npos);
}

void TstPickleValue::longReprIsNotQuadratic() {
    ValueTree tree;
    const std::string text(4'000'000, 'x');
    const Value v = tree.textIn(ValueKind::String, text);
    const Value list = tree.list();
    for (int i = 0; i < 1'000'000; ++i) tree.append(list, v);
    for (int i = 0; i < 1000; ++i) QCOMPARE(repr(tree, list, 120).size(), std::size_t{120});
}

void TstPickleValue::opaqueKinds() {
    ValueTree tree;
    QCOMPARE(repr(tree, ValueTree::tensorRef(TensorId(3))), std::string("tensor(...)"));
    QCOMPARE(repr(tree, ValueTree::storageRef(StorageId(3))), std::string("storage(...)"));
    QCOMPARE(repr(tree, tree.global("builtins", "list")), std::string("list"));
    QCOMPARE(repr(tree, tree.global("torch", "float32")), std::string("torch.float32"));
    QCOMPARE(repr(tree, tree.persistent(ValueTree::integer(1))), std::string("persistent_id(1)"));
}

void TstPickleValue::copiedTextsStay() {
    ValueTree tree;
    std::vector<Value> values;
    for (int i = 0; i < 20'000; ++i) values.push_back(tree.textCopy(ValueKind::String, std::to_string(i)));
    const Value big = tree.textCopy(ValueKind::Bytes, std::string(100'000, 'b'));
    const Value after = tree.textCopy(ValueKind::String, "after");
    for (int i = 0; i < 20'000; ++i)
        QCOMPARE(std::string(tree.text(values[static_cast<std::size_t>(i)])), std::to_string(i));
    QCOMPARE(tree.text(big), std::string(100'000, 'b'));
    QCOMPARE(std::string(tree.text(after)), std::string("after"));
    QVERIFY(tree.text(tree.textCopy(ValueKind::String, "")).empty());
}

void TstPickleValue::tupleOfItsOwnItems() {
    ValueTree tree;
    std::vector<Value> items;
    for (int i = 0; i < 1000; ++i) items.push_back(ValueTree::integer(i));
    const Value first = tree.tuple(items);
    const Value second = tree.tuple(tree.items(first).subspan(10));
    QCOMPARE(tree.items(second).size(), std::size_t{990});
    QCOMPARE(tree.asInt(tree.items(second)[0]), std::int64_t{10});
    QCOMPARE(tree.asInt(tree.items(first)[999]), std::int64_t{999});
}

void TstPickleValue::find() {
    ValueTree tree;
    const Value dict = tree.dict();
    const auto key = [&](ValueKind kind, std::string_view text) { return tree.textCopy(kind, text); };
    tree.insert(dict, key(ValueKind::String, "a"), ValueTree::integer(1));
    tree.insert(dict, key(ValueKind::ByteString, "b"), ValueTree::integer(2));
    tree.insert(dict, key(ValueKind::Bytes, "c"), ValueTree::integer(3));
    tree.insert(dict, key(ValueKind::String, "a"), ValueTree::integer(4));
    QCOMPARE(tree.asInt(*tree.find(dict, "a")), std::int64_t{4});
    QCOMPARE(tree.asInt(*tree.find(dict, "b")), std::int64_t{2});
    QVERIFY(!tree.find(dict, "c"));
    QVERIFY(!tree.find(dict, "missing"));
    QVERIFY(!tree.find(ValueTree::integer(1), "a"));
    ObjectParts parts;
    parts.items.emplace_back(key(ValueKind::String, "k"), ValueTree::integer(5));
    QCOMPARE(tree.asInt(*tree.find(tree.object(std::move(parts)), "k")), std::int64_t{5});
}

void TstPickleValue::globalsAreOne() {
    ValueTree tree;
    const Value a = tree.global("torch", "float32");
    QCOMPARE(tree.global(std::string_view("torchx").substr(0, 5), "float32"), a);
    QVERIFY(tree.global("torch", "float16") != a);
    QVERIFY(tree.isGlobal(a, "torch", "float32"));
    QVERIFY(!tree.isGlobal(ValueTree::none(), "torch", "float32"));
    QCOMPARE(tree.globalCount(), std::size_t{2});
}

void TstPickleValue::bigDecimals_data() {
    QTest::addColumn<QByteArray>("digits");
    for (const char* digits : {"0", "-1", "127", "128", "-128", "-129", "255", "256", "18446744073709551616",
                               "-9223372036854775809", "1000000000000000000", "100000000000000000000000000000000"})
        QTest::newRow(digits) << QByteArray(digits);
    QTest::newRow("longest") << QByteArray(4300, '9');
    QTest::newRow("longest negative") << "-" + QByteArray(4300, '9');
}

void TstPickleValue::bigDecimals() {
    QFETCH(QByteArray, digits);
    const auto bytes = parseBigDecimal(digits.toStdString());
    QVERIFY(bytes.has_value());
    const auto again = formatBigDecimal(*bytes);
    QVERIFY(again.has_value());
    QCOMPARE(QByteArray::fromStdString(*again), digits);
    if (const auto small = smallInteger(*bytes)) QCOMPARE(QByteArray::number(qlonglong{*small}), digits);
}

void TstPickleValue::utf8_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("valid");
    QTest::newRow("empty") << raw("") << true;
    QTest::newRow("ascii of more than a word") << raw("0123456789abcdef\x7f") << true;
    QTest::newRow("two bytes") << raw("\xc2\x80\xdf\xbf") << true;
    QTest::newRow("three bytes") << raw("\xe0\xa0\x80\xef\xbf\xbf") << true;
    QTest::newRow("surrogate") << raw("\xed\xa0\x80") << true;
    QTest::newRow("four bytes") << raw("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") << true;
    QTest::newRow("above the last") << raw("\xf4\x90\x80\x80") << false;
    QTest::newRow("five bytes") << raw("\xf8\x88\x80\x80\x80") << false;
    QTest::newRow("overlong two") << raw("\xc1\xbf") << false;
    QTest::newRow("overlong three") << raw("\xe0\x9f\xbf") << false;
    QTest::newRow("overlong four") << raw("\xf0\x8f\xbf\xbf") << false;
    QTest::newRow("cut") << raw("abcdefgh\xe2\x82") << false;
    QTest::newRow("stray continuation") << raw("abcdefgh\x80") << false;
    QTest::newRow("latin-1") << raw("abcdefg\xe9xyz") << false;
}

void TstPickleValue::utf8() {
    QFETCH(QByteArray, bytes);
    QFETCH(bool, valid);
    QCOMPARE(isPickleUtf8(bytes.toStdString()), valid);
}

QTEST_APPLESS_MAIN(TstPickleValue)
#include "tst_pickle_value.moc"
