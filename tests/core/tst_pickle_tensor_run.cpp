// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <array>
#include <string>
#include <vector>

#include "pickle/tensor_run.h"
#include "pickles.h"

using namespace plimsoll;

namespace {

// The opcodes of a tensor, one by one, and which of them store in the memo.
std::vector<QByteArray> opcodesOf(char key, char firstPut) {
    char put = firstPut;
    const auto next = [&put] { return QByteArray("q") + put++; };
    return {raw("h\0"),   "(",          "(",
            raw("h\x01"), raw("h\x02"), raw("X\x01\0\0\0") + key,
            next(),       raw("h\x03"), raw("M\x10\0"),
            "t",          next(),       "Q",
            raw("K\x02"), raw("K\x04"), raw("K\x03"),
            raw("\x86"),  next(),       raw("K\x03"),
            raw("K\x01"), raw("\x86"),  next(),
            raw("\x89"),  raw("h\x04"), ")",
            "R",          next(),       "t",
            next(),       "R",          next()};
}

QByteArray joined(const std::vector<QByteArray>& opcodes, const QByteArray& between = {}) {
    QByteArray bytes;
    for (const auto& opcode : opcodes) bytes += opcode + between;
    return bytes;
}

// Puts what the opcodes read into the memo.
const QByteArray kHead =
    raw("\x80\x02"
        "ctorch._utils\n_rebuild_tensor_v2\nq\0"
        "0X\x07\0\0\0storageq\x01"
        "0ctorch\nFloatStorage\nq\x02"
        "0X\x03\0\0\0cpuq\x03"
        "0ccollections\nOrderedDict\nq\x04"
        "0](");

Value numbers(ValueTree& tree, const TensorRun::Sizes& sizes) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < sizes.count; ++i) values.push_back(ValueTree::integer(sizes.numbers[i]));
    return tree.tuple(values);
}

// Says what it is asked, and fails where it is told to.
class Recording final : public PickleResolver {
public:
    Result<std::optional<Value>> persistent(ValueTree& tree, Value id) override {
        asked.push_back("persistent " + repr(tree, id, 1000));
        if (refusesStorages) return fail(Errc::OutOfBounds, "no such storage");
        return ValueTree::storageRef(StorageId(7));
    }
    Result<std::optional<Value>> reduce(ValueTree& tree, Value callable, Value args) override {
        if (!tree.isGlobal(callable, "torch._utils", "_rebuild_tensor_v2")) return std::nullopt;
        asked.push_back("reduce " + repr(tree, args, 1000));
        if (refusesTensors) return fail(Errc::OutOfBounds, "no such tensor");
        if (leavesTensors) return std::nullopt;
        return ValueTree::tensorRef(TensorId(tensors++));
    }
    // Makes the values that the run's opcodes make, and asks as they do.
    std::optional<Value> tensor(ValueTree& tree, const TensorRunNames& names, const TensorRun& run) override {
        const std::array id = {names.tag, names.type, tree.textIn(ValueKind::String, run.key), names.location,
                               ValueTree::integer(run.count)};
        const auto storage = persistent(tree, tree.tuple(id));
        if (!storage) return std::nullopt;
        ObjectParts noHooks;
        noHooks.callable = tree.global("collections", "OrderedDict");
        noHooks.args = tree.tuple({});
        const std::array args = {**storage,
                                 ValueTree::integer(run.offset),
                                 numbers(tree, run.size),
                                 numbers(tree, run.stride),
                                 ValueTree::boolean(run.requiresGrad),
                                 tree.object(std::move(noHooks))};
        const auto made = reduce(tree, names.callable, tree.tuple(args));
        if (!made || !*made) return std::nullopt;
        ++runs;
        return *made;
    }

    int runs = 0;  // that were taken at once
    std::vector<std::string> asked;
    std::uint32_t tensors = 0;
    bool refusesStorages = false;
    bool refusesTensors = false;
    bool leavesTensors = false;
};

QString shownBy(const QByteArray& pickle, Recording& resolver) {
    ValueTree tree;
    const auto root = runBytes(tree, pickle, resolver);
    if (!root) return QString::number(root.error().offset) + ' ' + QString::fromStdString(root.error().what);
    return QString::fromStdString(repr(tree, *root, 10'000));
}

}  // namespace

// A tensor's opcodes taken at once mean what they mean one by one.
class TstPickleTensorRun : public QObject {
    Q_OBJECT
private slots:
    void matches();
    void doesNotMatch_data();
    void doesNotMatch();
    void sameAsOneByOne_data();
    void sameAsOneByOne();
    void errorsAreAtTheirOpcode();
    void scanReadsTheSame();
};

void TstPickleTensorRun::matches() {
    const QByteArray bytes = joined(opcodesOf('5', 20)).mid(2);
    const QByteArray more = bytes + "more";
    TensorRun run;
    QVERIFY(matchTensorRun(bytesOf(more), run));
    QCOMPARE(run.bytes, static_cast<std::size_t>(bytes.size()));
    QCOMPARE(run.puts, std::size_t{7});
    QCOMPARE(QByteArray(run.key.data(), qsizetype(run.key.size())), QByteArray("5"));
    QCOMPARE(run.count, std::int64_t{16});
    QCOMPARE(run.offset, std::int64_t{2});
    QCOMPARE(run.size.count, std::size_t{2});
    QCOMPARE(run.size.numbers[0], std::int64_t{4});
    QCOMPARE(run.stride.numbers[1], std::int64_t{1});
    QVERIFY(!run.requiresGrad);
    for (qsizetype n = 0; n < bytes.size(); ++n) QVERIFY(!matchTensorRun(bytesOf(bytes.left(n)), run));
}

void TstPickleTensorRun::doesNotMatch_data() {
    QTest::addColumn<int>("place");
    const auto opcodes = opcodesOf('5', 20);
    for (int i = 1; i < int(opcodes.size()); ++i) QTest::newRow(qPrintable(QString("without opcode %1").arg(i))) << i;
}

void TstPickleTensorRun::doesNotMatch() {
    QFETCH(int, place);
    auto opcodes = opcodesOf('5', 20);
    opcodes.erase(opcodes.begin() + place);
    const QByteArray bytes = joined(opcodes).mid(2) + ".";
    TensorRun run;
    // Sizes and strides may be of any number up to three: then the run is another one, as long as its bytes.
    if (matchTensorRun(bytesOf(bytes), run)) QCOMPARE(run.bytes, static_cast<std::size_t>(bytes.size() - 1));
}

void TstPickleTensorRun::sameAsOneByOne_data() {
    QTest::addColumn<QByteArray>("tail");
    QTest::addColumn<bool>("leavesTensors");
    QTest::addColumn<int>("runs");
    QTest::newRow("plain") << QByteArray() << false << 3;
    QTest::newRow("the storage's id is read later") << raw("h\x15") << false << 2;
    QTest::newRow("the key is read later") << raw("h\x14") << false << 2;
    QTest::newRow("the hooks are read later") << raw("h\x18") << false << 2;
    QTest::newRow("the arguments are read later") << raw("h\x19") << false << 2;
    QTest::newRow("the tensor is read later") << raw("h\x1a") << false << 2;
    QTest::newRow("calls that stay calls") << QByteArray() << true << 0;
}

void TstPickleTensorRun::sameAsOneByOne() {
    QFETCH(QByteArray, tail);
    QFETCH(bool, leavesTensors);
    QFETCH(int, runs);
    Recording atOnce, oneByOne;
    atOnce.leavesTensors = oneByOne.leavesTensors = leavesTensors;
    QByteArray whole = kHead;
    QByteArray parted = kHead;
    for (const char key : {'5', '6', '7'}) {
        // Pushing and dropping None changes nothing, but it is no run any more.
        const char firstPut = key == '7' ? 20 : 40;
        whole += joined(opcodesOf(key, firstPut));
        parted += joined(opcodesOf(key, firstPut), "N0");
    }
    QCOMPARE(shownBy(whole + tail + "e.", atOnce), shownBy(parted + tail + "e.", oneByOne));
    QCOMPARE(atOnce.tensors, oneByOne.tensors);
    QCOMPARE(atOnce.runs, runs);
    QCOMPARE(oneByOne.runs, 0);
    std::vector<std::string> once;
    for (const auto& question : atOnce.asked)
        if (once.empty() || std::find(once.begin(), once.end(), question) == once.end()) once.push_back(question);
    std::vector<std::string> expected;
    for (const auto& question : oneByOne.asked)
        if (std::find(expected.begin(), expected.end(), question) == expected.end()) expected.push_back(question);
    QCOMPARE(once, expected);
}

void TstPickleTensorRun::errorsAreAtTheirOpcode() {
    const auto opcodes = opcodesOf('5', 20);
    const auto offsetOf = [&](std::size_t opcode) {
        return QString::number(kHead.size() +
                               joined({opcodes.begin(), opcodes.begin() + std::ptrdiff_t(opcode)}).size());
    };
    Recording storages, tensors;
    storages.refusesStorages = true;
    tensors.refusesTensors = true;
    QCOMPARE(shownBy(kHead + joined(opcodes) + "e.", storages), offsetOf(11) + " BINPERSID: no such storage");
    QCOMPARE(shownBy(kHead + joined(opcodes) + "e.", tensors), offsetOf(28) + " REDUCE: no such tensor");
}

void TstPickleTensorRun::scanReadsTheSame() {
    const QByteArray whole = kHead + joined(opcodesOf('5', 20)) + "e.";
    const QByteArray parted = kHead + joined(opcodesOf('5', 20), "N0") + "e.";
    const auto atOnce = scanPickle(bytesOf(whole));
    const auto oneByOne = scanPickle(bytesOf(parted));
    QVERIFY(!atOnce.broken);
    QCOMPARE(atOnce.endOffset, static_cast<std::uint64_t>(whole.size()));
    QCOMPARE(atOnce.globals.size(), oneByOne.globals.size());
    for (std::uint64_t index = 0; index < 64; ++index)
        QCOMPARE(atOnce.memoRead.contains(index), oneByOne.memoRead.contains(index));
}

QTEST_GUILESS_MAIN(TstPickleTensorRun)
#include "tst_pickle_tensor_run.moc"
