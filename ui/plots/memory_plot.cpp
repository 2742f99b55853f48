// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/memory_plot.h"

#include <qcustomplot.h>

#include <QEvent>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>

#include "plots/line_legend.h"
#include "plots/tickers.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr double kLeastBytes = 16.0 * 1024 * 1024;
constexpr double kLeastSeconds = 0.2;

}  // namespace

struct MemoryPlot::Run {
    QString name;
    int colourIndex = 0;
    bool visible = true;
    std::array<Series, CurveCount> series;
    std::array<QCPGraph*, CurveCount> graphs{};
    std::vector<Phase> phases;
    double end = 0;
};

MemoryPlot::MemoryPlot(QWidget* parent)
    : QWidget(parent),
      plot_(new QCustomPlot(this)),
      legend_(new LineLegend(this)),
      readout_(new QLabel(this)),
      placeholder_(new QLabel(this)) {
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(legend_, 0, 0, Qt::AlignLeft);
    layout->addWidget(readout_, 0, 1, Qt::AlignRight);
    layout->addWidget(plot_, 1, 0, 1, 2);
    layout->addWidget(placeholder_, 1, 0, 1, 2, Qt::AlignCenter);
    layout->setRowStretch(1, 1);
    layout->setColumnStretch(1, 1);
    placeholder_->setWordWrap(true);
    placeholder_->setMinimumWidth(300);  // else a wrapped label makes itself as narrow as it may
    placeholder_->setAlignment(Qt::AlignCenter);
    placeholder_->setAttribute(Qt::WA_TransparentForMouseEvents);
    setAccessibleName(tr("Memory over time"));
    setFocusPolicy(Qt::StrongFocus);
    plot_->setFocusPolicy(Qt::NoFocus);
    plot_->setAcceptDrops(false);
    plot_->setMinimumHeight(140);
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new SecondsTicker));
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new ByteTicker));
    plot_->axisRect()->setAutoMargins(QCP::msAll);
    plot_->axisRect()->setMinimumMargins(QMargins(4, 6, 14, 4));
    plot_->addLayer(QStringLiteral("phases"), plot_->layer(QStringLiteral("background")), QCustomPlot::limAbove);
    connectMouse();
    connect(plot_, &QCustomPlot::afterLayout, this, &MemoryPlot::drawItems);
    applyPalette();
    refresh();
}

MemoryPlot::~MemoryPlot() = default;

void MemoryPlot::clear() {
    plot_->clearGraphs();
    runs_.clear();
    current_ = -1;
    longest_ = 0;
    zoom_.showAll();
    readout_->clear();
    refresh();
}

int MemoryPlot::addRun(const QString& name, int colourIndex) {
    auto run = std::make_unique<Run>();
    run->name = name;
    run->colourIndex = colourIndex;
    for (QCPGraph*& graph : run->graphs) graph = plot_->addGraph();
    runs_.push_back(std::move(run));
    applyPalette();
    return runCount() - 1;
}

void MemoryPlot::append(int run, std::span<const TimelinePoint> points) {
    Run& target = *runs_[static_cast<std::size_t>(run)];
    for (const TimelinePoint& point : points) {
        const std::array<double, CurveCount> values{static_cast<double>(point.anon), static_cast<double>(point.file),
                                                    static_cast<double>(point.deviceAllocated)};
        for (std::size_t curve = 0; curve < CurveCount; ++curve) {
            Series& series = target.series[curve];
            if (!series.append(point.seconds, values[curve])) {
                target.graphs[curve]->addData(point.seconds, values[curve]);
                continue;
            }
            QVector<QCPGraphData> kept;
            kept.reserve(static_cast<int>(series.points().size()));
            for (const Series::Point& p : series.points()) kept.append(QCPGraphData(p.x, p.y));
            target.graphs[curve]->data()->set(kept, true);
        }
        target.end = std::max(target.end, point.seconds);
    }
    if (target.series[Device].peak() > 0) legend_->setDeviceShown(true);
    refresh();
}

void MemoryPlot::setPhases(int run, const std::vector<Phase>& phases) {
    runs_[static_cast<std::size_t>(run)]->phases = phases;
    refresh();
}

void MemoryPlot::setRunVisible(int run, bool visible) {
    Run& target = *runs_[static_cast<std::size_t>(run)];
    target.visible = visible;
    for (QCPGraph* graph : target.graphs) graph->setVisible(visible);
    refresh();
}

void MemoryPlot::setCurrentRun(int run) {
    current_ = run;
    applyPalette();
    refresh();
}

void MemoryPlot::setReference(const QString& text, std::uint64_t bytes) {
    referenceText_ = text;
    referenceBytes_ = static_cast<double>(bytes);
    refresh();
}

void MemoryPlot::setPlaceholder(const QString& text) {
    placeholder_->setText(text);
}

void MemoryPlot::drawNow() {
    plot_->replot(QCustomPlot::rpImmediateRefresh);
}

std::size_t MemoryPlot::pointCount(int run) const {
    return runs_[static_cast<std::size_t>(run)]->series[Anonymous].points().size();
}

double MemoryPlot::peakAnon(int run) const {
    return runs_[static_cast<std::size_t>(run)]->series[Anonymous].peak();
}

void MemoryPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) applyPalette();
    QWidget::changeEvent(event);
}

void MemoryPlot::applyPalette() {
    const QPalette& colours = palette();
    plot_->setBackground(colours.color(QPalette::Base));
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
        axis->setBasePen(hasFocus() ? QPen(colours.color(QPalette::Highlight), 2) : QPen(hairline(colours)));
        axis->setTickPen(QPen(hairline(colours)));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(mutedText(colours));
        axis->setTickLabelFont(scaledFont(font(), 0.92));
        axis->grid()->setPen(QPen(tint(hairline(colours), colours, 0.7), 1));
        axis->grid()->setZeroLinePen(QPen(hairline(colours)));
    }
    plot_->xAxis->grid()->setVisible(false);
    QPalette muted = colours;
    muted.setColor(QPalette::WindowText, mutedText(colours));
    placeholder_->setPalette(muted);
    readout_->setPalette(muted);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const QColor colour = seriesColour(runs_[i]->colourIndex, colours);
        const bool current = static_cast<int>(i) == current_;
        const double width = current || current_ < 0 ? 2.0 : 1.3;
        runs_[i]->graphs[Anonymous]->setPen(QPen(colour, width, Qt::SolidLine));
        runs_[i]->graphs[FileBacked]->setPen(QPen(colour, width, Qt::DashLine));
        runs_[i]->graphs[Device]->setPen(QPen(colour, width, Qt::DotLine));
    }
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void MemoryPlot::refresh() {
    double highest = std::max(kLeastBytes, referenceBytes_);
    longest_ = kLeastSeconds;
    bool any = false;
    for (const auto& run : runs_) {
        if (!run->visible || run->series[Anonymous].points().empty()) continue;
        any = true;
        longest_ = std::max(longest_, run->end);
        for (const Series& series : run->series) highest = std::max(highest, series.peak());
        run->graphs[Device]->setVisible(run->series[Device].peak() > 0);
    }
    placeholder_->setVisible(!any);
    plot_->axisRect()->setVisible(any);
    plot_->xAxis->setVisible(any);
    plot_->yAxis->setVisible(any);
    legend_->setVisible(any);
    zoom_.setWhole(longest_ * 1.02);
    plot_->xAxis->setRange(zoom_.span().start, zoom_.span().end);
    plot_->yAxis->setRange(0, highest * 1.16);  // room above for the names of the phases
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void MemoryPlot::drawItems() {
    plot_->clearItems();
    if (placeholder_->isVisibleTo(this)) return;
    if (!referenceText_.isEmpty()) drawReference();
    if (current_ < 0 || current_ >= runCount() || !runs_[static_cast<std::size_t>(current_)]->visible) return;
    const Run& run = *runs_[static_cast<std::size_t>(current_)];
    const QColor shade = seriesColour(run.colourIndex, palette());
    for (std::size_t i = 0; i < run.phases.size(); ++i) {
        const Phase& phase = run.phases[i];
        const double start = std::max(phase.start, zoom_.span().start);
        const double end = std::min(phase.end < 0 ? run.end : phase.end, zoom_.span().end);
        if (end > start) drawPhase(toText(phase.name), start, end, tint(shade, palette(), i % 2 == 0 ? 0.07 : 0.14));
    }
}

void MemoryPlot::drawReference() {
    const QColor ink = mutedText(palette());
    auto* line = new QCPItemLine(plot_);
    line->setPen(QPen(ink, 1, Qt::DashDotLine));
    line->start->setCoords(plot_->xAxis->range().lower, referenceBytes_);
    line->end->setCoords(plot_->xAxis->range().upper, referenceBytes_);
    auto* text = new QCPItemText(plot_);
    text->setText(referenceText_);
    text->setColor(ink);
    text->setFont(scaledFont(font(), 0.9));
    text->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);  // where curves have not risen yet
    text->position->setCoords(plot_->xAxis->range().lower, referenceBytes_);
    text->setPadding(QMargins(4, 0, 4, 1));
    QColor behind = palette().color(QPalette::Base);
    behind.setAlpha(200);  // curves that cross it leave it legible
    text->setBrush(behind);
}

void MemoryPlot::drawPhase(const QString& name, double start, double end, const QColor& shade) {
    auto* span = new QCPItemRect(plot_);
    span->setLayer(QStringLiteral("phases"));
    span->setPen(Qt::NoPen);
    span->setBrush(shade);
    for (QCPItemPosition* corner : {span->topLeft, span->bottomRight}) {
        corner->setTypeX(QCPItemPosition::ptPlotCoords);
        corner->setTypeY(QCPItemPosition::ptAxisRectRatio);
    }
    span->topLeft->setCoords(start, 0);
    span->bottomRight->setCoords(end, 1);
    const QFont small = scaledFont(font(), 0.9);
    const double pixels = plot_->xAxis->coordToPixel(end) - plot_->xAxis->coordToPixel(start);
    if (pixels < QFontMetrics(small).horizontalAdvance(name) + 8) return;
    auto* text = new QCPItemText(plot_);
    text->setLayer(QStringLiteral("phases"));
    text->setText(name);
    text->setColor(mutedText(palette()));
    text->setFont(small);
    text->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    text->position->setTypeX(QCPItemPosition::ptPlotCoords);
    text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    text->position->setCoords(start, 0);
    text->setPadding(QMargins(4, 3, 2, 0));
}

void MemoryPlot::connectMouse() {
    const auto moment = [this](const QPointF& position) { return plot_->xAxis->pixelToCoord(position.x()); };
    connect(plot_, &QCustomPlot::mousePress, this,
            [this, moment](QMouseEvent* event) { draggedAt_ = moment(event->position()); });
    connect(plot_, &QCustomPlot::mouseMove, this, [this, moment](QMouseEvent* event) {
        if (event->buttons().testFlag(Qt::LeftButton) && !zoom_.showsAll()) {
            zoom_.move(draggedAt_ - moment(event->position()));
            setSpan();
        } else {
            showReadout(event->pos());
        }
    });
    connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
        zoom_.showAll();
        setSpan();
    });
    connect(plot_, &QCustomPlot::mouseWheel, this, [this, moment](QWheelEvent* event) {
        if (!event->modifiers().testFlag(Qt::ControlModifier)) return;
        zoom_.zoom(std::pow(2.0, event->angleDelta().y() / 240.0), moment(event->position()));
        setSpan();
    });
}

void MemoryPlot::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    applyPalette();
}

void MemoryPlot::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    applyPalette();
}

void MemoryPlot::keyPressEvent(QKeyEvent* event) {
    const auto [start, end] = zoom_.span();
    switch (event->key()) {
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoom_.zoom(2, (start + end) / 2);
            break;
        case Qt::Key_Minus:
            zoom_.zoom(0.5, (start + end) / 2);
            break;
        case Qt::Key_0:
            zoom_.showAll();
            break;
        case Qt::Key_Left:
            zoom_.move((start - end) / 4);
            break;
        case Qt::Key_Right:
            zoom_.move((end - start) / 4);
            break;
        default:
            QWidget::keyPressEvent(event);
            return;
    }
    setSpan();
}

void MemoryPlot::setSpan() {
    plot_->xAxis->setRange(zoom_.span().start, zoom_.span().end);
    showSpan();
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void MemoryPlot::showSpan() {
    const auto [start, end] = zoom_.span();
    readout_->setText(zoom_.showsAll() ? QString()
                                       : tr("%1 to %2; 0 shows all").arg(durationText(start), durationText(end)));
}

void MemoryPlot::showReadout(const QPoint& position) {
    const double seconds = plot_->xAxis->pixelToCoord(position.x());
    int shown = current_;
    if (shown < 0 && runCount() == 1) shown = 0;
    if (shown < 0 || shown >= runCount() || seconds < 0 || seconds > longest_) return showSpan();
    const Run& run = *runs_[static_cast<std::size_t>(shown)];
    const auto value = [&](Curve curve) {
        return bytesText(static_cast<std::uint64_t>(run.series[curve].valueAt(seconds)));
    };
    QString text = tr("%1 at %2: anonymous %3, file-backed %4")
                       .arg(run.name, durationText(seconds), value(Anonymous), value(FileBacked));
    if (run.series[Device].peak() > 0) text += tr(", device %1").arg(value(Device));
    readout_->setText(text);
}

}  // namespace plimsoll::ui
