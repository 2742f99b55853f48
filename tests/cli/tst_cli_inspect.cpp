// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

// `inspect` on files whose every byte is known here.
class TstCliInspect : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void text_data();
    void text();
    void json();
    void filteredJson();
    void strangeNames();
    void jsonOfOddNames();
    void jsonOfHalfSurrogates();
    void trainingCheckpoint();
    void errors_data();
    void errors();
    void unreadable();
    void globalsOfBrokenFile();
    void closedOutput();

private:
    QString path(const char* name) const { return dir_.filePath(name); }

    QTemporaryDir dir_;
};

void TstCliInspect::initTestCase() {
    const QByteArray floats(10 * 4 * 4, '\0');
    QVERIFY(writeFile(path("m.safetensors"), safetensorsBytes({{"layers.10.w", "F32", {10, 4}, floats},
                                                               {"layers.2.w", "BF16", {2, 3}, QByteArray(12, '\0')},
                                                               {"step", "I64", {}, QByteArray(8, '\0')},
                                                               {"layers.2.b", "F32", {3}, QByteArray(12, '\0')}},
                                                              "{\"author\":\"me\",\"format\":\"pt\"}")));
}

void TstCliInspect::text_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("expected");  // without the heading
    QTest::newRow("plain") << QStringList{}
                           << QByteArray(
                                  "name         dtype   shape   size  offset\n"
                                  "layers.10.w  f32      10x4  160 B     320\n"
                                  "layers.2.w   bf16      2x3   12 B     480\n"
                                  "step         i64    scalar    8 B     492\n"
                                  "layers.2.b   f32         3   12 B     500\n"
                                  "4 tensors, 50 elements, 192 B\n");
    QTest::newRow("by name") << QStringList{"--sort", "name", "--filter", "layers"}
                             << QByteArray(
                                    "name         dtype  shape   size  offset\n"
                                    "layers.2.b   f32        3   12 B     500\n"
                                    "layers.2.w   bf16     2x3   12 B     480\n"
                                    "layers.10.w  f32     10x4  160 B     320\n"
                                    "3 tensors of 4, 49 elements, 184 B\n");
    QTest::newRow("by size") << QStringList{"--sort", "size", "--filter", "dtype:f32"}
                             << QByteArray(
                                    "name         dtype  shape   size  offset\n"
                                    "layers.10.w  f32     10x4  160 B     320\n"
                                    "layers.2.b   f32        3   12 B     500\n"
                                    "2 tensors of 4, 43 elements, 172 B\n");
    QTest::newRow("by dtype") << QStringList{"--sort", "dtype", "--filter", "layers.2*"}
                              << QByteArray(
                                     "name        dtype  shape  size  offset\n"
                                     "layers.2.w  bf16     2x3  12 B     480\n"
                                     "layers.2.b  f32        3  12 B     500\n"
                                     "2 tensors of 4, 9 elements, 24 B\n");
    QTest::newRow("nothing left") << QStringList{"--filter", "no.such"}
                                  << QByteArray("0 tensors of 4, 0 elements, 0 B\n");
    QTest::newRow("summary") << QStringList{"--summary"}
                             << QByteArray(
                                    "dtype  tensors  elements  bytes   size\n"
                                    "f32          2        43    172  172 B\n"
                                    "bf16         1         6     12   12 B\n"
                                    "i64          1         1      8    8 B\n"
                                    "total        4        50    192  192 B\n");
    QTest::newRow("tree") << QStringList{"--tree"}
                          << QByteArray(
                                 "name    dtype      shape   size   share\n"
                                 "layers         3 tensors  184 B  95.8 %\n"
                                 "  2            2 tensors   24 B  12.5 %\n"
                                 "    b   f32            3   12 B   6.2 %\n"
                                 "    w   bf16         2x3   12 B   6.2 %\n"
                                 "  10            1 tensor  160 B  83.3 %\n"
                                 "    w   f32         10x4  160 B  83.3 %\n"
                                 "step    i64       scalar    8 B   4.2 %\n"
                                 "4 tensors, 50 elements, 192 B\n");
    QTest::newRow("metadata") << QStringList{"--summary", "--metadata", "--filter", "step"}
                              << QByteArray(
                                     "dtype  tensors  elements  bytes  size\n"
                                     "i64          1         1      8   8 B\n"
                                     "total        1         1      8   8 B\n"
                                     "metadata:\n"
                                     "  author: 'me'\n"
                                     "  format: 'pt'\n");
}

void TstCliInspect::text() {
    QFETCH(QStringList, options);
    QFETCH(QByteArray, expected);
    const QString file = path("m.safetensors");
    const ProcessResult result = runCli(QStringList{"inspect", file} + options);
    STATUS_IS(result, 0);
    const QByteArray heading = file.toUtf8() + ": safetensors, 512 B\n";
    QCOMPARE(result.out, heading + expected);
    QCOMPARE(result.err, QByteArray());
}

void TstCliInspect::json() {
    const ProcessResult result = runCli({"inspect", path("m.safetensors"), "--json"});
    STATUS_IS(result, 0);
    const QByteArray expected = R"({"format":"safetensors","files":[{"path":"m.safetensors","bytes":512}],
        "tensors":[
        {"name":"layers.10.w","dtype":"float32","shape":[10,4],"stride":[4,1],"nbytes":160,"storage":"0",
         "file":"m.safetensors","offset":320,"byteorder":"little"},
        {"name":"layers.2.w","dtype":"bfloat16","shape":[2,3],"stride":[3,1],"nbytes":12,"storage":"1",
         "file":"m.safetensors","offset":480,"byteorder":"little"},
        {"name":"step","dtype":"int64","shape":[],"stride":[],"nbytes":8,"storage":"2",
         "file":"m.safetensors","offset":492,"byteorder":"little"},
        {"name":"layers.2.b","dtype":"float32","shape":[3],"stride":[1],"nbytes":12,"storage":"3",
         "file":"m.safetensors","offset":500,"byteorder":"little"}],
        "metadata":{"author":"me","format":"pt"},"pickle":{"globals":[]},"warnings":[]})";
    QVERIFY(!jsonOf(expected).isEmpty());
    QCOMPARE(QJsonDocument(jsonOf(result.out)).toJson(), QJsonDocument(jsonOf(expected)).toJson());
}

void TstCliInspect::filteredJson() {
    const ProcessResult result = runCli({"inspect", path("m.safetensors"), "--json", "--filter", "layers.2"});
    STATUS_IS(result, 0);
    const QJsonArray tensors = jsonOf(result.out)["tensors"].toArray();
    QCOMPARE(tensors.size(), 2);
    QCOMPARE(tensors[0].toObject()["name"].toString(), "layers.2.w");
}

// A name may hold anything; neither a line of the table nor the terminal may come to harm.
void TstCliInspect::strangeNames() {
    const QString file = path("strange.safetensors");
    QVERIFY(writeFile(
        file, safetensorsBytes({{R"(a\n\u001b[31m\"q\" \\ tab\t)", "U8", {1}, "x"}, {"größe.重み", "U8", {1}, "y"}})));
    const ProcessResult text = runCli({"inspect", file});
    STATUS_IS(text, 0);
    QVERIFY2(text.out.contains("a\\n\\x1b[31m\"q\" \\ tab\\t  u8"), text.out.constData());
    QVERIFY2(text.out.contains("größe.重み"), text.out.constData());
    QVERIFY(!text.out.contains('\x1b'));
    const ProcessResult json = runCli({"inspect", file, "--json"});
    const QJsonArray tensors = jsonOf(json.out)["tensors"].toArray();
    QCOMPARE(tensors.size(), 2);
    QCOMPARE(tensors[0].toObject()["name"].toString(), "a\n\x1b[31m\"q\" \\ tab\t");
    QCOMPARE(tensors[1].toObject()["name"].toString(), "größe.重み");
}

// What is no plain character, at every place of a name, and a name that is longer than any buffer.
void TstCliInspect::jsonOfOddNames() {
    QList<SmallTensor> tensors;
    QStringList expected;
    const auto add = [&](const QString& name) {
        expected += name;
        QByteArray quoted = QJsonDocument(QJsonArray{name}).toJson(QJsonDocument::Compact);
        tensors.push_back({quoted.sliced(2, quoted.size() - 4), "U8", {1}, "x"});
    };
    for (const QString odd :
         {"\"", "\\", "\n", "\t", "\u0001", "\u007f", "\u00e9", "\U0001F6A2", " \"", "\u0020\u001f\u0020"})
        for (int before = 0; before < 20; ++before) add(QString(before, 'a') + odd + QString(20 - before, 'z'));
    add(QString(300'000, 'n') + "\"");
    add(QString(70'000, '"'));
    const QString file = path("odd.safetensors");
    QVERIFY(writeFile(file, safetensorsBytes(tensors)));
    const ProcessResult result = runCli({"inspect", file, "--json"});
    STATUS_IS(result, 0);
    QStringList names;
    for (const auto& tensor : jsonOf(result.out)["tensors"].toArray()) names += tensor.toObject()["name"].toString();
    QVERIFY(names == expected);
}

void TstCliInspect::jsonOfHalfSurrogates() {
    NEEDS_PEER();
    const QString file = path("surrogate.pth");
    PEER_OK(R"(import sys, torch
torch.save({'a\ud800b': torch.zeros(2)}, sys.argv[1]))",
            {file});
    const ProcessResult result = runCli({"inspect", file, "--json"});
    STATUS_IS(result, 0);
    QVERIFY2(result.out.contains(R"("name":"a\ud800b")"), result.out.constData());
}

void TstCliInspect::trainingCheckpoint() {
    NEEDS_PEER();
    const QString file = path("train.pth");
    PEER_OK(R"(import argparse, sys, torch
m = torch.nn.Linear(3, 2)
o = torch.optim.AdamW(m.parameters(), lr=0.5)
m(torch.ones(3)).sum().backward()
o.step()
loop = {}
loop['self'] = loop
torch.save({'model': m.state_dict(), 'optimizer': o.state_dict(), 'epoch': 7, 'best': float('nan'),
            'args': argparse.Namespace(lr=0.5, tags=['a', 'b'], where=None), 'loop': loop,
            3: (True, b'x')}, sys.argv[1]))",
            {file});
    const ProcessResult result = runCli({"inspect", file, "--json"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    QCOMPARE(document["format"].toString(), "pytorch-zip");
    QStringList names;
    for (const auto& tensor : document["tensors"].toArray()) names += tensor.toObject()["name"].toString();
    QVERIFY2(names.contains("model.weight") && names.contains("optimizer.state.0.exp_avg"),
             qPrintable(names.join(' ')));
    const QJsonObject metadata = document["metadata"].toObject();
    QCOMPARE(metadata["epoch"].toInt(), 7);
    QCOMPARE(metadata["best"].toString(), "nan");
    QCOMPARE(metadata["args"].toObject()["$class"].toString(), "argparse.Namespace");
    const QJsonObject args = metadata["args"].toObject()["state"].toObject();
    QCOMPARE(args["lr"].toDouble(), 0.5);
    QCOMPARE(args["tags"].toArray(), (QJsonArray{"a", "b"}));
    QVERIFY(args["where"].isNull());
    QCOMPARE(metadata["3"].toArray()[0].toBool(), true);
    const auto groups = metadata["optimizer"].toObject()["param_groups"].toArray();
    QCOMPARE(groups[0].toObject()["lr"].toDouble(), 0.5);
    QVERIFY(!metadata["optimizer"].toObject().contains("state"));  // nothing but tensors
    QCOMPARE(metadata["loop"].toObject()["self"].toString(), "{'self': {...}}");

    const ProcessResult text = runCli({"inspect", file, "--summary", "--metadata"});
    STATUS_IS(text, 0);
    for (const char* line :
         {"\n  epoch: 7\n", "\n        lr: 0.5\n", "\n  args: Namespace(lr=0.5, tags=['a', 'b'], where=None)\n",
          "suspicious: argparse.Namespace"})
        QVERIFY2(text.out.contains(line), text.out.constData());
}

void TstCliInspect::errors_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("says");
    const QByteArray whole = safetensorsBytes({{"w", "F32", {2}, QByteArray(8, '\0')}});
    QTest::newRow("empty") << "empty.pth" << QByteArray() << QByteArray("empty");
    QTest::newRow("wrong magic") << "picture.pth" << QByteArray("\x89PNG\r\n\x1a\n and so on, and on")
                                 << QByteArray("");
    QTest::newRow("cut header") << "cut.safetensors" << whole.left(40) << QByteArray("byte");
    QTest::newRow("cut data") << "short.safetensors" << whole.chopped(3) << QByteArray("");
    QTest::newRow("a line end in its name")
        << "two\nlines.pth" << QByteArray("nothing") << QByteArray("two\\nlines.pth");
}

void TstCliInspect::errors() {
    QFETCH(QString, name);
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, says);
    const QString file = dir_.filePath(name);
    QVERIFY(writeFile(file, bytes));
    const ProcessResult result = runCli({"inspect", file});
    STATUS_IS(result, 1);
    QCOMPARE(result.out, QByteArray());
    QCOMPARE(result.err.count('\n'), 1);
    const QByteArray start = "plimsoll: " + file.toUtf8().replace("\n", "\\n") + ": ";
    QVERIFY2(result.err.startsWith(start), result.err.constData());
    QVERIFY2(result.err.contains(says), result.err.constData());
    QVERIFY(result.err.size() > start.size() + 10);
}

void TstCliInspect::unreadable() {
    const ProcessResult missing = runCli({"inspect", path("missing.pth")});
    STATUS_IS(missing, 1);
    QCOMPARE(missing.err, QByteArray("plimsoll: " + path("missing.pth").toUtf8() + ": No such file or directory\n"));

    const QString fifo = path("fifo.pth");
    QCOMPARE(::mkfifo(qPrintable(fifo), 0600), 0);
    const ProcessResult blocked = runCli({"inspect", fifo});  // must not wait for a writer
    STATUS_IS(blocked, 1);
    QVERIFY2(blocked.err.contains("fifo.pth: "), blocked.err.constData());

    const QString locked = path("locked.pth");
    QVERIFY(writeFile(locked, "secret"));
    QVERIFY(QFile::setPermissions(locked, {}));
    if (::geteuid() != 0) {
        const ProcessResult result = runCli({"inspect", locked});
        STATUS_IS(result, 1);
        QVERIFY2(result.err.contains("locked.pth: Permission denied"), result.err.constData());
        return;
    }
    // Root may read everything: another user runs a copy of the program.
    const QString program = path("plimsoll-cli");
    QVERIFY(QFile::copy(builtProgram("plimsoll-cli"), program));
    QVERIFY(QFile::setPermissions(dir_.path(), QFile::Permissions(0x7755)));
    const ProcessResult result = runProcess("setpriv", {"--reuid=65534", "--clear-groups", program, "inspect", locked});
    STATUS_IS(result, 1);
    QVERIFY2(result.err.contains("locked.pth: Permission denied"), result.err.constData());
}

// What a pickle wanted is told even where the file is refused.
void TstCliInspect::globalsOfBrokenFile() {
    const QString file = path("broken.pkl");
    QVERIFY(writeFile(file, QByteArray("\x80\x02"
                                       "cposix\nsystem\nX\x04\x00\x00\x00tr",
                                       23)));
    const ProcessResult result = runCli({"inspect", file, "--json"});
    STATUS_IS(result, 1);
    const QJsonArray globals = jsonOf(result.out)["pickle"].toObject()["globals"].toArray();
    QCOMPARE(globals.size(), 1);
    const QJsonObject global = globals[0].toObject();
    QCOMPARE(global["module"].toString(), "posix");
    QCOMPARE(global["name"].toString(), "system");
    QCOMPARE(global["verdict"].toString(), "dangerous");
    QVERIFY2(result.err.contains("broken.pkl: at byte "), result.err.constData());
}

void TstCliInspect::closedOutput() {
    QProcess full;
    full.setStandardOutputFile("/dev/full");
    full.start(builtProgram("plimsoll-cli"), {"inspect", path("m.safetensors")});
    QVERIFY(full.waitForFinished());
    QCOMPARE(full.exitStatus(), QProcess::NormalExit);
    QCOMPARE(full.exitCode(), 1);
    QCOMPARE(full.readAllStandardError(),
             QByteArray("plimsoll: standard output: cannot write: No space left on device\n"));
}

QTEST_APPLESS_MAIN(TstCliInspect)
#include "tst_cli_inspect.moc"
