// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSet>

#include "cli.h"

// The verb `scan`, and the corpus' malicious files through it.
class TstCliScan : public QObject {
    Q_OBJECT

private slots:
    void statuses_data();
    void statuses();
    void printsReasons();
    void sarif();
    void sarifThatCannotBeWritten();
    void malicious();
};

static const QByteArray kGood("\x80\x02]q\x00.", 6);
static const QByteArray kEvil(
    "\x80\x02"
    "cos\nsystem\n(S'id'\ntR.");

void TstCliScan::statuses_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("verdict");
    QTest::newRow("clean") << kGood << 0 << QByteArray("clean");
    QTest::newRow("dangerous") << kEvil << 3 << QByteArray("dangerous");
    QTest::newRow("suspicious") << QByteArray(
                                       "\x80\x02"
                                       "cmy\nThing\n.")
                                << 3 << QByteArray("suspicious");
    QTest::newRow("skipped") << QByteArray("\xFD\x37zXZ\0....", 10) << 3 << QByteArray("incomplete");
}

void TstCliScan::statuses() {
    QFETCH(QByteArray, bytes);
    QFETCH(int, status);
    QFETCH(QByteArray, verdict);
    const QTemporaryDir dir;
    const QString path = dir.filePath("x.pkl");
    QVERIFY(writeFile(path, bytes));
    const ProcessResult text = runCli({"scan", path});
    STATUS_IS(text, status);
    QVERIFY2(text.out.contains("x.pkl: " + verdict), text.out.constData());
    const ProcessResult json = runCli({"scan", path, "--json"});
    STATUS_IS(json, status);
    const QJsonObject document = jsonOf(json.out);
    QCOMPARE(document["verdict"].toString().toUtf8(), verdict);
    QCOMPARE(document["files"].toArray().at(0)["verdict"].toString().toUtf8(), verdict);
    STATUS_IS(runCli({"scan", path, dir.filePath("lost.pkl")}), 1);
}

void TstCliScan::printsReasons() {
    const QTemporaryDir dir;
    QVERIFY(writeFile(dir.filePath("x.pkl"), kEvil));
    const ProcessResult result = runCli({"scan", dir.path()});
    STATUS_IS(result, 3);
    QVERIFY2(
        result.out.startsWith("x.pkl: error: at byte 2: os.system: runs a shell command [pickle.dangerous-global]\n"),
        result.out.constData());
}

// What the published schema of SARIF 2.1.0 requires of what is written.
void TstCliScan::sarif() {
    const QTemporaryDir dir;
    const QString out = dir.filePath("out.sarif");
    QVERIFY(QDir(dir.path()).mkdir("in"));
    QVERIFY(writeFile(dir.filePath("in/a b.pkl"), kEvil));
    QVERIFY(writeFile(dir.filePath("in/good.pkl"), kGood));
    STATUS_IS(runCli({"scan", dir.filePath("in"), "--sarif", out}), 3);
    const QJsonObject log = jsonOf(readFile(out));
    QCOMPARE(log["version"].toString(), QString("2.1.0"));
    QVERIFY(log["$schema"].toString().startsWith("https://"));
    QCOMPARE(log["runs"].toArray().size(), 1);
    const QJsonObject run = log["runs"].toArray().at(0).toObject();
    const QJsonObject driver = run["tool"]["driver"].toObject();
    QVERIFY(!driver["name"].toString().isEmpty());
    QSet<QString> rules;
    for (const QJsonValue rule : driver["rules"].toArray()) {
        QVERIFY(!rules.contains(rule["id"].toString()));
        rules += rule["id"].toString();
        QVERIFY(!rule["shortDescription"]["text"].toString().isEmpty());
    }
    QVERIFY(run["invocations"].toArray().at(0)["executionSuccessful"].isBool());
    QCOMPARE(run["artifacts"].toArray().size(), 2);
    const QJsonArray results = run["results"].toArray();
    QCOMPARE(results.size(), 1);
    QVERIFY(!results.at(0)["message"]["text"].toString().isEmpty());
    QVERIFY(rules.contains(results.at(0)["ruleId"].toString()));
    QCOMPARE(results.at(0)["level"].toString(), QString("error"));
    const QJsonValue place = results.at(0)["locations"].toArray().at(0)["physicalLocation"];
    QCOMPARE(place["artifactLocation"]["uri"].toString(), QString("a%20b.pkl"));
    QCOMPARE(place["region"]["byteOffset"].toInt(), 2);
}

void TstCliScan::sarifThatCannotBeWritten() {
    const QTemporaryDir dir;
    QVERIFY(writeFile(dir.filePath("x.pkl"), kGood));
    const ProcessResult result = runCli({"scan", dir.filePath("x.pkl"), "--sarif", dir.filePath("no/such/dir/out")});
    STATUS_IS(result, 1);
    QVERIFY(result.err.contains("no/such/dir/out"));
}

static QString globalName(const QJsonValue& global) {
    const QString module = global["module"].toString();
    return (module == "__builtin__" ? QString("builtins") : module) + " " + global["name"].toString();
}

void TstCliScan::malicious() {
    NEEDS_SHARED();
    const QString archive = sharedDir() + "/corpus/open.tar.xz";
    if (!QFileInfo::exists(archive)) QSKIP("../shared/corpus is not there");
    const QTemporaryDir dir;
    STATUS_IS(runProcess("tar", {"xf", archive, "-C", dir.path()}), 0);
    static const QStringList kVerdicts = {"safe", "suspicious", "dangerous"};
    QStringList failed;
    int cases = 0;
    for (const QJsonValue one : jsonOf(readFile(dir.filePath("open/manifest.json")))["cases"].toArray()) {
        if (one["kind"].toString() != "malicious") continue;
        ++cases;
        const QString id = one["id"].toString();
        const ProcessResult result = runCli({"scan", "--json", dir.filePath("open/" + one["path"].toString())});
        QMap<QString, qsizetype> found;
        for (const QJsonValue file : jsonOf(result.out)["files"].toArray()) {
            for (const QJsonValue global : file["globals"].toArray())
                found[globalName(global)] =
                    qMax(found.value(globalName(global)), kVerdicts.indexOf(global["verdict"].toString()));
        }
        const QJsonArray expected = one["globals"].toArray();
        if (result.exitCode != 3 && (!expected.isEmpty() || one["expect"].toString() != "scan"))
            failed += QString("%1: status %2").arg(id).arg(result.exitCode);
        for (const QJsonValue global : expected)
            if (found.value(globalName(global), -1) < kVerdicts.indexOf(global["min"].toString("suspicious")))
                failed += QString("%1: %2 is missing or under-rated").arg(id, globalName(global));
    }
    QVERIFY(cases > 150);
    QVERIFY2(failed.isEmpty(), qPrintable(failed.join('\n')));
}

QTEST_APPLESS_MAIN(TstCliScan)
#include "tst_cli_scan.moc"
