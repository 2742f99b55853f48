// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

#include "base/limits.h"
#include "peer.h"
#include "pickle/opcodes.h"
#include "pickle/pickler.h"
#include "pickles.h"

using namespace plimsoll;

namespace {

// Tensors as persistent ids, which the peer maps back.
class IdEmitter final : public PickleEmitter {
public:
    Result<void> tensor(PickleWriter& out, TensorId id) override {
        ++tensors;
        out.text("tensor");
        out.integer(id.value);
        out.tuple2();
        out.persistentId();
        return {};
    }
    Result<void> storage(PickleWriter& /*out*/, StorageId id) override {
        return fail(Errc::Unsupported, "storage " + std::to_string(id.value) + " outside of a tensor");
    }
    int tensors = 0;
};

// Reads persistent tuples ("tensor", n) as tensors.
class IdResolver final : public NoResolver {
    Result<std::optional<Value>> persistent(ValueTree& tree, Value id) override {
        if (id.kind != ValueKind::Tuple || id.length != 2 || tree.text(tree.items(id)[0]) != "tensor")
            return std::optional<Value>{};
        return std::optional(ValueTree::tensorRef(TensorId(static_cast<std::uint32_t>(tree.asInt(tree.items(id)[1])))));
    }
};

// The values, how they are written, and what tells two of them apart: types, values and what is shared.
const char* const kPeer = R"PY(
import pickle, sys, io, argparse, datetime, decimal, enum, types
from collections import OrderedDict, defaultdict, Counter, deque
class Ext(dict):
    pass
class Bag(list):
    pass
class Node:
    def __init__(self): self.me = self
class Slots:
    __slots__ = ('a', 'b')
class Kwargs:
    def __new__(cls, *, x): o = object.__new__(cls); o.x = x; return o
    def __getnewargs_ex__(self): return (), {'x': self.x}
class Outer:
    class Inner: pass
class Tensor:
    def __init__(self, n): self.n = n
def values():
    shared, loop, ring = ['x'], [1], {}
    loop.append(loop); ring['self'] = ring; ring['t'] = (ring,)
    t = ([],); t[0].append(t)
    many = (1, 2, 3, [], 5); many[3].append(many)
    ext = Ext(a=1, b=Ext()); ext.note = 'n'
    bag = Bag([1, 2]); bag.owner = bag
    slots = Slots(); slots.a = [1]; slots.b = slots
    tensor = Tensor(7)
    members = argparse.Namespace(); members.all = {1, 2}
    ba = bytearray(b'xyz')
    yield from [None, True, False, (), [], {}, set(), frozenset(), '', b'', bytearray(),
        [0, 1, 255, 256, 65535, 65536, -1, -2**31, 2**31, -2**31 - 1, 2**63 - 1, -2**63, 2**63, 10**100, -10**700, 1 << 2047],
        [0.0, -0.0, 0.1, float('inf'), float('-inf'), float('nan'), 5e-324],
        ['a', 'ü', '\U0001f600', '\ud800', 'nl\n', '\0', 'x' * 70000, 'a'], [b'\x00\xff', b'abc' * 100, b'\x00\xff'],
        [ba, ba, bytearray(b'xyz')], [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), tuple(range(5000))], list(range(2500)),
        {i: i for i in range(2500)}, {1, 2, 3}, {frozenset([1, 2]), ()}, [shared, shared, (shared,)], loop, ring, t, many,
        OrderedDict([('b', 1), ('a', OrderedDict())]), defaultdict(list, a=[1]), Counter('hello'), deque([1, 2], 5),
        argparse.Namespace(lr=0.1, betas=(0.9, 0.999), nested=argparse.Namespace(a=shared, b=shared)), ext, bag, Node(),
        slots, members, types.SimpleNamespace(a=1), datetime.datetime(2024, 1, 2, 3, 4), decimal.Decimal('1.50'),
        complex(1, -2), range(5), len, dict, [tensor, {'t': tensor}], Kwargs(x=3), Outer.Inner(), Outer.Inner,
        {'model': OrderedDict(w=Tensor(1), b=Tensor(2)), 'optimizer': {'state': {0: {'step': 5, 'avg': Tensor(3)}},
         'param_groups': [{'lr': 1e-3, 'params': [0, 1]}]}, 'epoch': 7}]
class P(pickle.Pickler):
    def persistent_id(self, o): return ('tensor', o.n) if isinstance(o, Tensor) else None
class U(pickle.Unpickler):
    def __init__(self, f): super().__init__(f); self.made = {}
    def persistent_load(self, pid):  # protocol 0 writes the id's str
        n = int(''.join(c for c in str(pid) if c.isdigit()))
        return self.made.setdefault(n, Tensor(n))
def shape(o, seen):
    if o is None or isinstance(o, (bool, int, float, str, bytes, type, types.BuiltinFunctionType)): return (type(o), repr(o))
    if id(o) in seen and o not in ((), frozenset()): return ('seen', seen[id(o)])
    seen[id(o)] = len(seen)
    if isinstance(o, Tensor): return ('tensor', o.n)
    out = [type(o).__qualname__]
    if isinstance(o, (set, frozenset)): out.append(sorted(repr(shape(x, {})) for x in o))
    elif isinstance(o, dict): out += [[shape(k, seen), shape(v, seen)] for k, v in o.items()]
    elif isinstance(o, (list, tuple, deque)): out += [shape(x, seen) for x in o]
    else: out.append(repr(o) if isinstance(o, (bytearray, complex, range, datetime.datetime, decimal.Decimal)) else '')
    if isinstance(o, defaultdict): out.append(repr(o.default_factory))
    if isinstance(o, deque): out.append(o.maxlen)
    if hasattr(o, '__dict__'): out.append([(k, shape(v, seen)) for k, v in o.__dict__.items()])
    if isinstance(o, Slots): out += [shape(o.a, seen), shape(o.b, seen)]
    return out
if sys.argv[1] == 'write':
    n = 0
    for protocol in range(6):
        for i, value in enumerate(values()):
            f = io.BytesIO()
            try: P(f, protocol).dump(value)
            except (TypeError, pickle.PicklingError): continue  # slots need protocol 2
            open(f'{sys.argv[2]}/{protocol}_{i}.in', 'wb').write(f.getvalue()); n += 1
    print(n)
else:
    import glob
    all_values = list(values()); n = 0
    for path in glob.glob(sys.argv[2] + '/*.out'):
        i = int(path.rsplit('_', 1)[1][:-4])
        got = U(open(path, 'rb')).load()
        want = shape(all_values[i], {})
        assert shape(got, {}) == want, (path, shape(got, {}), want)
        n += 1
    print(n)
)PY";

QByteArray pickled(const ValueTree& tree, Value v) {
    IdEmitter emitter;
    const auto bytes = pickleValue(tree, v, emitter);
    if (!bytes) return QByteArray::fromStdString("error: " + bytes.error().what);
    return QByteArray(reinterpret_cast<const char*>(bytes->data()), static_cast<int>(bytes->size()));
}

}  // namespace

class TstPicklePickler : public QObject {
    Q_OBJECT
private slots:
    void pythonReadsItBack();
    void bytesAsTorchWrites_data();
    void bytesAsTorchWrites();
    void formsStay_data();
    void formsStay();
    void sharedTensorIsWrittenOnce();
    void cannotBeWritten();
    void deepestAllowed();
    void dottedNamesNeedProtocol4();
};

void TstPicklePickler::pythonReadsItBack() {
    NEEDS_PEER();
    QTemporaryDir dir;
    const auto written = runPeer(QString::fromUtf8(kPeer), {"write", dir.path()});
    QVERIFY2(written.exitCode == 0, written.err.constData());
    QVERIFY(written.out.toInt() > 250);
    for (const auto& info : QDir(dir.path()).entryInfoList({"*.in"})) {
        QFile in(info.filePath());
        QVERIFY(in.open(QIODevice::ReadOnly));
        const QByteArray pickle = in.readAll();
        ValueTree tree;
        IdResolver resolver;
        const auto root = runBytes(tree, pickle, resolver);
        QVERIFY2(root,
                 qPrintable(info.fileName() + ": " + (root ? QString() : QString::fromStdString(root.error().what))));
        QFile out(dir.filePath(info.completeBaseName() + ".out"));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(pickled(tree, *root));
    }
    const auto read = runPeer(QString::fromUtf8(kPeer), {"read", dir.path()});
    QVERIFY2(read.exitCode == 0, read.err.constData());
    QCOMPARE(read.out.toInt(), written.out.toInt());
}

void TstPicklePickler::bytesAsTorchWrites_data() {
    QTest::addColumn<QByteArray>("in");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("small int") << raw("I255\n.") << raw("\x80\x02K\xff.");
    QTest::newRow("16 bits") << raw("I256\n.") << raw("\x80\x02M\0\x01.");
    QTest::newRow("32 bits") << raw("I-1\n.") << raw("\x80\x02J\xff\xff\xff\xff.");
    QTest::newRow("2^31") << raw("I2147483648\n.") << raw("\x80\x02\x8a\x05\0\0\0\x80\0.");
    QTest::newRow("-2^63") << raw("I-9223372036854775808\n.") << raw("\x80\x02\x8a\x08\0\0\0\0\0\0\0\x80.");
    QTest::newRow("2^63") << raw("I9223372036854775808\n.") << raw("\x80\x02\x8a\x09\0\0\0\0\0\0\0\x80\0.");
    QTest::newRow("float") << raw("F1\n.") << raw("\x80\x02G\x3f\xf0\0\0\0\0\0\0.");
    QTest::newRow("text twice") << raw("\x8c\x01"
                                       "a\x8c\x01"
                                       "a\x86.")
                                << raw("\x80\x02X\x01\0\0\0aq\0h\0\x86q\x01.");
    QTest::newRow("Python 2 text") << raw("S'a'\n.")
                                   << raw("\x80\x02U\x01"
                                          "aq\0.");
    QTest::newRow("bytes") << raw("C\x01\xff.")
                           << raw("\x80\x02"
                                  "c_codecs\nencode\nX\x02\0\0\0\xc3\xbfX\x06\0\0\0latin1q\0\x86Rq\x01.");
    QTest::newRow("no bytes") << raw("C\0.")
                              << raw("\x80\x02"
                                     "c__builtin__\nbytes\n)Rq\0.");
    QTest::newRow("set") << raw("\x8f.")
                         << raw("\x80\x02"
                                "c__builtin__\nset\n]\x85Rq\0.");
    QTest::newRow("list") << raw("(K\x01l.")
                          << raw("\x80\x02]q\0(K\x01"
                                 "e.");
    QTest::newRow("dict") << raw("(K\x01K\x02"
                                 "d.")
                          << raw("\x80\x02}q\0(K\x01K\x02u.");
    QTest::newRow("OrderedDict") << raw("ccollections\nOrderedDict\n)R(K\x01K\x02u.")
                                 << raw("\x80\x02"
                                        "ccollections\nOrderedDict\nq\0)Rq\x01(K\x01K\x02u.");
}

void TstPicklePickler::bytesAsTorchWrites() {
    QFETCH(QByteArray, in);
    QFETCH(QByteArray, expected);
    ValueTree tree;
    const auto root = runBytes(tree, in);
    QVERIFY(root);
    QCOMPARE(pickled(tree, *root).toHex(' '), expected.toHex(' '));
}

void TstPicklePickler::formsStay_data() {
    QTest::addColumn<QByteArray>("in");
    QTest::addColumn<int>("form");
    QTest::newRow("REDUCE") << raw("cm\nf\nK\x01\x85R.") << static_cast<int>(ObjectForm::Reduce);
    QTest::newRow("NEWOBJ") << raw("cm\nC\nK\x01\x85\x81.") << static_cast<int>(ObjectForm::NewObj);
    QTest::newRow("NEWOBJ_EX") << raw("cm\nC\nK\x01\x85}\x92.") << static_cast<int>(ObjectForm::NewObjEx);
    QTest::newRow("INST") << raw("(K\x01im\nC\n.") << static_cast<int>(ObjectForm::Inst);
    QTest::newRow("OBJ") << raw("(cm\nC\nK\x01o.") << static_cast<int>(ObjectForm::Inst);
}

void TstPicklePickler::formsStay() {
    QFETCH(QByteArray, in);
    QFETCH(int, form);
    ValueTree tree;
    const auto root = runBytes(tree, in);
    QVERIFY(root);
    const QByteArray once = pickled(tree, *root);
    ValueTree again;
    const auto copy = runBytes(again, once);
    QVERIFY2(copy, once.constData());
    QCOMPARE(static_cast<int>(again.object(*copy).form), form);
    QCOMPARE(repr(again, *copy), repr(tree, *root));
}

void TstPicklePickler::sharedTensorIsWrittenOnce() {
    ValueTree tree;
    const Value list = tree.list();
    for (const std::uint32_t id : {5U, 6U, 5U, 5U}) tree.append(list, ValueTree::tensorRef(TensorId(id)));
    IdEmitter emitter;
    QVERIFY(pickleValue(tree, list, emitter));
    QCOMPARE(emitter.tensors, 2);
}

void TstPicklePickler::cannotBeWritten() {
    ValueTree tree;
    IdEmitter emitter;
    const auto storage = pickleValue(tree, ValueTree::storageRef(StorageId(4)), emitter);
    QVERIFY(!storage);
    QCOMPARE(storage.error().code, Errc::Unsupported);
    QVERIFY(storage.error().what.find("storage 4") != std::string::npos);
    const auto global = pickleValue(tree, tree.global("a\nb", "c"), emitter);
    QVERIFY(!global);
    QCOMPARE(global.error().code, Errc::Unsupported);
    const auto text = pickleValue(tree, tree.textIn(ValueKind::String, "\xff"), emitter);
    QVERIFY(!text);
    QCOMPARE(text.error().code, Errc::Unsupported);
}

void TstPicklePickler::deepestAllowed() {
    const auto nested = [](ValueTree& tree, std::uint32_t levels) {
        Value v = ValueTree::none();
        for (std::uint32_t i = 0; i < levels; ++i) {
            ObjectParts parts;
            parts.callable = tree.global("m", "C");
            parts.args = tree.tuple({});
            parts.states.push_back(v);
            v = tree.object(std::move(parts));
        }
        return v;
    };
    IdEmitter emitter;
    ValueTree fits;
    QVERIFY(pickleValue(fits, nested(fits, limits::kNestingDepth), emitter));
    ValueTree deeper;
    const auto refused = pickleValue(deeper, nested(deeper, limits::kNestingDepth + 1), emitter);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Errc::OverLimit);
}

void TstPicklePickler::dottedNamesNeedProtocol4() {
    ValueTree tree;
    const Value list = tree.list();
    tree.append(list, tree.global("m", "Outer.Inner"));
    tree.append(list, tree.set(ValueKind::Set));
    const QByteArray bytes = pickled(tree, list);
    QVERIFY(bytes.startsWith(raw("\x80\x04")));
    // Above protocol 2 nobody maps Python 2's module names.
    QVERIFY(bytes.contains("cbuiltins\nset\n"));
}

QTEST_APPLESS_MAIN(TstPicklePickler)
#include "tst_pickle_pickler.moc"
