// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>

#include "help/help_pages.h"

class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace plimsoll::ui {

class HelpBrowser;

// The user guide: contents and search at the left, the page at the right. It does not keep the program alive.
class HelpWindow final : public QMainWindow {
    Q_OBJECT
public:
    HelpWindow();

    void showPage(const QString& page);
    [[nodiscard]] const QString& currentPage() const noexcept { return page_; }

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void buildBar();
    void buildKeys();
    // The contents, or what the search line finds.
    void list();
    void addSections(const QList<help::Section>& sections, bool found);
    void open(const QTreeWidgetItem* item);
    void showWhere();

    QLineEdit* line_;
    QTreeWidget* contents_;
    HelpBrowser* browser_;
    const QList<help::Section> sections_;
    QString page_;
};

}  // namespace plimsoll::ui
