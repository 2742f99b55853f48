// SPDX-License-Identifier: GPL-3.0-or-later
#include "help/help_pages.h"

#include <QFile>
#include <QRegularExpression>
#include <QTextBlock>
#include <QTextDocument>
#include <QWidget>
#include <algorithm>

namespace plimsoll::ui::help {
namespace {

const QString kFirstPage = QStringLiteral("getting-started");

QStringList wordsOf(const QString& typed) {
    return typed.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

void addSections(const QString& page, QList<Section>& sections) {
    QFile file(QStringLiteral(":/help/%1.md").arg(page));
    if (!file.open(QIODevice::ReadOnly)) return;
    QTextDocument document;
    document.setMarkdown(QString::fromUtf8(file.readAll()));
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        const int level = block.blockFormat().headingLevel();
        if (level > 0) {
            sections.append({page, block.text(), level, {}});
        } else if (!sections.isEmpty() && sections.last().page == page && !block.text().isEmpty()) {
            QString& text = sections.last().text;
            text += (text.isEmpty() ? QString() : QStringLiteral(" ")) + block.text();
        }
    }
}

}  // namespace

const QList<QString>& pages() {
    static const QList<QString> all{
        kFirstPage,
        QStringLiteral("inspect"),
        QStringLiteral("safety-and-integrity"),
        QStringLiteral("convert-and-reshard"),
        QStringLiteral("load-lab"),
        QStringLiteral("compare"),
        QStringLiteral("audit"),
        QStringLiteral("jobs"),
        QStringLiteral("command-line"),
        QStringLiteral("formats"),
        QStringLiteral("troubleshooting"),
        QStringLiteral("glossary"),
    };
    return all;
}

const QList<std::pair<QString, QString>>& viewPages() {
    static const QList<std::pair<QString, QString>> all{
        {QStringLiteral("emptyPage"), kFirstPage},
        {QStringLiteral("errorPage"), QStringLiteral("troubleshooting")},
        {QStringLiteral("inspectView"), QStringLiteral("inspect")},
        {QStringLiteral("overviewView"), QStringLiteral("audit")},
        {QStringLiteral("safetyView"), QStringLiteral("safety-and-integrity")},
        {QStringLiteral("integrityView"), QStringLiteral("safety-and-integrity")},
        {QStringLiteral("compareView"), QStringLiteral("compare")},
        {QStringLiteral("convertView"), QStringLiteral("convert-and-reshard")},
        {QStringLiteral("loadLabView"), QStringLiteral("load-lab")},
    };
    return all;
}

QUrl pageUrl(const QString& page, const QString& heading) {
    QUrl url(QStringLiteral("qrc:/help/%1.md").arg(page));
    if (!heading.isEmpty()) url.setFragment(anchorOf(heading));
    return url;
}

QString pageOf(const QUrl& url) {
    return url.fileName().section(QLatin1Char('.'), 0, 0);
}

QString anchorOf(const QString& heading) {
    QString anchor = heading.toLower();
    static const QRegularExpression others(QStringLiteral("[^\\w\\- ]"),
                                           QRegularExpression::UseUnicodePropertiesOption);
    anchor.remove(others);
    return anchor.replace(QLatin1Char(' '), QLatin1Char('-'));
}

QList<Section> readSections() {
    QList<Section> sections;
    for (const QString& page : pages()) addSections(page, sections);
    return sections;
}

QList<Section> search(const QList<Section>& sections, const QString& typed) {
    const QStringList words = wordsOf(typed);
    const auto inTitle = [&words](const Section& section) {
        return std::any_of(words.begin(), words.end(), [&section](const QString& word) {
            return section.title.contains(word, Qt::CaseInsensitive);
        });
    };
    QList<Section> found;
    for (const Section& section : sections) {
        const bool all = std::all_of(words.begin(), words.end(), [&section](const QString& word) {
            return section.title.contains(word, Qt::CaseInsensitive) ||
                   section.text.contains(word, Qt::CaseInsensitive);
        });
        if (all && !words.isEmpty()) found.append(section);
    }
    std::stable_partition(found.begin(), found.end(), inTitle);
    return found;
}

QString pageAbout(const QWidget& window) {
    for (const auto& [view, page] : viewPages()) {
        const auto* widget = window.findChild<QWidget*>(view);
        if (widget != nullptr && widget->isVisible()) return page;
    }
    return kFirstPage;
}

}  // namespace plimsoll::ui::help
