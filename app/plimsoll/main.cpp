// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QCommandLineParser>
#include <QIcon>
#include <QSettings>
#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "diagnostics/stall_watch.h"
#include "io/process_setup.h"
#include "main_window.h"
#include "theme/comfort_style.h"
#include "theme/theme.h"
#include "window/desktop_colours.h"

namespace {

// Who asks for a text needs no display, and gets a plain error where a window would need one.
bool asksForText(int argc, char** argv) {
    static constexpr std::array<std::string_view, 5> kTexts{"-h", "--help", "--help-all", "-v", "--version"};
    return std::any_of(argv + 1, argv + argc, [](const char* argument) {
        return std::find(kTexts.begin(), kTexts.end(), argument) != kTexts.end();
    });
}

bool hasDisplay(int argc, char** argv) {
    const bool chosen = std::any_of(argv + 1, argv + argc,
                                    [](const char* argument) { return std::string_view(argument) == "-platform"; });
    return chosen || !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") ||
           !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
}

QStringList parseArguments(const QCoreApplication& app) {
    QCoreApplication::setApplicationName(QStringLiteral("plimsoll"));
    QCoreApplication::setApplicationVersion(QStringLiteral(PLIMSOLL_VERSION));
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "Inspects, converts and load-tests PyTorch checkpoints."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("FILE"), QCoreApplication::translate("main", "checkpoints to open"),
                                 QStringLiteral("[FILE...]"));
    parser.process(app);
    return parser.positionalArguments();
}

// Light or dark as the desktop was when it last answered, until it answers again.
void followDesktop(QApplication& app) {
    static const QString kKey = QStringLiteral("desktopPrefersDark");
    plimsoll::ui::setDesktopPrefersDark(QSettings().value(kKey, false).toBool());
    auto* desktop = new plimsoll::ui::DesktopColours(&app);
    QObject::connect(desktop, &plimsoll::ui::DesktopColours::told, &app, [](bool dark) {
        QSettings().setValue(kKey, dark);
        plimsoll::ui::setDesktopPrefersDark(dark);
    });
    desktop->ask();
}

}  // namespace

int main(int argc, char** argv) {
    plimsoll::prepareProcess();
    if (asksForText(argc, argv)) {
        const QCoreApplication app(argc, argv);
        parseArguments(app);  // ends the program
    }
    if (!hasDisplay(argc, argv)) {
        std::fputs(
            "plimsoll: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); plimsoll-cli does the "
            "same in a terminal\n",
            stderr);
        return 1;
    }
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("plimsoll"));
    QApplication::setApplicationDisplayName(QStringLiteral("Plimsoll"));
    QApplication::setDesktopFileName(QStringLiteral("plimsoll"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/plimsoll.svg")));

    QApplication::setStyle(new plimsoll::ui::ComfortStyle);

    const QStringList files = parseArguments(app);

    plimsoll::ui::applyColourScheme(
        static_cast<plimsoll::ui::ColourScheme>(QSettings().value(QStringLiteral("colourScheme"), 0).toInt()));
#ifndef NDEBUG
    const plimsoll::ui::StallWatch watch;
    QObject::connect(&watch, &plimsoll::ui::StallWatch::stalled,
                     [](int milliseconds) { qWarning("the window did not answer for %d ms", milliseconds); });
#endif
    followDesktop(app);
    plimsoll::ui::MainWindow window;
    window.QWidget::show();
    window.openFiles(files);
    return QApplication::exec();
}
