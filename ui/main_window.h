// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <memory>

#include "jobs/open_job.h"

class QAction;
class QMenu;
class QStackedWidget;

namespace plimsoll::ui {

class ConvertView;
class DropOverlay;
class EmptyPage;
class ErrorPage;
class HeaderBar;
class InspectView;
class LoadLabView;
class LoadingPage;

// The window: one checkpoint, three views of it.
class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    enum class View { Inspect, Convert, LoadTest };

    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    // Opens a file in this window, or in a new one where a job of this window still needs its checkpoint.
    void openFile(const QString& path);
    // The first in this window, the others in windows of their own.
    void openFiles(const QStringList& paths);
    void closeFile();
    void setView(View view);
    [[nodiscard]] const std::shared_ptr<const Checkpoint>& checkpoint() const noexcept { return opened_.checkpoint; }
    [[nodiscard]] bool isBusy() const;  // converting or load-testing

signals:
    void fileOpened();
    void fileFailed();

protected:
    void closeEvent(QCloseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildMenus();
    void buildFileMenu();
    void buildViewMenu();
    void fillRecentMenu();
    void askForFile();
    void reload();
    void startOpening(const QString& path);
    void show(const OpenedCheckpoint& opened);
    void show(const OpenFailure& failure);
    void updateTitle();
    void showAbout();
    void setColourScheme(int scheme);
    bool handleDrag(QEvent* event);

    HeaderBar* header_;
    QStackedWidget* pages_;
    EmptyPage* empty_;
    LoadingPage* loading_;
    ErrorPage* error_;
    QStackedWidget* views_;
    InspectView* inspect_;
    ConvertView* convert_;
    LoadLabView* loadLab_;
    DropOverlay* overlay_;
    QMenu* recentMenu_ = nullptr;
    QAction* reloadAction_ = nullptr;
    QAction* closeAction_ = nullptr;
    QString path_;  // open, opening or failed to open
    OpenedCheckpoint opened_;
    LatestJob<OpenJob> opening_;
};

}  // namespace plimsoll::ui
