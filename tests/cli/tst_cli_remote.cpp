// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include "cli.h"
#include "http_server.h"

namespace {

// Runs plimsoll-cli with one more variable of the environment.
ProcessResult runWith(const QString& variable, const QStringList& arguments) {
    return runProcess(QStringLiteral("env"),
                      QStringList{variable, builtProgram(QStringLiteral("plimsoll-cli"))} + arguments);
}

qint64 bytesAsked(const QByteArrayList& requests) {
    qint64 sum = 0;
    for (const QByteArray& request : requests) {
        const auto range = request.mid(request.lastIndexOf('=') + 1).split('-');
        sum += range.value(1).toLongLong() - range.value(0).toLongLong() + 1;
    }
    return sum;
}

// A FUSE mount that shows another directory; unmounted with the object.
class FuseMount {
public:
    FuseMount() = default;
    FuseMount(const FuseMount&) = delete;
    FuseMount& operator=(const FuseMount&) = delete;
    ~FuseMount() {
        if (mounted_) runProcess(QStringLiteral("fusermount3"), {"-u", dir_.path()});
    }
    // Why it cannot be had here, empty where it is there.
    QString mount(const QString& shown) {
        if (QStandardPaths::findExecutable("bindfs").isEmpty()) return "bindfs is not installed";
        const auto done = runProcess(QStringLiteral("bindfs"), {"--no-allow-other", shown, dir_.path()});
        mounted_ = done.exitCode == 0;
        return mounted_ ? QString() : "FUSE cannot be mounted here: " + QString::fromUtf8(done.err).trimmed();
    }
    QString path(const QString& name) const { return dir_.filePath(name); }

private:
    QTemporaryDir dir_;
    bool mounted_ = false;
};

}  // namespace

// The files are linear10 as .pth, as .safetensors and as a set of shards.
class TstCliRemote : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void inventoryIsTheSame_data();
    void inventoryIsTheSame();
    void valuesOfOneTensor_data();
    void valuesOfOneTensor();
    void findingsAreTheSame_data();
    void findingsAreTheSame();
    void convertedFromAnAddress();
    void missingShardIsAWarning();
    void shardsStayBesideTheIndex();
    void whatAnAddressCannotDo_data();
    void whatAnAddressCannotDo();
    void goneServerIsAnError();
    void readByPosition();
    void fuseIsReadByPosition();

private:
    [[nodiscard]] QString local(const QString& name) const { return dir_.filePath("www/" + name); }
    [[nodiscard]] QString out(const QString& name) const { return dir_.filePath(name); }

    QTemporaryDir dir_;
    NginxServer nginx_;
};

void TstCliRemote::initTestCase() {
    qputenv("no_proxy", "127.0.0.1,localhost");
    QVERIFY(QDir(dir_.path()).mkpath("www/set"));
    STATUS_IS(runCli({"sample", "linear10", local("model.pth"), "--seed", "1"}), 0);
    STATUS_IS(runCli({"convert", local("model.pth"), local("model.safetensors")}), 0);
    QVERIFY(QDir(local("set")).removeRecursively());
    STATUS_IS(runCli({"convert", local("model.pth"), local("set"), "--to", "safetensors", "--max-shard-size", "15MB"}),
              0);
    if (!NginxServer::program().isEmpty()) QVERIFY2(nginx_.start(dir_.filePath("www")), nginx_.errors().constData());
}

void TstCliRemote::inventoryIsTheSame_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("requests");
    QTest::addColumn<int>("shards");
    QTest::newRow("pth") << "model.pth" << 2 << 0;  // the start with the pickle, the directory at the end
    QTest::newRow("safetensors") << "model.safetensors" << 1 << 0;
    QTest::newRow("set") << "set/model.safetensors.index.json" << 1 + 4 << 4;
}

void TstCliRemote::inventoryIsTheSame() {
    NEEDS_NGINX();
    QFETCH(const QString, name);
    QFETCH(const int, requests);
    QFETCH(const int, shards);
    const auto here = runCli({"inspect", local(name), "--json"});
    STATUS_IS(here, 0);
    QVERIFY(nginx_.forgetRequests());
    const auto there = runCli({"inspect", nginx_.address(name), "--json"});
    STATUS_IS(there, 0);
    QCOMPARE(there.err, QByteArray());
    QCOMPARE(jsonOf(there.out), jsonOf(here.out));
    QCOMPARE(jsonOf(there.out)["tensors"].toArray().size(), 20);
    if (shards > 0) QCOMPARE(jsonOf(there.out)["files"].toArray().size(), shards);
    const auto log = nginx_.takeRequests(requests);
    QCOMPARE(log.size(), requests);
    QVERIFY(bytesAsked(log) <= 2'000'000);  // of 40 MB
}

void TstCliRemote::valuesOfOneTensor_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("megabytes");  // that may be asked for
    for (const char* name : {"model.pth", "model.safetensors", "set/model.safetensors.index.json"}) {
        QTest::addRow("%s, some rows", name) << name << QStringList{"--slice", "0:4,:"} << 2;
        QTest::addRow("%s, a column", name) << name << QStringList{"--slice", ":,3"} << 6;
        QTest::addRow("%s, statistics", name) << name << QStringList{"--stats"} << 6;
    }
}

void TstCliRemote::valuesOfOneTensor() {
    NEEDS_NGINX();
    QFETCH(const QString, name);
    QFETCH(const QStringList, options);
    QFETCH(const int, megabytes);
    const QStringList rest = QStringList{"linears.3.weight", "--json"} + options;
    const auto here = runCli(QStringList{"show", local(name)} + rest);
    STATUS_IS(here, 0);
    QVERIFY(nginx_.forgetRequests());
    const auto there = runCli(QStringList{"show", nginx_.address(name)} + rest);
    STATUS_IS(there, 0);
    QCOMPARE(there.out, here.out);
    QVERIFY(bytesAsked(nginx_.takeRequests(2)) < megabytes * 1'000'000);
}

void TstCliRemote::findingsAreTheSame_data() {
    QTest::addColumn<QStringList>("verb");
    QTest::addColumn<QString>("name");
    for (const char* name : {"model.pth", "model.safetensors", "set/model.safetensors.index.json"}) {
        QTest::addRow("scan %s", name) << QStringList{"scan", "--json"} << name;
        QTest::addRow("check %s", name) << QStringList{"check", "--json"} << name;
        QTest::addRow("check --deep %s", name) << QStringList{"check", "--deep", "--json"} << name;
        QTest::addRow("audit %s", name) << QStringList{"audit", "--json"} << name;
    }
}

// But for the place itself, a server's file is told of as a file of this machine.
void TstCliRemote::findingsAreTheSame() {
    NEEDS_NGINX();
    QFETCH(const QStringList, verb);
    QFETCH(const QString, name);
    const auto here = runCli(verb + QStringList{local(name)});
    const auto there = runCli(verb + QStringList{nginx_.address(name)});
    STATUS_IS(here, 0);
    STATUS_IS(there, 0);
    QCOMPARE(there.err, QByteArray());
    QByteArray moved = there.out;
    moved.replace(nginx_.address({}).toUtf8(), local({}).toUtf8());
    const auto expected = jsonOf(here.out);
    const auto found = jsonOf(moved);
    QCOMPARE(found.keys(), expected.keys());
    for (const QString& key : expected.keys())
        if (key != "slim") QVERIFY2(found[key] == expected[key], qPrintable(key + there.out));  // its command names DST
}

void TstCliRemote::convertedFromAnAddress() {
    NEEDS_NGINX();
    for (const char* name : {"model.pth", "set/model.safetensors.index.json"}) {
        STATUS_IS(runCli({"convert", local(name), out("here.pth"), "--dtype", "bf16", "--overwrite"}), 0);
        STATUS_IS(runCli({"convert", nginx_.address(name), out("there.pth"), "--dtype", "bf16", "--overwrite",
                          "--threads", "4"}),
                  0);
        QVERIFY(readFile(out("there.pth")) == readFile(out("here.pth")));
    }
}

void TstCliRemote::missingShardIsAWarning() {
    NEEDS_NGINX();
    QVERIFY(QDir().mkpath(local("holes")));
    const auto shards = QDir(local("set")).entryList(QDir::Files);
    for (const QString& name : shards)
        if (!name.contains("00002-of")) QVERIFY(QFile::copy(local("set/" + name), local("holes/" + name)));
    const auto there = runCli({"inspect", nginx_.address("holes/model.safetensors.index.json"), "--json"});
    STATUS_IS(there, 0);
    const auto warnings = jsonOf(there.out)["warnings"].toArray();
    QCOMPARE(warnings.size(), 1);
    QVERIFY2(warnings[0].toString().contains("00002-of-00004.safetensors") && warnings[0].toString().contains("404"),
             qPrintable(warnings[0].toString()));
}

void TstCliRemote::shardsStayBesideTheIndex() {
    NEEDS_NGINX();
    for (const QByteArray shard : {"../unasked", "http://127.0.0.1/unasked", "/unasked", "..\\\\unasked"}) {
        QVERIFY(writeFile(local("out.index.json"), "{\"weight_map\":{\"a\":\"" + shard + "\"}}"));
        QVERIFY(nginx_.forgetRequests());
        STATUS_IS(runCli({"inspect", nginx_.address("out.index.json")}), 1);
        const auto log = nginx_.takeRequests(1).join('\n');
        QVERIFY2(log.contains("/out.index.json") && !log.contains("unasked"), log.constData());
    }
}

void TstCliRemote::whatAnAddressCannotDo_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("load") << QStringList{"load", "ADDRESS", "--strategy", "all"} << 2
                          << QByteArray("download it first");
    QTest::newRow("destination") << QStringList{"convert", "FILE", "ADDRESS"} << 2
                                 << QByteArray("cannot be written to");
    QTest::newRow("missing") << QStringList{"inspect", "ADDRESSx"} << 1 << QByteArray("HTTP 404 Not Found");
    QTest::newRow("no checkpoint") << QStringList{"inspect", "PAGE"} << 1 << QByteArray("page.html");
}

void TstCliRemote::whatAnAddressCannotDo() {
    NEEDS_NGINX();
    QFETCH(QStringList, arguments);
    QFETCH(const int, status);
    QFETCH(const QByteArray, message);
    QVERIFY(writeFile(local("page.html"), "<!doctype html><p>Not a checkpoint"));
    arguments.replaceInStrings("ADDRESS", nginx_.address("model.pth"));
    arguments.replaceInStrings("FILE", local("model.pth"));
    arguments.replaceInStrings("PAGE", nginx_.address("page.html"));
    const auto refused = runCli(arguments);
    STATUS_IS(refused, status);
    QVERIFY2(refused.err.contains(message), refused.err.constData());
    QCOMPARE(refused.err.count('\n'), 1);
}

void TstCliRemote::goneServerIsAnError() {
    const auto address = QString("http://127.0.0.1:%1/model.pth").arg(freePort());
    const auto gone = runCli({"inspect", address});
    STATUS_IS(gone, 1);
    QVERIFY2(gone.err.startsWith("plimsoll: " + address.toUtf8() + ": "), gone.err.constData());
}

void TstCliRemote::readByPosition() {
    for (const char* name : {"model.pth", "model.safetensors", "set/model.safetensors.index.json"}) {
        const auto mapped = runWith("PLIMSOLL_READ=mapping", {"inspect", local(name), "--json"});
        const auto paged = runWith("PLIMSOLL_READ=position", {"inspect", local(name), "--json"});
        STATUS_IS(paged, 0);
        QCOMPARE(paged.out, mapped.out);
    }
    STATUS_IS(runWith("PLIMSOLL_READ=mapping", {"convert", local("model.pth"), out("mapped.safetensors")}), 0);
    STATUS_IS(runWith("PLIMSOLL_READ=position", {"convert", local("model.pth"), out("paged.safetensors")}), 0);
    QVERIFY(readFile(out("paged.safetensors")) == readFile(out("mapped.safetensors")));
    for (const char* verb : {"inspect", "scan", "check"}) {
        const auto mapped = runWith("PLIMSOLL_READ=mapping", {verb, local("model.pth"), "--json"});
        const auto paged = runWith("PLIMSOLL_READ=position", {verb, local("model.pth"), "--json"});
        STATUS_IS(paged, mapped.exitCode);
        QCOMPARE(paged.out, mapped.out);
        STATUS_IS(runWith("PLIMSOLL_READ=otherwise", {verb, local("model.pth")}), 1);
    }
}

void TstCliRemote::fuseIsReadByPosition() {
    FuseMount fuse;
    if (const QString reason = fuse.mount(dir_.filePath("www")); !reason.isEmpty()) QSKIP(qPrintable(reason));
    const auto here = runCli({"inspect", local("model.pth"), "--json"});
    const auto there = runCli({"inspect", fuse.path("model.pth"), "--json"});
    STATUS_IS(there, 0);
    auto inventory = jsonOf(there.out);
    QCOMPARE(inventory.take("notes").toArray(), QJsonArray{"on FUSE, so it is read by position and not mapped"});
    QCOMPARE(inventory, jsonOf(here.out));
    const auto text = runCli({"inspect", fuse.path("model.pth")});
    QVERIFY(text.out.contains("note: on FUSE, so it is read by position and not mapped\n"));
    STATUS_IS(runCli({"convert", fuse.path("set"), out("fuse.pth")}), 0);
    STATUS_IS(runCli({"convert", local("set"), out("local.pth")}), 0);
    QVERIFY(readFile(out("fuse.pth")) == readFile(out("local.pth")));
}

QTEST_GUILESS_MAIN(TstCliRemote)
#include "tst_cli_remote.moc"
