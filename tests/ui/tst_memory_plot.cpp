// SPDX-License-Identifier: GPL-3.0-or-later
#include <qcustomplot.h>

#include <QtTest>

#include "plots/memory_plot.h"

using namespace plimsoll;
using namespace plimsoll::ui;

namespace {

constexpr double kSeconds = 10;

void append(MemoryPlot& plot, double from, double to) {
    for (int n = 0; from + n * 0.5 <= to; ++n) {
        TimelinePoint point;
        point.seconds = from + n * 0.5;
        point.anon = static_cast<std::uint64_t>(point.seconds * (1U << 26U));
        plot.append(0, {&point, 1});
    }
}

}  // namespace

class TstMemoryPlot : public QObject {
    Q_OBJECT
private slots:
    void init();
    void zoomsByKeys_data();
    void zoomsByKeys();
    void zoomsAboutThePointer();
    void isDragged();
    void growsUnderAZoom();

private:
    QCustomPlot* inner() const { return plot_->findChild<QCustomPlot*>(); }
    double length() const { return plot_->shownSeconds().end - plot_->shownSeconds().start; }

    std::unique_ptr<MemoryPlot> plot_;
};

void TstMemoryPlot::init() {
    plot_ = std::make_unique<MemoryPlot>();
    plot_->resize(600, 300);
    plot_->addRun(QStringLiteral("streamed"), 0);
    append(*plot_, 0, kSeconds);
    plot_->show();
    QVERIFY(QTest::qWaitForWindowExposed(plot_.get()));
    plot_->drawNow();
}

void TstMemoryPlot::zoomsByKeys_data() {
    QTest::addColumn<QList<int>>("keys");
    QTest::addColumn<double>("start");
    QTest::addColumn<double>("end");
    constexpr double kWhole = kSeconds * 1.02;  // as it is drawn, with room behind the last sample
    QTest::newRow("none") << QList<int>{} << 0.0 << kWhole;
    QTest::newRow("in") << QList<int>{Qt::Key_Plus} << kWhole / 4 << kWhole * 3 / 4;
    QTest::newRow("in and out") << QList<int>{Qt::Key_Plus, Qt::Key_Minus} << 0.0 << kWhole;
    QTest::newRow("out of all") << QList<int>{Qt::Key_Minus} << 0.0 << kWhole;
    QTest::newRow("all") << QList<int>{Qt::Key_Equal, Qt::Key_Plus, Qt::Key_0} << 0.0 << kWhole;
    QTest::newRow("right") << QList<int>{Qt::Key_Plus, Qt::Key_Right} << kWhole * 3 / 8 << kWhole * 7 / 8;
    QTest::newRow("as far left as it goes")
        << QList<int>{Qt::Key_Plus, Qt::Key_Left, Qt::Key_Left, Qt::Key_Left} << 0.0 << kWhole / 2;
    QTest::newRow("all does not move") << QList<int>{Qt::Key_Right} << 0.0 << kWhole;
}

void TstMemoryPlot::zoomsByKeys() {
    QFETCH(QList<int>, keys);
    QFETCH(double, start);
    QFETCH(double, end);
    for (const int key : keys) QTest::keyClick(plot_.get(), static_cast<Qt::Key>(key));
    QVERIFY2(std::abs(plot_->shownSeconds().start - start) < 1e-9, QByteArray::number(plot_->shownSeconds().start));
    QVERIFY2(std::abs(plot_->shownSeconds().end - end) < 1e-9, QByteArray::number(plot_->shownSeconds().end));
    QCOMPARE(inner()->xAxis->range().lower, plot_->shownSeconds().start);
    QCOMPARE(inner()->xAxis->range().upper, plot_->shownSeconds().end);
}

void TstMemoryPlot::zoomsAboutThePointer() {
    const QPointF pointer(400, 150);
    const double moment = inner()->xAxis->pixelToCoord(pointer.x());
    const auto turn = [&](Qt::KeyboardModifiers modifiers) {
        QWheelEvent wheel(pointer, inner()->mapToGlobal(pointer), {}, {0, 240}, Qt::NoButton, modifiers,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(inner(), &wheel);
    };
    const double whole = length();
    turn(Qt::NoModifier);
    QCOMPARE(length(), whole);
    turn(Qt::ControlModifier);
    QVERIFY(std::abs(length() - whole / 2) < 1e-9);
    QVERIFY(std::abs(inner()->xAxis->pixelToCoord(pointer.x()) - moment) < 1e-9);
    for (int i = 0; i < 40; ++i) turn(Qt::ControlModifier);
    QVERIFY(length() > 0.01);
}

void TstMemoryPlot::isDragged() {
    QTest::keyClick(plot_.get(), Qt::Key_Plus);
    const double start = plot_->shownSeconds().start;
    const double perPixel = length() / inner()->axisRect()->width();
    QTest::mousePress(inner(), Qt::LeftButton, {}, {300, 150});
    QMouseEvent move(QEvent::MouseMove, QPointF(250, 150), inner()->mapToGlobal(QPointF(250, 150)), Qt::NoButton,
                     Qt::LeftButton, {});
    QCoreApplication::sendEvent(inner(), &move);
    QVERIFY(std::abs(plot_->shownSeconds().start - (start + 50 * perPixel)) < perPixel);
    QTest::mouseRelease(inner(), Qt::LeftButton, {}, {250, 150});
    QTest::mouseDClick(inner(), Qt::LeftButton, {}, {250, 150});
    QCOMPARE(plot_->shownSeconds().start, 0.0);
}

void TstMemoryPlot::growsUnderAZoom() {
    QTest::keyClick(plot_.get(), Qt::Key_Plus);
    const auto before = plot_->shownSeconds();
    append(*plot_, kSeconds, 2 * kSeconds);
    QCOMPARE(plot_->shownSeconds().start, before.start);
    QCOMPARE(plot_->shownSeconds().end, before.end);
    QTest::keyClick(plot_.get(), Qt::Key_0);
    QVERIFY(plot_->shownSeconds().end > 2 * kSeconds);
    plot_->clear();
    QCOMPARE(plot_->shownSeconds().start, 0.0);
}

QTEST_MAIN(TstMemoryPlot)
#include "tst_memory_plot.moc"
