// SPDX-License-Identifier: GPL-3.0-or-later
#include "help/help_window.h"

#include <QAction>
#include <QIcon>
#include <QLineEdit>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QStyle>
#include <QToolBar>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "help/help_browser.h"
#include "window/first_size.h"

namespace plimsoll::ui {
namespace {

constexpr QSize kFirstSize(1080, 760);
constexpr int kContentsWidth = 260;
constexpr int kPageRole = Qt::UserRole;
constexpr int kHeadingRole = Qt::UserRole + 1;
constexpr int kLongestTip = 300;
const QString kGeometryKey = QStringLiteral("help/geometry");

}  // namespace

HelpWindow::HelpWindow()
    : line_(new QLineEdit), contents_(new QTreeWidget), browser_(new HelpBrowser), sections_(help::readSections()) {
    setObjectName(QStringLiteral("helpWindow"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/plimsoll.svg")));
    setAttribute(Qt::WA_QuitOnClose, false);
    line_->setObjectName(QStringLiteral("helpSearch"));
    line_->setPlaceholderText(tr("Search the guide"));
    line_->setAccessibleName(tr("Search the guide"));
    line_->setClearButtonEnabled(true);
    contents_->setObjectName(QStringLiteral("helpContents"));
    contents_->setAccessibleName(tr("Contents"));
    contents_->setHeaderHidden(true);
    contents_->setFrameShape(QFrame::NoFrame);
    contents_->setUniformRowHeights(true);

    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(8, 8, 0, 8);
    column->addWidget(line_);
    column->addWidget(contents_, 1);
    auto* halves = new QSplitter;
    halves->addWidget(left);
    halves->addWidget(browser_);
    halves->setStretchFactor(1, 1);
    halves->setSizes({kContentsWidth, kFirstSize.width() - kContentsWidth});
    halves->setChildrenCollapsible(false);
    setCentralWidget(halves);
    buildBar();
    buildKeys();

    connect(line_, &QLineEdit::textChanged, this, &HelpWindow::list);
    connect(line_, &QLineEdit::returnPressed, this, [this] { open(contents_->topLevelItem(0)); });
    connect(contents_, &QTreeWidget::itemClicked, this, &HelpWindow::open);
    connect(contents_, &QTreeWidget::itemActivated, this, &HelpWindow::open);
    connect(browser_, &QTextBrowser::sourceChanged, this, [this](const QUrl& url) {
        page_ = help::pageOf(url);
        showWhere();
    });
    list();
    resizeToFirst(*this, kFirstSize);
    restoreGeometry(QSettings().value(kGeometryKey).toByteArray());
}

void HelpWindow::buildBar() {
    auto* bar = addToolBar(tr("Pages"));
    bar->setObjectName(QStringLiteral("helpBar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    const auto add = [this, bar](QStyle::StandardPixmap icon, const QString& text, const QKeySequence& key) {
        QAction* action = bar->addAction(style()->standardIcon(icon), text);
        action->setShortcut(key);
        action->setToolTip(tr("%1 (%2)").arg(text, key.toString(QKeySequence::NativeText)));
        return action;
    };
    QAction* back = add(QStyle::SP_ArrowBack, tr("Back"), QKeySequence(tr("Alt+Left")));
    QAction* forward = add(QStyle::SP_ArrowForward, tr("Forward"), QKeySequence(tr("Alt+Right")));
    QAction* first = add(QStyle::SP_DirHomeIcon, tr("First page"), QKeySequence(tr("Alt+Home")));
    back->setObjectName(QStringLiteral("helpBack"));
    forward->setObjectName(QStringLiteral("helpForward"));
    back->setEnabled(false);
    forward->setEnabled(false);
    connect(back, &QAction::triggered, browser_, &QTextBrowser::backward);
    connect(forward, &QAction::triggered, browser_, &QTextBrowser::forward);
    connect(first, &QAction::triggered, this, [this] { showPage(help::pages().first()); });
    connect(browser_, &QTextBrowser::backwardAvailable, back, &QAction::setEnabled);
    connect(browser_, &QTextBrowser::forwardAvailable, forward, &QAction::setEnabled);
}

void HelpWindow::buildKeys() {
    const auto onKey = [this](const QKeySequence& key, auto act) {
        connect(new QShortcut(key, this), &QShortcut::activated, this, act);
    };
    onKey(QKeySequence::Find, [this] {
        line_->setFocus();
        line_->selectAll();
    });
    onKey(Qt::Key_Escape, [this] { line_->text().isEmpty() ? void(close()) : line_->clear(); });
    onKey(QKeySequence(tr("Ctrl+W")), [this] { close(); });
}

void HelpWindow::showPage(const QString& page) {
    show();  // first, because pictures are made as wide as the column
    raise();
    activateWindow();
    browser_->setSource(help::pageUrl(page), QTextDocument::MarkdownResource);
}

void HelpWindow::list() {
    const QString typed = line_->text().trimmed();
    contents_->clear();
    addSections(typed.isEmpty() ? sections_ : help::search(sections_, typed), !typed.isEmpty());
    browser_->markWords(typed.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    showWhere();
}

// Contents are pages with their sections below them; what was found is a list, best first.
void HelpWindow::addSections(const QList<help::Section>& sections, bool found) {
    QTreeWidgetItem* page = nullptr;
    for (const help::Section& section : sections) {
        if (!found && section.level > 2) continue;
        const bool below = !found && section.level > 1 && page != nullptr;
        auto* item = below ? new QTreeWidgetItem(page) : new QTreeWidgetItem(contents_);
        item->setText(0, section.title);
        item->setData(0, kPageRole, section.page);
        if (section.level > 1) item->setData(0, kHeadingRole, section.title);
        if (found) item->setToolTip(0, section.text.left(kLongestTip));
        if (section.level == 1) page = item;
    }
    if (found && sections.isEmpty()) {
        auto* nothing = new QTreeWidgetItem(contents_, {tr("Nothing found")});
        nothing->setDisabled(true);
    }
}

void HelpWindow::open(const QTreeWidgetItem* item) {
    if (item == nullptr || item->isDisabled()) return;
    browser_->setSource(help::pageUrl(item->data(0, kPageRole).toString(), item->data(0, kHeadingRole).toString()),
                        QTextDocument::MarkdownResource);
}

void HelpWindow::showWhere() {
    for (const help::Section& section : sections_)
        if (section.page == page_ && section.level == 1) setWindowTitle(tr("%1 — Plimsoll guide").arg(section.title));
    browser_->markWords(line_->text().split(QLatin1Char(' '), Qt::SkipEmptyParts));
    if (!line_->text().isEmpty()) return;
    for (int i = 0; i < contents_->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = contents_->topLevelItem(i);
        const bool current = item->data(0, kPageRole).toString() == page_;
        item->setExpanded(current);
        if (current && contents_->currentItem() != item &&
            (contents_->currentItem() == nullptr || contents_->currentItem()->parent() != item))
            contents_->setCurrentItem(item);
    }
}

void HelpWindow::closeEvent(QCloseEvent* event) {
    QSettings().setValue(kGeometryKey, saveGeometry());
    QMainWindow::closeEvent(event);
}

}  // namespace plimsoll::ui
