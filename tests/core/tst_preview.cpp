// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "convert/plan.h"
#include "convert/preview.h"
#include "convert/recipe_options.h"
#include "made_checkpoint.h"

using namespace plimsoll;

// Tensor by tensor: what a recipe makes of it, and which rule did.
class TstPreview final : public QObject {
    Q_OBJECT
private slots:
    void rows_data();
    void rows();
    void countsByRule();
    void agreesWithThePlan_data();
    void agreesWithThePlan();
    void ranks();
    void stops();

private:
    static std::shared_ptr<const Checkpoint> model() {
        MadeCheckpoint made;
        const auto a = made.tensor("model.a.weight", {4, 4});
        const auto b = made.tensor("model.a.bias", {4});
        const auto c = made.tensor("model.steps", {1}, DType::I64);
        const auto d = made.tensor("optimizer.a.m", {4, 4});
        return made.finish(made.dict({{"model", made.stateDict({{"a.weight", a}, {"a.bias", b}, {"steps", c}})},
                                      {"optimizer", made.stateDict({{"a.m", d}})}}));
    }
    // "OPTION VALUE; OPTION VALUE"
    static Recipe recipe(const QString& options) {
        Recipe recipe;
        recipe.destination = "out";
        for (const QString& option : options.split("; ", Qt::SkipEmptyParts)) {
            const auto set =
                setOption(recipe, option.section(' ', 0, 0).toStdString(), option.section(' ', 1).toStdString());
            if (!set) qFatal("%s", set.error().what.c_str());
        }
        return recipe;
    }
    static QString text(const Preview& preview) {
        QStringList lines;
        for (const PreviewRow& row : preview.rows) {
            lines << QString::fromStdString(std::string(preview.source->tensors.name(row.id))) + ">" +
                         (row.isLeftOut ? QStringLiteral("-")
                                        : QString::fromStdString(std::string(row.name)) + ":" +
                                              QString::fromStdString(std::string(shortName(row.to))) + ":" +
                                              QString::number(bytesAfter(preview, row)));
        }
        return lines.join(' ');
    }
};

void TstPreview::rows_data() {
    QTest::addColumn<QString>("options");
    QTest::addColumn<QString>("expected");
    QTest::newRow("nothing") << ""
                             << "model.a.weight>model.a.weight:f32:64 model.a.bias>model.a.bias:f32:16 "
                                "model.steps>model.steps:i64:8 optimizer.a.m>optimizer.a.m:f32:64";
    QTest::newRow("cast, drop") << "--dtype bf16; --rule *.bias=keep; --drop optimizer.*"
                                << "model.a.weight>model.a.weight:bf16:32 model.a.bias>model.a.bias:f32:16 "
                                   "model.steps>model.steps:i64:8 optimizer.a.m>-";
    QTest::newRow("state dict, renamed") << "--weights-only; --rename a=b; --rename .weight$=>.w"
                                         << "model.a.weight>b.w:f32:64 model.a.bias>b.bias:f32:16 "
                                            "model.steps>steps:i64:8 optimizer.a.m>-";
    QTest::newRow("nothing left") << "--drop *"
                                  << "model.a.weight>- model.a.bias>- model.steps>- optimizer.a.m>-";
}

void TstPreview::rows() {
    QFETCH(QString, options);
    QFETCH(QString, expected);
    const auto preview = previewTensors(model(), recipe(options));
    QVERIFY(preview);
    QCOMPARE(text(**preview), expected);
}

void TstPreview::countsByRule() {
    const auto preview = previewTensors(
        model(), recipe("--rule *=bf16; --rule *.bias=i8; --rule model.steps=i32; --rule optimizer.*=f16; "
                        "--drop optimizer.*; --drop nothing; --keep dtype:f32; --keep steps; --rename model=m"));
    QVERIFY(preview);
    const auto counts = [](const std::vector<PreviewRows>& rules) {
        QList<int> sizes;
        for (const auto& matching : rules) sizes << static_cast<int>(matching.size());
        return sizes;
    };
    QCOMPARE(counts((*preview)->byRule), (QList<int>{2, 1, 1, 0}));  // a floating type is not for integers
    QCOMPARE(counts((*preview)->byDrop), (QList<int>{1, 0}));
    QCOMPARE(counts((*preview)->byKeep), (QList<int>{3, 1}));
    QCOMPARE(counts((*preview)->byRename), (QList<int>{3}));
    QCOMPARE((*preview)->leftOut, (PreviewRows{3}));
    QCOMPARE((*preview)->byDrop.front(), (PreviewRows{3}));
}

void TstPreview::agreesWithThePlan_data() {
    QTest::addColumn<QString>("options");
    QTest::newRow("as it is") << "--to safetensors";
    QTest::newRow("bf16") << "--to safetensors; --dtype bf16; --rule *.bias=f64; --rule model.steps=i8";
    QTest::newRow("names") << "--to npz; --rename model.=>; --drop optimizer.*";
    QTest::newRow("weights") << "--to tensors; --weights-only; --dtype f8_e4m3fn";
}

void TstPreview::agreesWithThePlan() {
    QFETCH(QString, options);
    const auto source = model();
    const auto preview = previewTensors(source, recipe(options));
    const auto plan = planConversion(source, recipe(options));
    QVERIFY(preview && plan);
    std::map<std::string, std::pair<DType, std::uint64_t>> planned;
    for (const auto& file : plan->files)
        for (const auto& record : file.records) planned[record.name] = {record.to, record.destinationBytes};
    std::size_t taken = 0;
    for (const PreviewRow& row : (*preview)->rows) {
        if (row.isLeftOut) continue;
        ++taken;
        const auto found = planned.find(std::string(row.name));
        QVERIFY2(found != planned.end(), std::string(row.name).c_str());
        QVERIFY(found->second.first == row.to);
        QCOMPARE(bytesAfter(**preview, row), found->second.second);
    }
    QCOMPARE(taken, planned.size());
}

void TstPreview::ranks() {
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("layers.0.wq.weight", {8, 4});
    made.tensor("layers.0.wo.weight", {4, 8}, DType::F32);
    made.tensor("norm.weight", {4});
    const auto preview =
        previewTensors(made.finish({}), recipe("--to safetensors; --tp 2; --dtype f16; --tp-rule norm*=replicate"));
    QVERIFY(preview);
    const auto& rows = (*preview)->rows;
    QCOMPARE(shapeAfter(**preview, rows[0]), (std::vector<std::uint64_t>{4, 4}));
    QCOMPARE(shapeAfter(**preview, rows[1]), (std::vector<std::uint64_t>{4, 4}));
    QCOMPARE(shapeAfter(**preview, rows[2]), (std::vector<std::uint64_t>{4}));
    QCOMPARE(bytesAfter(**preview, rows[0]), 32U);
    QCOMPARE((*preview)->bytesAfter, 72U);
    QCOMPARE((*preview)->byTpRule.front(), (PreviewRows{2}));
}

void TstPreview::stops() {
    std::stop_source stop;
    stop.request_stop();
    const auto preview = previewTensors(model(), recipe("--rule *=f16"), stop.get_token());
    QVERIFY(!preview && preview.error().code == Errc::Cancelled);
    const auto plan = planConversion(model(), recipe("--to npz"), stop.get_token());
    QVERIFY(!plan && plan.error().code == Errc::Cancelled);
}

QTEST_APPLESS_MAIN(TstPreview)
#include "tst_preview.moc"
