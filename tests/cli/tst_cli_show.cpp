// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <limits>

#include "cli.h"

// `show` on a tensor whose values are known here.
class TstCliShow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void text_data();
    void text();
    void sliceJson_data();
    void sliceJson();
    void sliceErrors_data();
    void sliceErrors();
    void statsJson();
    void unknownTensor();
    void valuesWithoutNumber();
    void longTensorIsCut();
    void manyDimensions();
    void npy();
    void npyRefuses();
    void numpyAgrees();

private:
    QString file() const { return dir_.filePath("v.safetensors"); }
    QTemporaryDir dir_;
};

void TstCliShow::initTestCase() {
    QByteArray counting;
    for (int i = 0; i < 24; ++i) counting += littleEndian<qint32>({i});
    QByteArray thousands;
    for (int i = 0; i < 3000; ++i) thousands += littleEndian<float>({static_cast<float>(i)});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    QVERIFY(
        writeFile(file(), safetensorsBytes({
                              {"count", "I32", {2, 3, 4}, counting},
                              {"odd", "F32", {6}, littleEndian<float>({0.1F, -2.5F, nan, infinity, -infinity, 0.0F})},
                              {"flags", "BOOL", {2}, QByteArray("\x01\x00", 2)},
                              {"half", "BF16", {2}, littleEndian<quint16>({0x3F80, 0xC000})},
                              {"one", "F64", {}, littleEndian<double>({1e100})},
                              {"none", "F32", {0, 3}, {}},
                              {"long", "F32", {3000}, thousands},
                              {"cube", "U8", QList<qint64>(12, 2), QByteArray(4096, '\x07')},
                          })));
}

void TstCliShow::text_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("expected");  // after the line of the place
    QTest::newRow("cube") << QStringList{"count"}
                          << QByteArray(
                                 "[[[ 0  1  2  3]\n  [ 4  5  6  7]\n  [ 8  9 10 11]]\n"
                                 " [[12 13 14 15]\n  [16 17 18 19]\n  [20 21 22 23]]]\n");
    QTest::newRow("slice") << QStringList{"count", "--slice", "1,:2,::3"} << QByteArray("[[12 15]\n [16 19]]\n");
    QTest::newRow("odd values") << QStringList{"odd", "--stats"}
                                << QByteArray(
                                       "[ 0.1 -2.5  nan  inf -inf  0.0]\n"
                                       "count 6  nan 1  inf 2  zero 1\n"
                                       "min -2.5  max 0.1  mean -0.8  std 1.202775\n");
    QTest::newRow("flags") << QStringList{"flags"} << QByteArray("[ True False]\n");
    QTest::newRow("bf16") << QStringList{"half"} << QByteArray("[ 1.0 -2.0]\n");
    QTest::newRow("scalar") << QStringList{"one"} << QByteArray("1e+100\n");
    QTest::newRow("empty") << QStringList{"none"} << QByteArray("[]\n");
    QTest::newRow("histogram") << QStringList{"count", "--slice", "0,0", "--histogram", "2"}
                               << QByteArray("[0 1 2 3]\n") + "           0 .. 1.5                     2 " +
                                      QByteArray(50, '#') + "\n         1.5 .. 3                       2 " +
                                      QByteArray(50, '#') + "\n";
}

void TstCliShow::text() {
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, expected);
    const ProcessResult result = runCli(QStringList{"show", file()} + arguments);
    STATUS_IS(result, 0);
    const auto lines = result.out.split('\n');
    QVERIFY2(lines[0].startsWith(arguments[0].toUtf8() + ": "), lines[0].constData());
    QVERIFY2(lines[1].startsWith("at byte ") && lines[1].endsWith(" of v.safetensors"), lines[1].constData());
    QCOMPARE(result.out.mid(lines[0].size() + lines[1].size() + 2), expected);
}

void TstCliShow::sliceJson_data() {
    QTest::addColumn<QString>("slice");
    QTest::addColumn<QByteArray>("values");
    const auto row = [](const char* slice, const char* values) { QTest::newRow(slice) << slice << QByteArray(values); };
    row("0,0", "[0,1,2,3]");
    row("0,0,1", "[1]");  // the wrapping array below
    row(":,0,0", "[0,12]");
    row("...,0", "[[0,4,8],[12,16,20]]");
    row("1,...", "[[12,13,14,15],[16,17,18,19],[20,21,22,23]]");
    row("-1,-1,-2:", "[22,23]");
    row("0,1:9,1:-1", "[[5,6],[9,10]]");
    row("0,::2,::2", "[[0,2],[8,10]]");
    row("0:1,0:1,3:", "[[[3]]]");
    row(":,2:1,:", "[]");
}

void TstCliShow::sliceJson() {
    QFETCH(QString, slice);
    QFETCH(QByteArray, values);
    const ProcessResult result = runCli({"show", file(), "count", "--json", "--slice", slice});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    QCOMPARE(document["name"].toString(), "count");
    QCOMPARE(document["dtype"].toString(), "int32");
    const QJsonValue found = document["values"];
    const QJsonArray array = found.isArray() ? found.toArray() : QJsonArray{found};
    QCOMPARE(QJsonDocument(array).toJson(QJsonDocument::Compact), values);
}

void TstCliShow::sliceErrors_data() {
    QTest::addColumn<QString>("slice");
    for (const char* slice : {"2", "0,3", "0,0,-5", "0,0,0,0", "a", "1:2:3:4", "::0", "::-1", "0,,0", "...,..."})
        QTest::newRow(slice) << slice;
}

void TstCliShow::sliceErrors() {
    QFETCH(QString, slice);
    const ProcessResult result = runCli({"show", file(), "count", "--slice", slice});
    STATUS_IS(result, 2);
    QVERIFY2(result.err.contains("v.safetensors: --slice: "), result.err.constData());
    QCOMPARE(result.out, QByteArray());
}

void TstCliShow::statsJson() {
    const ProcessResult result = runCli({"show", file(), "long", "--json", "--stats", "--histogram", "3"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    QVERIFY(!document.contains("values"));  // 3,000 of them, and no slice asked for
    const QJsonObject stats = document["stats"].toObject();
    QCOMPARE(stats["count"].toInt(), 3000);
    QCOMPARE(stats["zero"].toInt(), 1);
    QCOMPARE(stats["max"].toDouble(), 2999.0);
    QCOMPARE(stats["mean"].toDouble(), 1499.5);
    QVERIFY(std::abs(stats["std"].toDouble() - std::sqrt((3000.0 * 3000 - 1) / 12)) < 1e-6);
    QCOMPARE(document["histogram"].toObject()["counts"].toArray(), (QJsonArray{1000, 1000, 1000}));
    QCOMPARE(document["histogram"].toObject()["edges"].toArray()[3].toDouble(), 2999.0);
}

void TstCliShow::unknownTensor() {
    const ProcessResult result = runCli({"show", file(), "coun"});
    STATUS_IS(result, 2);
    QCOMPARE(result.err, "plimsoll: " + file().toUtf8() + ": no tensor is named 'coun'; there is 'count'\n");
}

void TstCliShow::valuesWithoutNumber() {
    const QJsonObject document = jsonOf(runCli({"show", file(), "odd", "--json"}).out);
    const QJsonArray values = document["values"].toArray();
    QCOMPARE(values.size(), 6);
    QCOMPARE(values[1].toDouble(), -2.5);
    QCOMPARE(values[2].toString(), "nan");
    QCOMPARE(values[4].toString(), "-inf");
    const QJsonArray flags = jsonOf(runCli({"show", file(), "flags", "--json"}).out)["values"].toArray();
    QCOMPARE(flags, (QJsonArray{true, false}));
    QCOMPARE(jsonOf(runCli({"show", file(), "one", "--json"}).out)["values"].toDouble(), 1e100);
}

void TstCliShow::longTensorIsCut() {
    const ProcessResult result = runCli({"show", file(), "long"});
    STATUS_IS(result, 0);
    QVERIFY2(result.out.endsWith("\n[   0.0    1.0    2.0 ... 2997.0 2998.0 2999.0]\n"), result.out.constData());
}

// Edges of 12 dimensions would be 4,096 values: the outer dimensions show their first index only.
void TstCliShow::manyDimensions() {
    const ProcessResult result = runCli({"show", file(), "cube"});
    STATUS_IS(result, 0);
    QCOMPARE(result.out.count('7'), 512);
    QVERIFY(result.out.contains("..."));
}

void TstCliShow::npy() {
    const QString out = dir_.filePath("count.npy");
    const ProcessResult result = runCli({"show", file(), "count", "--slice", ":,1,:2", "--npy", out});
    STATUS_IS(result, 0);
    QByteArray header("\x93NUMPY\x01\x00\x76\x00", 10);
    header += "{'descr': '<i4', 'fortran_order': False, 'shape': (2,2,), }";
    header = header.leftJustified(127, ' ') + "\n";
    QCOMPARE(readFile(out), header + littleEndian<qint32>({4, 5, 16, 17}));
}

void TstCliShow::npyRefuses() {
    const QString out = dir_.filePath("there.npy");
    QVERIFY(writeFile(out, "mine"));
    const ProcessResult result = runCli({"show", file(), "count", "--npy", out});
    STATUS_IS(result, 1);
    QVERIFY2(result.err.contains("there.npy: "), result.err.constData());
    QCOMPARE(readFile(out), QByteArray("mine"));
}

// Every type, strided views and compressed members, as torch and numpy read them.
void TstCliShow::numpyAgrees() {
    NEEDS_PEER();
    const QString checkpoint = dir_.filePath("types.pth");
    const QString folder = dir_.filePath("npy");
    QVERIFY(QDir().mkpath(folder));
    PEER_OK(R"(import sys, torch
torch.manual_seed(1)
x = torch.randn(5, 7)
save = {str(t)[6:]: (x * 20).to(t) for t in [torch.float64, torch.float32, torch.float16, torch.bfloat16,
        torch.float8_e4m3fn, torch.float8_e5m2, torch.int64, torch.int16, torch.int8, torch.bool, torch.complex64]}
save['uint8'] = x.abs().to(torch.uint8)
save['turned'] = x.t()
save['part'] = x[1:4, ::2]
torch.save(save, sys.argv[1]))",
            {checkpoint});
    const ProcessResult names = runPeer("import sys, torch; print(*torch.load(sys.argv[1]))", {checkpoint});
    for (const QByteArray& name : names.out.trimmed().split(' ')) {
        const ProcessResult result = runCli({"show", checkpoint, name, "--npy", folder + "/" + name + ".npy"});
        STATUS_IS(result, 0);
    }
    PEER_OK(R"(import sys, numpy, torch
for name, want in torch.load(sys.argv[1]).items():
    got = torch.from_numpy(numpy.load(f'{sys.argv[2]}/{name}.npy'))
    assert got.shape == want.shape, name
    assert got.dtype == want.dtype or want.dtype.itemsize < 4, name
    assert torch.equal(got, want.to(got.dtype)), name)",
            {checkpoint, folder});
}

QTEST_APPLESS_MAIN(TstCliShow)
#include "tst_cli_show.moc"
