// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <set>

#include "base/limits.h"
#include "peer.h"
#include "pickle/opcode_reader.h"
#include "pickle_rows.h"
#include "pickles.h"

using namespace plimsoll;
using namespace pickle_rows;

namespace {

// What the peer pickles at every protocol, one Python expression each.
const char* const kPeerValues = R"PY(
import pickle, sys, argparse
from collections import OrderedDict
shared = ['x']
loop = [1]; loop.append(loop)
values = [
    None, True, False, 0, 1, -1, 255, 256, 65535, 65536, -129, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, 2**63,
    -2**63, -2**63 - 1, 2**64, 10**40, -10**300, 1 << 2040,
    0.0, -0.0, 1.0, 0.1, 1e16, 1e15, 123456789.123, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, float('inf'),
    float('-inf'), float('nan'), 1/3, 1e22, 1e100,
    '', 'a', "it's", '"', "both ' and \"", 'tab\t nl\n cr\r back\\slash', 'é ü ß', '日本', '\U0001f600', '\x00\x7f\x80\xa0\xad',
    '\u2028\u200b\ufeff', '\ud800', 'x' * 300, 'long' * 20000,
    b'', b'abc', b"it's", bytes(range(256)), b'x' * 300, bytearray(b''), bytearray(b'ab\xff'),
    (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), (((),),), [], [1], [[], [[]]], list(range(2500)), {}, {'a': 1},
    {1: 'a', (1, 2): [3], None: None, 1.5: True}, set(), {1}, frozenset(), frozenset([7]), {frozenset([1])},
    {i: str(i) for i in range(2100)}, [shared, shared], loop, OrderedDict(), OrderedDict([('a', 1), ('b', OrderedDict())]),
    argparse.Namespace(lr=0.1, name='x', sizes=[1, 2]), {'args': argparse.Namespace(), 'epoch': 3},
]
for protocol in range(6):
    for value in values:
        print(protocol, pickle.dumps(value, protocol).hex(), repr(value).encode('utf-8', 'surrogatepass').hex())
)PY";

}  // namespace

class TstPickleMachine : public QObject {
    Q_OBJECT
private slots:
    void good_data();
    void good();
    void everyOpcodeIsHandled();
    void bad_data();
    void bad();
    void cutAnywhere();
    void flippedBits();
    void asPythonShows();
    void tooDeep_data();
    void tooDeep();
    void tooLarge_data();
    void tooLarge();
    void sharedDoublingIsLinear();
    void consumedTuplesAreGivenBack();
    void whatIsKeptStays_data();
    void whatIsKeptStays();
    void resolverErrorEndsTheRun();
    void textsPointIntoThePickle();
};

void TstPickleMachine::good_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QString>("shown");
    for (const auto& row : goodRows()) {
        QTest::newRow(row.name) << row.pickle
                                << QString::fromUtf8(row.shown != nullptr
                                                         ? row.shown
                                                         : "[(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]");
    }
}

void TstPickleMachine::good() {
    QFETCH(QByteArray, pickle);
    QFETCH(QString, shown);
    ValueTree tree;
    const auto root = runBytes(tree, pickle);
    QVERIFY2(root, root ? "" : root.error().what.c_str());
    QCOMPARE(QString::fromStdString(repr(tree, *root)), shown);
}

void TstPickleMachine::everyOpcodeIsHandled() {
    std::set<std::uint8_t> seen;
    const auto collect = [&](const QByteArray& pickle) {
        OpcodeReader in(bytesOf(pickle));
        while (in.next() && in.opcode() != Opcode::Stop) seen.insert(in.code());
        if (in.opcode() == Opcode::Stop) seen.insert(in.code());
    };
    for (const auto& row : goodRows()) collect(row.pickle);
    for (const auto& row : badRows())
        if (row.code == Errc::Unsupported) collect(row.pickle);
    int known = 0;
    for (std::size_t code = 0; code < kOpcodes.size(); ++code) {
        if (kOpcodes[code].form == ArgForm::Unknown) continue;
        ++known;
        QVERIFY2(seen.contains(static_cast<std::uint8_t>(code)), kOpcodes[code].name.data());
    }
    QCOMPARE(known, 68);
}

void TstPickleMachine::bad_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("offset");
    for (const auto& row : badRows()) QTest::newRow(row.name) << row.pickle << static_cast<int>(row.code) << row.offset;
}

void TstPickleMachine::bad() {
    QFETCH(QByteArray, pickle);
    QFETCH(int, code);
    QFETCH(int, offset);
    ValueTree tree;
    NoResolver resolver;
    const auto root = runBytes(tree, pickle, resolver, 1000);
    QVERIFY(!root);
    QCOMPARE(static_cast<int>(root.error().code), code);
    QCOMPARE(root.error().offset, 1000U + static_cast<unsigned>(offset));
    QVERIFY(!root.error().what.empty());
}

void TstPickleMachine::cutAnywhere() {
    for (const auto& row : goodRows()) {
        const auto whole = row.pickle.left(row.pickle.lastIndexOf('.') + 1);
        for (int n = 0; n < whole.size(); ++n) {
            if (whole.left(n).contains('.')) continue;  // what is cut may be a pickle itself
            ValueTree tree;
            QVERIFY2(!runBytes(tree, whole.left(n)), row.name);
        }
    }
}

void TstPickleMachine::flippedBits() {
    std::size_t survived = 0;
    for (const auto& row : goodRows()) {
        for (int bit = 0; bit < row.pickle.size() * 8; ++bit) {
            QByteArray flipped = row.pickle;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
            ValueTree tree;
            const auto root = runBytes(tree, flipped);
            if (!root) {
                QVERIFY(root.error().offset <= static_cast<std::uint64_t>(flipped.size()));
                continue;
            }
            ++survived;
            // Nothing gets into the tree that the scanner did not list.
            const auto listed = scanPickle(bytesOf(flipped)).globals;
            for (std::size_t i = 0; i < tree.globalCount(); ++i) {
                const Value global{ValueKind::Global, 0, i};
                QVERIFY(std::any_of(listed.begin(), listed.end(), [&](const GlobalRef& ref) {
                    return ref.module == tree.globalModule(global) && ref.name == tree.globalName(global);
                }));
            }
            QVERIFY(repr(tree, *root, 60).size() <= 4 * 60);
        }
    }
    QVERIFY(survived > 0);
}

void TstPickleMachine::asPythonShows() {
    NEEDS_PEER();
    const auto peer = runPeer(QString::fromUtf8(kPeerValues));
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    int checked = 0;
    for (const auto& line : peer.out.trimmed().split('\n')) {
        const auto fields = line.split(' ');
        QCOMPARE(fields.size(), 3);
        const QByteArray pickle = QByteArray::fromHex(fields[1]);
        const QByteArray expected = QByteArray::fromHex(fields[2]);
        ValueTree tree;
        const auto root = runBytes(tree, pickle);
        QVERIFY2(root, root ? "" : (root.error().what + " in " + expected.left(80).toStdString()).c_str());
        const auto shown = repr(tree, *root, 1'000'000);
        QVERIFY2(shown == expected.toStdString(),
                 ("protocol " + fields[0] + ": " + QByteArray::fromStdString(shown).left(200) + " is not " +
                  expected.left(200))
                     .constData());
        ++checked;
    }
    QVERIFY(checked > 500);
}

void TstPickleMachine::tooDeep_data() {
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<QByteArray>("level");
    QTest::addColumn<QByteArray>("foot");
    QTest::newRow("tuples") << raw("N") << raw("\x85") << raw("");
    QTest::newRow("lists") << raw("") << raw("]") << QByteArray("a");
    QTest::newRow("objects") << raw("cm\nf\n") << raw(")R") << raw("");
    QTest::newRow("states") << raw("") << raw("cm\nC\n)\x81") << QByteArray("b");
    QTest::newRow("persistent ids") << raw("N") << raw("Q") << raw("");
    QTest::newRow("dicts") << raw("") << raw("}N") << QByteArray("s");
}

void TstPickleMachine::tooDeep() {
    QFETCH(QByteArray, head);
    QFETCH(QByteArray, level);
    QFETCH(QByteArray, foot);
    const auto nested = [&](int levels) {
        // The innermost one needs no foot.
        return head + level.repeated(levels) + (foot == "s" ? QByteArray("N") : QByteArray()) +
               foot.repeated(foot == "s" ? levels : levels - 1) + ".";
    };
    ValueTree shallow;
    QVERIFY(runBytes(shallow, nested(900)));
    ValueTree deep;
    const auto root = runBytes(deep, nested(200'000));
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OverLimit);
}

void TstPickleMachine::tooLarge_data() {
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<QByteArray>("unit");
    QTest::newRow("marks") << raw("N") << raw("(");
    QTest::newRow("lists dropped at once") << raw("N") << raw("]0");
}

void TstPickleMachine::tooLarge() {
    QFETCH(QByteArray, head);
    QFETCH(QByteArray, unit);
    ValueTree tree;
    const auto root = runBytes(tree, head + unit.repeated(static_cast<int>(limits::kPickleStack) + 100'000) + ".");
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OverLimit);
}

void TstPickleMachine::sharedDoublingIsLinear() {
    ValueTree tree;
    const auto root = runBytes(tree, raw(")\x85") + QByteArray("2\x86", 2).repeated(500) + ".");
    QVERIFY(root);
    QVERIFY(repr(tree, *root, 100).size() <= 100);
}

void TstPickleMachine::consumedTuplesAreGivenBack() {
    // torch.save's shape of a tensor; the hooks are a fresh OrderedDict each time.
    const QByteArray tensor = raw("h\0((U\x07storageN\x85tQK\x00(K\x02K\x03t(K\x03K\x01t\x89h\x01)RtR");
    QByteArray pickle =
        raw("\x80\x02"
            "ctorch._utils\n_rebuild_tensor_v2\nq\0"
            "0ccollections\nOrderedDict\nq\x01"
            "0](");
    for (int i = 0; i < 1000; ++i) pickle += tensor;
    ValueTree tree;
    TensorResolver resolver;
    const auto root = runBytes(tree, pickle + "e.", resolver);
    QVERIFY2(root, root ? "" : root.error().what.c_str());
    QCOMPARE(resolver.tensors, 1000U);
    QCOMPARE(tree.items(*root).size(), std::size_t{1000});
    QCOMPARE(tree.poolMark().tupleItems, std::size_t{0});
    QCOMPARE(tree.poolMark().objects, std::size_t{0});
}

void TstPickleMachine::whatIsKeptStays_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QString>("shown");
    const QByteArray tensor = raw("ctorch._utils\n_rebuild_tensor_v2\n");
    QTest::newRow("in the memo") << tensor + raw("(K\x01K\x02K\x03K\x04tq\0\x85R(K\x09K\x09th\0\x87.")
                                 << "(tensor(...), (9, 9), (1, 2, 3, 4))";
    QTest::newRow("in a list of the memo") << raw("]q\0"
                                                  "0") +
                                                  tensor +
                                                  raw("h\0K\x01K\x02\x86"
                                                      "a0)R0(K\x07K\x07K\x07th\0\x86.")
                                           << "((7, 7, 7), [(1, 2)])";
    QTest::newRow("in a dict below") << raw("}\x8c\x01"
                                            "aK\x01K\x02\x86s\x8c\x01t") +
                                            tensor +
                                            raw("K\x05\x85Rs\x8c\x01"
                                                "bK\x07K\x07\x86s.")
                                     << "{'a': (1, 2), 't': tensor(...), 'b': (7, 7)}";
    QTest::newRow("on the stack below") << raw("K\x01K\x02\x86") + tensor + raw("K\x03K\x04\x86\x85R(K\x07K\x07t\x87.")
                                        << "((1, 2), tensor(...), (7, 7))";
    QTest::newRow("duplicated below") << raw("K\x01K\x02\x86"
                                             "2") +
                                             tensor + raw("K\x03\x85R0(K\x07t\x87.")
                                      << "((1, 2), (1, 2), (7,))";
    QTest::newRow("an argument object in the memo") << tensor + raw("cm\nC\nK\x01\x85R}\x8c\x01"
                                                                    "aK\x02sbq\0\x85R0cm\nD\n)R(K\x07th\0\x87.")
                                                    << "(D(), (7,), C(1, a=2))";
    QTest::newRow("in an object's state") << raw("cm\nC\n)\x81K\x01K\x02\x86"
                                                 "b") +
                                                 tensor + raw("K\x03\x85R(K\x07K\x07K\x07t\x87.")
                                          << "(C((1, 2)), tensor(...), (7, 7, 7))";
    QTest::newRow("in an unknown call") << raw("cm\nC\nK\x01K\x02\x86\x85R") + tensor +
                                               raw("K\x03\x85R(K\x07K\x07t\x87.")
                                        << "(C((1, 2)), tensor(...), (7, 7))";
    QTest::newRow("in a frozenset") << raw("(K\x01K\x02\x86\x91") + tensor + raw("K\x03\x85R(K\x07K\x07t\x87.")
                                    << "(frozenset({(1, 2)}), tensor(...), (7, 7))";
    QTest::newRow("in an object appended to") << raw("cm\nL\n)R(K\x01K\x02\x86"
                                                     "e") +
                                                     tensor + raw("K\x03\x85R(K\x07K\x07t\x87.")
                                              << "(L([(1, 2)]), tensor(...), (7, 7))";
}

void TstPickleMachine::whatIsKeptStays() {
    QFETCH(QByteArray, pickle);
    QFETCH(QString, shown);
    ValueTree tree;
    TensorResolver resolver;
    const auto root = runBytes(tree, pickle, resolver);
    QVERIFY2(root, root ? "" : root.error().what.c_str());
    QCOMPARE(QString::fromStdString(repr(tree, *root)), shown);
}

void TstPickleMachine::resolverErrorEndsTheRun() {
    class Refuses final : public NoResolver {
        Result<std::optional<Value>> persistent(ValueTree&, Value) override {
            return fail(Errc::OutOfBounds, "storage 7");
        }
    };
    ValueTree tree;
    Refuses resolver;
    const auto root = runBytes(tree, raw("NQ."), resolver, 50);
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OutOfBounds);
    QCOMPARE(root.error().offset, 51U);
    QCOMPARE(QString::fromStdString(root.error().what), "BINPERSID: storage 7");
}

void TstPickleMachine::textsPointIntoThePickle() {
    const QByteArray pickle = raw("\x8c\x05hello.");
    ValueTree tree;
    const auto root = runBytes(tree, pickle);
    QVERIFY(root);
    QCOMPARE(static_cast<const void*>(tree.text(*root).data()), static_cast<const void*>(pickle.constData() + 2));
}

QTEST_APPLESS_MAIN(TstPickleMachine)
#include "tst_pickle_machine.moc"
