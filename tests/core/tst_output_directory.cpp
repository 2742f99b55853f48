// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sys/syscall.h>

#include "base/byte_cursor.h"
#include "child.h"
#include "io/output_directory.h"

using plimsoll::OutputDirectory;
using Existing = plimsoll::OutputFile::Existing;

// A directory that takes the place of an older one: what stays, what goes, and file systems that cannot exchange two.
class TstOutputDirectory final : public QObject {
    Q_OBJECT
private slots:
    void init();
    void replaces_data();
    void replaces();
    void comesBackAfterAKill_data();
    void comesBackAfterAKill();
    void clearsUpAfterAKill();

private:
    QString at(const QString& name) const { return dir_->filePath(name); }
    void put(const QString& name, const QByteArray& bytes) const {
        QVERIFY(QDir(dir_->path()).mkpath(QFileInfo(name).path()));
        QFile file(at(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }
    QString read(const QString& name) const {
        QFile file(at(name));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QStringLiteral("nothing");
    }
    QStringList below(const QString& name) const {
        return QDir(at(name)).entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    }
    // Writes "new.bin"; *.bin of an older directory make room for it.
    QString write(Existing existing) const;
    std::unique_ptr<QTemporaryDir> dir_;
};

void TstOutputDirectory::init() {
    dir_ = std::make_unique<QTemporaryDir>();
}

QString TstOutputDirectory::write(Existing existing) const {
    const auto say = [](const plimsoll::Error& error) { return QString::fromStdString(describe(error, "")); };
    auto out = OutputDirectory::open(at("out").toStdString(), existing,
                                     [](std::string_view name) { return name.ends_with(".bin"); });
    if (!out) return say(out.error());
    const auto file = out->add("new.bin", 3);
    if (const auto done = out->reserve(); !done) return say(done.error());
    if (const auto done = out->writeAt(file, 0, plimsoll::asBytes("new")); !done) return say(done.error());
    if (const auto done = out->sync({}); !done) return say(done.error());
    if (const auto done = out->commit(); !done) return say(done.error());
    return {};
}

void TstOutputDirectory::replaces_data() {
    QTest::addColumn<bool>("exchanges");
    QTest::newRow("in exchange") << true;
    QTest::newRow("where the file system cannot exchange") << false;
}

void TstOutputDirectory::replaces() {
    QFETCH(bool, exchanges);
    put("out/old-00001-of-00009.bin", "old");
    put("out/config.json", "{}");
    const QString wrong = inChildProcess([&]() -> QString {
        if (!exchanges && !refuseCall(SYS_renameat2, EINVAL)) return "not permitted";
        return write(Existing::Replace);
    });
    if (wrong == "not permitted") QSKIP("forbidding a system call is not permitted here");
    QCOMPARE(wrong, QString());
    QCOMPARE(below("out"), (QStringList{"config.json", "new.bin"}));
    QCOMPARE(read("out/new.bin"), "new");
    QCOMPARE(read("out/config.json"), "{}");
    QCOMPARE(below("."), QStringList{"out"});
}

void TstOutputDirectory::comesBackAfterAKill_data() {
    QTest::addColumn<bool>("replace");
    QTest::addColumn<QString>("says");
    QTest::newRow("the older one is in the way again") << false << "is not empty";
    QTest::newRow("and is replaced") << true << "";
}

// Killed when the older directory had lost its name and the new one had not got it.
void TstOutputDirectory::comesBackAfterAKill() {
    QFETCH(bool, replace);
    QFETCH(QString, says);
    put("out.partial.old/old.bin", "old");
    put("out.partial.old/config.json", "{}");
    put("out.partial/new.bin", "new");
    const auto wrong = write(replace ? Existing::Replace : Existing::Refuse);
    QVERIFY2(says.isEmpty() ? wrong.isEmpty() : wrong.contains(says), qPrintable(wrong));
    QCOMPARE(below("out"), (QStringList{"config.json", replace ? "new.bin" : "old.bin"}));
    QVERIFY(!QFileInfo::exists(at("out.partial.old")));
}

// Killed before it could remove what it had replaced.
void TstOutputDirectory::clearsUpAfterAKill() {
    put("out.partial.old/old.bin", "old");
    put("out.partial.old/late.txt", "of another program");
    put("out/new.bin", "the one before");
    const QString wrong = inChildProcess(
        [&]() -> QString { return refuseCall(SYS_renameat2, EINVAL) ? write(Existing::Replace) : "not permitted"; });
    if (wrong == "not permitted") QSKIP("forbidding a system call is not permitted here");
    QCOMPARE(wrong, QString());
    QCOMPARE(below("out"), (QStringList{"late.txt", "new.bin"}));
    QCOMPARE(read("out/new.bin"), "new");
    QCOMPARE(below("."), QStringList{"out"});
}

QTEST_GUILESS_MAIN(TstOutputDirectory)
#include "tst_output_directory.moc"
