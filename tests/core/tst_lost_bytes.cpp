// SPDX-License-Identifier: GPL-3.0-or-later
#include <stop_token>

#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include "checkpoint/name_tree.h"
#include "checkpoint/tensor_reader.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/sample.h"
#include "formats/registry.h"

using namespace plimsoll;

Q_DECLARE_METATYPE(plimsoll::Backing)

// A checkpoint whose file another program cuts short after it was opened: every use ends with an error or with zeros,
// and never the program.
class TstLostBytes : public QObject {
    Q_OBJECT

private slots:
    void usedAfterTheCut_data();
    void usedAfterTheCut();

private:
    QTemporaryDir dir_;
};

void TstLostBytes::usedAfterTheCut_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<Backing>("backing");
    for (const char* name : {"model.pth", "model.safetensors"}) {
        QTest::addRow("%s, mapped", name) << name << Backing::Mapping;
        QTest::addRow("%s, by position", name) << name << Backing::Paged;
    }
}

void TstLostBytes::usedAfterTheCut() {
    QFETCH(const QString, name);
    QFETCH(const Backing, backing);
    const std::string path = dir_.filePath(name).toStdString();
    ProgressCounter progress;
    const auto written = writeSample("linear10", path, DType::F32, 1, true, progress, {});
    QVERIFY2(written, written ? "" : written.error().what.c_str());
    ReadOptions read;
    read.backing = backing;
    const auto opened = openCheckpoint(path, {}, nullptr, read);
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QVERIFY(faultOf(**opened));
    Recipe recipe;
    recipe.destination = dir_.filePath("out.safetensors").toStdString();
    recipe.target = Target::Safetensors;
    const auto plan = planConversion(*opened, recipe);
    QVERIFY2(plan, plan ? "" : plan.error().what.c_str());

    constexpr off_t kLeft = 10'000;
    QCOMPARE(::truncate(path.c_str(), kLeft), 0);

    // The names lie in the file: they may be zeros now, but they are there.
    const TensorTable& table = (*opened)->tensors;
    const auto tree = NameTree::build(table);
    QVERIFY(tree.size() > 1);
    const auto fault = faultOf(**opened);
    QVERIFY(!fault);
    QCOMPARE(fault.error().path, path);
    QVERIFY(fault.error().offset != kNoOffset && fault.error().offset <= 2 * kLeft);

    TensorReader reader(*opened);
    std::vector<std::byte> bytes(1000);
    const auto values = reader.readElements(TensorId(static_cast<std::uint32_t>(table.size() - 1)), 0, bytes);
    QVERIFY(!values);
    QCOMPARE(values.error().code, Errc::Truncated);
    QCOMPARE(values.error().path, path);
    QVERIFY(values.error().offset > std::uint64_t{kLeft} && values.error().offset != kNoOffset);

    const auto converted = runPlan(*plan, progress, {});
    QVERIFY(!converted);
    QCOMPARE(converted.error().path, path);
    QVERIFY(!QFile::exists(dir_.filePath("out.safetensors")));
}

QTEST_GUILESS_MAIN(TstLostBytes)
#include "tst_lost_bytes.moc"
