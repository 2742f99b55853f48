// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QCommandLineParser>
#include <QIcon>
#include <QSettings>

#include "diagnostics/stall_watch.h"
#include "io/process_setup.h"
#include "main_window.h"
#include "theme/comfort_style.h"
#include "theme/theme.h"

int main(int argc, char** argv) {
    plimsoll::prepareProcess();
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("plimsoll"));
    QApplication::setApplicationName(QStringLiteral("plimsoll"));
    QApplication::setApplicationDisplayName(QStringLiteral("Plimsoll"));
    QApplication::setApplicationVersion(QStringLiteral(PLIMSOLL_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("plimsoll"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/plimsoll.svg")));

    QApplication::setStyle(new plimsoll::ui::ComfortStyle);

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "Inspects, converts and load-tests PyTorch checkpoints."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("FILE"), QCoreApplication::translate("main", "checkpoints to open"),
                                 QStringLiteral("[FILE...]"));
    parser.process(app);

    plimsoll::ui::applyColourScheme(
        static_cast<plimsoll::ui::ColourScheme>(QSettings().value(QStringLiteral("colourScheme"), 0).toInt()));
#ifndef NDEBUG
    const plimsoll::ui::StallWatch watch;
    QObject::connect(&watch, &plimsoll::ui::StallWatch::stalled,
                     [](int milliseconds) { qWarning("the window did not answer for %d ms", milliseconds); });
#endif
    plimsoll::ui::MainWindow window;
    window.QWidget::show();
    window.openFiles(parser.positionalArguments());
    return QApplication::exec();
}
