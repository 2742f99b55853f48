// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <functional>
#include <memory>
#include <vector>

#include "jobs/open_job.h"
#include "views/compare/compare_start.h"
#include "views/inspect/tensor_show.h"

class QStackedWidget;

namespace plimsoll::ui {

class ChangedBar;
class CompareView;
class ConvertView;
class EmptyPage;
class ErrorPage;
class FileWatch;
class HeaderBar;
class InspectView;
class IntegrityView;
class LoadLabView;
class LoadingPage;
class OverviewView;
class RefusedPage;
class SafetyView;

// One tab of the window: a checkpoint and the views of it, or why there is none; or a saved report of load tests.
class DocumentPage final : public QWidget {
    Q_OBJECT
public:
    enum class View { Inspect, Overview, Safety, Integrity, Compare, Convert, LoadTest };

    explicit DocumentPage(QWidget* parent = nullptr);
    ~DocumentPage() override;

    void openFile(const QString& path);
    void closeFile();
    void reload();
    void setView(View view);
    [[nodiscard]] View view() const;
    void pressButton(View view, const QString& name);  // where it can be pressed now; the view is turned to
    // The view that this is, or is in; and of conversions the one.
    void reveal(const QWidget* shown);
    // Opens `path` where it is not open here, and goes on with a conversion of it: see ConvertView::resume().
    void resumeConversion(const QString& path, const QString& line);
    void showTensor(TensorId tensor);
    void focusFilter();
    void toggleListing();
    void showTensorsAs(TensorShow show);
    [[nodiscard]] InspectView* inspect() const noexcept { return inspect_; }
    void compareWith(const QString& path);
    // What is dropped is to be compared with, not opened.
    [[nodiscard]] bool wantsToCompare(const QStringList& paths) const;
    void resetLayout();
    void setOthers(OtherCheckpoints others);  // to compare with
    void setRecent(const QStringList& paths);
    [[nodiscard]] const std::shared_ptr<const Checkpoint>& checkpoint() const noexcept { return opened_.checkpoint; }
    [[nodiscard]] const QString& path() const noexcept { return path_; }  // open, opening or failed to open
    [[nodiscard]] QString title() const;                                  // of its tab
    [[nodiscard]] bool isBusy() const;                                    // with what a close would stop

    [[nodiscard]] static QString viewName(View view);
    static constexpr int kViews = 7;

signals:
    void titleChanged();
    void fileOpened();
    void fileFailed();
    void openRequested();                     // asks for a file dialogue
    void reloadRequested();                   // of this one
    void fileRequested(const QString& path);  // to be opened beside this one
    void fileChosen(const QString& path);     // to be opened here
    void folderRequested();                   // asks for a dialogue for folders

private:
    // A view gets the checkpoint when it is first looked at: work that nobody sees is not done.
    struct ViewSlot {
        QWidget* widget = nullptr;
        std::function<void(const OpenedCheckpoint&)> set;
        bool stale = false;
    };
    void addView(QWidget* widget, std::function<void(const OpenedCheckpoint&)> set);
    void connectPages();
    void showCurrentView();
    void setViews(const OpenedCheckpoint& opened);
    void show(const OpenedCheckpoint& opened);
    void show(const std::shared_ptr<const LoadReport>& report);
    void show(const OpenFailure& failure);
    void watchFiles();
    void goOn();
    void updateHeader();

    HeaderBar* header_;
    ChangedBar* changedBar_;
    QStackedWidget* pages_;
    EmptyPage* empty_;
    LoadingPage* loading_;
    ErrorPage* error_;
    RefusedPage* refused_;
    QStackedWidget* views_;
    InspectView* inspect_;
    ConvertView* convert_;
    LoadLabView* loadLab_;
    OverviewView* overview_;
    SafetyView* safety_;
    IntegrityView* integrity_;
    CompareView* compare_;
    FileWatch* watch_;
    bool isChanged_ = false;  // on the disk, since it was opened
    std::vector<ViewSlot> slots_;
    QString path_;
    OpenedCheckpoint opened_;
    QString resuming_;  // a conversion to go on with when the file is open
    LatestJob<OpenJob> opening_;
};

}  // namespace plimsoll::ui
