// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <map>
#include <set>
#include <string>

#include "checkpoint_check.h"
#include "peer.h"

using namespace plimsoll;

namespace {

QJsonArray arrayOf(const QJsonObject& object, const QString& key) {
    return object[key].toArray();
}

}  // namespace

class TstFormats : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (peerPython().isEmpty()) return;
        const auto made = runProcess(
            peerPython(),
            {"-W", "ignore", QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/formats_peer.py"), dir_.path()});
        QVERIFY2(made.exitCode == 0, made.err.constData());
        truth_ = readJson(dir_.filePath("truth.json"));
    }

    void asThePeerSays_data() {
        QTest::addColumn<QString>("file");
        QTest::newRow("all") << QString();
        for (const auto& file : truth_.keys()) QTest::newRow(qPrintable(file)) << file;
    }

    void asThePeerSays() {
        NEEDS_PEER();
        QFETCH(QString, file);
        if (file.isEmpty()) {
            QVERIFY(truth_.size() > 80);
            return;
        }
        const auto checkpoint = opened(dir_.filePath(file));
        QVERIFY(checkpoint);
        QCOMPARE(linesOf(checkpoint, true), linesOf(arrayOf(truth_, file)));
        const bool lazy = file == "conjugate.pt";
        QCOMPARE(checkpoint->warnings.size(), std::size_t(lazy ? 1 : 0));
    }

    // Tensors that share a storage there share one here, and only those.
    void storagesAreShared() {
        NEEDS_PEER();
        for (const QString file : {"tied.pt", "tied.legacy", "views.pt", "views.legacy", "training.pt"}) {
            const auto checkpoint = opened(dir_.filePath(file));
            QVERIFY(checkpoint);
            std::map<std::string, double> groupOf;
            for (const auto& tensor : arrayOf(truth_, file))
                groupOf[tensor.toObject()["name"].toString().toStdString()] = tensor.toObject()["group"].toDouble();
            std::set<std::pair<double, std::uint32_t>> pairs;
            std::set<double> groups;
            std::set<std::uint32_t> storages;
            const TensorTable& table = checkpoint->tensors;
            for (std::uint32_t i = 0; i < table.size(); ++i) {
                const double group = groupOf.at(std::string(table.name(TensorId(i))));
                const std::uint32_t storage = table.storageId(TensorId(i)).value;
                pairs.emplace(group, storage);
                groups.insert(group);
                storages.insert(storage);
            }
            QCOMPARE(pairs.size(), groups.size());
            QCOMPARE(pairs.size(), storages.size());
        }
    }

    void parametersAreMarked() {
        NEEDS_PEER();
        for (const QString file : {"tied.pt", "tied.legacy"}) {
            const auto checkpoint = opened(dir_.filePath(file));
            QVERIFY(checkpoint);
            const TensorTable& table = checkpoint->tensors;
            const auto flags = [&](std::string_view name) {
                const auto id = findTensor(table, name);
                return std::pair(table.isParameter(id), table.requiresGrad(id));
            };
            QVERIFY(flags("embed.weight") == std::pair(true, true));
            QVERIFY(flags("head.weight") == std::pair(true, true));
            QVERIFY(flags("plain") == std::pair(false, false));
            QVERIFY(flags("frozen") == std::pair(true, false));
        }
    }

    void formatsAreNamed_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("format");
        QTest::newRow("zip") << "views.pt"
                             << "pytorch-zip";
        QTest::newRow("legacy") << "views.legacy"
                                << "pytorch-legacy";
        QTest::newRow("safetensors") << "all.safetensors"
                                     << "safetensors";
        QTest::newRow("safetensors set") << "sharded-safetensors"
                                         << "safetensors-index";
        QTest::newRow("PyTorch set") << "sharded-bin/pytorch_model.bin.index.json"
                                     << "pytorch-index";
    }

    void formatsAreNamed() {
        NEEDS_PEER();
        QFETCH(QString, file);
        const auto checkpoint = opened(dir_.filePath(file));
        QVERIFY(checkpoint);
        QTEST(textOf(formatName(checkpoint->format)), "format");
    }

    void valuesAreKept() {
        NEEDS_PEER();
        for (const QString file : {"training.pt", "training.legacy"}) {
            const auto checkpoint = opened(dir_.filePath(file));
            QVERIFY(checkpoint);
            const ValueTree& tree = checkpoint->values;
            const auto epoch = tree.find(tree.root(), "epoch");
            QVERIFY(epoch && epoch->kind == ValueKind::Int);
            QCOMPARE(tree.asInt(*epoch), std::int64_t{3});
            const auto args = tree.find(tree.root(), "args");
            QVERIFY(args && args->kind == ValueKind::Object);
            const auto state = tree.find(tree.root(), "state_dict");
            QVERIFY(state);
            const auto weight = tree.find(*state, "0.weight");
            QVERIFY(weight && weight->kind == ValueKind::Tensor);
            QCOMPARE(checkpoint->tensors.name(tree.tensor(*weight)), std::string_view("state_dict.0.weight"));
        }
    }

    void safetensorsMetadata() {
        NEEDS_PEER();
        const auto checkpoint = opened(dir_.filePath("all.safetensors"));
        QVERIFY(checkpoint);
        const ValueTree& tree = checkpoint->values;
        const auto note = tree.find(tree.root(), "note");
        QVERIFY(note && note->kind == ValueKind::String);
        QCOMPARE(textOf(tree.text(*note)), QString::fromUtf8("é \"quoted\""));
    }

    void indexMetadata() {
        NEEDS_PEER();
        const auto checkpoint = opened(dir_.filePath("sharded-bin"));
        QVERIFY(checkpoint);
        QCOMPARE(checkpoint->files.size(), std::size_t{4});
        QCOMPARE(checkpoint->files[1].relativePath, std::string("model-00002-of-00004.bin"));
        QVERIFY(checkpoint->indexPath.ends_with("/pytorch_model.bin.index.json"));
        const ValueTree& tree = checkpoint->values;
        const auto nested = tree.find(tree.root(), "nested");
        QVERIFY(nested);
        QCOMPARE(repr(tree, *nested), std::string("{'list': [1, 2.5, None, True]}"));
    }

    void globalsAreListed() {
        NEEDS_PEER();
        for (const QString file : {"training.pt", "training.legacy", "sharded-bin"}) {
            const auto checkpoint = opened(dir_.filePath(file));
            QVERIFY(checkpoint);
            std::set<std::string> names;
            for (const auto& global : checkpoint->globals) names.insert(global.module + "." + global.name);
            QVERIFY(names.contains("torch._utils._rebuild_tensor_v2"));
            QVERIFY(names.contains("torch.FloatStorage"));
            if (file != "sharded-bin") QVERIFY(names.contains("argparse.Namespace"));
        }
    }

    // Files of other people's projects.
    void realFiles_data() {
        QTest::addColumn<QString>("file");
        if (sharedDir().isEmpty()) return;
        const auto truth = readJson(sharedDir() + "/real/truth.json");
        for (const auto& file : truth.keys()) QTest::newRow(qPrintable(file)) << file;
    }

    void realFiles() {
        NEEDS_SHARED();
        QFETCH(QString, file);
        const auto tensors = readJson(sharedDir() + "/real/truth.json")[file].toObject();
        QStringList expected;
        for (const auto& name : tensors.keys()) {
            const auto tensor = tensors[name].toObject();
            expected.append(lineOf(name, tensor["dtype"].toString(), numbers(tensor["shape"].toArray()), QString(),
                                   tensor["sha256"].toString()));
        }
        expected.sort();
        const auto checkpoint = opened(sharedDir() + "/real/" + file);
        QVERIFY(checkpoint);
        QCOMPARE(linesOf(checkpoint, false), expected);
        QVERIFY(checkpoint->warnings.empty());
    }

private:
    QTemporaryDir dir_;
    QJsonObject truth_;
};

QTEST_GUILESS_MAIN(TstFormats)
#include "tst_formats.moc"
