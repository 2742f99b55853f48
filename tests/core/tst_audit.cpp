// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <map>

#include "audit/audit.h"
#include "audit/layers.h"
#include "audit/slim.h"
#include "made_checkpoint.h"

using namespace plimsoll;

namespace {

std::string roleOf(const AuditReport& report, const std::string& name) {
    const TensorId id = findTensor(report.checkpoint->tensors, name);
    return id.valid() ? std::string(roleName(report.role(id))) : "no such tensor";
}

using Entry = std::pair<std::string, Value>;
using Shape = std::vector<std::uint64_t>;

// A training checkpoint as trainers write it: model, optimizer in groups, average, schedule.
class Training {
public:
    explicit Training(std::vector<std::pair<std::string, Shape>> parameters) : parameters_(std::move(parameters)) {
        std::vector<std::pair<std::string, TensorId>> model;
        std::vector<std::pair<std::string, TensorId>> ema;
        for (const auto& [name, shape] : parameters_) {
            model.emplace_back(name, made.tensor("model." + name, shape));
            ema.emplace_back(name, made.tensor("ema." + name, shape));
        }
        entries = {{"model", made.stateDict(model)}, {"ema", made.stateDict(ema)}};
    }

    // Adam's state of the parameters with these indices, in this order, which are the groups' in turn.
    void addOptimizer(const std::vector<std::vector<std::size_t>>& groups) {
        const auto state = made.tree().dict();
        const auto list = made.tree().list();
        std::int64_t number = 0;
        for (const auto& group : groups) {
            const auto params = made.tree().list();
            for (const auto index : group) {
                const std::string path = "optimizer.state." + std::to_string(number) + ".";
                const auto moments = made.tree().dict();
                for (const auto* moment : {"exp_avg", "exp_avg_sq"})
                    made.tree().insert(moments, made.text(moment),
                                       ValueTree::tensorRef(made.tensor(path + moment, parameters_[index].second)));
                made.tree().insert(moments, made.text("step"), ValueTree::tensorRef(made.tensor(path + "step", {})));
                made.tree().insert(state, ValueTree::integer(number), moments);
                made.tree().append(params, ValueTree::integer(number++));
            }
            made.tree().append(list, made.dict({{"params", params}}));
        }
        entries.push_back({"optimizer", made.dict({{"state", state}, {"param_groups", list}})});
    }

    AuditReport audit() { return auditInventory(made.finish(made.dict(entries))); }

    MadeCheckpoint made;
    std::vector<Entry> entries;

private:
    std::vector<std::pair<std::string, Shape>> parameters_;
};

}  // namespace

class TstAudit final : public QObject {
    Q_OBJECT
private slots:
    void roles_data();
    void roles();
    void averageAloneIsTheWeights();
    void optimizerByOrder_data();
    void optimizerByOrder();
    void optimizerByName();
    void bytesCountOnce();
    void unusedBytes_data();
    void unusedBytes();
    void tiedTensors();
    void layersAndExperts_data();
    void layersAndExperts();
    void outsideStorages();
    void dropPatternsTakeExactly();
};

void TstAudit::roles_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("dtype");
    QTest::addColumn<QString>("role");
    const auto row = [](const char* name, DType dtype, const char* role) {
        QTest::newRow(name) << name << int(dtype) << role;
    };
    row("layers.0.weight", DType::F32, "weights");
    row("layers.0.bias", DType::F32, "weights");
    row("bn1.running_mean", DType::F32, "buffers");
    row("bn1.num_batches_tracked", DType::I64, "buffers");
    row("rotary.inv_freq", DType::F32, "buffers");
    row("embeddings.position_ids", DType::I64, "buffers");
    row("h.0.attn.mask", DType::Bool, "buffers");
    row("layers.0.qweight", DType::I32, "weights");
    row("layers.0.mlp.weight", DType::I8, "weights");
    row("model_ema.layers.0.weight", DType::F32, "EMA copies");
    row("ema.shadow_params.3", DType::F32, "EMA copies");
    row("vq.ema_cluster_size", DType::F32, "buffers");
    row("optimizer.state.0.exp_avg", DType::F32, "optimizer state");
    row("optim.state.layers.0.weight.momentum_buffer", DType::F32, "optimizer state");
    row("layers.0.weight.exp_avg_sq", DType::F32, "optimizer state");
    row("cuda_rng_state", DType::U8, "other");
    row("system.weight", DType::F32, "weights");  // "ema" and "state" are whole components or nothing
}

void TstAudit::roles() {
    QFETCH(QString, name);
    QFETCH(int, dtype);
    QFETCH(QString, role);
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("other.weight", {2});
    made.tensor(name.toStdString(), {2}, DType(dtype));
    const auto report = auditInventory(made.finish(ValueTree::none()));
    QCOMPARE(QString::fromStdString(roleOf(report, name.toStdString())), role);
}

void TstAudit::averageAloneIsTheWeights() {
    MadeCheckpoint made;
    const auto id = made.tensor("params_ema.conv.weight", {4});
    const auto root = made.dict({{"params_ema", made.stateDict({{"conv.weight", id}})}});
    const auto report = auditInventory(made.finish(root));
    QCOMPARE(report.role(id), Role::Weight);
    QCOMPARE(report.roles[std::size_t(Role::Weight)].bytes, std::uint64_t{16});
}

void TstAudit::optimizerByOrder_data() {
    QTest::addColumn<QList<QList<int>>>("groups");
    QTest::addColumn<int>("linked");
    // Parameters: 0 a.weight [4,4], 1 a.bias [4], 2 b.weight [4,4], 3 b.bias [4], 4 c.weight [2,4]
    QTest::newRow("one group") << QList<QList<int>>{{0, 1, 2, 3, 4}} << 5;
    QTest::newRow("decay, no decay") << QList<QList<int>>{{0, 2, 4}, {1, 3}} << 5;
    QTest::newRow("no decay, decay") << QList<QList<int>>{{1, 3}, {0, 2, 4}} << 5;
    QTest::newRow("only the head") << QList<QList<int>>{{4}} << 1;
    QTest::newRow("one of two alike") << QList<QList<int>>{{0}} << 0;
    QTest::newRow("another order") << QList<QList<int>>{{4, 3, 2, 1, 0}} << 0;
}

void TstAudit::optimizerByOrder() {
    QFETCH(QList<QList<int>>, groups);
    QFETCH(int, linked);
    Training training(
        {{"a.weight", {4, 4}}, {"a.bias", {4}}, {"b.weight", {4, 4}}, {"b.bias", {4}}, {"c.weight", {2, 4}}});
    std::vector<std::vector<std::size_t>> indices;
    std::vector<std::size_t> inTurn;
    for (const auto& group : groups) {
        auto& to = indices.emplace_back();
        for (const int i : group) to.push_back(std::size_t(i));
        inTurn.insert(inTurn.end(), to.begin(), to.end());
    }
    training.addOptimizer(indices);
    const auto report = training.audit();
    QCOMPARE(report.optimizers.size(), std::size_t{1});
    const auto& optimizer = report.optimizers[0];
    QCOMPARE(QString::fromStdString(optimizer.path), QString("optimizer"));
    QCOMPARE(QString::fromStdString(optimizer.kind), QString("exp_avg, exp_avg_sq, step"));
    QCOMPARE(optimizer.parameters, std::uint64_t(inTurn.size()));
    QCOMPARE(int(optimizer.linked), linked);
    const std::vector<std::string> names{"a.weight", "a.bias", "b.weight", "b.bias", "c.weight"};
    const auto& table = report.checkpoint->tensors;
    for (std::size_t i = 0; linked > 0 && i < inTurn.size(); ++i) {
        const auto moment = findTensor(table, "optimizer.state." + std::to_string(i) + ".exp_avg");
        QCOMPARE(table.name(report.parameterOf[moment.index()]), "model." + names[inTurn[i]]);
    }
}

void TstAudit::optimizerByName() {
    MadeCheckpoint made(Format::TorchDcp);
    const auto weight = made.tensor("model.layers.0.weight", {8});
    made.tensor("optimizer.state.layers.0.weight.exp_avg", {8});
    made.tensor("optimizer.state.layers.0.weight.step", {});
    const auto report = auditInventory(made.finish(ValueTree::none()));
    QCOMPARE(report.optimizers.at(0).linked, std::uint64_t{1});
    QCOMPARE(report.parameterOf.at(1), weight);
    QCOMPARE(report.layers.at(0).optimizerState.bytes, std::uint64_t{36});
}

void TstAudit::bytesCountOnce() {
    MadeCheckpoint made;
    const auto storage = made.storage(40);
    // The average is the weight itself: its bytes are the weight's.
    const auto ema = made.tensor("ema.w", {10}, DType::F32, storage);
    const auto weight = made.tensor("model.w", {10}, DType::F32, storage);
    const auto root = made.dict({{"ema", made.stateDict({{"w", ema}})}, {"model", made.stateDict({{"w", weight}})}});
    const auto report = auditInventory(made.finish(root));
    QCOMPARE(report.total.bytes, std::uint64_t{80});
    QCOMPARE(report.total.ownBytes, std::uint64_t{40});
    QCOMPARE(report.roles[std::size_t(Role::Weight)].ownBytes, std::uint64_t{40});
    QCOMPARE(report.roles[std::size_t(Role::Ema)].ownBytes, std::uint64_t{0});
}

struct View {
    std::vector<std::uint64_t> shape;
    std::vector<std::int64_t> stride;
    std::uint64_t offset = 0;
    DType dtype = DType::F32;
};
using Views = std::vector<View>;
Q_DECLARE_METATYPE(Views)

void TstAudit::unusedBytes_data() {
    QTest::addColumn<Views>("views");
    const auto row = [](const char* name, const Views& views) { QTest::newRow(name) << views; };
    row("nothing", {});
    row("all", {{{100}, {1}}});
    row("a part", {{{10}, {1}, 5}});
    row("two parts", {{{10}, {1}, 5}, {{20}, {1}, 50}});
    row("overlapping parts, the later first", {{{30}, {1}, 20}, {{30}, {1}, 0}, {{40}, {1}, 5}});
    row("touching parts out of order", {{{10}, {1}, 10}, {{10}, {1}, 0}, {{10}, {1}, 20}});
    row("a transposed matrix", {{{10, 10}, {1, 10}}});
    row("every second", {{{50}, {2}}});
    row("every second and the others", {{{50}, {2}}, {{50}, {2}, 1}});
    row("every second and some of the same", {{{50}, {2}}, {{10}, {4}}});
    row("columns", {{{10, 3}, {10, 1}, 2}});
    row("columns and rows", {{{10, 3}, {10, 1}, 2}, {{2, 10}, {10, 1}, 30}});
    row("windows that overlap", {{{5, 30}, {10, 1}}});
    row("windows of every second", {{{4, 10}, {3, 2}}});
    row("expanded", {{{7, 10}, {0, 1}, 3}});
    row("three dimensions", {{{2, 3, 4}, {40, 8, 1}, 1}});
    row("bytes between", {{{10}, {1}, 0}, {{30}, {3}, 45, DType::U8}});
    row("no elements", {{{0, 5}, {5, 1}}});
}

void TstAudit::unusedBytes() {
    QFETCH(Views, views);
    MadeCheckpoint made;
    const auto storage = made.storage(400);
    // By brute force, byte by byte.
    std::vector<bool> used(400, false);
    std::vector<std::uint64_t> own;
    for (const View& view : views) {
        made.tensor("t" + std::to_string(own.size()), view.shape, view.dtype, storage, view.offset, view.stride);
        const std::uint64_t width = bitWidth(view.dtype) / 8;
        own.push_back(0);
        std::uint64_t elements = 1;
        for (const auto dim : view.shape) elements *= dim;
        for (std::uint64_t e = 0; e < elements; ++e) {
            std::uint64_t at = view.offset;
            for (std::size_t d = view.shape.size(), rest = e; d-- > 0; rest /= view.shape[d])
                at += rest % view.shape[d] * std::uint64_t(view.stride[d]);
            for (std::uint64_t b = at * width; b < (at + 1) * width; ++b)
                if (!used[b]) used[b] = true, ++own.back();
        }
    }
    const auto report = auditInventory(made.finish(ValueTree::none()));
    QVERIFY(report.unusedIsExact);
    QCOMPARE(report.storageBytes, std::uint64_t{400});
    QCOMPARE(report.unusedStorageBytes, std::uint64_t(std::count(used.begin(), used.end(), false)));
    QCOMPARE(report.total.ownBytes, std::uint64_t(std::count(used.begin(), used.end(), true)));
    if (report.unusedStorageBytes > 0) QCOMPARE(report.wastes.at(0).unusedBytes, report.unusedStorageBytes);
}

void TstAudit::tiedTensors() {
    MadeCheckpoint made;
    const auto storage = made.storage(80);
    const auto a = made.tensor("embed", {4, 5}, DType::F32, storage);
    made.tensor("part", {4}, DType::F32, storage);
    made.tensor("turned", {5, 4}, DType::F32, storage, 0, {1, 5});
    const auto b = made.tensor("head", {4, 5}, DType::F32, storage);
    made.tensor("same shape elsewhere", {4, 5});
    const auto report = auditInventory(made.finish(ValueTree::none()));
    QCOMPARE(report.tied.size(), std::size_t{1});
    QCOMPARE(report.tied[0].members, (std::vector<TensorId>{a, b}));
    QCOMPARE(report.tied[0].bytes, std::uint64_t{80});
}

void TstAudit::layersAndExperts_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("layer");
    QTest::addColumn<QString>("expert");
    struct Row {
        const char* name;
        const char* layer;
        const char* expert;
    };
    constexpr std::array kRows{
        Row{"weight", "", ""},
        Row{"lm_head.weight", "lm_head", ""},
        Row{"model.layers.12.self_attn.q_proj.weight", "model.layers.12", ""},
        Row{"layer1.0.conv1.weight", "layer1.0", ""},
        Row{"ema.shadow_params.3", "ema.shadow_params", ""},
        Row{"model.layers.0.block_sparse_moe.experts.7.w1.weight", "model.layers.0", "experts.7"},
        Row{"model.layers.0.mlp.experts.12.up_proj.weight", "model.layers.0", "experts.12"},
        Row{"decoder.layers.1.mlp.local_experts.2.fc.weight", "decoder.layers.1", "experts.2"},
        Row{"model.layers.3.mlp.shared_experts.up_proj.weight", "model.layers.3", "shared_expert"},
        Row{"model.layers.3.mlp.experts.gate_up_proj", "model.layers.3", "experts"},
        Row{"blk.5.ffn_up_exps.weight", "blk.5", "experts"},
        Row{"model.layers.3.mlp.gate.weight", "model.layers.3", ""}};
    for (const auto& row : kRows) QTest::newRow(row.name) << row.name << row.layer << row.expert;
}

void TstAudit::layersAndExperts() {
    QFETCH(QString, name);
    QFETCH(QString, layer);
    QFETCH(QString, expert);
    const std::string text = name.toStdString();
    const std::vector<std::uint64_t> shape{8, 2, 2};
    QCOMPARE(QString::fromStdString(std::string(layerOf(text).name)), layer);
    const auto found = expertOf(text, shape);
    QCOMPARE(QString::fromStdString(std::string(found.name)), expert);
    QCOMPARE(found.fused, expert == "experts" ? std::uint64_t{8} : std::uint64_t{0});
}

void TstAudit::outsideStorages() {
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("a", {10});  // at byte 0 of a file of 1 MiB
    const auto report = auditInventory(made.finish(ValueTree::none()));
    QCOMPARE(report.fileBytes, std::uint64_t{1} << 20);
    QCOMPARE(report.outside.size(), std::size_t{1});
    QCOMPARE(report.outside[0].bytes, (std::uint64_t{1} << 20) - 40);
    QCOMPARE(QString::fromStdString(report.outside[0].words), QString("after the last tensor"));
}

void TstAudit::dropPatternsTakeExactly() {
    MadeCheckpoint made(Format::Safetensors);
    for (const auto* name : {"model.w", "ema.a.w", "ema.b.w", "model.ema.w", "optimizer.state.0.exp_avg"})
        made.tensor(name, {4});
    const auto report = auditInventory(made.finish(ValueTree::none()));
    QCOMPARE(dropPatterns(report, {Role::Ema}), (std::vector<std::string>{"ema.*", "model.ema.*"}));
    QCOMPARE(dropPatterns(report, {Role::Optimizer}), (std::vector<std::string>{"optimizer.*"}));
    QCOMPARE(dropPatterns(report, {Role::Buffer}), std::vector<std::string>());
}

QTEST_APPLESS_MAIN(TstAudit)
#include "tst_audit.moc"
