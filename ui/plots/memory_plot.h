// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>
#include <memory>
#include <span>
#include <vector>

#include "memory/timeline.h"
#include "plots/series.h"
#include "plots/time_zoom.h"

class QCustomPlot;
class QLabel;

namespace plimsoll::ui {

class LineLegend;

// Memory over time: one or more runs, each with an anonymous (solid), a file-backed (dashed) and, where there are
// values, a device curve (dotted), in the run's colour. The phases of the current run are marked. Follows the palette.
// Ctrl with the wheel, + and - zoom in time, dragging and the arrows move, 0 or a double click shows all.
// Drawing is queued: appending is cheap. GUI thread only.
class MemoryPlot final : public QWidget {
    Q_OBJECT
public:
    explicit MemoryPlot(QWidget* parent = nullptr);
    ~MemoryPlot() override;

    void clear();
    // A new, empty run; the colour is theme's seriesColour of this index. Returns the run's number.
    int addRun(const QString& name, int colourIndex);
    void append(int run, std::span<const TimelinePoint> points);
    void setPhases(int run, const std::vector<Phase>& phases);  // the last may be open (end < 0)
    void setRunVisible(int run, bool visible);
    void setCurrentRun(int run);  // whose phases are marked; -1: none
    // A horizontal line that the curves are to be compared with ("model, 475 MiB"); no text: none.
    void setReference(const QString& text, std::uint64_t bytes);
    // Shown in the middle while there is no point.
    void setPlaceholder(const QString& text);
    void drawNow();  // and not with the next events

    [[nodiscard]] int runCount() const noexcept { return static_cast<int>(runs_.size()); }
    [[nodiscard]] std::size_t pointCount(int run) const;  // kept points of the anonymous curve
    [[nodiscard]] double peakAnon(int run) const;
    [[nodiscard]] TimeZoom::Span shownSeconds() const noexcept { return zoom_.span(); }

protected:
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    enum Curve { Anonymous, FileBacked, Device, CurveCount };
    struct Run;
    void applyPalette();
    void refresh();
    void drawItems();
    void drawReference();
    void drawPhase(const QString& name, double start, double end, const QColor& shade);
    void connectMouse();
    void showReadout(const QPoint& position);
    void showSpan();
    void setSpan();

    QCustomPlot* plot_;
    LineLegend* legend_;
    QLabel* readout_;
    QLabel* placeholder_;
    std::vector<std::unique_ptr<Run>> runs_;
    int current_ = -1;
    QString referenceText_;
    double referenceBytes_ = 0;
    double longest_ = 0;  // seconds
    TimeZoom zoom_;
    double draggedAt_ = 0;  // the moment that is held
};

}  // namespace plimsoll::ui
