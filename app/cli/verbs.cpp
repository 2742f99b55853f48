// SPDX-License-Identifier: GPL-3.0-or-later
#include "verbs.h"

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "findings/rest_scanner.h"
#include "formats/registry.h"
#include "io/address.h"

namespace plimsoll::cli {

Result<ReadOptions> readOptions() {
    ReadOptions options;
    const char* const asked = std::getenv("PLIMSOLL_READ");
    if (asked == nullptr || *asked == '\0') return options;
    if (std::string_view(asked) == "position")
        options.backing = Backing::Paged;
    else if (std::string_view(asked) == "mapping")
        options.backing = Backing::Mapping;
    else
        return fail(Errc::Usage, std::string("PLIMSOLL_READ is '") + asked + "' (expected position or mapping)");
    return options;
}

void addProgressOption(CLI::App& verb, ProgressMode& mode) {
    addChoice<ProgressMode>(verb, "--progress", mode,
                            {{"auto", ProgressMode::Auto}, {"json", ProgressMode::Json}, {"none", ProgressMode::None}},
                            "Progress on stderr: auto shows it in a terminal, json prints one object a line");
}

void addThreadsOption(CLI::App& verb, unsigned& threads) {
    verb.add_option("--threads", threads, "As many as processors where not given")
        ->check(CLI::Range(1, 1024))
        ->option_text("N");
}

CLI::Option* addRepeatable(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                           const std::string& help) {
    return verb.add_option(name, values, help)->allow_extra_args(false);
}

Result<std::shared_ptr<const Checkpoint>> open(const std::string& path, std::stop_token stop,
                                               std::vector<GlobalRef>* globalsOnError) {
    TRY(auto how, readOptions());
    // Whoever asks for names of pickles wants those of the whole file.
    RestScanner rest(stop);
    auto opened = openCheckpoint(path, std::move(stop), globalsOnError, std::move(how),
                                 globalsOnError != nullptr ? &rest : nullptr);
    if (opened || opened.error().path.empty()) return opened;
    // A shard's name alone does not tell which of the files on the command line is meant.
    Error error = std::move(opened.error());
    const bool remote = isAddress(path);
    const std::string asked = remote ? withoutCredentials(path) : std::filesystem::path(path).filename().string();
    if (error.path.find(asked) == std::string::npos) error.what += " (opening " + (remote ? asked : path) + ")";
    return fail(std::move(error));
}

}  // namespace plimsoll::cli
