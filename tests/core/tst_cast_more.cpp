// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <cstring>
#include <vector>

#include <QJsonDocument>
#include <QJsonObject>

#include "peer.h"
#include "tensor/cast.h"
#include "tensor/cast_loss.h"

using namespace plimsoll;

namespace {

const std::vector<DType> kFloats{DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2};
const std::vector<DType> kIntegers{DType::I64, DType::I32, DType::I16, DType::I8,  DType::U64,
                                   DType::U32, DType::U16, DType::U8,  DType::Bool};

QString nameOf(DType dtype) {
    const auto name = torchName(dtype);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

std::span<const std::byte> bytesOf(const QByteArray& bytes) {
    return std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

bool isNan(DType dtype, const QByteArray& element) {
    double value = 0;
    return isFloating(dtype) &&
           castElements(dtype, bytesOf(element), DType::F64, std::as_writable_bytes(std::span(&value, 1))) &&
           std::isnan(value);
}

}  // namespace

// Integer types, saturation and the loss of casts, against torch.
class TstCastMore : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void sameBitsAsTorch_data();
    void sameBitsAsTorch();
    void saturates_data() { sameBitsAsTorch_data(); }
    void saturates();
    void loss_data();
    void loss();
    void lossOfSaturation();

private:
    QByteArray content(const QString& name) const {
        QFile file(folder_.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void compare(const QString& expected, Overflow overflow) const;

    QTemporaryDir folder_;
    bool torchIsVectorized_ = false;
};

void TstCastMore::initTestCase() {
    NEEDS_PEER();
    const auto made =
        runProcess(peerPython(), {QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/cast_peer.py"), folder_.path()});
    QVERIFY2(made.exitCode == 0, made.err.constData());
    torchIsVectorized_ = made.out.trimmed() == "AVX2" || made.out.trimmed() == "AVX512";
}

void TstCastMore::sameBitsAsTorch_data() {
    QTest::addColumn<int>("from");
    QTest::addColumn<int>("to");
    const auto row = [](DType from, DType to) {
        if (from != to)
            QTest::addRow("%s to %s", shortName(from).data(), shortName(to).data())
                << static_cast<int>(from) << static_cast<int>(to);
    };
    for (const DType from : kFloats)
        for (const DType to : kIntegers) row(from, to);
    for (const DType from : kIntegers) {
        for (const DType to : kFloats) row(from, to);
        for (const DType to : kIntegers) row(from, to);
    }
    for (const DType from : kFloats)
        for (const DType to : kFloats) row(from, to);
}

void TstCastMore::compare(const QString& expected, Overflow overflow) const {
    QFETCH(int, from);
    QFETCH(int, to);
    const auto source = static_cast<DType>(from);
    const auto target = static_cast<DType>(to);
    const QByteArray wanted = content(expected);
    if (wanted.isEmpty()) QSKIP("doubles do not hold these values");
    const QByteArray values = content(nameOf(source));
    QByteArray actual(wanted.size(), '\0');
    const auto out = std::as_writable_bytes(std::span(actual.data(), static_cast<std::size_t>(actual.size())));
    const auto done = castElements(source, bytesOf(values), target, out, overflow);
    QVERIFY2(done, done ? "" : done.error().what.c_str());
    const auto in = static_cast<qsizetype>(bitWidth(source) / 8);
    const auto width = static_cast<qsizetype>(bitWidth(target) / 8);
    for (qsizetype i = 0; i < actual.size() / width; ++i) {
        if (actual.mid(i * width, width) == wanted.mid(i * width, width)) continue;
        // Which NaN is the other test's matter.
        if (overflow == Overflow::Saturate && isNan(target, actual.mid(i * width, width)) &&
            isNan(target, wanted.mid(i * width, width)))
            continue;
        QFAIL(qPrintable(QStringLiteral("element %1, %2 becomes %3, torch gives %4 (lowest byte first)")
                             .arg(i)
                             .arg(QString::fromLatin1(values.mid(i * in, in).toHex()),
                                  QString::fromLatin1(actual.mid(i * width, width).toHex()),
                                  QString::fromLatin1(wanted.mid(i * width, width).toHex()))));
    }
}

void TstCastMore::sameBitsAsTorch() {
    NEEDS_PEER();
    if (!torchIsVectorized_)
        QSKIP("torch has no vector loops on this machine: what is out of range becomes other bits");
    QFETCH(int, from);
    QFETCH(int, to);
    compare(nameOf(static_cast<DType>(from)) + '-' + nameOf(static_cast<DType>(to)), Overflow::AsTorch);
}

void TstCastMore::saturates() {
    NEEDS_PEER();
    QFETCH(int, from);
    QFETCH(int, to);
    compare(nameOf(static_cast<DType>(from)) + '-' + nameOf(static_cast<DType>(to)) + ".saturated", Overflow::Saturate);
}

void TstCastMore::loss_data() {
    QTest::addColumn<int>("from");
    QTest::addColumn<int>("to");
    for (const DType from : kFloats) {
        for (const DType to : kFloats) {
            if (from != to)
                QTest::addRow("%s to %s", shortName(from).data(), shortName(to).data())
                    << static_cast<int>(from) << static_cast<int>(to);
        }
    }
}

void TstCastMore::loss() {
    NEEDS_PEER();
    QFETCH(int, from);
    QFETCH(int, to);
    const auto source = static_cast<DType>(from);
    const auto target = static_cast<DType>(to);
    const QString pair = nameOf(source) + '-' + nameOf(target);
    const QJsonObject wanted = QJsonDocument::fromJson(content(pair + ".loss")).object();
    const QByteArray before = content(nameOf(source));
    const QByteArray after = content(pair);
    // In two pieces, as blocks come.
    const auto in = bitWidth(source) / 8;
    const auto out = bitWidth(target) / 8;
    CastLoss whole;
    CastLoss rest;
    QVERIFY(addCastLoss(source, bytesOf(before).first(1003 * in), target, bytesOf(after).first(1003 * out), whole));
    QVERIFY(addCastLoss(source, bytesOf(before).subspan(1003 * in), target, bytesOf(after).subspan(1003 * out), rest));
    whole.merge(rest);
    QCOMPARE(whole.count, static_cast<quint64>(wanted["count"].toInteger()));
    QCOMPARE(whole.nan, static_cast<quint64>(wanted["nan"].toInteger()));
    QCOMPARE(whole.overflow, static_cast<quint64>(wanted["overflow"].toInteger()));
    QCOMPARE(whole.underflow, static_cast<quint64>(wanted["underflow"].toInteger()));
    const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); };
    QVERIFY2(near(whole.maxAbs, wanted["max_abs"].toDouble()), qPrintable(QString::number(whole.maxAbs)));
    QVERIFY2(near(whole.maxRel, wanted["max_rel"].toDouble()), qPrintable(QString::number(whole.maxRel)));
    QVERIFY2(near(whole.rms(), wanted["rms"].toDouble()), qPrintable(QString::number(whole.rms())));
}

void TstCastMore::lossOfSaturation() {
    const std::vector<float> values{1.0F, 65504.0F, 65519.0F, 65536.0F, 1e30F, -1e30F, INFINITY, NAN, 1e-12F, 0.0F};
    for (const DType target : {DType::F16, DType::F8_E5M2}) {
        std::vector<std::byte> out(values.size() * bitWidth(target) / 8);
        const auto source = std::as_bytes(std::span(values));
        QVERIFY(castElements(DType::F32, source, target, out, Overflow::Saturate));
        std::vector<float> back(values.size());
        QVERIFY(castElements(target, out, DType::F32, std::as_writable_bytes(std::span(back))));
        const float largest = target == DType::F16 ? 65504.0F : 57344.0F;
        QCOMPARE(back[0], 1.0F);
        QCOMPARE(back[4], largest);
        QCOMPARE(back[5], -largest);
        QVERIFY(std::isinf(back[6]) && std::isnan(back[7]));
        CastLoss loss;
        QVERIFY(addCastLoss(DType::F32, source, target, out, loss));
        QCOMPARE(loss.overflow, target == DType::F16 ? 3U : 5U);
        QCOMPARE(loss.nan, 1U);
        QCOMPARE(loss.underflow, 1U);
    }
}

QTEST_APPLESS_MAIN(TstCastMore)
#include "tst_cast_more.moc"
