// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/column_widths.h"

#include <QEvent>
#include <QHeaderView>
#include <QSettings>
#include <QVariantList>
#include <vector>

namespace plimsoll::ui {
namespace {

constexpr char kFirstWidths[] = "firstWidths";

bool isDraggable(const QHeaderView* header, int column) {
    return header->sectionResizeMode(column) == QHeaderView::Interactive && !header->isSectionHidden(column);
}

QString keyOf(const QString& table, int column) {
    return QStringLiteral("columns/%1Width%2").arg(table).arg(column);
}

std::vector<int> widthsOf(const QHeaderView* header) {
    std::vector<int> widths;
    widths.reserve(static_cast<std::size_t>(header->count()));
    for (int column = 0; column < header->count(); ++column) widths.push_back(header->sectionSize(column));
    return widths;
}

// Columns also change with the window, and when others are hidden: a wish is what changes while a button is held.
class WidthKeeper final : public QObject {
public:
    WidthKeeper(QHeaderView* header, QString table) : QObject(header), header_(header), table_(std::move(table)) {
        header->viewport()->installEventFilter(this);
    }
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick)
            before_ = widthsOf(header_);
        if (event->type() == QEvent::MouseButtonRelease) keep();
        return QObject::eventFilter(watched, event);
    }

private:
    void keep() const {
        const std::vector<int> now = widthsOf(header_);
        for (int column = 0; column < header_->count() && now.size() == before_.size(); ++column) {
            const auto at = static_cast<std::size_t>(column);
            if (now[at] != before_[at] && isDraggable(header_, column))
                QSettings().setValue(keyOf(table_, column), now[at]);
        }
    }

    QHeaderView* header_;
    QString table_;
    std::vector<int> before_;
};

}  // namespace

void rememberWidths(QHeaderView* header, const QString& table) {
    QVariantList first;
    for (int column = 0; column < header->count(); ++column) {
        first << header->sectionSize(column);
        const int width = QSettings().value(keyOf(table, column), 0).toInt();
        if (width > header->minimumSectionSize()) header->resizeSection(column, width);
    }
    header->setProperty(kFirstWidths, first);
    new WidthKeeper(header, table);
}

void suggestWidth(QHeaderView* header, const QString& table, int column, int width) {
    if (QSettings().value(keyOf(table, column), 0).toInt() <= header->minimumSectionSize())
        header->resizeSection(column, width);
}

void resetWidths(QHeaderView* header) {
    const QVariantList first = header->property(kFirstWidths).toList();
    for (int column = 0; column < first.size(); ++column)
        if (header->sectionResizeMode(column) == QHeaderView::Interactive)
            header->resizeSection(column, first.at(column).toInt());
}

}  // namespace plimsoll::ui
