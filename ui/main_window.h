// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QMainWindow>
#include <functional>
#include <memory>

#include "window/document_page.h"

class QAction;
class QMenu;
class QTabWidget;
class QToolButton;

namespace plimsoll::ui {

class DropOverlay;
class HelpWindow;
class InspectView;
class JobListModel;
class JobsDock;
class PictureActions;
class Toast;

// The window: checkpoints as tabs. There is always a tab; the last one may be without a file.
class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    using View = DocumentPage::View;

    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    // In the current tab where that has no file, else in a new one; a file that is open already comes to the front.
    void openFile(const QString& path);
    void openFiles(const QStringList& paths);  // one after the other, while the window goes on answering
    void closeFile();                          // the current tab
    void setView(View view);
    [[nodiscard]] DocumentPage* currentPage() const;
    [[nodiscard]] int pageCount() const;
    [[nodiscard]] const std::shared_ptr<const Checkpoint>& checkpoint() const { return currentPage()->checkpoint(); }
    [[nodiscard]] bool isBusy() const;  // converting or load-testing, in any tab
    void resetLayout();
    void showPalette();
    void showHelp();  // the page of the guide about what is seen
    void showJobs(bool shown);

signals:
    void fileOpened();
    void fileFailed();

protected:
    void closeEvent(QCloseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QAction* addAction(QMenu* menu, const QString& text, const QKeySequence& key, const std::function<void()>& act);
    void buildMenus();
    void buildFileMenu();
    void buildViewMenu();
    void buildTensorsMenu();
    void buildCopyMenu(QMenu* tensors);
    QAction* addTensorsAction(QMenu* menu, const QString& text, const QKeySequence& key,
                              const std::function<void(InspectView&)>& act);
    void buildColourMenu(QMenu* view);
    void buildHelpMenu();
    void buildActionsMenu();
    // Turns to a view and presses a button of it; what cannot be pressed now is seen there, with the reason.
    QAction* addButtonAction(QMenu* menu, const QString& text, const QKeySequence& key, View view, const char* button);
    void onPicture(const std::function<void(PictureActions&)>& act);
    void copyCommandLine();
    void openNext();
    void fillRecentMenu();
    void askForFile();
    void askForFolder();
    void askForAddress();
    void askForReport();
    DocumentPage* addPage();
    void closePage(int index);
    void reloadPage(DocumentPage* reloaded);
    [[nodiscard]] DocumentPage* page(int index) const;
    [[nodiscard]] int pageOf(const QString& path) const;
    // Whether what runs below this widget may be stopped: asks, where anything does.
    [[nodiscard]] bool confirmStopping(const QWidget* below, const QString& question, const QString& yes);
    // What runs or waits below this widget, in words.
    [[nodiscard]] QString runningJobs(const QWidget* below) const;
    [[nodiscard]] QList<OtherCheckpoint> checkpointsBeside(const DocumentPage* page) const;
    void buildJobs();
    void showOrigin(const QObject* origin);
    void resumeConversion(const QString& line);
    void forgetConversion(const QString& line);
    void offerUnfinished();
    void showJobState();
    void updateTitle();
    void updateTab(const DocumentPage* page);
    void nameTabs();
    void showAbout();
    void setColourScheme(int scheme);
    bool handleDrag(QEvent* event);
    [[nodiscard]] bool isOurs(const QWidget& widget) const;

    QTabWidget* tabs_;
    DropOverlay* overlay_;
    JobListModel* jobs_;
    JobsDock* jobsDock_ = nullptr;
    QToolButton* jobState_ = nullptr;  // beside the menus: how many jobs, and how far the first is
    Toast* toast_;
    QMenu* recentMenu_ = nullptr;
    std::unique_ptr<HelpWindow> help_;  // once it was asked for
    QList<QAction*> needFile_;
    QStringList waiting_;  // to be opened
};

}  // namespace plimsoll::ui
