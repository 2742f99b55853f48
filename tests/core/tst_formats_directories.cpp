// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sys/stat.h>

#include "checkpoint_check.h"
#include "formats/rank_dirs/rank_files.h"
#include "peer.h"

using namespace plimsoll;

// Directories of several files: one per tensor, DeepSpeed's, Megatron's, and what does not belong together.
class TstFormatsDirectories : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (peerPython().isEmpty()) return;
        const auto made = runProcess(
            peerPython(),
            {"-W", "ignore", QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/directories_peer.py"), dir_.path()},
            180'000);
        QVERIFY2(made.exitCode == 0, made.err.constData());
    }

    void opens_data() {
        QTest::addColumn<QString>("directory");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QStringList>("names");
        QTest::addColumn<QStringList>("warnings");
        const QStringList none;
        QTest::newRow("plain") << "plain"
                               << "tensors" << QStringList{"/odd", "a.bias", "a.weight"} << none;
        QTest::newRow("nested, several kinds")
            << "mixed"
            << "tensors" << QStringList{"layers.0.w", "layers.b", "layers.c"} << none;
        QTest::newRow("with an index") << "indexed"
                                       << "tensors" << QStringList{"long/x", "y"}
                                       << QStringList{"without it 1 tensors are missing: 'z'"};
        QTest::newRow("one file broken") << "one_broken"
                                         << "tensors" << QStringList{"a", "b"}
                                         << QStringList{"c.pt: at byte 0: the file is empty"};
        QTest::newRow("only one, below") << "nested_only"
                                         << "pytorch-zip" << QStringList{""} << none;
        const QStringList deepSpeed = {
            "bf16_zero_pp_rank_0_mp_rank_00_optim_states.optimizer_state_dict.single_partition_of_fp32_groups.0",
            "bf16_zero_pp_rank_0_mp_rank_01_optim_states.optimizer_state_dict.single_partition_of_fp32_groups.0",
            "bf16_zero_pp_rank_1_mp_rank_00_optim_states.optimizer_state_dict.single_partition_of_fp32_groups.0",
            "bf16_zero_pp_rank_1_mp_rank_01_optim_states.optimizer_state_dict.single_partition_of_fp32_groups.0",
            "mp_rank_00_model_states.module.w",
            "mp_rank_01_model_states.module.w"};
        const QStringList oneMissing = {"1 of 3 parts along data_parallel are missing: rank 2"};
        QTest::newRow("DeepSpeed") << "ds"
                                   << "deepspeed" << deepSpeed << oneMissing;
        QTest::newRow("DeepSpeed step") << "ds/global_step10"
                                        << "deepspeed" << deepSpeed << oneMissing;
        const QStringList megatron = {"mp_rank_00_000.model.language_model.w", "mp_rank_00_001.model.language_model.w",
                                      "mp_rank_01_000.model.language_model.w", "mp_rank_01_001.model.language_model.w"};
        QTest::newRow("Megatron") << "megatron"
                                  << "megatron" << megatron << none;
        QTest::newRow("Megatron iteration") << "megatron/iter_0001000"
                                            << "megatron" << megatron << none;
        QTest::newRow("Megatron with a gap")
            << "megatron_gap"
            << "megatron"
            << QStringList{"mp_rank_00.distrib_optim.state", "mp_rank_00.model_rng.model.w",
                           "mp_rank_02.distrib_optim.state", "mp_rank_02.model_rng.model.w"}
            << QStringList{"1 of 3 parts along tensor_parallel are missing: rank 1"};
    }

    void opens() {
        NEEDS_PEER();
        QFETCH(const QString, directory);
        QFETCH(const QString, format);
        QFETCH(const QStringList, names);
        QFETCH(const QStringList, warnings);
        const auto checkpoint = opened(dir_.filePath(directory));
        QVERIFY(checkpoint);
        QCOMPARE(textOf(formatName(checkpoint->format)), format);
        const TensorTable& table = checkpoint->tensors;
        QStringList found;
        TensorReader reader(checkpoint);
        for (std::uint32_t i = 0; i < table.size(); ++i) {
            found += textOf(table.name(TensorId(i)));
            QCOMPARE(contentHash(reader, table, TensorId(i)).size(), 64);
        }
        found.sort();
        QCOMPARE(found, names);
        QCOMPARE(checkpoint->warnings.size(), std::size_t(warnings.size()));
        for (qsizetype i = 0; i < warnings.size(); ++i)
            QVERIFY2(textOf(checkpoint->warnings[std::size_t(i)]).contains(warnings[i]),
                     checkpoint->warnings[std::size_t(i)].c_str());
    }

    void partition() {
        NEEDS_PEER();
        const auto told = [this](const char* directory) {
            const auto checkpoint = opened(dir_.filePath(directory));
            if (!checkpoint) return QString();
            const ValueTree& tree = checkpoint->values;
            const auto value = tree.find(tree.root(), "partition");
            return value ? QString::fromStdString(repr(tree, *value, 2000)) : QString();
        };
        QVERIFY2(told("ds").startsWith("{'tag': 'global_step10', 'zero_stage': 2, 'tensor_parallel': 2, "
                                       "'data_parallel': 3, 'files': {"),
                 qPrintable(told("ds")));
        QVERIFY(
            told("ds").contains("'global_step10/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt': "
                                "{'tensor_parallel': 0, 'data_parallel': 1}"));
        QVERIFY2(told("megatron").startsWith("{'tag': 'iter_0001000', 'tensor_parallel': 2, 'pipeline_parallel': 2,"),
                 qPrintable(told("megatron")));
    }

    void refused_data() {
        QTest::addColumn<QString>("directory");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("words");
        QTest::newRow("unrelated") << "unrelated" << int(Errc::Usage) << "several checkpoints: 'one.pth', 'two.pth'";
        QTest::newRow("tag leads out") << "ds_out" << int(Errc::Corrupt) << "'latest' names '../ds'";
    }

    void refused() {
        NEEDS_PEER();
        QFETCH(const QString, directory);
        QFETCH(const int, code);
        QFETCH(const QString, words);
        const auto checkpoint = openCheckpoint(dir_.filePath(directory).toStdString());
        QVERIFY(!checkpoint);
        QCOMPARE(int(checkpoint.error().code), code);
        QVERIFY2(textOf(checkpoint.error().what).contains(words), checkpoint.error().what.c_str());
    }

    void rankNames_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("ranks");
        const auto row = [](const char* name, const char* ranks) { QTest::newRow(name) << QString(name) << ranks; };
        row("mp_rank_07_model_states.pt", "t7");
        row("zero_pp_rank_3_mp_rank_01_optim_states.pt", "t1 d3");
        row("bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt", "t0 d0");
        row("zero_pp_rank_12_mp_rank_00_model_states.pt", "t0 d12");
        row("layer_03-model_01-model_states.pt", "t1 l3");
        row("layer_2_expert_5_mp_rank_00_model_states.pt", "t0 e5 l2");
        row("expert_1_mp_rank_00_model_states.pt", "t0 e1");
        row("expp_rank_0_mp_rank_00_optim_states.pt", "t0 e0");
        row("mp_rank_00_model_states.pt.bak", "");
        row("mp_rank_model_states.pt", "");
        row("zero_pp_rank_0_model_states.pt", "");
        row("mp_rank_99999999999999999999_model_states.pt", "");
        row("model.pt", "");
    }

    void rankNames() {
        QFETCH(const QString, name);
        QFETCH(const QString, ranks);
        const auto rank = deepSpeedRank(name.toStdString());
        QStringList told;
        const auto tell = [&](char axis, const std::optional<std::uint64_t>& index) {
            if (index) told += QLatin1Char(axis) + QString::number(*index);
        };
        if (rank) {
            tell('t', rank->tensor);
            tell('d', rank->data);
            tell('e', rank->expert);
            tell('l', rank->layer);
        }
        QCOMPARE(told.join(' '), ranks);
    }

    void megatronNames() {
        QVERIFY(megatronRank("mp_rank_00"));
        QCOMPARE(megatronRank("mp_rank_03_011")->pipeline, std::optional<std::uint64_t>(11));
        QCOMPARE(megatronRank("mp_rank_03_011_002")->expert, std::optional<std::uint64_t>(2));
        QVERIFY(!megatronRank("mp_rank_"));
        QVERIFY(!megatronRank("mp_rank_00_x"));
        QVERIFY(!megatronRank("iter_0001000"));
    }

    // A set goes on without what is no file; nothing waits for a writer.
    void oddShards() {
        NEEDS_PEER();
        const QString fifo = dir_.filePath("ds/global_step10/mp_rank_02_model_states.pt");
        QVERIFY(::mkfifo(QFile::encodeName(fifo).constData(), 0600) == 0);
        const auto checkpoint = opened(dir_.filePath("ds"));
        QVERIFY(checkpoint);
        QCOMPARE(checkpoint->tensors.size(), 6U);
        QVERIFY2(textOf(checkpoint->warnings[0]).contains("mp_rank_02_model_states.pt: is a FIFO"),
                 checkpoint->warnings[0].c_str());
        QVERIFY(QFile::remove(fifo));
    }

private:
    QTemporaryDir dir_;
};

QTEST_APPLESS_MAIN(TstFormatsDirectories)
#include "tst_formats_directories.moc"
