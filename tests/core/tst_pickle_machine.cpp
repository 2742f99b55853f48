// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <set>

#include "base/limits.h"
#include "peer.h"
#include "pickle/opcode_reader.h"
#include "pickles.h"

using namespace plimsoll;

namespace {

struct GoodRow {
    const char* name;
    QByteArray pickle;
    const char* shown;
};

const std::vector<GoodRow>& goodRows() {
    static const std::vector<GoodRow> rows = {
        {"none", raw("N."), "None"},
        {"true and false", raw("\x88\x89\x86."), "(True, False)"},
        {"INT", raw("I-12\n."), "-12"},
        {"INT false", raw("I00\n."), "False"},
        {"INT true", raw("I01\n."), "True"},
        {"INT big", raw("I123456789012345678901\n."), "123456789012345678901"},
        {"LONG", raw("L12L\n."), "12"},
        {"LONG big", raw("L-123456789012345678901L\n."), "-123456789012345678901"},
        {"BININT", raw("J\xfe\xff\xff\xff."), "-2"},
        {"BININT1", raw("K\xff."), "255"},
        {"BININT2", raw("M\xff\xff."), "65535"},
        {"LONG1", raw("\x8a\x02\x00\x80."), "-32768"},
        {"LONG1 empty", raw("\x8a\x00."), "0"},
        {"LONG1 padded", raw("\x8a\x0a\x05\0\0\0\0\0\0\0\0\0."), "5"},
        {"LONG1 2^63", raw("\x8a\x09\0\0\0\0\0\0\0\x80\0."), "9223372036854775808"},
        {"LONG1 -2^63", raw("\x8a\x08\0\0\0\0\0\0\0\x80."), "-9223372036854775808"},
        {"LONG4", raw("\x8b\x09\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x00."), "18446744073709551615"},
        {"FLOAT", raw("F1.5\n."), "1.5"},
        {"FLOAT nan", raw("Fnan\n."), "nan"},
        {"FLOAT inf", raw("F-inf\n."), "-inf"},
        {"FLOAT overflow", raw("F1e999\n."), "inf"},
        {"FLOAT underflow", raw("F-1e-999\n."), "-0.0"},
        {"BINFLOAT", raw("G\x3f\xf0\0\0\0\0\0\0."), "1.0"},
        {"STRING", raw("S'a\\x41\\n\\101\\q'\n."), "'aA\\nA\\\\q'"},
        {"STRING plain", raw("S\"it's\"\n."), "\"it's\""},
        {"BINSTRING", raw("T\x02\0\0\0a\xff."), "'a\\xff'"},
        {"SHORT_BINSTRING", raw("U\x02hi."), "'hi'"},
        {"UNICODE", raw("Vab\\u00e9\\U0001f600\xe9\\x\n."), "'abé😀é\\\\x'"},
        {"BINUNICODE", raw("X\x02\0\0\0\xc3\xa9."), "'é'"},
        {"BINUNICODE surrogate", raw("X\x03\0\0\0\xed\xa0\x80."), "'\\ud800'"},
        {"SHORT_BINUNICODE", raw("\x8c\x01x."), "'x'"},
        {"BINUNICODE8", raw("\x8d\x01\0\0\0\0\0\0\0x."), "'x'"},
        {"BINBYTES", raw("B\x02\0\0\0\0'."), "b\"\\x00'\""},
        {"SHORT_BINBYTES", raw("C\x01\xff."), "b'\\xff'"},
        {"BINBYTES8", raw("\x8e\x01\0\0\0\0\0\0\0x."), "b'x'"},
        {"BYTEARRAY8", raw("\x96\x01\0\0\0\0\0\0\0x."), "bytearray(b'x')"},
        {"tuples", raw("()K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87(K\x01K\x02K\x03K\x04tl."), nullptr},
        {"LIST", raw("(K\x01K\x02l."), "[1, 2]"},
        {"APPEND",
         raw("]K\x01"
             "aK\x02"
             "a."),
         "[1, 2]"},
        {"APPENDS",
         raw("](K\x01K\x02"
             "e."),
         "[1, 2]"},
        {"DICT",
         raw("(K\x01K\x02"
             "d."),
         "{1: 2}"},
        {"SETITEM", raw("}K\x01K\x02s."), "{1: 2}"},
        {"SETITEMS", raw("}(K\x01K\x02K\x03Nu."), "{1: 2, 3: None}"},
        {"ADDITEMS", raw("\x8f(K\x01K\x02\x90."), "{1, 2}"},
        {"FROZENSET", raw("(K\x01\x91."), "frozenset({1})"},
        {"POP",
         raw("K\x01K\x02"
             "0."),
         "1"},
        {"POP of a mark", raw("K\x01(0."), "1"},
        {"POP_MARK",
         raw("K\x01(K\x02K\x03"
             "1."),
         "1"},
        {"DUP",
         raw("K\x01"
             "2\x86."),
         "(1, 1)"},
        {"PUT and GET", raw("K\x07p10\n0g10\n."), "7"},
        {"PUT with zeros and spaces", raw("K\x07p 007\n0g+7 \n."), "7"},
        {"BINPUT and BINGET",
         raw("K\x07q\x03"
             "0h\x03."),
         "7"},
        {"LONG_BINPUT and LONG_BINGET",
         raw("K\x07r\xff\xff\xff\xff"
             "0j\xff\xff\xff\xff."),
         "7"},
        {"MEMOIZE counts entries",
         raw("K\x07q\x05K\x08\x94"
             "00h\x01."),
         "8"},
        {"PUT twice",
         raw("K\x07q\0"
             "0K\x08q\0"
             "0h\0."),
         "8"},
        {"GLOBAL", raw("ccollections\nOrderedDict\n."), "collections.OrderedDict"},
        {"STACK_GLOBAL",
         raw("\x8c\x01"
             "a\x8c\x03"
             "b.c\x93."),
         "a.b.c"},
        {"REDUCE", raw("cm\nf\nK\x01\x85R."), "f(1)"},
        {"NEWOBJ", raw("cm\nC\n)\x81."), "C()"},
        {"NEWOBJ_EX",
         raw("cm\nC\nK\x01\x85}\x8c\x01"
             "aK\x02s\x92."),
         "C(1, a=2)"},
        {"OBJ", raw("(cm\nC\nK\x01o."), "C(1)"},
        {"INST", raw("(K\x01im\nC\n."), "C(1)"},
        {"BUILD",
         raw("cm\nC\n)\x81}\x8c\x01"
             "aK\x02sbNb."),
         "C(a=2, None)"},
        {"SETITEMS on an object", raw("ccollections\nOrderedDict\n)R(K\x01K\x02u."), "OrderedDict([(1, 2)])"},
        {"APPENDS on an object",
         raw("cm\nL\n)\x81(K\x01"
             "e."),
         "L([1])"},
        {"PERSID", raw("Pabc\n."), "persistent_id('abc')"},
        {"BINPERSID", raw("K\x01\x85Q."), "persistent_id((1,))"},
        {"PROTO", raw("\x80\x05N."), "None"},
        {"FRAME", raw("\x80\x04\x95\x02\0\0\0\0\0\0\0N."), "None"},
        {"cycle",
         raw("]q\0h\0"
             "a."),
         "[[...]]"},
        {"bytes of protocol 2", raw("c_codecs\nencode\nX\x02\0\0\0\xc3\xbfX\x06\0\0\0latin1\x86R."), "b'\\xff'"},
        {"set of protocol 2",
         raw("c__builtin__\nset\n](K\x01K\x02"
             "e\x85R."),
         "{1, 2}"},
        {"what follows STOP", raw("N.garbage"), "None"},
    };
    return rows;
}

struct BadRow {
    const char* name;
    QByteArray pickle;
    Errc code;
    int offset;
};

const std::vector<BadRow>& badRows() {
    static const std::vector<BadRow> rows = {
        {"empty", raw(""), Errc::Truncated, 0},
        {"no STOP", raw("N"), Errc::Truncated, 1},
        {"STOP on an empty stack", raw("."), Errc::Corrupt, 0},
        {"STOP on a mark", raw("N(."), Errc::Corrupt, 2},
        {"unknown opcode", raw("N\xff."), Errc::Corrupt, 1},
        {"protocol 6", raw("\x80\x06N."), Errc::Unsupported, 0},
        {"cut payload", raw("X\x05\0\0\0ab."), Errc::Truncated, 0},
        {"2^63-1 bytes", raw("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f."), Errc::Truncated, 0},
        {"2^64-9 bytes", raw("\x8e\xf7\xff\xff\xff\xff\xff\xff\xff."), Errc::Truncated, 0},
        {"negative LONG4", raw("\x8b\xff\xff\xff\xff."), Errc::Corrupt, 0},
        {"negative BINSTRING", raw("T\xff\xff\xff\xff."), Errc::Corrupt, 0},
        {"not UTF-8", raw("X\x02\0\0\0\xc3("), Errc::Corrupt, 0},
        {"overlong UTF-8", raw("\x8c\x02\xc0\x80."), Errc::Corrupt, 0},
        {"broken \\u", raw("V\\u12\n."), Errc::Corrupt, 0},
        {"broken \\x", raw("S'\\x1'\n."), Errc::Corrupt, 0},
        {"unquoted STRING", raw("Sabc\n."), Errc::Corrupt, 0},
        {"INT garbage", raw("Iabc\n."), Errc::Corrupt, 0},
        {"INT empty", raw("I\n."), Errc::Corrupt, 0},
        {"LONG garbage", raw("L12xL\n."), Errc::Corrupt, 0},
        {"LONG of too many digits", "L" + QByteArray(5000, '9') + "L\n.", Errc::OverLimit, 0},
        {"FLOAT garbage", raw("F1.5x\n."), Errc::Corrupt, 0},
        {"line without end", raw("I12"), Errc::Truncated, 0},
        {"TUPLE1 underflow", raw("\x85."), Errc::Corrupt, 0},
        {"TUPLE2 underflow", raw("N\x86."), Errc::Corrupt, 1},
        {"TUPLE3 across a mark", raw("NN(N\x87."), Errc::Corrupt, 4},
        {"TUPLE without mark", raw("Nt."), Errc::Corrupt, 1},
        {"POP underflow", raw("0."), Errc::Corrupt, 0},
        {"DUP of a mark", raw("N(2."), Errc::Corrupt, 2},
        {"PUT on an empty stack", raw("q\0."), Errc::Corrupt, 0},
        {"PUT garbage", raw("Npabc\n."), Errc::Corrupt, 1},
        {"PUT negative", raw("Np-1\n."), Errc::Corrupt, 1},
        {"GET of nothing", raw("h\0."), Errc::Corrupt, 0},
        {"odd DICT", raw("(Nd."), Errc::Corrupt, 2},
        {"odd SETITEMS", raw("}(NNNu."), Errc::Corrupt, 5},
        {"SETITEMS without target", raw("(NNu."), Errc::Corrupt, 3},
        {"SETITEM on a list", raw("]NNs."), Errc::Corrupt, 3},
        {"list as a key", raw("}]Ns."), Errc::Corrupt, 3},
        {"list in a set", raw("\x8f(]\x90."), Errc::Corrupt, 3},
        {"APPEND to a tuple", raw(")Na."), Errc::Corrupt, 2},
        {"APPEND to a set", raw("\x8fNa."), Errc::Corrupt, 2},
        {"ADDITEMS to a list", raw("](N\x90."), Errc::Corrupt, 3},
        {"BUILD on None", raw("N}b."), Errc::Corrupt, 2},
        {"BUILD on a class", raw("cm\nC\n}b."), Errc::Unsupported, 6},
        {"REDUCE of an int", raw("K\x01)R."), Errc::Corrupt, 3},
        {"REDUCE without a tuple", raw("cm\nf\n]R."), Errc::Corrupt, 6},
        {"NEWOBJ_EX without a dict", raw("cm\nC\n)N\x92."), Errc::Corrupt, 7},
        {"OBJ without a class", raw("(o."), Errc::Corrupt, 1},
        {"GLOBAL without names", raw("c\n\n."), Errc::Corrupt, 0},
        {"STACK_GLOBAL of an int",
         raw("\x8c\x01"
             "aK\x01\x93."),
         Errc::Corrupt, 5},
        {"STACK_GLOBAL of a call",
         raw("\x8c\x01"
             "acm\nf\n)R\x93."),
         Errc::Unsupported, 10},
        {"EXT1", raw("\x82\x05."), Errc::Unsupported, 0},
        {"EXT2", raw("\x83\x05\0."), Errc::Unsupported, 0},
        {"EXT4", raw("\x84\x05\0\0\0."), Errc::Unsupported, 0},
        {"EXT1 zero", raw("\x82\x00."), Errc::Corrupt, 0},
        {"NEXT_BUFFER", raw("\x97."), Errc::Unsupported, 0},
        {"READONLY_BUFFER", raw("N\x98."), Errc::Unsupported, 1},
        {"FRAME beyond the end", raw("\x95\x09\0\0\0\0\0\0\0N."), Errc::Truncated, 0},
        {"FRAME of 2^64-1", raw("\x95\xff\xff\xff\xff\xff\xff\xff\xffN."), Errc::Truncated, 0},
        {"opcode across a frame's end", raw("\x95\x01\0\0\0\0\0\0\0K\x01."), Errc::Corrupt, 9},
        {"frame in a frame", raw("\x95\x0a\0\0\0\0\0\0\0\x95\x01\0\0\0\0\0\0\0N."), Errc::Corrupt, 9},
    };
    return rows;
}

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
    for (const auto& row : goodRows())
        QTest::newRow(row.name) << row.pickle
                                << QString::fromUtf8(row.shown != nullptr
                                                         ? row.shown
                                                         : "[(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]");
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
