// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <map>

#include "convert/plan.h"
#include "convert/selection.h"
#include "made_checkpoint.h"
#include "plan_checks.h"

using namespace plimsoll;

#define PLAN_OR_FAIL(plan, source, recipe)                                                \
    const std::shared_ptr<const Checkpoint> plan##Source = (source);                      \
    auto plan##Result = planConversion(plan##Source, recipe);                             \
    QVERIFY2(plan##Result, plan##Result ? "" : plan##Result.error().what.c_str());        \
    QCOMPARE(plannedBytes(plan##Source, recipe).value_or(0), plan##Result->bytesWritten); \
    const Plan& plan = *plan##Result

class TstPlan final : public QObject {
    Q_OBJECT
private slots:
    void selection_data();
    void selection();
    void ruleOrder();
    void onlyFloatsAreCast();
    void stateDictIsFound_data();
    void stateDictIsFound();
    void storageShrinksToItsViews();
    void tiedTensorsStayTied();
    void differentCastsSplitAStorage();
    void differentTypesOnOneStorageStay();
    void droppedTensorsLeaveTheTree();
    void oneTensorUnderTwoNames();
    void dangersAreNamed();
    void safetensorsOrder();
    void aliasesAreWrittenOnce();
    void metadataTravels();
    void pthDropsSafetensorsMetadata();
    void refused_data();
    void refused();
    void shardsAndIndex();
};

void TstPlan::selection_data() {
    QTest::addColumn<QStringList>("keep");
    QTest::addColumn<QStringList>("drop");
    QTest::addColumn<QStringList>("left");  // empty: Usage
    QTest::newRow("all") << QStringList() << QStringList() << QStringList{"a.weight", "a.bias", "b.weight", "step"};
    QTest::newRow("drop") << QStringList() << QStringList{"*.bias"} << QStringList{"a.weight", "b.weight", "step"};
    QTest::newRow("keep") << QStringList{"a.*"} << QStringList() << QStringList{"a.weight", "a.bias"};
    QTest::newRow("keep two") << QStringList{"a.bias", "step"} << QStringList() << QStringList{"a.bias", "step"};
    QTest::newRow("keep and drop") << QStringList{"*.weight"} << QStringList{"b.*"} << QStringList{"a.weight"};
    QTest::newRow("by type") << QStringList() << QStringList{"dtype:f32"} << QStringList{"step"};
    QTest::newRow("nothing left") << QStringList() << QStringList{"*"} << QStringList();
    QTest::newRow("bad pattern") << QStringList{"size>many"} << QStringList() << QStringList();
}

void TstPlan::selection() {
    QFETCH(QStringList, keep);
    QFETCH(QStringList, drop);
    QFETCH(QStringList, left);
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("a.weight", {2, 3});
    made.tensor("a.bias", {2});
    made.tensor("b.weight", {4});
    made.tensor("step", {}, DType::I64);
    const auto source = made.finish(made.tree().dict());
    auto recipe = recipeFor(Target::Safetensors);
    for (const auto& text : keep) recipe.keep.push_back(text.toStdString());
    for (const auto& text : drop) recipe.drop.push_back(text.toStdString());
    const auto plan = planConversion(source, recipe);
    if (left.isEmpty()) {
        QVERIFY(!plan);
        QVERIFY(plan.error().code == Errc::Usage);
        return;
    }
    QVERIFY(plan);
    QCOMPARE(plan->tensors, static_cast<std::uint64_t>(left.size()));
    QCOMPARE(plan->dropped.size(), static_cast<std::size_t>(4 - left.size()));
    for (const auto& name : left) QVERIFY(recordNamed(*plan, name.toStdString()) != nullptr);
    verifyLayout(plan->files.front());
}

void TstPlan::ruleOrder() {
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("a.weight", {2});
    made.tensor("a.norm", {2});
    made.tensor("b.weight", {2});
    made.tensor("ids", {2}, DType::I64);
    const auto source = made.finish(made.tree().dict());
    auto recipe = recipeFor(Target::Safetensors);
    recipe.dtype = DType::BF16;
    recipe.rules = {{"*.weight", DType::F16}, {"a.*", DType::F64}, {"*norm", std::nullopt}, {"c.*", DType::F16}};
    PLAN_OR_FAIL(plan, source, recipe);
    QVERIFY(recordNamed(plan, "a.weight")->to == DType::F64);
    QVERIFY(recordNamed(plan, "a.norm")->to == DType::F32);
    QVERIFY(recordNamed(plan, "b.weight")->to == DType::F16);
    QVERIFY(recordNamed(plan, "ids")->to == DType::I64);
    QVERIFY(mentions(plan.notes, "rule 'c.*'"));
    QVERIFY(!mentions(plan.notes, "rule 'a.*'"));
    QCOMPARE(plan.casts.size(), 2U);
    QCOMPARE(plan.casts[0].name, std::string("a.weight"));
    QVERIFY(!plan.casts[0].loses);
    QCOMPARE(plan.casts[1].name, std::string("b.weight"));
    QVERIFY(plan.casts[1].loses);
    QCOMPARE(plan.bytesRead, std::uint64_t{3 * 8 + 16});
}

void TstPlan::onlyFloatsAreCast() {
    MadeCheckpoint made(Format::Safetensors);
    std::map<std::string, DType> expected;
    for (int i = 0; i <= static_cast<int>(DType::Bool); ++i) {
        const auto dtype = static_cast<DType>(i);
        if (dtype == DType::F4_E2M1FN_X2 || dtype == DType::F8_E8M0FNU) continue;
        made.tensor(std::string(shortName(dtype)), {4}, dtype);
        expected[std::string(shortName(dtype))] = isFloating(dtype) ? DType::F32 : dtype;
    }
    auto recipe = recipeFor(Target::Safetensors);
    recipe.dtype = DType::F32;
    PLAN_OR_FAIL(plan, made.finish(made.tree().dict()), recipe);
    for (const auto& [name, dtype] : expected) {
        QVERIFY(recordNamed(plan, name)->to == dtype);
        QCOMPARE(recordNamed(plan, name)->destinationBytes, *packedBytes(dtype, 4));
    }
}

void TstPlan::stateDictIsFound_data() {
    QTest::addColumn<QString>("shape");
    QTest::addColumn<QString>("path");
    QTest::newRow("the root itself") << "root"
                                     << "";
    QTest::newRow("state_dict") << "state_dict"
                                << "state_dict";
    QTest::newRow("model") << "model"
                           << "model";
    QTest::newRow("nested usual keys") << "model.state_dict"
                                       << "model.state_dict";
    QTest::newRow("unusual key, the largest") << "generator"
                                              << "generator";
    QTest::newRow("split by module") << "split"
                                     << "model";
    QTest::newRow("none") << "none"
                          << "-";
}

void TstPlan::stateDictIsFound() {
    QFETCH(QString, shape);
    QFETCH(QString, path);
    MadeCheckpoint made;
    const auto large = made.stateDict({{"w", made.tensor("w", {8})}, {"b", made.tensor("b", {4})}});
    const auto small = made.stateDict({{"x", made.tensor("x", {2})}});
    const auto moments = made.dict({{"0", made.stateDict({{"exp_avg", made.tensor("m", {100})}})}});
    const auto optimizer = made.dict({{"state", moments}, {"param_groups", made.tree().list()}});
    const auto epoch = ValueTree::integer(3);
    Value root;
    if (shape == "root") root = large;
    if (shape == "state_dict") root = made.dict({{"ema", small}, {"optimizer", optimizer}, {"state_dict", large}});
    if (shape == "model") root = made.dict({{"optimizer", optimizer}, {"epoch", epoch}, {"model", large}});
    if (shape == "model.state_dict")
        root = made.dict(
            {{"epoch", epoch}, {"model", made.dict({{"state_dict", large}, {"epoch", epoch}, {"lr", epoch}})}});
    if (shape == "generator") root = made.dict({{"o", optimizer}, {"discriminator", small}, {"generator", large}});
    if (shape == "split") root = made.dict({{"model", made.dict({{"encoder", large}, {"decoder", small}})}});
    if (shape == "none") root = made.dict({{"epoch", epoch}, {"o", optimizer}});
    const auto source = made.finish(root);
    const auto found = findStateDict(*source);
    QCOMPARE(QString::fromStdString(found ? found->path : "-"), path);

    auto recipe = recipeFor(Target::Pth);
    recipe.weightsOnly = true;
    const auto plan = planConversion(source, recipe);
    if (!found) {
        QVERIFY(!plan && plan.error().code == Errc::Usage);
        return;
    }
    QVERIFY(plan);
    QCOMPARE(plan->tensors, shape == "split" ? 3U : 2U);
    QCOMPARE(recordNamed(*plan, shape == "split" ? "encoder.w" : "w") != nullptr, true);
    QCOMPARE(mentions(plan->dropped, "epoch"), shape.startsWith("model"));
}

void TstPlan::storageShrinksToItsViews() {
    MadeCheckpoint made;
    const auto storage = made.storage(400);  // 100 elements
    const auto early = made.tensor("early", {10}, DType::F32, storage, 20);
    const auto late = made.tensor("late", {2, 5}, DType::F32, storage, 45, {1, 2});  // 45 .. 45 + 1 + 8
    const auto unused = made.tensor("unused", {10}, DType::F32, storage, 90);
    auto source = made.finish(made.stateDict({{"early", early}, {"late", late}, {"unused", unused}}));
    auto recipe = recipeFor(Target::Pth);
    recipe.drop = {"unused"};
    recipe.dtype = DType::F16;
    PLAN_OR_FAIL(plan, source, recipe);
    QCOMPARE(plan.files.front().records.size(), 1U);
    const auto& record = plan.files.front().records.front();
    QCOMPARE(record.sourceOffset, std::uint64_t{80});
    QCOMPARE(record.elements, std::uint64_t{55 - 20});
    QCOMPARE(record.destinationBytes, std::uint64_t{70});
    QVERIFY(mentions(plan.notes, "260 B"));
    verifyLayout(plan.files.front());
}

void TstPlan::tiedTensorsStayTied() {
    MadeCheckpoint made;
    const auto storage = made.storage(24);
    const auto a = made.tensor("a", {2, 3}, DType::F32, storage);
    const auto b = made.tensor("b", {2, 3}, DType::F32, storage);
    PLAN_OR_FAIL(plan, made.finish(made.stateDict({{"a", a}, {"b", b}})), recipeFor(Target::Pth));
    QCOMPARE(plan.files.front().records.size(), 1U);
    QCOMPARE(plan.tensors, std::uint64_t{2});
    QCOMPARE(plan.bytesRead, std::uint64_t{24});
}

void TstPlan::differentCastsSplitAStorage() {
    MadeCheckpoint made;
    const auto storage = made.storage(80);
    const auto a = made.tensor("a", {10}, DType::F32, storage);
    const auto b = made.tensor("b", {10}, DType::F32, storage, 5);
    auto recipe = recipeFor(Target::Pth);
    recipe.rules = {{"b", DType::BF16}};
    PLAN_OR_FAIL(plan, made.finish(made.stateDict({{"a", a}, {"b", b}})), recipe);
    QCOMPARE(plan.files.front().records.size(), 2U);
    QCOMPARE(recordNamed(plan, "a")->elements, std::uint64_t{10});
    QVERIFY(recordNamed(plan, "a")->to == DType::F32);
    QCOMPARE(recordNamed(plan, "b")->sourceOffset, std::uint64_t{20});
    QVERIFY(recordNamed(plan, "b")->to == DType::BF16);
    QVERIFY(mentions(plan.notes, "no longer share"));
}

void TstPlan::differentTypesOnOneStorageStay() {
    MadeCheckpoint made;
    const auto storage = made.storage(64, DType::U8);
    const auto a = made.tensor("a", {4}, DType::F32, storage, 8);   // bytes 32 to 48
    const auto b = made.tensor("b", {8}, DType::U16, storage, 17);  // bytes 34 to 50
    PLAN_OR_FAIL(plan, made.finish(made.stateDict({{"a", a}, {"b", b}})), recipeFor(Target::Pth));
    QCOMPARE(plan.files.front().records.size(), 1U);
    const auto& record = plan.files.front().records.front();
    QCOMPARE(record.sourceOffset, std::uint64_t{32});
    QCOMPARE(record.destinationBytes, std::uint64_t{18});
    QVERIFY(mentions(plan.notes, "kept as it is"));
}

void TstPlan::droppedTensorsLeaveTheTree() {
    MadeCheckpoint made;
    const auto a = made.tensor("model.a", {2});
    const auto b = made.tensor("model.b", {2});
    const auto listed = made.tensor("list.0", {2});
    const auto list = made.tree().list();
    made.tree().append(list, ValueTree::tensorRef(listed));
    made.tree().append(list, ValueTree::integer(7));
    const auto root =
        made.dict({{"model", made.stateDict({{"a", a}, {"b", b}})}, {"list", list}, {"note", made.text("kept text")}});
    const auto source = made.finish(root);
    auto recipe = recipeFor(Target::Pth);
    recipe.drop = {"model.b", "list.0"};
    PLAN_OR_FAIL(plan, source, recipe);
    QCOMPARE(plan.files.front().records.size(), 1U);
    std::string pickle;
    for (const auto& blob : plan.files.front().blobs)
        if (asText(blob.bytes).starts_with("\x80\x02")) pickle = asText(blob.bytes);
    QVERIFY(pickle.find("kept text") != std::string::npos);
    QVERIFY(pickle.find(std::string("X\x01\0\0\0a", 6)) != std::string::npos);
    QVERIFY(pickle.find(std::string("X\x01\0\0\0b", 6)) == std::string::npos);
    QVERIFY(mentions(plan.dropped, "model.b") && mentions(plan.dropped, "list.0"));
}

// A pickle's memo makes one value of it, the table two rows: what is asked of one name leaves the other alone.
void TstPlan::oneTensorUnderTwoNames() {
    const auto build = [] {
        MadeCheckpoint made;
        const auto storage = made.storage(8);
        const auto a = made.tensor("a", {2}, DType::F32, storage);
        made.tensor("b", {2}, DType::F32, storage);
        return made.finish(made.stateDict({{"a", a}, {"b", a}}));
    };
    {
        PLAN_OR_FAIL(plan, build(), recipeFor(Target::Pth));
        QCOMPARE(plan.tensors, std::uint64_t{2});
        QCOMPARE(plan.files.front().records.size(), 1U);
    }
    {
        auto recipe = recipeFor(Target::Pth);
        recipe.drop = {"a"};
        PLAN_OR_FAIL(plan, build(), recipe);
        QCOMPARE(plan.tensors, std::uint64_t{1});
        QVERIFY(recordNamed(plan, "b") != nullptr);
    }
    {
        auto recipe = recipeFor(Target::Pth);
        recipe.rules = {{"b", DType::F16}};
        PLAN_OR_FAIL(plan, build(), recipe);
        QVERIFY(recordNamed(plan, "a")->to == DType::F32);
        QVERIFY(recordNamed(plan, "b")->to == DType::F16);
    }
    {
        auto recipe = recipeFor(Target::Pth);
        recipe.weightsOnly = true;
        PLAN_OR_FAIL(plan, build(), recipe);
        QCOMPARE(plan.tensors, std::uint64_t{2});
        QVERIFY(plan.dropped.empty());
    }
}

void TstPlan::dangersAreNamed() {
    MadeCheckpoint made;
    auto& tree = made.tree();
    const Value command[] = {made.text("true")};
    ObjectParts call;
    call.callable = tree.global("posix", "system");
    call.args = tree.tuple(command);
    const auto weights = made.stateDict({{"w", made.tensor("model.w", {2})}});
    const auto root = made.dict({{"model", weights}, {"hook", tree.object(call)}});
    const auto source = made.finish(root);
    auto recipe = recipeFor(Target::Pth);
    PLAN_OR_FAIL(whole, source, recipe);
    QVERIFY(mentions(whole.notes, "posix.system"));
    recipe.weightsOnly = true;
    PLAN_OR_FAIL(weightsOnly, source, recipe);
    QVERIFY(!mentions(weightsOnly.notes, "posix.system"));
    QVERIFY(mentions(weightsOnly.dropped, "hook"));
}

void TstPlan::safetensorsOrder() {
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("z", {3});
    made.tensor("b", {2}, DType::F64);
    made.tensor("a", {0}, DType::U8);
    made.tensor("c", {2}, DType::BF16);
    made.tensor("\"quoted\"\n", {}, DType::F32);
    PLAN_OR_FAIL(plan, made.finish(made.tree().dict()), recipeFor(Target::Safetensors));
    const std::string expected =
        R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
        R"("\"quoted\"\n":{"dtype":"F32","shape":[],"data_offsets":[16,20]},)"
        R"("z":{"dtype":"F32","shape":[3],"data_offsets":[20,32]},)"
        R"("c":{"dtype":"BF16","shape":[2],"data_offsets":[32,36]},)"
        R"("a":{"dtype":"U8","shape":[0],"data_offsets":[36,36]}})";
    const auto text = header(plan);
    QCOMPARE(text.substr(0, expected.size()), expected);
    QCOMPARE(text.size() % 8, 0U);
    QVERIFY(text.find_first_not_of(' ', expected.size()) == std::string::npos);
    QCOMPARE(plan.files.front().bytes, 8 + text.size() + 36);
    QCOMPARE(plan.bytesWritten, plan.files.front().bytes);
    verifyLayout(plan.files.front());
}

void TstPlan::aliasesAreWrittenOnce() {
    MadeCheckpoint made;
    const auto storage = made.storage(48);
    const auto tied = made.tensor("z.weight", {2, 3}, DType::F32, storage);
    const auto head = made.tensor("head.weight", {2, 3}, DType::F32, storage);
    const auto turned = made.tensor("turned", {3, 2}, DType::F32, storage, 0, {1, 3});
    const auto source = made.finish(made.stateDict({{"z.weight", tied}, {"head.weight", head}, {"turned", turned}}));
    PLAN_OR_FAIL(plan, source, recipeFor(Target::Safetensors));
    QCOMPARE(plan.tensors, std::uint64_t{2});
    QVERIFY(recordNamed(plan, "head.weight") != nullptr);
    QVERIFY(recordNamed(plan, "z.weight") == nullptr);
    QVERIFY(recordNamed(plan, "turned")->source == PlannedRecord::Source::TensorElements);
    QVERIFY(header(plan).find(R"("z.weight":"head.weight")") != std::string::npos);
    QVERIFY(mentions(plan.notes, "'z.weight' is the same tensor as 'head.weight'"));
}

void TstPlan::metadataTravels() {
    MadeCheckpoint made;
    const auto weights = made.stateDict({{"w", made.tensor("model.w", {2})}});
    const auto list = made.tree().list();
    made.tree().append(list, ValueTree::real(0.5));
    const auto root = made.dict({{"model", weights},
                                 {"epoch", ValueTree::integer(7)},
                                 {"name", made.text("é")},
                                 {"betas", list},
                                 {"nothing", ValueTree::none()},
                                 {"format", made.text("mine")}});
    PLAN_OR_FAIL(plan, made.finish(root), recipeFor(Target::Safetensors));
    const auto text = header(plan);
    QVERIFY(text.starts_with(R"({"__metadata__":{"format":"pt","betas.0":"0.5","epoch":"7","name":"é"},)"));
    QVERIFY(mentions(plan.dropped, "nothing: None"));
    QVERIFY(mentions(plan.dropped, "format: mine"));
}

void TstPlan::pthDropsSafetensorsMetadata() {
    MadeCheckpoint made(Format::Safetensors);
    made.tensor("w", {2});
    PLAN_OR_FAIL(plan, made.finish(made.dict({{"format", made.text("pt")}, {"license", made.text("mit")}})),
                 recipeFor(Target::Pth));
    QCOMPARE(plan.dropped.size(), 1U);
    QCOMPARE(plan.dropped.front(), std::string("license: mit"));
    QCOMPARE(plan.tensors, std::uint64_t{1});
}

void TstPlan::refused_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("mentions");
    const int unsupported = static_cast<int>(Errc::Unsupported);
    const int usage = static_cast<int>(Errc::Usage);
    QTest::newRow("two tensors of one name") << "twice" << unsupported << "'same'";
    QTest::newRow("complex128 in safetensors") << "c128" << unsupported << "'strange'";
    QTest::newRow("6-bit floats in torch") << "f6" << unsupported << "'strange'";
    QTest::newRow("odd row of 4-bit floats in torch") << "f4" << unsupported << "'strange'";
    QTest::newRow("no bytes") << "absent" << unsupported << "'strange'";
    QTest::newRow("nothing but a sparse tensor in safetensors") << "sparse" << unsupported << "_rebuild_sparse_tensor";
    QTest::newRow("no tensor in npz") << "none npz" << unsupported << "no tensor";
    QTest::newRow("no tensor in tensors") << "none tensors" << unsupported << "no tensor";
    QTest::newRow("no destination") << "nowhere" << usage << "destination";
    QTest::newRow("shards of nothing") << "shard 0" << usage << "shard";
    QTest::newRow("cast to integers") << "i64" << usage << "i64";
    QTest::newRow("too little memory") << "memory" << usage << "memory";
}

void TstPlan::refused() {
    QFETCH(QString, what);
    QFETCH(int, code);
    QFETCH(QString, mentions);
    MadeCheckpoint made(what == "sparse" ? Format::TorchZip : Format::Safetensors);
    auto recipe = recipeFor(what == "f6" || what == "f4" ? Target::Pth : Target::Safetensors);
    auto root = made.tree().dict();
    if (what == "twice") made.tensor("same", {2});
    if (what == "c128") made.tensor("strange", {2}, DType::C128);
    if (what == "f6") made.tensor("strange", {4}, DType::F6_E2M3);
    if (what == "f4") made.tensor("strange", {2, 3}, DType::F4);
    if (what == "absent") made.tensor("strange", {2}, DType::F32, made.storage(8, DType::F32, StorageEncoding::Absent));
    if (what == "sparse") {
        auto& tree = made.tree();
        const Value parts[] = {ValueTree::tensorRef(made.tensor("x.indices", {1, 2}, DType::I64)),
                               ValueTree::tensorRef(made.tensor("x.values", {2}))};
        const Value args[] = {tree.global("torch", "sparse_coo"), tree.tuple(parts)};
        ObjectParts object;
        object.callable = tree.global("torch._utils", "_rebuild_sparse_tensor");
        object.args = tree.tuple(args);
        tree.insert(root, made.text("x"), tree.object(object));
    }
    if (!what.startsWith("none")) made.tensor("same", {2});
    if (what == "sparse") recipe.drop = {"same"};
    if (what == "none npz") recipe.target = Target::Npz;
    if (what == "none tensors") recipe.target = Target::Tensors;
    if (what == "nowhere") recipe.destination.clear();
    if (what == "shard 0") recipe.maxShardBytes = 0;
    if (what == "i64") recipe.dtype = DType::I64;
    if (what == "memory") recipe.memoryBytes = 1000;
    const auto plan = planConversion(made.finish(root), recipe);
    QVERIFY(!plan);
    QCOMPARE(static_cast<int>(plan.error().code), code);
    QVERIFY2(QString::fromStdString(plan.error().what).contains(mentions), plan.error().what.c_str());
}

void TstPlan::shardsAndIndex() {
    MadeCheckpoint made;
    const auto storage = made.storage(400);
    const auto a = made.tensor("a", {100}, DType::F32, storage);
    const auto b = made.tensor("b", {50});
    const auto tied = made.tensor("c", {100}, DType::F32, storage);
    const auto big = made.tensor("big", {1000});
    const auto root = made.stateDict({{"a", a}, {"b", b}, {"c", tied}, {"big", big}});
    const auto source = made.finish(root);
    for (const auto target : {Target::Pth, Target::Safetensors}) {
        auto recipe = recipeFor(target);
        recipe.destination = "dir";
        recipe.maxShardBytes = 500;
        PLAN_OR_FAIL(plan, source, recipe);
        QCOMPARE(plan.files.size(), 3U);
        const bool pth = target == Target::Pth;
        QCOMPARE(plan.files[0].path,
                 std::string(pth ? "dir/pytorch_model-00001-of-00003.bin" : "dir/model-00001-of-00003.safetensors"));
        QCOMPARE(plan.indexPath,
                 std::string(pth ? "dir/pytorch_model.bin.index.json" : "dir/model.safetensors.index.json"));
        const auto index = QJsonDocument::fromJson(QByteArray::fromStdString(plan.indexJson)).object();
        QCOMPARE(index["metadata"].toObject()["total_size"].toInt(), 400 + 200 + 4000);
        const auto map = index["weight_map"].toObject();
        QCOMPARE(map.size(), pth ? 4 : 3);
        QVERIFY(map["a"] != map["b"] && map["b"] != map["big"] && map["a"] != map["big"]);
        if (pth) QCOMPARE(map["c"], map["a"]);
        if (!pth) QCOMPARE(index["metadata"].toObject()["c"].toString(), QString("a"));
        for (const auto& file : plan.files) verifyLayout(file);

        recipe.maxShardBytes = 1 << 20;
        PLAN_OR_FAIL(single, source, recipe);
        QCOMPARE(single.files.size(), 1U);
        QCOMPARE(single.files[0].path, std::string(pth ? "dir/pytorch_model.bin" : "dir/model.safetensors"));
        QVERIFY(single.indexPath.empty());
    }
}

QTEST_APPLESS_MAIN(TstPlan)
#include "tst_plan.moc"
