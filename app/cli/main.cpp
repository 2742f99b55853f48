// SPDX-License-Identifier: GPL-3.0-or-later
#include <exception>
#include <new>
#include <string>

#include "failure.h"
#include "interrupt.h"
#include "io/process_setup.h"
#include "verbs.h"

namespace {

// CLI11 says of an unknown verb only that a verb is missing.
std::string whatIsWrong(const CLI::App& app, const std::string& first, const CLI::ParseError& wrong) {
    const auto named = app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == first; });
    const bool isVerb = first.empty() || first.front() == '-' || !named.empty();
    std::string what = isVerb ? wrong.what() : "'" + first + "' is no verb";
    return what + " (plimsoll-cli --help lists the verbs)";
}

int run(int argc, char** argv) {
    using namespace plimsoll::cli;
    CLI::App app("Inspects, converts and load-tests model checkpoints.", "plimsoll-cli");
    app.set_version_flag("--version", "plimsoll-cli " PLIMSOLL_VERSION);
    app.require_subcommand(1);
    Action action;
    addInspect(app, action);
    addScan(app, action);
    addCheck(app, action);
    addShow(app, action);
    addAudit(app, action);
    addDiff(app, action);
    addConvert(app, action);
    addLoad(app, action);
    addSample(app, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::ParseError& wrong) {
        return reportUsage(whatIsWrong(app, argc > 1 ? argv[1] : "", wrong));
    }
    plimsoll::prepareProcess();
    const Interrupt interrupt;
    return action(interrupt.token());
}

}  // namespace

int main(int argc, char** argv) {
    // CLI11 and the allocator throw; the core does not.
    try {
        return run(argc, argv);
    } catch (const std::bad_alloc&) {
        return plimsoll::cli::report({plimsoll::Errc::OverLimit, plimsoll::kNoOffset, "out of memory", {}},
                                     "plimsoll-cli");
    } catch (const std::exception& error) {
        return plimsoll::cli::report({plimsoll::Errc::Corrupt, plimsoll::kNoOffset, error.what(), {}}, "plimsoll-cli");
    }
}
