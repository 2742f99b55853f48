// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

// Wrong command lines: status 2, one line on stderr, nothing on stdout.
class TstCliUsage : public QObject {
    Q_OBJECT

private slots:
    void refused_data();
    void refused();
    void answered_data();
    void answered();
};

void TstCliUsage::refused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QStringList& arguments, const char* says) {
        QTest::newRow(name) << arguments << QString(says);
    };
    row("no verb", {}, "subcommand");
    row("unknown verb", {"inspekt", "x.pth"}, "inspekt");
    row("scan of nothing", {"scan"}, "PATH");
    row("no path", {"inspect"}, "PATH");
    row("two paths", {"inspect", "a.pth", "b.pth"}, "b.pth");
    row("unknown option", {"inspect", "x.pth", "--fast"}, "--fast");
    row("json and summary", {"inspect", "x.pth", "--json", "--summary"}, "--summary");
    row("bad order", {"inspect", "x.pth", "--sort", "weight"}, "name|size|dtype|offset");
    row("bad filter", {"inspect", "x.pth", "--filter", "size>many"}, "--filter");
    row("no tensor", {"show", "x.pth"}, "TENSOR");
    row("histogram of nothing", {"show", "x.pth", "w", "--histogram", "0"}, "--histogram");
    row("histogram of words", {"show", "x.pth", "w", "--histogram", "ten"}, "--histogram");
    row("no destination", {"convert", "x.pth"}, "DST");
    row("suffix of no format", {"convert", "x.pth", "y.xyz"}, "--to");
    row("unknown format", {"convert", "x.pth", "y.pth", "--to", "onnx"}, "--to");
    row("unknown dtype", {"convert", "x.pth", "y.pth", "--dtype", "f12"}, "--dtype");
    row("integer dtype", {"convert", "x.pth", "y.pth", "--dtype", "i64"}, "--dtype");
    row("rule without type", {"convert", "x.pth", "y.pth", "--rule", "*.weight"}, "--rule");
    row("bad size", {"convert", "x.pth", "y.pth", "--max-shard-size", "5 apples"}, "--max-shard-size");
    row("bad memory", {"convert", "x.pth", "y.pth", "--memory", "much"}, "--memory");
    row("no threads", {"convert", "x.pth", "y.pth", "--threads", "0"}, "--threads");
    row("bad progress", {"convert", "x.pth", "y.pth", "--progress", "xml"}, "auto|json|none");
    row("no strategy", {"load", "x.pth"}, "--strategy");
    row("unknown strategy", {"load", "x.pth", "--strategy", "baseline,magic"}, "magic");
    row("plot of another kind", {"load", "x.pth", "--strategy", "all", "--plot", "x.gif"}, "--plot");
    row("unknown model", {"sample", "gpt5", "x.pth"}, "gpt5");
    row("sample of integers", {"sample", "linear10", "x.pth", "--dtype", "i8"}, "--dtype");
}

void TstCliUsage::refused() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const ProcessResult result = runCli(arguments);
    STATUS_IS(result, 2);
    QCOMPARE(result.out, QByteArray());
    QVERIFY2(result.err.startsWith("plimsoll: "), result.err.constData());
    QCOMPARE(result.err.count('\n'), 1);
    QVERIFY2(result.err.contains(says.toUtf8()), result.err.constData());
}

void TstCliUsage::answered_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("help") << QStringList{"--help"} << "inspect";
    QTest::newRow("version") << QStringList{"--version"} << "plimsoll-cli";
    for (const char* verb : {"inspect", "show", "convert", "load", "sample"})
        QTest::newRow(verb) << QStringList{verb, "--help"} << verb;
}

void TstCliUsage::answered() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const ProcessResult result = runCli(arguments);
    STATUS_IS(result, 0);
    QVERIFY2(result.out.contains(says.toUtf8()), result.out.constData());
    QCOMPARE(result.err, QByteArray());
}

QTEST_APPLESS_MAIN(TstCliUsage)
#include "tst_cli_usage.moc"
