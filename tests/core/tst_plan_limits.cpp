// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <array>
#include <stop_token>

#include "convert/dcp_plan.h"
#include "convert/plain_entry.h"
#include "convert/plan.h"
#include "convert/selection.h"
#include "convert/storage_plan.h"
#include "convert/torch_layout.h"
#include "convert/value_prune.h"
#include "made_checkpoint.h"
#include "plan_checks.h"

using namespace plimsoll;

// What keeps planning from taking for ever.
class TstPlanLimits final : public QObject {
    Q_OBJECT
private slots:
    void stops();
    void tuplesThatShareTuples_data();
    void tuplesThatShareTuples();
};

// A stop that comes while a plan is made ends each part of it; which one it meets is chance.
void TstPlanLimits::stops() {
    MadeCheckpoint made;
    const auto w = made.tensor("w", {2});
    const auto source = made.finish(made.stateDict({{"w", w}}));
    auto recipe = recipeFor(Target::Pth);
    recipe.rules = {{"w", DType::BF16}};
    const auto selection = selectTensors(*source, recipe);
    QVERIFY(selection);
    const auto storages = planStorages(*source, selection->picks, {});
    QVERIFY(storages);
    std::stop_source stopping;
    stopping.request_stop();
    const auto stop = stopping.get_token();
    const auto isCancelled = [](const auto& result) { return !result && result.error().code == Errc::Cancelled; };
    const TorchContent content{*source, selection->picks, *storages, stop};
    const std::vector<std::uint32_t> members{0};
    const Value root = source->values.root();
    QVERIFY(isCancelled(selectTensors(*source, recipe, stop)));
    QVERIFY(isCancelled(planStorages(*source, selection->picks, {}, stop)));
    QVERIFY(isCancelled(planTorchGraph(content, source->values, root, "out.pth")));
    QVERIFY(isCancelled(planFlatTorchFile(content, members, "out.pth")));
    QVERIFY(isCancelled(torchGraphBytes(content, source->values, root)));
    QVERIFY(isCancelled(
        pruneTree(*source, root, "", selection->kept, selection->to, {}, DenseObjects::CastLazyViews, stop)));
    QVERIFY(isCancelled(plainEntries(*source, selection->picks, stop)));
    QVERIFY(isCancelled(planDcpNested(*source, *selection, recipe, source->values, root, stop)));
    QVERIFY(isCancelled(planDcpFlat(*source, *selection, recipe, stop)));
    for (const auto target : {Target::Pth, Target::Safetensors, Target::Tensors, Target::Npz, Target::Dcp})
        QVERIFY(isCancelled(planConversion(source, recipeFor(target), stop)));
}

void TstPlanLimits::tuplesThatShareTuples_data() {
    QTest::addColumn<int>("target");
    QTest::addColumn<bool>("drops");
    for (const auto target : {Target::Pth, Target::Safetensors, Target::Tensors, Target::Npz, Target::Dcp}) {
        for (const bool drops : {false, true})
            QTest::addRow("%s%s", std::string(targetName(target)).c_str(), drops ? ", a tensor dropped" : "")
                << int(target) << drops;
    }
}

// A kilobyte of pickle can hold a tuple of a tuple, twice each, sixty deep: each is gone through once.
void TstPlanLimits::tuplesThatShareTuples() {
    QFETCH(int, target);
    QFETCH(bool, drops);
    MadeCheckpoint made;
    const auto w = made.tensor("w", {2});
    const auto other = made.tensor("other", {2});
    Value tuple = made.tree().tuple(std::array{made.text("x")});
    for (int i = 0; i < 60; ++i) tuple = made.tree().tuple(std::array{tuple, tuple});
    const auto source = made.finish(
        made.dict({{"deep", tuple}, {"w", ValueTree::tensorRef(w)}, {"other", ValueTree::tensorRef(other)}}));
    auto recipe = recipeFor(Target(target));
    if (drops) recipe.drop = {"other"};
    const auto plan = planConversion(source, recipe);
    QVERIFY2(plan, plan ? "" : plan.error().what.c_str());
    QCOMPARE(plan->tensors, std::uint64_t{drops ? 1U : 2U});
}

QTEST_APPLESS_MAIN(TstPlanLimits)
#include "tst_plan_limits.moc"
