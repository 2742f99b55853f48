// SPDX-License-Identifier: GPL-3.0-or-later
#include "help/help_browser.h"

#include <QDesktopServices>
#include <QEvent>
#include <QFile>
#include <QImage>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextTable>
#include <algorithm>

#include "help/help_pages.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {
constexpr int kColumn = 720;
constexpr int kMargin = 24;
constexpr qreal kLineHeight = 125;  // per cent
constexpr int kResizingMs = 120;

bool isPicture(const QTextBlock& block) {
    return block.text() == QString(QChar::ObjectReplacementCharacter);
}

}  // namespace

HelpBrowser::HelpBrowser(QWidget* parent) : QTextBrowser(parent) {
    setObjectName(QStringLiteral("helpPage"));
    setAccessibleName(tr("Page of the user guide"));
    setFrameShape(QFrame::NoFrame);
    setOpenExternalLinks(true);
    // One that comes and goes would change the width for which pictures are loaded.
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    resized_.setSingleShot(true);
    resized_.setInterval(kResizingMs);
    connect(&resized_, &QTimer::timeout, this, [this] {
        if (!source().isEmpty() && columnWidth() != pictureWidth_) loadAgain();
    });
    connect(this, &QTextBrowser::sourceChanged, this, &HelpBrowser::style);
}

int HelpBrowser::columnWidth() const {
    return std::clamp(viewport()->width() - 2 * kMargin, 200, kColumn);
}

QVariant HelpBrowser::loadResource(int type, const QUrl& name) {
    if (type != QTextDocument::ImageResource) return QTextBrowser::loadResource(type, name);
    // All pictures lie in one folder, and source() is still that of the page before.
    QString file = QStringLiteral(":/screenshots/") + name.fileName();
    QString dark = file;
    dark.insert(dark.lastIndexOf(QLatin1Char('.')), QStringLiteral("-dark"));
    if (isDark(palette()) && QFile::exists(dark)) file = dark;
    QImage image(file);
    if (image.isNull()) return {};
    pictureWidth_ = columnWidth();
    const qreal ratio = devicePixelRatioF();
    const int width = std::min(image.width(), static_cast<int>(pictureWidth_ * ratio));
    image = image.scaledToWidth(width, Qt::SmoothTransformation);
    image.setDevicePixelRatio(ratio);
    return image;
}

void HelpBrowser::doSetSource(const QUrl& name, QTextDocument::ResourceType type) {
    QTextBrowser::doSetSource(name, type);
    // Markdown has no anchors, so Qt finds none.
    if (name.hasFragment()) scrollToHeading(name.fragment());
}

void HelpBrowser::resizeEvent(QResizeEvent* event) {
    const int side = std::max(0, (width() - verticalScrollBar()->sizeHint().width() - kColumn - 2 * kMargin) / 2);
    setViewportMargins(side, 0, side, 0);
    QTextBrowser::resizeEvent(event);
    resized_.start();
}

// With its pictures, and where the reader is.
void HelpBrowser::loadAgain() {
    const int at = verticalScrollBar()->value();
    reload();
    style();
    verticalScrollBar()->setValue(at);
}

void HelpBrowser::changeEvent(QEvent* event) {
    QTextBrowser::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || source().isEmpty()) return;
    loadAgain();  // pictures of the other colours
}

// What Markdown leaves to the reader's taste.
void HelpBrowser::style() {
    QTextDocument& page = *document();
    page.setUndoRedoEnabled(false);
    page.setDocumentMargin(kMargin);
    QTextCursor cursor(&page);
    for (QTextBlock block = page.begin(); block.isValid(); block = block.next()) {
        cursor.setPosition(block.position());
        QTextBlockFormat format = block.blockFormat();
        // A picture is a line as high as it: a share of it more would be a hole below.
        if (!isPicture(block)) format.setLineHeight(kLineHeight, QTextBlockFormat::ProportionalHeight);
        if (format.headingLevel() > 1) format.setTopMargin(18);
        if (block.textList() != nullptr) format.setBottomMargin(3);
        cursor.setBlockFormat(format);
    }
    for (QTextFrame* frame : page.rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (table == nullptr) continue;
        QTextTableFormat format = table->format();
        format.setBorder(1);
        format.setBorderCollapse(true);
        format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
        format.setBorderBrush(hairline(palette()));
        format.setCellPadding(5);
        format.setTopMargin(6);
        format.setBottomMargin(10);
        format.setWidth(QTextLength(QTextLength::PercentageLength, 100));
        table->setFormat(format);
    }
}

void HelpBrowser::scrollToHeading(const QString& anchor) {
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0 || help::anchorOf(block.text()) != anchor) continue;
        QTextCursor cursor(block);
        setTextCursor(cursor);
        verticalScrollBar()->setValue(verticalScrollBar()->value() + cursorRect(cursor).top() - kMargin / 2);
        return;
    }
}

void HelpBrowser::markWords(const QStringList& words) {
    QList<QTextEdit::ExtraSelection> marks;
    QTextCharFormat format;
    format.setBackground(tint(warnColour(palette()), palette(), 0.35));
    for (const QString& word : words) {
        for (QTextCursor at = document()->find(word); !at.isNull(); at = document()->find(word, at))
            marks.append({at, format});
    }
    setExtraSelections(marks);
}

}  // namespace plimsoll::ui
