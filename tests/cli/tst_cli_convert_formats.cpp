// SPDX-License-Identifier: GPL-3.0-or-later
#include "made_files.h"

// What `convert` writes besides one .pth or .safetensors: a file per tensor, npz, ranks, shards by count, other names.
class TstCliConvertFormats : public MadeFiles {
    Q_OBJECT

private slots:
    void initTestCase();
    void filePerTensor();
    void npz();
    void npzRefusesWhatNumpyHasNot();
    void rename_data();
    void rename();
    void renameRefuses_data();
    void renameRefuses();
    void shardsByCount();
    void integerRules();
    void saturate();
    void lossBeforehand();
    void tensorParallel_data();
    void tensorParallel();
    void tensorParallelRefuses_data();
    void tensorParallelRefuses();
};

namespace {

constexpr auto kMake = R"(import sys, collections, torch
d = sys.argv[1]
g = torch.Generator().manual_seed(1)
r = lambda *s: torch.randn(*s, generator=g)
model = collections.OrderedDict()
model['module.a.weight'] = r(6, 4)
model['module.a.bias'] = torch.nn.Parameter(r(6))
model['module.t'] = r(5, 7).t()
model['module.ids'] = torch.arange(-3, 300)
model['module.half'] = r(9).half() * 1e5
model['module.empty'] = torch.zeros(0, 3)
model['module.scalar'] = torch.tensor(2.5)
model['module.tied'] = model['module.a.weight']
torch.save(model, d + '/model.pth')
torch.save({'state_dict': model, 'epoch': 3, 'name': 'x'}, d + '/training.pth')
gpt = {}
for i in range(2):
    gpt.update({f'h.{i}.ln_1.weight': r(8), f'h.{i}.attn.c_attn.weight': r(8, 24), f'h.{i}.attn.c_attn.bias': r(24),
                f'h.{i}.attn.c_proj.weight': r(8, 8), f'h.{i}.attn.c_proj.bias': r(8), f'h.{i}.mlp.c_fc.weight': r(8, 32),
                f'h.{i}.mlp.c_fc.bias': r(32), f'h.{i}.mlp.c_proj.weight': r(32, 8)})
gpt['wte.weight'] = r(57, 8)
torch.save(gpt, d + '/gpt2.pth')
torch.save({k: v.t().contiguous() if v.dim() == 2 and '.c_' in k else v for k, v in gpt.items()}, d + '/nanogpt.pth')
llama = {'model.embed_tokens.weight': r(64, 8), 'model.norm.weight': r(8), 'lm_head.weight': r(64, 8)}
for k in 'qkv': llama[f'model.layers.0.self_attn.{k}_proj.weight'] = r(8, 8)
llama['model.layers.0.self_attn.o_proj.weight'] = r(8, 8).bfloat16()
llama['model.layers.0.mlp.gate_proj.weight'] = r(16, 8)
llama['model.layers.0.mlp.down_proj.weight'] = r(8, 16)
torch.save(llama, d + '/llama.pth')
phi = {'model.layers.0.self_attn.qkv_proj.weight': r(24, 8), 'model.layers.0.self_attn.o_proj.weight': r(8, 8),
       'model.layers.0.mlp.gate_up_proj.weight': r(32, 8), 'model.layers.0.mlp.down_proj.weight': r(8, 16), 'lm_head.weight': r(12, 8)}
torch.save(phi, d + '/phi.pth')
torch.save(phi | {'model.layers.0.self_attn.qkv_proj.weight': r(16, 8)}, d + '/grouped.pth')
torch.save({'decoder.layers.0.mlp.linear_fc1.weight': r(64, 8), 'decoder.layers.0.mlp.linear_fc1.bias': r(64),
            'decoder.layers.0.mlp.linear_fc2.weight': r(8, 32), 'decoder.layers.0.self_attention.linear_proj.weight': r(8, 8)}, d + '/gated.pth')
scratch = {'tok_emb.weight': r(57, 8), 'out_head.weight': r(57, 8), 'trf_blocks.0.att.out_proj.weight': r(8, 8),
           'trf_blocks.0.ff.layers.0.weight': r(32, 8), 'trf_blocks.0.ff.layers.0.bias': r(32), 'trf_blocks.0.ff.layers.2.weight': r(8, 32),
           'trf_blocks.0.norm1.scale': r(8)}
for k in ('query', 'key', 'value'): scratch[f'trf_blocks.0.att.W_{k}.weight'] = r(8, 8)
torch.save(scratch, d + '/scratch.pth')
gpt['lm_head.weight'] = gpt['wte.weight'].clone()
torch.save(gpt, d + '/gpt2-head.pth')
torch.save({'encoder.layers.0.self_attention.linear_qkv.weight': r(24, 8), 'encoder.layers.0.mlp.linear_fc2.weight': r(8, 32),
            'encoder.layers.0.mlp.linear_fc1.bias': r(32), 'output_layer.weight': r(12, 8), 'final.weight': r(8)}, d + '/megatron.pth')
)";

}  // namespace

void TstCliConvertFormats::initTestCase() {
    make(kMake);
}

void TstCliConvertFormats::filePerTensor() {
    NEEDS_PEER();
    const QString to = path("tensors");
    STATUS_IS(runCli({"convert", path("training.pth"), to, "--to", "tensors", "--weights-only", "--verify"}), 0);
    PEER_OK(R"(import sys, os, json, torch
source = torch.load(sys.argv[1])
index = json.load(open(sys.argv[2] + '/tensors.index.json'))
assert set(index['weight_map']) == set(source), index
assert sorted(os.listdir(sys.argv[2])) == sorted([*index['weight_map'].values(), 'tensors.index.json'])
for name, want in source.items():
    got = torch.load(sys.argv[2] + '/' + index['weight_map'][name], weights_only=True)
    assert type(got) is type(want) and got.dtype == want.dtype and torch.equal(got, want), name
    assert got.untyped_storage().nbytes() == want.numel() * want.element_size(), name)",
            {path("model.pth"), to});
    // Again over it: another selection leaves nothing of the first.
    STATUS_IS(runCli({"convert", path("model.pth"), to, "--to", "tensors", "--overwrite", "--keep", "*.bias"}), 0);
    QCOMPARE(QDir(to).entryList(QDir::Files), (QStringList{"module.a.bias.pt", "tensors.index.json"}));
}

void TstCliConvertFormats::npz() {
    NEEDS_PEER();
    STATUS_IS(runCli({"convert", path("model.pth"), path("model.npz"), "--verify"}), 0);
    PEER_OK(R"(import sys, torch, numpy, zipfile
source = torch.load(sys.argv[1])
assert zipfile.ZipFile(sys.argv[2]).testzip() is None
got = numpy.load(sys.argv[2], allow_pickle=False)
assert sorted(got.files) == sorted(source)
for name, want in source.items():
    want = want.detach().numpy()
    assert got[name].dtype == want.dtype and got[name].shape == want.shape and (got[name] == want).all(), name)",
            {path("model.pth"), path("model.npz")});
    const QJsonObject opened = jsonOf(runCli({"inspect", path("model.npz"), "--json"}).out);
    QCOMPARE(opened["tensors"].toArray().size(), 8);
}

void TstCliConvertFormats::npzRefusesWhatNumpyHasNot() {
    NEEDS_PEER();
    const ProcessResult refused = runCli({"convert", path("llama.pth"), path("l.npz")});
    STATUS_IS(refused, 1);
    QVERIFY2(refused.err.contains("o_proj.weight' is bf16, a type that numpy has not"), refused.err.constData());
    STATUS_IS(runCli({"convert", path("llama.pth"), path("l.npz"), "--rule", "*o_proj*=f32"}), 0);
}

void TstCliConvertFormats::rename_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("graph") << "model.pth"
                           << "r1.pth" << QStringList{};
    QTest::newRow("weights of a training checkpoint") << "training.pth"
                                                      << "r2.pth" << QStringList{"--weights-only"};
    QTest::newRow("safetensors") << "model.pth"
                                 << "r3.safetensors" << QStringList{};
}

void TstCliConvertFormats::rename() {
    NEEDS_PEER();
    QFETCH(QString, source);
    QFETCH(QString, to);
    QFETCH(QStringList, options);
    STATUS_IS(runCli(QStringList{"convert", path(source), path(to), "--rename", R"(^module\.=>)", "--rename",
                                 R"((\w+)\.(weight|bias)$=>\2_of_\1)"} +
                     options),
              0);
    PEER_OK(R"(import sys, torch, re, safetensors.torch
source = torch.load(sys.argv[1])
flat = sys.argv[2].endswith('.safetensors')
got = safetensors.torch.load_file(sys.argv[2]) if flat else torch.load(sys.argv[2])
want = {re.sub(r'(\w+)\.(weight|bias)$', r'\2_of_\1', k.removeprefix('module.')): v for k, v in source.items()}
if flat: want.pop('weight_of_a' if 'tied' in got else 'tied')
else: assert list(got) == list(want), list(got)
assert set(got) == set(want), set(got) ^ set(want)
for k, v in want.items(): assert torch.equal(got[k], v), k
if not flat: assert got['tied'].data_ptr() == got['weight_of_a'].data_ptr())",
            {path("model.pth"), path(to)});
}

void TstCliConvertFormats::renameRefuses_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("rule");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("says");
    QTest::newRow("no arrow") << "model.pth"
                              << "a" << 2 << "is neither FROM=TO nor REGEX=>REPL";
    QTest::newRow("no expression") << "model.pth"
                                   << "(=>x" << 2 << "is no regular expression";
    QTest::newRow("no such group") << "model.pth"
                                   << R"(a=>\1)" << 2 << "cannot replace";
    QTest::newRow("one name for two") << "model.pth"
                                      << "^.*$=>x" << 2 << "gives two tensors the name 'x'";
    QTest::newRow("out of its dictionary") << "training.pth"
                                           << "^state_dict=>model" << 1 << "out of its dictionary";
}

void TstCliConvertFormats::renameRefuses() {
    NEEDS_PEER();
    QFETCH(QString, source);
    QFETCH(QString, rule);
    QFETCH(int, status);
    QFETCH(QString, says);
    const ProcessResult result = runCli({"convert", path(source), path("never.pth"), "--rename", rule});
    STATUS_IS(result, status);
    QVERIFY2(result.err.contains(says.toUtf8()), result.err.constData());
}

void TstCliConvertFormats::shardsByCount() {
    NEEDS_PEER();
    for (const auto* target : {"safetensors", "pth"}) {
        const QString to = path(QStringLiteral("by-count-%1").arg(target));
        STATUS_IS(runCli({"convert", path("gpt2.pth"), to, "--to", target, "--shards", "3"}), 0);
        QCOMPARE(QDir(to).entryList(QDir::Files).size(), 4);  // the index is one of them
        // Merged to one file again.
        STATUS_IS(runCli({"convert", to, path(QStringLiteral("merged-%1.pth").arg(target))}), 0);
        PEER_OK(R"(import sys, torch
a, b = torch.load(sys.argv[1]), torch.load(sys.argv[2])
assert set(a) == set(b) and all(torch.equal(a[k], b[k]) for k in a))",
                {path("gpt2.pth"), path(QStringLiteral("merged-%1.pth").arg(target))});
    }
    STATUS_IS(runCli({"convert", path("gpt2.pth"), path("too-many"), "--to", "pth", "--shards", "99"}), 2);
}

void TstCliConvertFormats::integerRules() {
    NEEDS_PEER();
    STATUS_IS(
        runCli({"convert", path("model.pth"), path("i.pth"), "--rule", "*.ids=i8", "--rule", "*.half=i32", "--rule",
                "*.t=bool", "--rule", "*=f16", "--rule", "*.ids=i8", "--rule", "*.half=i32", "--rule", "*.t=bool"}),
        0);
    PEER_OK(R"(import sys, torch
source, got = torch.load(sys.argv[1]), torch.load(sys.argv[2])
types = {'module.ids': torch.int8, 'module.half': torch.int32, 'module.t': torch.bool}
for k, v in source.items(): assert torch.equal(got[k], v.to(types.get(k, torch.float16))) and got[k].dtype == types.get(k, torch.float16), k)",
            {path("model.pth"), path("i.pth")});
}

void TstCliConvertFormats::saturate() {
    NEEDS_PEER();
    STATUS_IS(runCli({"convert", path("model.pth"), path("s.pth"), "--rule", "*.half=f8_e4m3fn", "--saturate", "--drop",
                      "*.nothing"}),
              0);
    PEER_OK(R"(import sys, torch
source, got = torch.load(sys.argv[1])['module.half'].float(), torch.load(sys.argv[2])['module.half'].float()
assert torch.equal(got, source.clamp(-448, 448).to(torch.float8_e4m3fn).float()), got)",
            {path("model.pth"), path("s.pth")});
}

void TstCliConvertFormats::lossBeforehand() {
    NEEDS_PEER();
    const QStringList arguments{"convert", path("model.pth"), path("p.pth"), "--dtype", "bf16", "--json", "--loss"};
    const QJsonObject before = jsonOf(runCli(arguments + QStringList{"--dry-run"}).out);
    QVERIFY(!QFile::exists(path("p.pth")));
    const QJsonObject after = jsonOf(runCli(arguments).out);
    QVERIFY(before["loss"].toArray().size() >= 5);
    QCOMPARE(before["loss"], after["loss"]);
}

void TstCliConvertFormats::tensorParallel_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("target");
    for (const auto* model : {"gpt2", "gpt2-head", "nanogpt", "llama", "phi", "megatron", "gated", "scratch"})
        for (const auto* target : {"pth", "safetensors"}) QTest::addRow("%s, %s", model, target) << model << target;
}

void TstCliConvertFormats::tensorParallel() {
    NEEDS_PEER();
    QFETCH(QString, model);
    QFETCH(QString, target);
    const QString source = path(model + ".pth");
    const QString ranks = path(model + '-' + target);
    STATUS_IS(runCli({"convert", source, ranks, "--to", target, "--tp", "4", "--verify"}), 0);
    QCOMPARE(QDir(ranks).entryList(QDir::Dirs | QDir::NoDotAndDotDot),
             (QStringList{"rank_00", "rank_01", "rank_02", "rank_03"}));
    PEER_OK(R"(import sys, torch, os, safetensors.torch
source = torch.load(sys.argv[1])
def load(r):
    (name,) = os.listdir(f'{sys.argv[2]}/rank_{r:02}')
    path = f'{sys.argv[2]}/rank_{r:02}/{name}'
    return safetensors.torch.load_file(path) if path.endswith('.safetensors') else torch.load(path)
ranks = [load(r) for r in range(4)]
conv1d = source.get('h.0.attn.c_attn.weight', torch.zeros(2, 1)).shape[0] == 8
def rule(k):
    for end, dim in {'c_attn.weight': 1, 'attn.c_proj.weight': 0, 'c_fc.weight': 1, 'mlp.c_proj.weight': 0}.items():
        if k.endswith(end): return (dim if conv1d else 1 - dim), 3 if 'c_attn' in end else 1
    if k.endswith('c_attn.bias') or 'qkv_proj' in k: return 0, 3
    if 'gate_up' in k or ('linear_fc1' in k and 'decoder' in k): return 0, 2
    if 'h.0.ln_1.weight' in source and 'lm_head' in k: return None
    if k.endswith('c_fc.bias'): return 0, 1
    if k.endswith(('q_proj.weight', 'k_proj.weight', 'v_proj.weight', 'gate_proj.weight', 'embed_tokens.weight', 'lm_head.weight', 'linear_qkv.weight', 'linear_fc1.bias', 'output_layer.weight', 'W_query.weight', 'W_key.weight', 'W_value.weight', 'layers.0.bias')) or k.endswith('ff.layers.0.weight'): return 0, 1
    if k.endswith(('o_proj.weight', 'down_proj.weight', 'linear_fc2.weight', 'linear_proj.weight', 'out_proj.weight', 'ff.layers.2.weight')): return 1, 1
    return None
cuts = 0
for k, v in source.items():
    cut = rule(k)
    for r in range(4):
        want = v if cut is None else torch.cat([part.chunk(4, cut[0])[r] for part in v.chunk(cut[1], cut[0])], cut[0])
        assert torch.equal(ranks[r][k], want) and ranks[r][k].dtype == v.dtype, (k, r)
    cuts += cut is not None
assert cuts >= 3)",
            {source, ranks});
    const QString merged = path(model + "-merged-" + target + ".pth");
    STATUS_IS(runCli({"convert", ranks, merged, "--tp-merge", "--verify"}), 0);
    PEER_OK(R"(import sys, torch
a, b = torch.load(sys.argv[1]), torch.load(sys.argv[2])
assert set(a) == set(b)
for k in a: assert torch.equal(a[k], b[k]) and a[k].dtype == b[k].dtype, k)",
            {source, merged});
    // Over an older set of more ranks: nothing of it stays.
    STATUS_IS(runCli({"convert", source, ranks, "--to", target, "--tp", "2", "--overwrite", "--dtype", "f16"}), 0);
    QCOMPARE(QDir(ranks).entryList(QDir::Dirs | QDir::NoDotAndDotDot), (QStringList{"rank_00", "rank_01"}));
}

void TstCliConvertFormats::tensorParallelRefuses_data() {
    addRefusals();
    QTest::newRow("uneven") << "llama.pth" << QStringList{"--tp", "3"} << "which 3 ranks do not divide";
    QTest::newRow("uneven parts") << "gpt2.pth" << QStringList{"--tp", "16"}
                                  << "in each of 3 fused parts do not divide";
    QTest::newRow("fused parts of different sizes")
        << "grouped.pth" << QStringList{"--tp", "2"} << "query, key and value of different sizes";
    QTest::newRow("no such dimension") << "llama.pth" << QStringList{"--tp", "2", "--tp-rule", "*norm*=1"}
                                       << "has no dimension 1";
    QTest::newRow("no known name") << "model.pth" << QStringList{"--tp", "2"} << "no rule says how to cut";
    QTest::newRow("a rule that is none") << "llama.pth" << QStringList{"--tp", "2", "--tp-rule", "a=b"}
                                         << "is not GLOB=DIM";
    QTest::newRow("nothing to merge") << "." << QStringList{"--tp-merge"} << "holds no ranks";
}

void TstCliConvertFormats::tensorParallelRefuses() {
    MadeFiles::refuses("pth");
}

QTEST_APPLESS_MAIN(TstCliConvertFormats)
#include "tst_cli_convert_formats.moc"
