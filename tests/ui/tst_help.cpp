// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTreeWidget>

#include "help/help_pages.h"
#include "help/help_window.h"
#include "text/errors.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// The user guide, and the way to it.
class TstHelp : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void pagesAreWhole_data();
    void pagesAreWhole();
    void everyFileIsAPage();
    void linksAndPicturesResolve_data() { pagesAreWhole_data(); }
    void linksAndPicturesResolve();
    void keyOpensThePageOfTheView_data();
    void keyOpensThePageOfTheView();
    void finds_data();
    void finds();
    void goesBack();
    void showsWherePagesAre();
    void showsPictures();
    void picturesFitTheColumn();
    void explainsEveryKindOfError();

private:
    static QString source(const QString& page) {
        QFile file(QStringLiteral(":/help/%1.md").arg(page));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }
};

void TstHelp::pagesAreWhole_data() {
    QTest::addColumn<QString>("page");
    for (const QString& page : help::pages()) QTest::newRow(qPrintable(page)) << page;
}

void TstHelp::pagesAreWhole() {
    QFETCH(const QString, page);
    QVERIFY(source(page).startsWith(QStringLiteral("# ")));
    int titles = 0;
    for (const help::Section& section : help::readSections())
        if (section.page == page && section.level == 1) ++titles;
    QCOMPARE(titles, 1);
}

void TstHelp::everyFileIsAPage() {
    const QStringList files = QDir(QStringLiteral(":/help")).entryList({QStringLiteral("*.md")});
    QCOMPARE(files.size(), help::pages().size());
    for (const QString& file : files) QVERIFY2(help::pages().contains(file.chopped(3)), qPrintable(file));
}

void TstHelp::linksAndPicturesResolve() {
    QFETCH(const QString, page);
    static const QRegularExpression link(QStringLiteral("\\]\\(([^)]+)\\)"));
    for (const auto& match : link.globalMatch(source(page))) {
        const QUrl target = help::pageUrl(page).resolved(QUrl(match.captured(1)));
        QVERIFY2(QFile::exists(QStringLiteral(":") + target.path()), qPrintable(match.captured(1)));
        if (!target.hasFragment()) continue;
        const auto sections = help::readSections();
        QVERIFY2(std::any_of(sections.begin(), sections.end(),
                             [&](const help::Section& section) {
                                 return section.page == help::pageOf(target) &&
                                        help::anchorOf(section.title) == target.fragment();
                             }),
                 qPrintable(match.captured(1)));
    }
}

void TstHelp::keyOpensThePageOfTheView_data() {
    QTest::addColumn<QString>("view");
    QTest::addColumn<QString>("page");
    for (const auto& [view, page] : help::viewPages()) QTest::newRow(qPrintable(view)) << view << page;
}

void TstHelp::keyOpensThePageOfTheView() {
    QFETCH(const QString, view);
    QFETCH(const QString, page);
    if (view == QLatin1String("errorPage")) {
        QFile broken(path("broken.pth"));
        QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("no checkpoint") > 0);
        broken.close();
        window_->openFile(broken.fileName());
        QTRY_VERIFY_WITH_TIMEOUT(visible("errorPage"), kPatienceMs);
    } else if (view != QLatin1String("emptyPage")) {
        const QString file = path("a.safetensors");
        QVERIFY(samples::writeSafetensors(file, {{QStringLiteral("alone"), {3}}}));
        QVERIFY(open(file));
        auto* shown = window_->currentPage()->findChild<QWidget*>(view);
        QVERIFY2(shown != nullptr, "no such view");
        auto* views = qobject_cast<QStackedWidget*>(shown->parentWidget());
        QVERIFY(views != nullptr);
        views->setCurrentWidget(shown);
    }
    QCOMPARE(help::pageAbout(*window_->currentPage()), page);
    window_->showHelp();
    const auto windows = QApplication::topLevelWidgets();
    const auto guide = std::find_if(windows.begin(), windows.end(), [](const QWidget* widget) {
        return widget->objectName() == QLatin1String("helpWindow") && widget->isVisible();
    });
    QVERIFY(guide != windows.end());
    QCOMPARE(qobject_cast<HelpWindow*>(*guide)->currentPage(), page);
}

void TstHelp::finds_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("first");
    QTest::newRow("a heading") << "resume"
                               << "convert-and-reshard";
    QTest::newRow("two words") << "file-backed kernel"
                               << "load-lab";
    QTest::newRow("in any case") << "GIT LFS"
                                 << "troubleshooting";
    QTest::newRow("nothing") << "zebra"
                             << "";
}

void TstHelp::finds() {
    QFETCH(const QString, typed);
    QFETCH(const QString, first);
    const auto found = help::search(help::readSections(), typed);
    QCOMPARE(found.isEmpty() ? QString() : found.first().page, first);
}

void TstHelp::goesBack() {
    HelpWindow guide;
    guide.showPage(help::pages().at(0));
    guide.showPage(help::pages().at(3));
    QCOMPARE(guide.currentPage(), help::pages().at(3));
    auto* back = guide.findChild<QAction*>(QStringLiteral("helpBack"));
    QVERIFY(back->isEnabled());
    back->trigger();
    QCOMPARE(guide.currentPage(), help::pages().at(0));
}

void TstHelp::showsWherePagesAre() {
    HelpWindow guide;
    const auto* contents = guide.findChild<QTreeWidget*>(QStringLiteral("helpContents"));
    for (const int page : {2, 4}) {
        guide.showPage(help::pages().at(page));
        QCOMPARE(contents->currentItem(), contents->topLevelItem(page));
        QVERIFY(contents->topLevelItem(page)->isExpanded());
        QVERIFY(guide.windowTitle().startsWith(contents->topLevelItem(page)->text(0)));
    }
}

// As wide as the column whatever the window's width, and no hole below.
void TstHelp::picturesFitTheColumn() {
    HelpWindow guide;
    guide.showPage(QStringLiteral("inspect"));
    guide.show();
    auto* browser = guide.findChild<QTextBrowser*>(QStringLiteral("helpPage"));
    for (const int width : {1100, 760, 1000}) {
        guide.resize(width, 700);
        const int room = std::min(browser->viewport()->width(), 768) - 48;  // margins on both sides
        const auto pictureWidth = [browser] {
            const QUrl name(QStringLiteral("../screenshots/inspect.png"));
            const auto image = browser->document()->resource(QTextDocument::ImageResource, name).value<QImage>();
            return image.width() / image.devicePixelRatio();
        };
        QTRY_VERIFY2(std::abs(pictureWidth() - room) <= 1, qPrintable(QString::number(pictureWidth())));
        QCOMPARE(browser->horizontalScrollBar()->maximum(), 0);
    }
    for (QTextBlock block = browser->document()->begin(); block.isValid(); block = block.next()) {
        if (block.text() != QString(QChar::ObjectReplacementCharacter)) continue;
        QCOMPARE(block.blockFormat().lineHeightType(), int{QTextBlockFormat::SingleHeight});
    }
}

void TstHelp::showsPictures() {
    HelpWindow guide;
    int pictures = 0;
    for (const QString& page : help::pages()) {
        guide.showPage(page);
        const auto* document = guide.findChild<QTextBrowser*>(QStringLiteral("helpPage"))->document();
        static const QRegularExpression picture(QStringLiteral("!\\[[^\\]]*\\]\\(([^)]+)\\)"));
        for (const auto& match : picture.globalMatch(source(page))) {
            const auto image =
                document->resource(QTextDocument::ImageResource, QUrl(match.captured(1))).value<QImage>();
            QVERIFY2(!image.isNull(), qPrintable(match.captured(1)));
            ++pictures;
        }
    }
    QVERIFY(pictures >= 3);
}

void TstHelp::explainsEveryKindOfError() {
    const QString page = source(QStringLiteral("troubleshooting"));
    for (int code = 0; code <= static_cast<int>(Errc::Cancelled); ++code) {
        const QString headline = explain({static_cast<Errc>(code), kNoOffset, {}, {}}, {}).headline;
        QVERIFY2(page.contains(QStringLiteral("| %1 |").arg(headline)), qPrintable(headline));
    }
}

QTEST_MAIN(TstHelp)
#include "tst_help.moc"
