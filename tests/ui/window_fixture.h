// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>
#include <QWheelEvent>
#include <QtTest>
#include <cstdint>
#include <memory>

#include "main_window.h"
#include "models/tensor_rows_model.h"
#include "peer.h"
#include "samples.h"
#include "views/convert/convert_view.h"
#include "widgets/banner.h"

// A window over a folder of its own, and words to drive it with.
class WindowFixture : public QObject {
protected:
    static constexpr int kPatienceMs = 60'000;
    using MainWindow = plimsoll::ui::MainWindow;

    // Call from init() and cleanup() of the test.
    void setUp() {
        QCoreApplication::setOrganizationName(QStringLiteral("plimsoll-tests"));
        dir_ = std::make_unique<QTemporaryDir>();
        QVERIFY(dir_->isValid());
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, dir_->filePath(QStringLiteral("settings")));
        qputenv("PLIMSOLL_LOADER", builtProgram(QStringLiteral("plimsoll-loader")).toUtf8());
        window_ = std::make_unique<MainWindow>();
        window_->resize(1240, 800);  // whatever the screen
        window_->QWidget::show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }
    void tearDown() {
        answer_.disconnect();
        window_.reset();
        dir_.reset();
    }

    // In the current tab, else anywhere in the window; of several the one that is seen, else the newest.
    template <class T>
    T* find(const char* name) const {
        for (const QWidget* place :
             {static_cast<QWidget*>(window_->currentPage()), static_cast<QWidget*>(window_.get())}) {
            const auto all = place->findChildren<T*>(QLatin1String(name));
            for (T* one : all)
                if (const auto* widget = qobject_cast<QWidget*>(one); widget != nullptr && widget->isVisible())
                    return one;
            if (!all.isEmpty()) return all.last();
        }
        return nullptr;
    }
    QString path(const char* name) const { return dir_->filePath(QLatin1String(name)); }
    [[nodiscard]] bool open(const QString& file) {
        QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
        window_->openFile(file);
        return opened.wait(kPatienceMs);
    }
    [[nodiscard]] bool visible(const char* name) const {
        const auto* widget = find<QWidget>(name);
        return widget != nullptr && widget->isVisible();
    }
    [[nodiscard]] QString text(const char* name) const { return find<QLabel>(name)->text(); }
    [[nodiscard]] QString bannerText(const char* name) const { return find<plimsoll::ui::Banner>(name)->text(); }
    void press(const char* name) { QTest::mouseClick(find<QPushButton>(name), Qt::LeftButton); }

    plimsoll::ui::TensorRowsModel* rowsModel() const {
        return qobject_cast<plimsoll::ui::TensorRowsModel*>(find<QTableView>("tensorTree")->model());
    }
    // The row that shows the tensor or module of this name now, -1 where none does.
    int rowOf(const char* name) const {
        const auto& nodes = rowsModel()->tree()->nodes();
        for (std::uint32_t i = 1; i < nodes.size(); ++i)
            if (nodes.path(plimsoll::NodeId(i)) == name) return rowsModel()->rowOf(plimsoll::NodeId(i));
        return -1;
    }
    QString cell(const char* name, int column) const {
        return rowsModel()->index(rowOf(name), column).data().toString();
    }
    void select(const char* name) {
        QVERIFY(rowOf(name) >= 0);
        find<QTableView>("tensorTree")->setCurrentIndex(rowsModel()->index(rowOf(name), 0));
    }

    static void wheelOver(QWidget& widget, int eighths) {  // of a degree
        const QPointF at(5, 5);
        QWheelEvent turn(at, widget.mapToGlobal(at), {}, {0, eighths}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                         false);
        QApplication::sendEvent(&widget, &turn);
    }

    // samples::transformer(layers, 16) in "sample.safetensors".
    QString sampleFile(int layers = 3) {
        const QString file = path("sample.safetensors");
        const QJsonObject metadata{{QStringLiteral("format"), QStringLiteral("pt")}};
        return samples::writeSafetensors(file, samples::transformer(layers, 16), metadata) ? file : QString();
    }
    [[nodiscard]] bool waitForPlan() {
        QSignalSpy planned(find<plimsoll::ui::ConvertView>("convertView"), &plimsoll::ui::ConvertView::planShown);
        return planned.wait(kPatienceMs);
    }

    // Answers the next question of the window, and says what it was.
    void answerWith(QMessageBox::StandardButton button, QString& asked) {
        connect(&answer_, &QTimer::timeout, this, [this, button, &asked] {
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            if (box == nullptr) return;
            answer_.stop();
            asked = box->text() + QLatin1Char('|') + box->button(button)->text();
            box->button(button)->click();
        });
        answer_.start(10);
    }

    std::unique_ptr<QTemporaryDir> dir_;
    std::unique_ptr<MainWindow> window_;

private:
    QTimer answer_;
};
