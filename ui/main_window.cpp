// SPDX-License-Identifier: GPL-3.0-or-later
#include "main_window.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QHash>
#include <QHeaderView>
#include <QInputDialog>
#include <QMimeData>
#include <QSettings>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>

#include "help/help_window.h"
#include "io/address.h"
#include "models/job_list_model.h"
#include "text/text.h"
#include "widgets/column_widths.h"
#include "window/drop_overlay.h"
#include "window/first_size.h"
#include "window/jobs_dock.h"
#include "window/recent_files.h"
#include "window/toast.h"

namespace plimsoll::ui {
namespace {

constexpr QSize kFirstSize(1240, 800);
constexpr QSize kLeastSize(760, 520);
constexpr int kTabEms = 22;  // of a file's name in a tab
const QString kGeometryKey = QStringLiteral("window/geometry");
const QString kStateKey = QStringLiteral("window/state");

}  // namespace

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent),
      tabs_(new QTabWidget),
      overlay_(new DropOverlay(this)),
      jobs_(new JobListModel(this)),
      toast_(new Toast(this)) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/plimsoll.svg")));
    tabs_->setObjectName(QStringLiteral("documentTabs"));
    tabs_->setDocumentMode(true);
    tabs_->setTabsClosable(true);
    tabs_->setMovable(true);
    tabs_->setTabBarAutoHide(true);
    // It would hand the focus to its tab bar, and where that is hidden Tab would end there. The bar takes it by itself.
    tabs_->setFocusProxy(nullptr);
    tabs_->setFocusPolicy(Qt::NoFocus);
    tabs_->setElideMode(Qt::ElideNone);  // many are scrolled: cut to a letter each they would all look alike
    tabs_->tabBar()->setAccessibleName(tr("Open checkpoints"));
    setCentralWidget(tabs_);
    connect(tabs_, &QTabWidget::currentChanged, this, &MainWindow::updateTitle);
    connect(tabs_, &QTabWidget::tabCloseRequested, this, &MainWindow::closePage);
    buildJobs();
    buildMenus();
    addPage();
    setAcceptDrops(true);
    qApp->installEventFilter(this);
    setMinimumSize(kLeastSize);
    resizeToFirst(*this, kFirstSize);
    restoreGeometry(QSettings().value(kGeometryKey).toByteArray());
    restoreState(QSettings().value(kStateKey).toByteArray());
    offerUnfinished();
}

MainWindow::~MainWindow() {
    qApp->removeEventFilter(this);
    disconnect(tabs_, nullptr, this, nullptr);
    disconnect(jobs_, nullptr, this, nullptr);  // jobs end after this
}

DocumentPage* MainWindow::page(int index) const {
    return qobject_cast<DocumentPage*>(tabs_->widget(index));
}

DocumentPage* MainWindow::currentPage() const {
    return page(tabs_->currentIndex());
}

int MainWindow::pageCount() const {
    return tabs_->count();
}

int MainWindow::pageOf(const QString& path) const {
    const QString wanted = absolutePath(path);
    for (int i = 0; i < tabs_->count(); ++i)
        if (page(i)->path() == wanted) return i;
    return -1;
}

DocumentPage* MainWindow::addPage() {
    auto* added = new DocumentPage;
    connect(added, &DocumentPage::titleChanged, this, [this, added] { updateTab(added); });
    connect(added, &DocumentPage::fileOpened, this, [this] {
        fillRecentMenu();
        emit fileOpened();
    });
    connect(added, &DocumentPage::fileFailed, this, &MainWindow::fileFailed);
    connect(added, &DocumentPage::openRequested, this, &MainWindow::askForFile);
    connect(added, &DocumentPage::reloadRequested, this, [this, added] { reloadPage(added); });
    connect(added, &DocumentPage::fileRequested, this, &MainWindow::openFile);
    connect(added, &DocumentPage::fileChosen, this, &MainWindow::openFile);
    connect(added, &DocumentPage::folderRequested, this, &MainWindow::askForFolder);
    added->setOthers([this, added] { return checkpointsBeside(added); });
    tabs_->setCurrentIndex(tabs_->addTab(added, added->title()));
    return added;
}

void MainWindow::openFile(const QString& path) {
    if (const int open = pageOf(path); open >= 0) {
        tabs_->setCurrentIndex(open);
        if (!page(open)->isBusy()) page(open)->reload();
        return;
    }
    DocumentPage* at = currentPage()->path().isEmpty() ? currentPage() : addPage();
    at->openFile(path);
}

void MainWindow::openFiles(const QStringList& paths) {
    const bool goesOn = !waiting_.isEmpty();
    waiting_ << paths;
    waiting_.removeAll(QString());  // of a script's variable that was not set
    if (!goesOn) openNext();
}

// A tab takes some 40 ms to build.
void MainWindow::openNext() {
    if (waiting_.isEmpty()) return;
    openFile(waiting_.first());
    waiting_.removeFirst();
    if (!waiting_.isEmpty()) QTimer::singleShot(0, this, &MainWindow::openNext);
}

void MainWindow::closeFile() {
    closePage(tabs_->currentIndex());
}

void MainWindow::closePage(int index) {
    DocumentPage* closing = page(index);
    if (!confirmStopping(closing, tr("Stop, and close the tab?"), tr("Close"))) return;
    if (tabs_->count() == 1) {
        closing->closeFile();
        return;
    }
    tabs_->removeTab(index);
    nameTabs();
    closing->closeFile();
    closing->deleteLater();
}

// Views let go of what they do when the file is read again.
void MainWindow::reloadPage(DocumentPage* reloaded) {
    if (confirmStopping(reloaded, tr("Stop, and read the file again?"), tr("Reload"))) reloaded->reload();
}

void MainWindow::setView(View view) {
    currentPage()->setView(view);
}

bool MainWindow::isBusy() const {
    for (int i = 0; i < tabs_->count(); ++i)
        if (page(i)->isBusy()) return true;
    return false;
}

void MainWindow::updateTab(const DocumentPage* changed) {
    const int index = tabs_->indexOf(const_cast<DocumentPage*>(changed));
    if (index < 0) return;
    tabs_->setTabToolTip(index, changed->path());
    nameTabs();
    if (index == tabs_->currentIndex()) updateTitle();
}

// With their folders where several have one name: many checkpoints are called "model.safetensors".
void MainWindow::nameTabs() {
    const QFontMetrics metrics = tabs_->tabBar()->fontMetrics();
    const int room = kTabEms * metrics.horizontalAdvance(QLatin1Char('m'));
    QHash<QString, int> counts;
    for (int i = 0; i < tabs_->count(); ++i) ++counts[page(i)->title()];
    for (int i = 0; i < tabs_->count(); ++i) {
        QString name = page(i)->title();
        const QString path = page(i)->path();
        const QString folder = fileName(path.left(path.lastIndexOf(QLatin1Char('/'))));
        if (counts[name] > 1 && !folder.isEmpty()) name = tr("%1 (%2)").arg(name, folder);
        name = metrics.elidedText(name, Qt::ElideMiddle, room);
        // An ampersand in a file's name is no shortcut.
        tabs_->setTabText(i, name.replace(QLatin1Char('&'), QStringLiteral("&&")));
    }
}

void MainWindow::updateTitle() {
    const DocumentPage* current = currentPage();
    if (current == nullptr) return;
    const bool none = current->path().isEmpty();
    setWindowTitle(none ? tr("Plimsoll") : tr("%1 — Plimsoll").arg(current->title()));
    setWindowFilePath(current->path());
    for (QAction* action : needFile_) action->setEnabled(!none);
}

void MainWindow::askForFile() {
    const QString path = currentPage()->path();
    const bool local = !path.isEmpty() && !isAddress(path.toStdString());
    const QString folder =
        local ? QFileInfo(path).absolutePath() : QSettings().value(QStringLiteral("lastFolder")).toString();
    const QStringList paths = QFileDialog::getOpenFileNames(
        this, tr("Open a checkpoint"), folder,
        tr("Checkpoints (*.pth *.pt *.bin *.ckpt *.th *.tar *.safetensors *.gguf *.npy *.npz *.index.json *.distcp);;"
           "All files (*)"));
    if (paths.isEmpty()) return;
    QSettings().setValue(QStringLiteral("lastFolder"), QFileInfo(paths.first()).absolutePath());
    openFiles(paths);
}

void MainWindow::askForFolder() {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Open a folder that holds one checkpoint"),
                                          QSettings().value(QStringLiteral("lastFolder")).toString());
    if (!folder.isEmpty()) openFile(folder);
}

void MainWindow::askForAddress() {
    QString address =
        QInputDialog::getText(this, tr("Open an address"),
                              tr("http:// or https:// address of a checkpoint, or of an index.json with its "
                                 "shards beside it:"))
            .trimmed();
    if (address.isEmpty()) return;
    if (!isAddress(address.toStdString())) address.prepend(QStringLiteral("https://"));
    openFile(address);
}

void MainWindow::askForReport() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Open a report of load tests"),
                                                      QSettings().value(QStringLiteral("load/reportFolder")).toString(),
                                                      tr("Reports (report.json *.json);;All files (*)"));
    if (path.isEmpty()) return;
    QSettings().setValue(QStringLiteral("load/reportFolder"), QFileInfo(path).absolutePath());
    openFile(path);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!confirmStopping(this, tr("Stop, and close?"), tr("Close"))) {
        event->ignore();
        return;
    }
    QSettings().setValue(kGeometryKey, saveGeometry());
    QSettings().setValue(kStateKey, saveState());
    QMainWindow::closeEvent(event);
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    overlay_->setGeometry(rect());
    toast_->place();
    QMainWindow::resizeEvent(event);
}

// In this window, or in a pane that was taken out of it.
bool MainWindow::isOurs(const QWidget& widget) const {
    const QWidget* top = widget.window();
    const bool isPane = qobject_cast<const QDockWidget*>(top) != nullptr && top->parentWidget() != nullptr;
    return (isPane ? top->parentWidget()->window() : top) == this;
}

// An application-wide filter, because line edits and tables would take a dropped file for text of theirs.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
        case QEvent::DragEnter:
        case QEvent::DragMove:
        case QEvent::DragLeave:
        case QEvent::Drop: {
            const auto* widget = qobject_cast<QWidget*>(watched);
            if (widget != nullptr && isOurs(*widget) && handleDrag(event)) return true;
            break;
        }
        default:
            break;
    }
    return QMainWindow::eventFilter(watched, event);
}

bool MainWindow::handleDrag(QEvent* event) {
    if (event->type() == QEvent::DragLeave) {
        overlay_->hide();
        return false;
    }
    auto* drop = static_cast<QDropEvent*>(event);  // also the base of the enter and move events
    QStringList paths;
    for (const QUrl& url : drop->mimeData()->urls()) {
        if (url.isLocalFile()) paths << url.toLocalFile();
    }
    if (paths.isEmpty()) return false;
    drop->setDropAction(Qt::CopyAction);
    drop->accept();
    if (event->type() == QEvent::Drop) {
        overlay_->hide();
        // After the drag has ended: the other program must not wait for us.
        QTimer::singleShot(0, this, [this, paths] {
            if (currentPage()->wantsToCompare(paths)) {
                currentPage()->compareWith(paths.first());
            } else {
                openFiles(paths);
            }
        });
    } else {
        overlay_->setText(currentPage()->wantsToCompare(paths)
                              ? tr("Drop to compare with %1").arg(currentPage()->title())
                              : tr("Drop to open"));
        overlay_->setGeometry(rect());
        overlay_->raise();
        overlay_->show();
    }
    return true;
}

void MainWindow::resetLayout() {
    QSettings settings;
    for (const QString& group : {QStringLiteral("window"), QStringLiteral("inspect"), QStringLiteral("columns")})
        settings.remove(group);
    resizeToFirst(*this, kFirstSize);
    addDockWidget(Qt::BottomDockWidgetArea, jobsDock_);
    jobsDock_->setFloating(false);
    showJobs(false);
    for (QHeaderView* header : findChildren<QHeaderView*>()) resetWidths(header);
    for (int i = 0; i < tabs_->count(); ++i) page(i)->resetLayout();
}

}  // namespace plimsoll::ui
