// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTemporaryFile>
#include <QtTest>

#include "base/limits.h"
#include "peer.h"
#include "pickle/global_merger.h"
#include "pickles.h"

using namespace plimsoll;

namespace {

QString listed(const std::vector<GlobalRef>& globals) {
    QStringList out;
    for (const auto& global : globals)
        out << QString::fromStdString(global.module + " " + global.name + " " +
                                      std::string(verdictName(global.verdict)) + (global.dynamic ? " dynamic" : ""));
    return out.join("; ");
}

constexpr const char* kSystem = "os system dangerous";
constexpr const char* kDynamic = "? ? dangerous dynamic";

// Prints what pickletools and a recording find_class agree on, for pickles of every protocol.
const char* const kPeerGlobals = R"PY(
import pickle, io, argparse, collections, datetime, decimal
values = [collections.OrderedDict(a=1), argparse.Namespace(x=collections.Counter('ab')), {1, 2}, b'\xff', bytearray(b'x'),
          collections.defaultdict(list, a=[datetime.date(2020, 1, 1)] * 3), [decimal.Decimal('1.5'), decimal.Decimal(2)],
          complex(1, 2), range(3), argparse.Namespace.__init__, {'k%d' % i: collections.OrderedDict() for i in range(300)}]
class Recorder(pickle._Unpickler):
    def find_class(self, module, name):
        if (module, name) not in self.seen: self.seen.append((module, name))
        return super().find_class(module, name)
for protocol in range(6):
    for value in values:
        try: data = pickle.dumps(value, protocol)
        except Exception: continue
        recorder = Recorder(io.BytesIO(data), fix_imports=False); recorder.seen = []
        try: recorder.load()
        except ImportError:  # Python 2 names; with fix_imports they are mapped, so keep what was asked for
            import _compat_pickle
            class Mapping(Recorder):
                def find_class(self, module, name):
                    if (module, name) not in self.seen: self.seen.append((module, name))
                    new = _compat_pickle.NAME_MAPPING.get((module, name)) or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
                    return pickle._Unpickler.find_class(self, *new)
            recorder = Mapping(io.BytesIO(data), fix_imports=False); recorder.seen = []
            recorder.load()
        print(data.hex() + ' ' + ';'.join(m + ' ' + n for m, n in recorder.seen))
)PY";

}  // namespace

class TstPickleScanner : public QObject {
    Q_OBJECT
private slots:
    void globals_data();
    void globals();
    void broken_data();
    void broken();
    void asPythonAsks();
    void memoReads();
    void offsetsAndProtocol();
    void tooManyGlobals();
    void deepStackIsBounded();
    void sparseFileIsNotReadToItsEnd();
    void flippedBits();
    void merging();
    void mergingMany();
    void enumReads_data();
    void enumReads();
};

void TstPickleScanner::globals_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const QByteArray& pickle, const QString& expected) {
        QTest::newRow(name) << pickle << expected;
    };
    row("GLOBAL", raw("cos\nsystem\n."), kSystem);
    row("GLOBAL once", raw("cos\nsystem\ncos\nsystem\n."), kSystem);
    row("INST", raw("(ios\nsystem\n."), kSystem);
    row("STACK_GLOBAL", raw("\x8c\x02os\x8c\x06system\x93."), kSystem);
    row("BINUNICODE8", raw("\x8d\x02\0\0\0\0\0\0\0os\x8c\x06system\x93."), kSystem);
    row("BINSTRING operands", raw("T\x02\0\0\0osU\x06system\x93."), kSystem);
    row("STRING escapes", raw("S'\\x6fs'\nS'sys\\164em'\n\x93."), kSystem);
    row("UNICODE escapes", raw("V\\u006fs\nVsyste\\u006d\n\x93."), kSystem);
    row("through the memo",
        raw("\x8c\x02os\x94\x8c\x06system\x94"
            "00h\0h\x01\x93."),
        kSystem);
    row("memo out of order",
        raw("\x8c\x02osq\x02"
            "0\x8c\x06systemq\x03"
            "0\x8c\x01"
            "aq\0"
            "0\x8c\x01"
            "bq\x01"
            "0h\x02h\x03\x93."),
        kSystem);
    row("memo overwritten",
        raw("\x8c\x05torchq\0"
            "0\x8c\x02osq\0"
            "0h\0\x8c\x06system\x93."),
        kSystem);
    row("memo overwritten by a call",
        raw("\x8c\x02osq\0"
            "0cm\nf\n)Rq\0"
            "0h\0\x8c\x06system\x93."),
        QString("m f suspicious; ") + kDynamic);
    row("text memo with zeros", raw("Vos\np 007\n0g7\nVsystem\n\x93."), kSystem);
    row("MEMOIZE after PUT",
        raw("\x8c\x02osq\x05\x8c\x06system\x94"
            "00h\x05h\x01\x93."),
        kSystem);
    row("sparse memo",
        raw("\x8c\x02osr\xff\xff\xff\x7f"
            "0j\xff\xff\xff\x7f\x8c\x06system\x93."),
        kSystem);
    row("DUP",
        raw("\x8c\x02os2\x85"
            "0\x8c\x06system\x93."),
        kSystem);
    row("values between",
        raw("\x8c\x02os](K\x01K\x02"
            "e0\x8c\x06system\x93."),
        kSystem);
    row("mark between", raw("\x8c\x02os(NNN1\x8c\x06system\x93."), kSystem);
    row("popped mark", raw("\x8c\x02os(0\x8c\x06system\x93."), kSystem);
    row("decoys in a list",
        raw("](\x8c\x02os\x8c\x06system\x8c\x01"
            "a\x8c\x01"
            "b\x86\x90\x93."),
        kDynamic);
    row("wrong operands", raw("\x8c\x02osN\x93."), kDynamic);
    row("bytes operands", raw("C\x02os\x8c\x06system\x93."), kDynamic);
    row("computed operand", raw("\x8c\x02oscm\nf\n)R\x93."), QString("m f suspicious; ") + kDynamic);
    row("nothing on the stack", raw("\x93."), kDynamic);
    row("EXT", raw("\x82\x01\x83\x01\0\x84\x01\0\0\0."), kDynamic);
    row("order of both kinds",
        raw("ca\nb\n\x8c\x02os\x8c\x06system\x93"
            "cc\nd\n."),
        QString("a b suspicious; ") + kSystem + "; c d suspicious");
    row("before truncation", raw("cos\nsystem\nX\xff\0\0\0ab"), kSystem);
    row("before an unknown opcode", raw("cos\nsystem\n\xff"), kSystem);
    row("after an underflow", raw("0R)tcos\nsystem\n."), kSystem);
    row("after a missing memo entry",
        raw("h\x09"
            "cos\nsystem\n."),
        kSystem);
    row("across a frame's end", raw("\x80\x04\x95\x03\0\0\0\0\0\0\0cos\nsystem\n."), kSystem);
    row("at the very end, as Python reads it", raw("cos\nsystemX"), kSystem);
    row("names in a text are no names", raw("X\x0b\0\0\0cos\nsystem\n."), "");
    row("dotted", raw("\x8c\x05torch\x8c\x09os.system\x93."), "torch os.system dangerous");
    row("safe", raw("ctorch._utils\n_rebuild_tensor_v2\nctorch\nFloatStorage\n."),
        "torch._utils _rebuild_tensor_v2 safe; torch FloatStorage safe");
    row("what follows STOP", raw("N.cos\nsystem\n."), "");
}

void TstPickleScanner::globals() {
    QFETCH(QByteArray, pickle);
    QFETCH(QString, expected);
    const auto scan = scanPickle(bytesOf(pickle));
    QCOMPARE(listed(scan.globals), expected);
    for (const auto& global : scan.globals) QVERIFY(!global.reason.empty());
}

void TstPickleScanner::broken_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("offset");
    const auto row = [](const char* name, const QByteArray& pickle, Errc code, int offset) {
        QTest::newRow(name) << pickle << static_cast<int>(code) << offset;
    };
    row("empty", raw(""), Errc::Truncated, 0);
    row("no STOP", raw("NN"), Errc::Truncated, 2);
    row("unknown opcode", raw("N\xfe"), Errc::Corrupt, 1);
    row("cut argument", raw("NJ\0"), Errc::Truncated, 1);
    row("cut payload",
        raw("B\xff\xff\xff\xff"
            "abc"),
        Errc::Truncated, 0);
    row("huge payload", raw("N\x8e\xff\xff\xff\xff\xff\xff\xff\xff"), Errc::Truncated, 1);
    row("negative payload", raw("T\xff\xff\xff\xff"), Errc::Corrupt, 0);
    row("line without end", raw("Ix"), Errc::Truncated, 0);
    row("opcode across a frame's end", raw("\x95\x01\0\0\0\0\0\0\0K\x01."), Errc::Corrupt, 9);
    row("frame beyond the end", raw("\x95\x09\0\0\0\0\0\0\0N."), Errc::Truncated, 0);
}

void TstPickleScanner::broken() {
    QFETCH(QByteArray, pickle);
    QFETCH(int, code);
    QFETCH(int, offset);
    const auto scan = scanPickle(bytesOf(pickle), 500);
    QVERIFY(scan.broken.has_value());
    QCOMPARE(static_cast<int>(scan.broken->code), code);
    QCOMPARE(scan.broken->offset, 500U + static_cast<unsigned>(offset));
}

void TstPickleScanner::asPythonAsks() {
    NEEDS_PEER();
    const auto peer = runPeer(QString::fromUtf8(kPeerGlobals));
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    int checked = 0;
    for (const auto& line : peer.out.trimmed().split('\n')) {
        const auto space = line.indexOf(' ');
        const QByteArray pickle = QByteArray::fromHex(line.left(space));
        const auto scan = scanPickle(bytesOf(pickle));
        QVERIFY(!scan.broken);
        QCOMPARE(scan.endOffset, static_cast<std::uint64_t>(pickle.size()));
        QByteArrayList names;
        for (const auto& global : scan.globals) names << QByteArray::fromStdString(global.module + " " + global.name);
        QCOMPARE(names.join(';'), line.mid(space + 1));
        ++checked;
    }
    QVERIFY(checked > 50);
}

void TstPickleScanner::memoReads() {
    const auto scan = scanPickle(bytesOf(raw("Nq\0q\x01q\x02q\x03h\x01h\x03.")));
    QVERIFY(!scan.memoRead.contains(0));
    QVERIFY(scan.memoRead.contains(1));
    QVERIFY(!scan.memoRead.contains(2));
    QVERIFY(scan.memoRead.contains(3));
    QVERIFY(!scan.memoRead.contains(1'000'000));
    // The numbers of the entries that are kept.
    QCOMPARE(scan.memoRead.count(), std::uint64_t{2});
    QCOMPARE(scan.memoRead.slot(1), 0U);
    QCOMPARE(scan.memoRead.slot(3), 1U);
    QCOMPARE(scan.memoRead.slot(2), MemoIndices::kNone);
    QVERIFY(!scan.memoizes);
}

void TstPickleScanner::offsetsAndProtocol() {
    const auto scan = scanPickle(bytesOf(raw("\x80\x04N0cos\nsystem\n\x8c\x01"
                                             "a\x8c\x01"
                                             "b\x93.tail")),
                                 100);
    QVERIFY(!scan.broken);
    QCOMPARE(scan.protocol, std::uint8_t{4});
    QCOMPARE(scan.globals.size(), std::size_t{2});
    QCOMPARE(scan.globals[0].offset, 104U);
    QCOMPARE(scan.globals[1].offset, 121U);
    QCOMPARE(scan.endOffset, 123U);
}

void TstPickleScanner::tooManyGlobals() {
    QByteArray pickle;
    for (std::uint64_t i = 0; i <= limits::kPickleGlobals; ++i)
        pickle += "cm\nn" + QByteArray::number(qulonglong{i}) + "\n";
    const auto scan = scanPickle(bytesOf(pickle + "."));
    QCOMPARE(scan.globals.size(), static_cast<std::size_t>(limits::kPickleGlobals));
    QVERIFY(scan.broken.has_value());
    QCOMPARE(scan.broken->code, Errc::OverLimit);
    ValueTree tree;
    const auto root = runBytes(tree, pickle + ".");
    QVERIFY(!root);
    QCOMPARE(root.error().code, Errc::OverLimit);
}

void TstPickleScanner::deepStackIsBounded() {
    // Far more values than the scanner follows; the operands on top are still told.
    const auto scan = scanPickle(bytesOf(QByteArray(5'000'000, 'N') + raw("\x8c\x02os\x8c\x06system\x93.")));
    QVERIFY(!scan.broken);
    QCOMPARE(listed(scan.globals), QString(kSystem));
}

void TstPickleScanner::sparseFileIsNotReadToItsEnd() {
    QTemporaryFile file;
    QVERIFY(file.open());
    file.write("I1");
    const qint64 size = 4 * static_cast<qint64>(limits::kPickleTextBytes);
    QVERIFY(file.resize(size));
    const uchar* mapped = file.map(0, size);
    QVERIFY(mapped != nullptr);
    const auto bytes = std::as_bytes(std::span(mapped, static_cast<std::size_t>(size)));
    const auto scan = scanPickle(bytes);
    QVERIFY(scan.broken.has_value());
    QCOMPARE(scan.broken->code, Errc::OverLimit);
    QCOMPARE(scan.broken->offset, 0U);
}

void TstPickleScanner::flippedBits() {
    const QByteArray pickle =
        raw("\x80\x04\x95\x1e\0\0\0\0\0\0\0]\x94(\x8c\x02os\x94\x8c\x06system\x94\x93\x94K\x05J\1\2\3\4h\1h\2e.");
    for (int bit = 0; bit < pickle.size() * 8; ++bit) {
        QByteArray flipped = pickle;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const auto scan = scanPickle(bytesOf(flipped));
        QVERIFY(scan.endOffset <= static_cast<std::uint64_t>(pickle.size()));
        if (scan.broken) QVERIFY(scan.broken->offset <= static_cast<std::uint64_t>(pickle.size()));
    }
    for (int n = 0; n < pickle.size(); ++n) QVERIFY(scanPickle(bytesOf(pickle.left(n))).broken.has_value());
}

void TstPickleScanner::merging() {
    auto into = scanPickle(bytesOf(raw("ca\nb\n."))).globals;
    mergeGlobals(into, scanPickle(bytesOf(raw("ca\nb\ncc\nd\n\x93."))).globals);
    mergeGlobals(into, scanPickle(bytesOf(raw("cc\nd\n\x93."))).globals);
    QCOMPARE(listed(into), QString("a b suspicious; c d suspicious; ") + kDynamic);
    // A name in the file that looks like a computed one is none.
    mergeGlobals(into, scanPickle(bytesOf(raw("c?\n?\n."))).globals);
    QCOMPARE(into.size(), std::size_t{4});
}

// A pickle of many names and many of one name each: time grows with their sum.
void TstPickleScanner::mergingMany() {
    constexpr int kNames = 20'000;
    std::vector<GlobalRef> first(kNames);
    for (int i = 0; i < kNames; ++i) first[std::size_t(i)].module = "m" + std::to_string(i);
    std::vector<GlobalRef> into;
    GlobalMerger merger(into);
    merger.add(first);
    for (int i = 0; i < 2 * kNames; ++i) {
        GlobalRef one;
        one.module = "m" + std::to_string(i);
        merger.add({one});
    }
    QCOMPARE(into.size(), std::size_t{2 * kNames});
}

// The verdict on getattr in a stream, and what it is for.
void TstPickleScanner::enumReads_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QString>("verdict");
    const QByteArray getattr = raw("cbuiltins\ngetattr\n");
    const QByteArray format = raw("ctorch.distributed.checkpoint.metadata\n_MEM_FORMAT_ENCODING\n");
    const QByteArray task = raw("cpeft.utils.peft_types\nTaskType\n");
    const QByteArray member = raw("X\x14\0\0\0TORCH_CHANNELS_LAST_");
    const auto read = [&](const QByteArray& of, const QByteArray& name) {
        return getattr + of + "X" + QByteArray(1, static_cast<char>(name.size())) + QByteArray(3, '\0') + name +
               "\x86R";
    };
    const QByteArray good = read(format, "TORCH_CHANNELS_LAST");
    const auto row = [](const char* name, const QByteArray& pickle, const char* verdict) {
        QTest::newRow(name) << pickle + "." << QString(verdict);
    };
    row("a member", good, "safe");
    row("two members", good + "0" + read(format, "TORCH_PRESERVE_FORMAT"), "safe");
    row("Python 2's name", QByteArray(good).replace("builtins", "__builtin__"), "safe");
    row("STACK_GLOBAL and the memo",
        raw("\x80\x04\x8c\x08"
            "builtins\x94\x8c\x07getattr\x94\x93\x94\x8c\x25torch.distributed.checkpoint.metadata\x94\x8c\x14"
            "_MEM_FORMAT_ENCODING\x94\x93\x94\x8c\x17TORCH_CONTIGUOUS_FORMAT\x94\x86\x94R\x94"
            "0h\x02h\x05h\x06\x86R"),
        "safe");
    row("a small letter, in a plain enumeration", read(raw("cmegatron.core.enums\nModelType\n"), "encoder_or_decoder"),
        "safe");
    row("a small letter, where texts have methods", read(task, "format"), "dangerous");
    row("capitals, where texts have methods", read(task, "CAUSAL_LM"), "safe");
    row("what every class has", read(format, "mro"), "dangerous");
    row("a private name", read(format, "__subclasses__"), "dangerous");
    row("a dotted name", read(format, "A.B"), "dangerous");
    row("no name", read(format, ""), "dangerous");
    row("another class", read(raw("cm\nC\n"), "RED"), "dangerous");
    row("a class of a like name", read(raw("cmetadata\n_MEM_FORMAT_ENCODING\n"), "RED"), "dangerous");
    row("what a call made", read(format + ")R", "RED"), "dangerous");
    row("a name that a call made", getattr + format + member + ")R\x86R", "dangerous");
    row("three arguments", getattr + format + member + "N\x87R", "dangerous");
    row("never called", getattr, "dangerous");
    row("also kept", getattr + "0" + good, "dangerous");
    row("also called otherwise", good + "0" + read(raw("cm\nC\n"), "RED"), "dangerous");
    row("an argument of another call", raw("cm\nf\n") + getattr + "\x85R0" + good, "dangerous");
    row("called through a copy", raw("cm\nf\n") + getattr + "2\x86R0" + good, "dangerous");
    row("called by the memo", getattr + raw("q\x01") + good.mid(getattr.size()) + raw("h\x01\x85"), "dangerous");
    row("INST", raw("(ibuiltins\ngetattr\n") + "0" + good, "dangerous");
    row("OBJ", "(" + getattr + format + member + "o", "dangerous");
    row("NEWOBJ", QByteArray(good).replace("\x86R", "\x86\x81"), "dangerous");
    QTest::newRow("a stream that breaks") << good << QString("dangerous");
}

void TstPickleScanner::enumReads() {
    QFETCH(QByteArray, pickle);
    QFETCH(QString, verdict);
    const auto scan = scanPickle(bytesOf(pickle));
    const auto found = std::ranges::find(scan.globals, "getattr", &GlobalRef::name);
    QVERIFY(found != scan.globals.end());
    QCOMPARE(QString::fromStdString(std::string(verdictName(found->verdict))), verdict);
    // Another pickle of the same file may use it for worse.
    auto all = scan.globals;
    mergeGlobals(all, scanPickle(bytesOf(raw("cbuiltins\ngetattr\n0c__builtin__\ngetattr\n."))).globals);
    for (const auto& global : all)
        if (global.name == "getattr") QVERIFY(global.verdict == Verdict::Dangerous);
}

QTEST_APPLESS_MAIN(TstPickleScanner)
#include "tst_pickle_scanner.moc"
