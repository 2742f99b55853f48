// SPDX-License-Identifier: GPL-3.0-or-later
#include "made_files.h"

// `convert --to dcp`: directories that torch.distributed.checkpoint reads, and what they can hold that others cannot.
class TstCliConvertDcp : public MadeFiles {
    Q_OBJECT

private slots:
    void initTestCase();
    void asTorchFlattens();
    void keepsObjects();
    void tiedTensorsLieOnce();
    void shards_data();
    void shards();
    void replacesAnOlderOne();
    void saysWhatIsDropped();
    void refuses_data();
    void refuses();
    void refusesAllAtOnce_data();
    void refusesAllAtOnce();
    void dropsObjects_data();
    void dropsObjects();
    void shardsHoldObjects();
    void filesHoldObjects();
    void lazyViews_data();
    void lazyViews();
    void unpackedBlocksAreCast();
};

namespace {

constexpr auto kMake = R"(import sys, collections, torch
d = sys.argv[1]
torch.manual_seed(2)
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2))
opt = torch.optim.Adam(net.parameters())
net(torch.randn(5, 4)).sum().backward(); opt.step()
w = torch.nn.Parameter(torch.randn(40, 30))
state = {'net': net.state_dict(), 'opt': opt.state_dict(), 'tied': {'b': w, 'a': w}, 'epoch': 7, 'list': [torch.ones(2), {'x': 1}],
         'plain list': [1, 2], 'tuple': (1, torch.ones(2)), 3: {0: torch.ones(1), 'deep': {'er': torch.zeros(2, 2)}}, 'none': None,
         'no dict': {}, 'inner': [[torch.ones(1)], []], 'view': torch.arange(12.).reshape(3, 4).t(), 'name': 'a run',
         'complex': torch.tensor([1 + 2j, 3 - 4j]).conj(), 'bytes': b'x'}
torch.save(state, d + '/training.pth')
torch.save({'q': torch.quantize_per_tensor(torch.randn(3, 4), 0.1, 3, torch.qint8), 'sparse': torch.eye(3).to_sparse(),
            'csr': torch.eye(4).to_sparse_csr(), 'w': torch.ones(3)}, d + '/objects.pth')
torch.save([torch.ones(3)], d + '/list.pth')
torch.save({'a.b': torch.ones(1), 'a': {'b': torch.ones(2)}}, d + '/twice.pth')
lazy = {'plain': torch.randn(5, 6, dtype=torch.complex64)}
lazy |= {'conj': lazy['plain'].conj(), 'turned': lazy['plain'][1:4, ::2].conj().t(), 'neg': lazy['plain'].clone().conj().imag}
assert lazy['conj'].is_conj() and lazy['neg'].is_neg()
torch.save(lazy, d + '/lazy.pth')
)";

constexpr auto kReadBack = R"(import sys, os, torch, warnings
warnings.simplefilter('ignore')
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
from torch.distributed.checkpoint._nested_dict import flatten_state_dict
def back(path):
    dcp_to_torch_save(path, path + '.back.pth')
    return torch.load(path + '.back.pth', weights_only=False)
source = torch.load(sys.argv[1], weights_only=False)
got = back(sys.argv[2])
)";

}  // namespace

void TstCliConvertDcp::initTestCase() {
    make(kMake);
}

void TstCliConvertDcp::asTorchFlattens() {
    NEEDS_PEER();
    STATUS_IS(runCli({"convert", path("training.pth"), path("flat"), "--to", "dcp", "--verify"}), 0);
    PEER_OK(QString::fromUtf8(kReadBack) + R"(
dcp.save(source, checkpoint_id=sys.argv[2] + '.torch', no_dist=True)
ours, theirs = (dcp.FileSystemReader(p).read_metadata() for p in (sys.argv[2], sys.argv[2] + '.torch'))
assert ours.planner_data == theirs.planner_data, (ours.planner_data, theirs.planner_data)
assert ours.state_dict_metadata == theirs.state_dict_metadata
assert ours.storage_data.keys() == theirs.storage_data.keys() and ours.version == theirs.version
want, _ = flatten_state_dict(back(sys.argv[2] + '.torch'))
flat, _ = flatten_state_dict(got)
assert list(flat) == list(want)
for k, v in want.items():
    same = torch.equal(flat[k], v) and flat[k].dtype == v.dtype if isinstance(v, torch.Tensor) else str(flat[k]) == str(v)
    assert same and type(flat[k]) is type(v), (k, flat[k], v))",
            {path("training.pth"), path("flat")});
    // Its description names what torch's own does, and that is known to be harmless.
    for (const char* name : {"flat", "flat.torch"}) {
        const ProcessResult scanned = runCli({"scan", path(name) + "/.metadata", "--json"});
        QVERIFY2(scanned.out.contains("_StorageInfo"), scanned.out.constData());
        QVERIFY2(!scanned.out.contains("pickle.suspicious-global"), scanned.out.constData());
    }
    // And read by ourselves: the same tensors, then nothing is lost on the way back.
    // The archives in its data files are aligned; that is nothing to warn of.
    const ProcessResult checked = runCli({"check", path("flat"), "--json"});
    QVERIFY2(jsonOf(checked.out)["not_done"].toArray().isEmpty(), checked.out.constData());
    STATUS_IS(checked, 0);
    const ProcessResult scanned = runCli({"scan", path("flat"), "--json"});
    QCOMPARE(scanned.out.count("zip.gap"), 0);
    const ProcessResult same = runCli({"diff", path("training.pth"), path("flat"), "--values"});
    QVERIFY2(same.exitCode == 0, same.out.constData());
}

void TstCliConvertDcp::keepsObjects() {
    NEEDS_PEER();
    STATUS_IS(runCli({"convert", path("objects.pth"), path("objects"), "--to", "dcp", "--verify"}), 0);
    PEER_OK(QString::fromUtf8(kReadBack) + R"(
assert got.keys() == source.keys()
for k in source: assert str(got[k]) == str(source[k]) and got[k].layout == source[k].layout, k)",
            {path("objects.pth"), path("objects")});
}

void TstCliConvertDcp::tiedTensorsLieOnce() {
    NEEDS_PEER();
    const ProcessResult result =
        runCli({"convert", path("training.pth"), path("tied"), "--to", "dcp", "--keep", "tied.*"});
    STATUS_IS(result, 0);
    QVERIFY2(result.out.contains("'tied.b' is the same tensor as 'tied.a' and is written once"),
             result.out.constData());
    const QJsonArray tensors = jsonOf(runCli({"inspect", path("tied"), "--json"}).out)["tensors"].toArray();
    QCOMPARE(tensors.size(), 2);
    QCOMPARE(tensors[0]["offset"], tensors[1]["offset"]);
    // Back in a .pth they share their memory again.
    STATUS_IS(runCli({"convert", path("tied"), path("tied.pth")}), 0);
    PEER_OK(R"(import sys, torch
a, b = torch.load(sys.argv[1], weights_only=False)['tied'], torch.load(sys.argv[2])['tied']
assert torch.equal(a['a'], b['a']) and b['a'].data_ptr() == b['b'].data_ptr())",
            {path("training.pth"), path("tied.pth")});
}

void TstCliConvertDcp::shards_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("files");
    QTest::newRow("one") << QStringList{} << 1;
    QTest::newRow("by count") << QStringList{"--shards", "3"} << 3;
    QTest::newRow("by size") << QStringList{"--max-shard-size", "8KiB"} << 0;
}

void TstCliConvertDcp::shards() {
    NEEDS_PEER();
    QFETCH(QStringList, options);
    QFETCH(int, files);
    const QString to = path("shards" + options.join(""));
    STATUS_IS(runCli(QStringList{"convert", path("training.pth"), to, "--to", "dcp", "--dtype", "bf16"} + options), 0);
    const auto names = QDir(to).entryList({"*.distcp"}, QDir::Files);
    QVERIFY(files != 0 ? names.size() == files : names.size() > 3);
    for (int i = 0; i < names.size(); ++i) {
        QVERIFY(names.contains(QStringLiteral("__0_%1.distcp").arg(i)));
        // 4,800 bytes of one tensor become 2,400: nothing alone exceeds the size.
        if (files == 0) QVERIFY(QFileInfo(to + '/' + names[i]).size() <= 8192);
    }
    PEER_OK(QString::fromUtf8(kReadBack) + R"(
assert torch.equal(got['tied']['a'], source['tied']['a'].bfloat16()) and got['epoch'] == 7
assert got['net']['1.num_batches_tracked'].dtype == torch.int64)",
            {path("training.pth"), to});
}

void TstCliConvertDcp::replacesAnOlderOne() {
    NEEDS_PEER();
    const QStringList convert{"convert", path("training.pth"), path("again"), "--to", "dcp"};
    STATUS_IS(runCli(convert + QStringList{"--shards", "4"}), 0);
    const ProcessResult refused = runCli(convert);
    QVERIFY(refused.exitCode != 0);
    QVERIFY2(refused.err.contains("is not empty"), refused.err.constData());
    STATUS_IS(runCli(convert + QStringList{"--overwrite"}), 0);
    QCOMPARE(QDir(path("again")).entryList(QDir::Files | QDir::Hidden), (QStringList{".metadata", "__0_0.distcp"}));
}

void TstCliConvertDcp::saysWhatIsDropped() {
    NEEDS_PEER();
    for (const auto* target : {"dcp", "safetensors", "tensors"}) {
        const QStringList convert{"convert", path("training.pth"), path(QString("dropped-") + target), "--to", target,
                                  "--json"};
        const QJsonObject before = jsonOf(runCli(convert + QStringList{"--dry-run"}).out);
        const QJsonObject after = jsonOf(runCli(convert).out);
        QVERIFY(!before["dropped"].toArray().isEmpty());
        QCOMPARE(after["dropped"], before["dropped"]);
        QCOMPARE(after["notes"], before["notes"]);
    }
}

void TstCliConvertDcp::refuses_data() {
    addRefusals();
    QTest::newRow("a list") << "list.pth" << QStringList{} << "holds dicts, the root here is of kind list";
    QTest::newRow("one name twice") << "twice.pth" << QStringList{} << "two entries are named 'a.b'";
    QTest::newRow("more files than entries")
        << "objects.pth" << QStringList{"--shards", "9"} << "9 shards were asked for";
    QTest::newRow("ranks") << "training.pth" << QStringList{"--tp", "2"} << "not as dcp";
}

void TstCliConvertDcp::refuses() {
    MadeFiles::refuses("dcp");
}

void TstCliConvertDcp::refusesAllAtOnce_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QStringList>("names");
    const QStringList objects{"sparse.indices", "sparse.values", "csr.crow_indices", "csr.col_indices", "csr.values"};
    for (const auto* target : {"safetensors", "npz"})
        QTest::addRow("nothing but objects to %s", target)
            << "objects.pth" << QStringList{"--to", target, "--drop", "/^w$/"} << objects;
    QTest::newRow("types that numpy has not")
        << "training.pth" << QStringList{"--to", "npz", "--keep", "tied.*", "--keep", "view", "--dtype", "bf16"}
        << QStringList{"tied.a", "tied.b", "view"};
}

// One run tells all that stands in the way, before anything is written.
void TstCliConvertDcp::refusesAllAtOnce() {
    NEEDS_PEER();
    QFETCH(QString, source);
    QFETCH(QStringList, options);
    QFETCH(QStringList, names);
    const ProcessResult result = runCli(QStringList{"convert", path(source), path("never")} + options);
    STATUS_IS(result, 1);
    for (const QString& name : names)
        QVERIFY2(result.err.contains('\'' + name.toUtf8() + '\''), qPrintable(name + " in " + result.err));
    QVERIFY(!QFileInfo::exists(path("never")));
}

void TstCliConvertDcp::dropsObjects_data() {
    QTest::addColumn<QString>("to");
    for (const char* to : {"safetensors", "npz"}) QTest::newRow(to) << to;
}

// Where the target holds plain tensors only, the others are named before and after.
void TstCliConvertDcp::dropsObjects() {
    NEEDS_PEER();
    QFETCH(QString, to);
    QStringList convert{"convert", path("objects.pth"), path("plain-" + to), "--to", to, "--json"};
    const ProcessResult after = runCli(convert);
    STATUS_IS(after, 0);
    QStringList dropped;
    for (const auto& line : jsonOf(after.out)["dropped"].toArray()) dropped << line.toString().section(':', 0, 0);
    dropped.sort();
    QCOMPARE(dropped, (QStringList{"csr", "q", "sparse"}));
    QCOMPARE(jsonOf(runCli(convert << "--dry-run").out)["dropped"], jsonOf(after.out)["dropped"]);
    const QJsonArray tensors = jsonOf(runCli({"inspect", path("plain-" + to), "--json"}).out)["tensors"].toArray();
    QCOMPARE(tensors.size(), 1);
    QCOMPARE(tensors[0].toObject()["name"].toString(), "w");
}

// Shards of pickles hold them: nothing is lost, and the index names what torch finds there.
void TstCliConvertDcp::shardsHoldObjects() {
    NEEDS_PEER();
    const QString out = path("objects-bin");
    const QString source = path("more-objects.pth");
    PEER_OK(R"(import sys, torch
d = torch.load(sys.argv[1], weights_only=False)
d['channels'] = torch.quantize_per_channel(torch.randn(2, 4), torch.tensor([.1, .2]), torch.tensor([0, 1]), 0, torch.qint8)
torch.save(d, sys.argv[2]))",
            {path("objects.pth"), source});
    const ProcessResult result =
        runCli({"convert", source, out, "--to", "pth", "--max-shard-size", "60", "--json", "--verify"});
    STATUS_IS(result, 0);
    QCOMPARE(jsonOf(result.out)["dropped"].toArray().size(), 0);
    const QJsonObject inventory = jsonOf(runCli({"inspect", out, "--json"}).out);
    QVERIFY2(inventory["warnings"].toArray().isEmpty(), QJsonDocument(inventory).toJson());
    QCOMPARE(inventory["tensors"].toArray().size(),
             jsonOf(runCli({"inspect", source, "--json"}).out)["tensors"].toArray().size());
}

// A file per tensor holds them as torch.save() of one does; what they are made of is shown below its name, with the
// index and without.
void TstCliConvertDcp::filesHoldObjects() {
    NEEDS_PEER();
    const QString source = path("objects-and-more.pth");
    PEER_OK(R"(import sys, torch
d = torch.load(sys.argv[1], weights_only=False)
d['channels'] = torch.quantize_per_channel(torch.randn(2, 4), torch.tensor([.1, .2]), torch.tensor([0, 1]), 0, torch.qint8)
d['deep'] = {'sparse': torch.nn.Parameter(torch.eye(3).to_sparse())}
torch.save(d, sys.argv[2]))",
            {path("objects.pth"), source});
    const QString out = path("objects-tensors");
    const QStringList convert{"convert", source, out, "--to", "tensors", "--json", "--verify"};
    const QJsonObject planned = jsonOf(runCli(convert + QStringList{"--dry-run"}).out);
    const ProcessResult result = runCli(convert);
    STATUS_IS(result, 0);
    QCOMPARE(planned["dropped"].toArray().size(), 0);
    QCOMPARE(jsonOf(result.out)["dropped"].toArray().size(), 0);
    QCOMPARE(jsonOf(result.out)["tensors"], planned["tensors"]);
    PEER_OK(R"(import sys, os, json, torch, warnings
warnings.simplefilter('ignore')
source, out = torch.load(sys.argv[1], weights_only=False), sys.argv[2]
source['deep.sparse'] = source.pop('deep')['sparse']
files = json.load(open(out + '/tensors.index.json'))['weight_map']
assert files.keys() == source.keys(), files
for name, want in source.items():
    got = torch.load(os.path.join(out, files[name]), weights_only=True)
    assert type(got) is type(want) and got.layout == want.layout and got.dtype == want.dtype, name
    if want.is_quantized: assert got.qscheme() == want.qscheme() and torch.equal(got.int_repr(), want.int_repr()), name
    dense = lambda t: t.dequantize() if t.is_quantized else t.detach().to_dense()
    assert torch.equal(dense(got), dense(want)), name)",
            {source, out});
    const auto namesIn = [](const QString& at) {
        const QJsonObject inventory = jsonOf(runCli({"inspect", at, "--json"}).out);
        QStringList names(inventory["format"].toString());
        for (const auto& tensor : inventory["tensors"].toArray()) names << tensor.toObject()["name"].toString();
        for (const auto& warning : inventory["warnings"].toArray()) names << warning.toString();
        names.sort();
        return names;
    };
    QStringList names = namesIn(source);
    names.replaceInStrings("pytorch-zip", "tensors");
    names.sort();
    QVERIFY(names.contains("sparse.indices") && names.contains("channels.scales") && names.contains("channels"));
    QCOMPARE(namesIn(out), names);
    QVERIFY(QFile::remove(out + "/tensors.index.json"));
    QCOMPARE(namesIn(out), names);
}

void TstCliConvertDcp::lazyViews_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("shards") << "lazy-bin" << QStringList{"--to", "pth", "--shards", "2"};
    QTest::newRow("a file per tensor") << "lazy-tensors" << QStringList{"--to", "tensors"};
    QTest::newRow("dcp") << "lazy-dcp" << QStringList{"--to", "dcp"};
    QTest::newRow("npz") << "lazy.npz" << QStringList{};
    QTest::newRow("safetensors") << "lazy.safetensors" << QStringList{};
    QTest::newRow("cast in a graph") << "lazy.pth" << QStringList{"--dtype", "f16"};
}

// What torch put off is done where the target has no word for it, and before a cast.
void TstCliConvertDcp::lazyViews() {
    NEEDS_PEER();
    QFETCH(QString, to);
    QFETCH(QStringList, options);
    const QString out = path("out-" + to);
    STATUS_IS(runCli(QStringList{"convert", path("lazy.pth"), out, "--verify"} + options), 0);
    PEER_OK(R"(import sys, os, json, numpy, torch, warnings
warnings.simplefilter('ignore')
path = sys.argv[2]
def load(path):
    if path.endswith('.npz'): return {k: torch.from_numpy(v) for k, v in numpy.load(path).items()}
    if path.endswith('.pth'): return torch.load(path)
    if path.endswith('.safetensors'):
        from safetensors.torch import load_file
        return load_file(path)
    if path.endswith('dcp'):
        from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
        dcp_to_torch_save(path, path + '.pth')
        return torch.load(path + '.pth')
    (index,) = [f for f in os.listdir(path) if f.endswith('.index.json')]
    files = {k: torch.load(os.path.join(path, f)) for k, f in json.load(open(os.path.join(path, index)))['weight_map'].items()}
    return {k: f[k] if isinstance(f, dict) else f for k, f in files.items()}
source, got = torch.load(sys.argv[1]), load(path)
assert source.keys() == got.keys(), got.keys()
for k, v in source.items():
    v = v.resolve_conj().resolve_neg()
    if path.endswith('.pth') and not v.is_complex(): v = v.half()
    assert got[k].dtype == v.dtype and got[k].shape == v.shape and torch.equal(got[k].resolve_conj(), v), k
    if not path.endswith('.pth'): assert not got[k].is_conj() and not got[k].is_neg(), k)",
            {path("lazy.pth"), out});
}

// A block of ggml's is f32 once it is unpacked: that is what rules cast and the loss is about.
void TstCliConvertDcp::unpackedBlocksAreCast() {
    // One tensor of two q8_0 blocks: scales 0.5 and 1024, values -128, -120, ..., 120.
    QByteArray blocks;
    for (const quint16 scale : {quint16(0x3800), quint16(0x6400)}) {
        blocks += littleEndian<quint16>({scale});
        for (int i = 0; i < 32; ++i) blocks += static_cast<char>(-128 + 8 * i);
    }
    const QByteArray name = "blk.0.w";
    QByteArray file = "GGUF" + littleEndian<quint32>({3}) + littleEndian<quint64>({1, 0}) +
                      littleEndian<quint64>({quint64(name.size())}) + name + littleEndian<quint32>({2}) +
                      littleEndian<quint64>({32, 2}) + littleEndian<quint32>({8}) + littleEndian<quint64>({0});
    file += QByteArray((32 - file.size() % 32) % 32, '\0') + blocks;
    QVERIFY(writeFile(path("q8.gguf"), file));
    const QStringList convert{"convert", path("q8.gguf"), path("q8.safetensors"), "--json", "--loss"};
    const QJsonObject plain = jsonOf(runCli(convert + QStringList{"--dry-run"}).out);
    QCOMPARE(plain["bytes_read"].toInt(), 68);
    QCOMPARE(plain["loss"].toArray().size(), 0);
    QCOMPARE(plain["casts"][0]["from"].toString(), "Q8_0");
    QCOMPARE(plain["casts"][0]["to"].toString(), "float32");
    QCOMPARE(plain["casts"][0]["loses"].toBool(), false);
    const QJsonObject half = jsonOf(runCli(convert + QStringList{"--dtype", "f16", "--dry-run"}).out);
    QCOMPARE(half["casts"][0]["loses"].toBool(), true);
    // 1024 * -128, -120, ... -64 and 64 ... 120 are beyond 65504.
    QCOMPARE(half["loss"][0]["overflow"].toInt(), 17);
    QVERIFY(!QFileInfo::exists(path("q8.safetensors")));
    const ProcessResult done = runCli(convert + QStringList{"--dtype", "f16"});
    STATUS_IS(done, 0);
    QCOMPARE(jsonOf(done.out)["loss"], half["loss"]);
    const QByteArray values = readFile(path("q8.safetensors")).right(128);
    QCOMPARE(values.left(4), littleEndian<quint16>({0xD400, 0xD380}));  // -64, -60
}

QTEST_APPLESS_MAIN(TstCliConvertDcp)
#include "tst_cli_convert_dcp.moc"
