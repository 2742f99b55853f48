// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

// The verb `check`: exit statuses, and what its documents hold.
class TstCliCheck : public QObject {
    Q_OBJECT

private slots:
    void statuses();
    void documents();
};

static QByteArray model(float value) {
    return safetensorsBytes({{"w", "F32", {2}, littleEndian<float>({1, value})}});
}

void TstCliCheck::statuses() {
    const QTemporaryDir dir;
    const QString path = dir.filePath("x.safetensors");
    QVERIFY(writeFile(path, model(2)));
    const ProcessResult sound = runCli({"check", path, "--deep"});
    STATUS_IS(sound, 0);
    QVERIFY2(sound.out.contains("x.safetensors: sound"), sound.out.constData());
    QVERIFY(writeFile(path, model(std::numeric_limits<float>::infinity())));
    STATUS_IS(runCli({"check", path}), 0);
    STATUS_IS(runCli({"check", path, "--deep"}), 3);
    QVERIFY(writeFile(path, model(2).chopped(1)));
    STATUS_IS(runCli({"check", path}), 3);
    STATUS_IS(runCli({"check", dir.filePath("lost")}), 1);
}

void TstCliCheck::documents() {
    const QTemporaryDir dir;
    const QString path = dir.filePath("x.safetensors");
    const QString sarif = dir.filePath("out.sarif");
    QVERIFY(writeFile(path, model(std::numeric_limits<float>::quiet_NaN())));
    const ProcessResult result = runCli({"check", path, "--deep", "--json", "--sarif", sarif});
    STATUS_IS(result, 3);
    const QJsonObject document = jsonOf(result.out);
    QCOMPARE(document["format"].toString(), QString("safetensors"));
    QCOMPARE(document["sound"].toBool(true), false);
    QCOMPARE(document["findings"].toArray().size(), 1);
    const QJsonValue finding = document["findings"].toArray().at(0);
    QCOMPARE(finding["rule"].toString(), QString("tensor.nan"));
    QCOMPARE(finding["member"].toString(), QString("w"));
    QVERIFY(!document["done"].toArray().isEmpty());
    const QJsonValue run = jsonOf(readFile(sarif))["runs"].toArray().at(0);
    QCOMPARE(run["results"].toArray().at(0)["ruleId"].toString(), QString("tensor.nan"));
}

QTEST_APPLESS_MAIN(TstCliCheck)
#include "tst_cli_check.moc"
