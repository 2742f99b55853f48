// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDockWidget>
#include <QList>
#include <utility>

class QAction;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace plimsoll::ui {

class JobListModel;

// What runs, waits and has ended, with what came of it; the command that does the same can be copied.
class JobsDock final : public QDockWidget {
    Q_OBJECT
public:
    explicit JobsDock(JobListModel* model, QWidget* parent = nullptr);
    // What the buttons do with the selected job, else the newest, for a menu; each has a key.
    [[nodiscard]] QList<QAction*> commands() const;

signals:
    void showRequested(const QObject* origin);
    void resumeRequested(const QString& remembered);
    void forgetRequested(const QString& remembered);

private:
    void buildCommands();
    void updateButtons();
    [[nodiscard]] QString remembered(int row) const;  // of a job that can be resumed, else empty
    void showOrigin(int row);
    void showMenu(const QPoint& position);
    [[nodiscard]] int currentRow() const;

    JobListModel* model_;
    QStackedWidget* stack_;
    QTableView* table_;
    QPushButton* show_;
    QPushButton* cancel_;
    QPushButton* resume_;
    QPushButton* forget_;
    QPushButton* copy_;
    QPushButton* copyResult_;
    QPushButton* clear_;
    QList<std::pair<QAction*, QPushButton*>> commands_;
};

}  // namespace plimsoll::ui
