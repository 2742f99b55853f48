// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <chrono>
#include <filesystem>

#include "formats/registry.h"
#include "lab/tensor_files.h"
#include "sample_source.h"

using namespace plimsoll;

class TstTensorFiles : public SampleSource {
    Q_OBJECT

private slots:
    void initTestCase() { makeSource("linears.0.*"); }
    void init() {
        freshFolder();
        qputenv("TMPDIR", dir_->path().toLocal8Bit());
    }
    void cleanup() { qunsetenv("TMPDIR"); }

    void areGoneWithTheirObject();
    void thoseOfAKilledProgramAreRemoved_data();
    void thoseOfAKilledProgramAreRemoved();
    void thoseInUseStay();

private:
    [[nodiscard]] Result<TensorFiles> make() const {
        TRY(const auto checkpoint, openCheckpoint(path("s.pth").toStdString()));
        ProgressCounter progress;
        return TensorFiles::of(checkpoint, progress, {});
    }
    void makeOld(const QString& folder) const {
        const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
        std::filesystem::last_write_time(folder.toStdString(), old);
    }
};

void TstTensorFiles::areGoneWithTheirObject() {
    {
        auto files = make();
        QVERIFY2(files, files ? "" : files.error().what.c_str());
        QVERIFY(QDir(QString::fromStdString(files->directory())).count() > 2);
        QCOMPARE(names().size(), 2);
        const TensorFiles moved = std::move(*files);
        QVERIFY(QDir(QString::fromStdString(moved.directory())).exists());
    }
    QCOMPARE(names(), QStringList{"s.pth"});
}

void TstTensorFiles::thoseOfAKilledProgramAreRemoved_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isOld");
    QTest::addColumn<bool>("stays");
    QTest::newRow("left behind") << "plimsoll-tensors-aBcDeF" << true << false;
    QTest::newRow("just made, not yet locked") << "plimsoll-tensors-aBcDeF" << false << true;
    QTest::newRow("somebody else's") << "plimsoll-tensor" << true << true;
}

void TstTensorFiles::thoseOfAKilledProgramAreRemoved() {
    QFETCH(const QString, name);
    QFETCH(const bool, isOld);
    QVERIFY(QDir().mkpath(path(name + "/tensors/deep")));
    if (isOld) makeOld(path(name));
    QVERIFY(make());
    QTEST(QDir(path(name)).exists(), "stays");
}

void TstTensorFiles::thoseInUseStay() {
    const auto first = make();
    QVERIFY(first);
    const QString used = QString::fromStdString(first->directory());
    makeOld(QFileInfo(used).path());
    QVERIFY(make());
    QVERIFY(QDir(used).exists());
}

QTEST_APPLESS_MAIN(TstTensorFiles)
#include "tst_tensor_files.moc"
