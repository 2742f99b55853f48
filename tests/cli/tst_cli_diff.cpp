// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <utility>

#include "cli.h"

// `diff` on files whose every byte is known here, and across formats on files that torch and safetensors wrote.
class TstCliDiff : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void withItself();
    void text_data();
    void text();
    void json();
    void renames_data();
    void renames();
    void suggestion();
    void suggestionFitsTheShapes();
    void acrossFormats();
    void everyType();
    void ggmlBlocks();
    void largeTensorInParts();
    void errors();

private:
    QString path(const char* name) const { return dir_.filePath(name); }

    QTemporaryDir dir_;
};

void TstCliDiff::initTestCase() {
    const auto floats = [](std::initializer_list<float> values) { return littleEndian<float>(values); };
    QVERIFY(writeFile(path("a.safetensors"), safetensorsBytes({{"same", "F32", {2}, floats({1, 2})},
                                                               {"value", "F32", {4}, floats({1, 2, 3, 4})},
                                                               {"type", "F32", {2}, floats({1, 2})},
                                                               {"shape", "F32", {4}, floats({1, 2, 3, 4})},
                                                               {"gone", "F32", {1}, floats({7})}})));
    QVERIFY(writeFile(path("b.safetensors"),
                      safetensorsBytes({{"same", "F32", {2}, floats({1, 2})},
                                        {"value", "F32", {4}, floats({1, 2.5, 3, 3})},
                                        {"type", "BF16", {2}, littleEndian<quint16>({0x3F80, 0x4000})},
                                        {"shape", "F32", {2, 2}, floats({1, 2, 3, 4})},
                                        {"new", "I64", {}, QByteArray(8, '\0')}})));
}

void TstCliDiff::withItself() {
    const ProcessResult result = runCli({"diff", path("a.safetensors"), path("a.safetensors"), "--values"});
    STATUS_IS(result, 0);
    QVERIFY2(result.out.endsWith("5 tensors the same, 0 different, 0 only in A, 0 only in B\n"),
             result.out.constData());
}

void TstCliDiff::text_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("expected");  // after the headings
    const QByteArray alone =
        "only in A  dtype  shape  size\n"
        "gone       f32        1   4 B\n"
        "\n"
        "only in B  dtype   shape  size\n"
        "new        i64    scalar   8 B\n"
        "\n";
    QTest::newRow("names") << QStringList{}
                           << alone +
                                  "different  A      B\n"
                                  "type       f32 2  bf16 2\n"
                                  "shape      f32 4  f32 2x2\n"
                                  "\n"
                                  "2 tensors the same by name, type and shape, 2 different, 1 only in A, 1 only in B\n";
    QTest::newRow("values") << QStringList{"--values"}
                            << alone +
                                   "different  A      B               values  max abs  max rel    rms\n"
                                   "value      f32 4                  2 of 4        1     0.25  0.559\n"
                                   "type       f32 2  bf16 2          0 of 2        0        0      0\n"
                                   "shape      f32 4  f32 2x2  shapes differ                         \n"
                                   "\n"
                                   "1 tensor the same, 3 different, 1 only in A, 1 only in B\n";
}

void TstCliDiff::text() {
    QFETCH(QStringList, options);
    QFETCH(QByteArray, expected);
    const ProcessResult result = runCli(QStringList{"diff", path("a.safetensors"), path("b.safetensors")} + options);
    STATUS_IS(result, 3);
    const auto headings = result.out.indexOf("\n\n");
    QVERIFY(result.out.startsWith("A " + path("a.safetensors").toUtf8() + ": safetensors, "));
    QCOMPARE(result.out.mid(headings + 2), expected);
}

void TstCliDiff::json() {
    const ProcessResult result = runCli({"diff", path("a.safetensors"), path("b.safetensors"), "--values", "--json"});
    STATUS_IS(result, 3);
    const QJsonObject document = jsonOf(result.out);
    QCOMPARE(document["equal"].toBool(true), false);
    QCOMPARE(document["same"].toInt(), 1);
    QCOMPARE(document["changed"].toArray().size(), 3);
    QCOMPARE(document["removed"].toArray()[0].toObject()["name"].toString(), "gone");
    QCOMPARE(document["added"].toArray()[0].toObject()["name"].toString(), "new");
    const QJsonObject value = document["values"].toArray()[1].toObject();
    QCOMPARE(value["name"].toString(), "value");
    QCOMPARE(value["differing"].toInt(), 2);
    QCOMPARE(value["max_abs"].toDouble(), 1.0);
    QCOMPARE(value["max_rel"].toDouble(), 0.25);
    QCOMPARE(value["rms"].toDouble(), std::sqrt(1.25 / 4));
    QCOMPARE(document["values"].toArray()[3].toObject()["why"].toString(), "shapes differ");
}

void TstCliDiff::renames_data() {
    QTest::addColumn<QStringList>("rules");
    QTest::addColumn<int>("status");
    QTest::newRow("none") << QStringList{} << 3;
    QTest::newRow("front") << QStringList{"model=net", "net.h=net.layers"} << 0;
    QTest::newRow("star") << QStringList{"model.h.*=net.layers.*"} << 0;
    QTest::newRow("regex") << QStringList{"^model\\.h\\.(\\d)=>net.layers.\\1"} << 0;
    QTest::newRow("half") << QStringList{"model=net"} << 3;
    QTest::newRow("none such") << QStringList{"(=>"} << 2;
}

void TstCliDiff::renames() {
    QFETCH(QStringList, rules);
    QFETCH(int, status);
    for (const auto& [file, stem] : {std::pair("x.safetensors", "model.h."), std::pair("y.safetensors", "net.layers.")})
        QVERIFY(writeFile(path(file), safetensorsBytes({{QByteArray(stem) + "0.w", "F32", {1}, QByteArray(4, 1)},
                                                        {QByteArray(stem) + "1.w", "F32", {1}, QByteArray(4, 2)}})));
    QStringList arguments{"diff", path("x.safetensors"), path("y.safetensors"), "--values"};
    for (const QString& rule : rules) arguments << "--rename" << rule;
    STATUS_IS(runCli(arguments), status);
}

void TstCliDiff::suggestion() {
    QList<SmallTensor> plain;
    QList<SmallTensor> wrapped;
    for (const char* name : {"embed.weight", "h.0.weight", "h.0.bias", "h.1.weight", "h.1.bias"}) {
        plain.append({name, "F32", {1}, QByteArray(4, 1)});
        wrapped.append({QByteArray("module.net.") + name, "F32", {1}, QByteArray(4, 1)});
    }
    QVERIFY(writeFile(path("plain.safetensors"), safetensorsBytes(plain)));
    QVERIFY(writeFile(path("wrapped.safetensors"), safetensorsBytes(wrapped)));
    const auto suggested = [&](const char* a, const char* b) {
        return jsonOf(runCli({"diff", path(a), path(b), "--json"}).out)["suggested_rename"].toString();
    };
    QCOMPARE(suggested("plain.safetensors", "wrapped.safetensors"), "=module.net");
    QCOMPARE(suggested("wrapped.safetensors", "plain.safetensors"), "module.net=");
    const ProcessResult text = runCli({"diff", path("wrapped.safetensors"), path("plain.safetensors")});
    QVERIFY2(text.out.endsWith("--rename 'module.net=' would pair 5 more\n"), text.out.constData());
    STATUS_IS(runCli({"diff", path("wrapped.safetensors"), path("plain.safetensors"), "--rename", "module.net="}), 0);
}

// Many names end alike; a partner has the same shape.
void TstCliDiff::suggestionFitsTheShapes() {
    const auto tensor = [](const char* name, qint64 size) {
        return SmallTensor{name, "F32", {size}, QByteArray(static_cast<int>(4 * size), 1)};
    };
    QVERIFY(writeFile(path("a.safetensors"),
                      safetensorsBytes({tensor("h.0.weight", 2), tensor("h.1.weight", 3), tensor("tok.weight", 5)})));
    QVERIFY(writeFile(path("b.safetensors"), safetensorsBytes({tensor("embed.weight", 5)})));
    QVERIFY(writeFile(path("c.safetensors"), safetensorsBytes({tensor("embed.weight", 7)})));
    const auto suggested = [&](const char* b) {
        return jsonOf(runCli({"diff", path("a.safetensors"), path(b), "--json"}).out)["suggested_rename"].toString();
    };
    QCOMPARE(suggested("b.safetensors"), "tok=embed");
    QCOMPARE(suggested("c.safetensors"), QString());
}

void TstCliDiff::acrossFormats() {
    NEEDS_PEER();
    PEER_OK(R"(import sys, torch, safetensors.torch
torch.manual_seed(0)
state = {f'layer.{i}.weight': torch.randn(40, 30) for i in range(4)}
state['turned'] = torch.randn(20, 10).t()
torch.save({'model': state}, sys.argv[1])
torch.save({'model': state}, sys.argv[2], _use_new_zipfile_serialization=False)
flat = {k: v.contiguous() for k, v in state.items()}
safetensors.torch.save_file(flat, sys.argv[3])
safetensors.torch.save_file({k: v.to(torch.bfloat16) for k, v in flat.items()}, sys.argv[4]))",
            {path("m.pth"), path("old.pth"), path("m.safetensors"), path("half.safetensors")});
    STATUS_IS(runCli({"diff", path("m.pth"), path("old.pth"), "--values"}), 0);
    STATUS_IS(runCli({"diff", path("m.pth"), path("m.safetensors"), "--values", "--rename", "model="}), 0);
    const ProcessResult result =
        runCli({"diff", path("m.pth"), path("half.safetensors"), "--values", "--rename", "model=", "--json"});
    STATUS_IS(result, 3);
    const ProcessResult peer = runPeer(R"(import sys, torch, safetensors.torch, json
a = torch.load(sys.argv[1])['model']
b = safetensors.torch.load_file(sys.argv[2])
out = {}
for k in a:
    x, y = a[k].double(), b[k].double()
    d = (x - y).abs()
    out[k] = [d.max().item(), (d / torch.maximum(x.abs(), y.abs())).max().item(), (d * d).mean().sqrt().item(), int((x != y).sum())]
print(json.dumps(out)))",
                                       {path("m.pth"), path("half.safetensors")});
    const QJsonObject expected = jsonOf(peer.out);
    const QJsonArray values = jsonOf(result.out)["values"].toArray();
    QCOMPARE(values.size(), 5);
    for (const auto& entry : values) {
        const QJsonObject value = entry.toObject();
        const QJsonArray want = expected[value["name_b"].toString()].toArray();
        QCOMPARE(value["max_abs"].toDouble(), want[0].toDouble());
        QCOMPARE(value["max_rel"].toDouble(), want[1].toDouble());
        QVERIFY(qFuzzyCompare(value["rms"].toDouble(), want[2].toDouble()));
        QCOMPARE(value["differing"].toInt(), want[3].toInt());
    }
}

// Each type against f64 of the same values.
void TstCliDiff::everyType() {
    NEEDS_PEER();
    PEER_OK(R"(import sys, torch
torch.manual_seed(0)
x = torch.randn(6, 50) * 8
types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz,
         torch.float8_e5m2fnuz, torch.int64, torch.int32, torch.int16, torch.int8, torch.bool]
a = {str(t): x.to(t) for t in types}
for t in [torch.uint8, torch.uint16, torch.uint32, torch.uint64]:
    a[str(t)] = x.abs().to(torch.int64).to(t)
b = {k: v.to(torch.float64) for k, v in a.items()}
a['c'], b['c'] = torch.complex(x, -x), torch.complex(x, -x).to(torch.complex128)
torch.save(a, sys.argv[1])
torch.save(b, sys.argv[2]))",
            {path("types.pth"), path("doubles.pth")});
    const QJsonArray values =
        jsonOf(runCli({"diff", path("types.pth"), path("doubles.pth"), "--values", "--json"}).out)["values"].toArray();
    QCOMPARE(values.size(), 18);
    for (const auto& entry : values) {
        const QJsonObject value = entry.toObject();
        QVERIFY2(value["equal"].toBool(), qPrintable(value["name"].toString()));
        QCOMPARE(value["elements"].toInt(), 300);
    }
}

// A GGUF tensor against the floats that its blocks stand for.
void TstCliDiff::ggmlBlocks() {
    // One tensor "w" of [2, 32] elements of q8_0, by the page in core/formats/gguf.
    QByteArray gguf = "GGUF" + littleEndian<quint32>({3}) + littleEndian<quint64>({1, 0, 1}) + "w" +
                      littleEndian<quint32>({2}) + littleEndian<quint64>({32, 2}) + littleEndian<quint32>({8}) +
                      littleEndian<quint64>({0});
    while (gguf.size() % 32 != 0) gguf += '\0';
    QByteArray values;
    for (int block = 0; block < 2; ++block) {
        gguf += littleEndian<quint16>({0x3800});  // 0.5
        for (int i = 0; i < 32; ++i) {
            gguf += static_cast<char>(i - 16 + block);
            values += littleEndian<float>({0.5F * float(i - 16 + block)});
        }
    }
    while (gguf.size() % 32 != 0) gguf += '\0';
    QVERIFY(writeFile(path("w.gguf"), gguf));
    QVERIFY(writeFile(path("w.safetensors"), safetensorsBytes({{"w", "F32", {2, 32}, values}})));
    const ProcessResult result = runCli({"diff", path("w.gguf"), path("w.safetensors"), "--values", "--json"});
    STATUS_IS(result, 3);  // the types differ
    const QJsonObject value = jsonOf(result.out)["values"].toArray()[0].toObject();
    QCOMPARE(value["elements"].toInt(), 64);
    QVERIFY(value["equal"].toBool());
    const ProcessResult shown = runCli({"show", path("w.gguf"), "w", "--slice", "1,:3", "--json"});
    STATUS_IS(shown, 0);
    QCOMPARE(jsonOf(shown.out)["values"].toArray(), (QJsonArray{-7.5, -7.0, -6.5}));
}

void TstCliDiff::largeTensorInParts() {
    constexpr int kElements = 20'000'000;
    QByteArray bytes(kElements, '\1');
    QVERIFY(writeFile(path("large.safetensors"), safetensorsBytes({{"x", "U8", {kElements}, bytes}})));
    for (const int at : {0, 8'388'607, 8'388'608, kElements - 1}) bytes[at] = '\3';
    QVERIFY(writeFile(path("other.safetensors"), safetensorsBytes({{"x", "U8", {kElements}, bytes}})));
    const ProcessResult result =
        runCli({"diff", path("large.safetensors"), path("other.safetensors"), "--values", "--json", "--threads", "3"});
    STATUS_IS(result, 3);
    const QJsonObject value = jsonOf(result.out)["values"].toArray()[0].toObject();
    QCOMPARE(value["elements"].toInt(), kElements);
    QCOMPARE(value["differing"].toInt(), 4);
    QCOMPARE(value["max_abs"].toDouble(), 2.0);
    QCOMPARE(value["rms"].toDouble(), std::sqrt(16.0 / kElements));
}

void TstCliDiff::errors() {
    STATUS_IS(runCli({"diff", path("a.safetensors")}), 2);
    const ProcessResult result = runCli({"diff", path("a.safetensors"), path("none.pth")});
    STATUS_IS(result, 1);
    QVERIFY2(result.err.contains("none.pth"), result.err.constData());
}

QTEST_APPLESS_MAIN(TstCliDiff)
#include "tst_cli_diff.moc"
