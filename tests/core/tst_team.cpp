// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <map>
#include <numeric>
#include <optional>

#include "at_bytes.h"
#include "base/limits.h"
#include "convert/team.h"
#include "sample_source.h"
#include "thread_team.h"

using namespace plimsoll;

// Conversions that several processes make together, here as threads: the division, the end of one, going on.
class TstTeam final : public SampleSource {
    Q_OBJECT
private slots:
    void initTestCase();
    void init();
    void filesAreDividedEvenly_data();
    void filesAreDividedEvenly();
    void sameAsAlone_data();
    void sameAsAlone();
    void oneFailsAllEnd();
    void othersGoOn_data();
    void othersGoOn();
    void anotherSourceIsRefused();
    void secondConversionIsRefused();
    void agreement();

private:
    using Outcomes = std::vector<std::optional<Result<ConvertReport>>>;

    Recipe recipe(const QString& to) const;
    // All ranks of one conversion; `progress` and `stop` are those of the rank that is named.
    Outcomes runAll(unsigned ranks, const Recipe& recipe, unsigned special = 0, ProgressSink* progress = nullptr,
                    const std::stop_token& stop = {});
};

namespace {

QString why(const Result<ConvertReport>& report) {
    return report ? QString() : QString::fromStdString(describe(report.error(), ""));
}

}  // namespace

void TstTeam::initTestCase() {
    makeSource("linears.[0-3].*");
}

void TstTeam::init() {
    freshFolder();
}

Recipe TstTeam::recipe(const QString& to) const {
    Recipe recipe;
    recipe.target = to.startsWith("tensors") ? Target::Tensors
                    : to.endsWith(".pth")    ? Target::Pth
                                             : Target::Safetensors;
    recipe.destination = path(to).toStdString();
    recipe.dtype = DType::BF16;
    recipe.threads = 1;
    recipe.memoryBytes = 512 * limits::KiB;
    recipe.measureLoss = true;
    recipe.verify = true;
    if (to.startsWith("shards")) recipe.maxShardBytes = 2'100'000;
    return recipe;
}

TstTeam::Outcomes TstTeam::runAll(unsigned ranks, const Recipe& recipe, unsigned special, ProgressSink* progress,
                                  const std::stop_token& stop) {
    Outcomes outcomes(ranks);
    ThreadTeam(ranks).run([&](Team& team) {
        ProgressCounter own;
        const bool isSpecial = team.rank() == special;
        const auto planned = planOf(recipe);
        outcomes[team.rank()] = planned ? runPlan(*planned, team, isSpecial && progress != nullptr ? *progress : own,
                                                  isSpecial ? stop : std::stop_token())
                                        : Result<ConvertReport>(fail(planned.error()));
    });
    return outcomes;
}

void TstTeam::filesAreDividedEvenly_data() {
    QTest::addColumn<QList<quint64>>("files");
    QTest::addColumn<unsigned>("ranks");
    QTest::addColumn<quint64>("most");
    QTest::newRow("one file") << QList<quint64>{7} << 4U << quint64{7};
    QTest::newRow("as many as ranks") << QList<quint64>{5, 6, 7} << 3U << quint64{7};
    QTest::newRow("a large one last") << QList<quint64>{1, 1, 1, 1, 4} << 2U << quint64{4};
    QTest::newRow("many small ones") << QList<quint64>(1000, 3) << 7U << quint64{3 * 143};
    QTest::newRow("no bytes") << QList<quint64>{0, 0} << 2U << quint64{0};
}

void TstTeam::filesAreDividedEvenly() {
    QFETCH(QList<quint64>, files);
    QFETCH(unsigned, ranks);
    QFETCH(quint64, most);
    std::vector<PlannedFile> planned;
    for (const auto bytes : files) planned.emplace_back().bytes = bytes;
    const auto rankOf = divideFiles(planned, ranks);
    QCOMPARE(rankOf.size(), planned.size());
    QCOMPARE(rankOf, divideFiles(planned, ranks));
    std::vector<std::uint64_t> loads(ranks);
    for (std::size_t i = 0; i < planned.size(); ++i) loads.at(rankOf[i]) += planned[i].bytes;
    QCOMPARE(*std::ranges::max_element(loads), most);
    if (files.size() == 1) QCOMPARE(rankOf.front(), 0U);
}

void TstTeam::sameAsAlone_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<unsigned>("ranks");
    for (const QString to : {"out.pth", "shards", "tensors"})
        for (const unsigned ranks : {2U, 3U, 9U})
            QTest::newRow(qPrintable(QString("%1 by %2").arg(to).arg(ranks))) << to << ranks;
}

void TstTeam::sameAsAlone() {
    QFETCH(QString, to);
    QFETCH(unsigned, ranks);
    const auto planned = planOf(recipe(to));
    QVERIFY(planned);
    ProgressCounter counter;
    const auto alone = runPlan(*planned, counter, {});
    QVERIFY2(alone, qPrintable(why(alone)));
    const auto expected = contentOf(path(to));
    QVERIFY(QFile::rename(path(to), path("expected")));

    ProgressCounter progress;
    const auto outcomes = runAll(ranks, recipe(to), 0, &progress);
    for (const auto& outcome : outcomes) QVERIFY2(*outcome, qPrintable(why(*outcome)));
    QVERIFY(contentOf(path(to)) == expected);
    auto expectedNames = QStringList{"expected", to, "s.pth"};
    expectedNames.sort();
    QCOMPARE(names(), expectedNames);
    QCOMPARE(progress.done(), progressBytes(*planned));
    const auto& report = **outcomes.front();
    QVERIFY(report.verified && report.lossIsKnown);
    QCOMPARE(report.losses.size(), alone->losses.size());
    for (std::size_t i = 0; i < report.losses.size(); ++i) {
        QCOMPARE(report.losses[i].name, alone->losses[i].name);
        QCOMPARE(report.losses[i].loss.maxAbs, alone->losses[i].loss.maxAbs);
        QCOMPARE(report.losses[i].loss.count, alone->losses[i].loss.count);
    }
}

// Whether one is stopped or fails: all end as it does.
void TstTeam::oneFailsAllEnd() {
    const auto wanted = recipe("shards");
    std::stop_source stop;
    AtBytes progress(1'000'000, [&] { stop.request_stop(); });
    const auto stopped = runAll(3, wanted, 0, &progress, stop.get_token());
    for (const auto& outcome : stopped) {
        QVERIFY(!*outcome);
        QVERIFY(outcome->error().code == Errc::Cancelled);
    }
    QVERIFY(!QFileInfo::exists(path("shards")));
    // One that may not have the memory that a block needs.
    Outcomes outcomes(3);
    ThreadTeam(3).run([&](Team& team) {
        auto own = recipe("others");
        own.maxShardBytes = 2'100'000;
        own.target = Target::Safetensors;
        ProgressCounter counter;
        auto planned = planOf(own);
        if (!planned) qFatal("no plan");
        if (team.rank() == 1) planned->recipe.memoryBytes = 1;
        outcomes[team.rank()] = runPlan(*planned, team, counter, {});
    });
    for (const auto& outcome : outcomes) {
        QVERIFY(!*outcome);
        QVERIFY2(outcome->error().what.ends_with(" (rank 1 of 3)"), qPrintable(why(*outcome)));
    }
    QVERIFY(!QFileInfo::exists(path("others.partial")));
}

void TstTeam::othersGoOn_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<unsigned>("before");
    QTest::addColumn<unsigned>("then");
    QTest::newRow("three, then alone") << "shards" << 3U << 1U;
    QTest::newRow("three, then two") << "shards" << 3U << 2U;
    QTest::newRow("alone, then three") << "shards" << 1U << 3U;
    QTest::newRow("two, then five") << "tensors" << 2U << 5U;
    QTest::newRow("a single file") << "out.pth" << 3U << 2U;
}

void TstTeam::othersGoOn() {
    QFETCH(QString, to);
    QFETCH(unsigned, before);
    QFETCH(unsigned, then);
    QVERIFY(*runAll(1, recipe(to)).front());
    const auto expected = contentOf(path(to));
    QVERIFY(QFile::rename(path(to), path("expected")));
    std::stop_source stop;
    AtBytes progress(1'500'000, [&] { stop.request_stop(); });
    const auto stopped = runAll(before, recipe(to), 0, &progress, stop.get_token());
    QVERIFY(!*stopped.front());
    QVERIFY(names().contains(to + ".partial") && names().contains(to + ".partial.journal"));
    auto wanted = recipe(to);
    wanted.resume = true;
    const auto outcomes = runAll(then, wanted);
    for (const auto& outcome : outcomes) QVERIFY2(*outcome, qPrintable(why(*outcome)));
    QVERIFY((*outcomes.front())->resumedBytes >= 1'000'000);
    QVERIFY(contentOf(path(to)) == expected);
    auto expectedNames = QStringList{"expected", to, "s.pth"};
    expectedNames.sort();
    QCOMPARE(names(), expectedNames);
}

void TstTeam::anotherSourceIsRefused() {
    Outcomes outcomes(2);
    ThreadTeam(2).run([&](Team& team) {
        auto own = recipe("shards");
        if (team.rank() == 1) own.dtype = DType::F16;
        ProgressCounter counter;
        const auto planned = planOf(own);
        if (!planned) qFatal("no plan");
        outcomes[team.rank()] = runPlan(*planned, team, counter, {});
    });
    for (const auto& outcome : outcomes) {
        QVERIFY(!*outcome);
        QVERIFY2(outcome->error().what.starts_with("this rank does not see what the one that leads sees: "),
                 qPrintable(why(*outcome)));
    }
    QCOMPARE(names(), QStringList{"s.pth"});
}

// While ranks write, nobody else may: neither one that is alone nor another team.
void TstTeam::secondConversionIsRefused() {
    for (const unsigned others : {1U, 2U}) {
        Outcomes second;
        AtBytes progress(1, [&] { second = runAll(others, recipe("shards")); });
        const auto first = runAll(3, recipe("shards"), 0, &progress);
        QVERIFY2(*first.front(), qPrintable(why(*first.front())));
        QCOMPARE(second.size(), others);
        for (const auto& outcome : second) {
            QVERIFY(!*outcome);
            QVERIFY2(outcome->error().what.starts_with("another program is writing this directory now"),
                     qPrintable(why(*outcome)));
        }
        QVERIFY(QDir(path("shards")).removeRecursively());
    }
}

void TstTeam::agreement() {
    std::vector<Result<void>> heard(3);
    ThreadTeam(3).run([&](Team& team) {
        // The first was stopped because the last failed: that is what counts.
        Result<void> mine;
        if (team.rank() == 0) mine = cancelled();
        if (team.rank() == 2) mine = fail(Error{Errc::Truncated, 17, "ends early", "x.pth"});
        heard[team.rank()] = agree(team, mine);
    });
    for (const auto& outcome : heard) {
        QVERIFY(!outcome);
        QVERIFY(outcome.error().code == Errc::Truncated);
        QCOMPARE(outcome.error().offset, 17U);
        QCOMPARE(outcome.error().what, std::string("ends early (rank 2 of 3)"));
        QCOMPARE(outcome.error().path, std::string("x.pth"));
    }
}

QTEST_GUILESS_MAIN(TstTeam)
#include "tst_team.moc"
