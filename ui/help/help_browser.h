// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTextBrowser>
#include <QTimer>

namespace plimsoll::ui {

// A page of the user guide: a column that is comfortable to read, pictures as wide as it and in the window's colours.
class HelpBrowser final : public QTextBrowser {
    Q_OBJECT
public:
    explicit HelpBrowser(QWidget* parent = nullptr);

    // Marks these words wherever they stand in the page.
    void markWords(const QStringList& words);

    QVariant loadResource(int type, const QUrl& name) override;

protected:
    void doSetSource(const QUrl& name, QTextDocument::ResourceType type) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    [[nodiscard]] int columnWidth() const;
    void loadAgain();
    void style();
    void scrollToHeading(const QString& anchor);

    int pictureWidth_ = 0;  // for which they were loaded
    QTimer resized_;
};

}  // namespace plimsoll::ui
