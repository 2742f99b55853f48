// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QUrl>

class QTextDocument;
class QWidget;

// The user guide: Markdown in resources/help, which is part of the program.
namespace plimsoll::ui::help {

// A heading and what stands below it, up to the next one.
struct Section {
    QString page;   // "inspect", as its file is named
    QString title;  // the heading
    int level = 1;  // 1: the page's own
    QString text;   // plain, paragraphs separated by spaces
};

[[nodiscard]] const QList<QString>& pages();  // in reading order
[[nodiscard]] QUrl pageUrl(const QString& page, const QString& heading = {});
[[nodiscard]] QString pageOf(const QUrl& url);
// As GitHub makes anchors of headings: "What is drawn?" is "what-is-drawn".
[[nodiscard]] QString anchorOf(const QString& heading);

// Every section of every page. Reads and lays out all of them: some 20 ms, so ask once.
[[nodiscard]] QList<Section> readSections();

// The sections that hold all words (in any case), those with a word in their heading first.
[[nodiscard]] QList<Section> search(const QList<Section>& sections, const QString& typed);

// The page about the view that is seen in `window`, told by the views' object names; the first page where none is.
[[nodiscard]] QString pageAbout(const QWidget& window);

// Names of views, with the pages about them.
[[nodiscard]] const QList<std::pair<QString, QString>>& viewPages();

}  // namespace plimsoll::ui::help
