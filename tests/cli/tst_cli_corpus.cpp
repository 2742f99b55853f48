// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

// Every case of the reader's corpus.
class TstCliCorpus : public QObject {
    Q_OBJECT

private slots:
    void inspect();
};

void TstCliCorpus::inspect() {
    NEEDS_SHARED();
    const QString archive = sharedDir() + "/corpus/open.tar.xz";
    if (!QFileInfo::exists(archive)) QSKIP("../shared/corpus is not there");
    const QTemporaryDir dir;
    STATUS_IS(runProcess("tar", {"xf", archive, "-C", dir.path()}), 0);
    const QString report = dir.filePath("report.json");
    const ProcessResult checked =
        runProcess(PLIMSOLL_SYSTEM_PYTHON, {sharedDir() + "/corpus/check_corpus.py", dir.filePath("open"), "--report",
                                            report, "--", builtProgram("plimsoll-cli"), "inspect", "--json", "{}"});
    const QJsonArray cases = jsonOf(readFile(report))["cases"].toArray();
    QVERIFY2(cases.size() > 700, checked.err.constData());
    QStringList failed;
    for (const auto& value : cases) {
        const QJsonObject one = value.toObject();
        const QString id = one["id"].toString();
        QStringList fails;
        for (const auto& fail : one["fails"].toArray()) fails += fail.toString();
        if (!fails.isEmpty()) failed += id + " (" + fails.join(", ") + ") " + one["detail"].toString();
    }
    QVERIFY2(failed.isEmpty(), qPrintable("\n" + failed.join('\n')));
}

QTEST_APPLESS_MAIN(TstCliCorpus)
#include "tst_cli_corpus.moc"
