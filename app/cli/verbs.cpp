// SPDX-License-Identifier: GPL-3.0-or-later
#include "verbs.h"

#include <filesystem>
#include <utility>

#include "formats/registry.h"

namespace plimsoll::cli {

void addProgressOption(CLI::App& verb, ProgressMode& mode) {
    addChoice<ProgressMode>(verb, "--progress", mode,
                            {{"auto", ProgressMode::Auto}, {"json", ProgressMode::Json}, {"none", ProgressMode::None}},
                            "Progress on stderr: auto shows it in a terminal, json prints one object a line");
}

CLI::Option* addRepeatable(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                           const std::string& help) {
    return verb.add_option(name, values, help)->allow_extra_args(false);
}

Result<std::shared_ptr<const Checkpoint>> open(const std::string& path, std::stop_token stop,
                                               std::vector<GlobalRef>* globalsOnError) {
    auto opened = openCheckpoint(path, std::move(stop), globalsOnError);
    if (opened || opened.error().path.empty()) return opened;
    // A shard's name alone does not tell which of the files on the command line is meant.
    Error error = std::move(opened.error());
    const std::string asked = std::filesystem::path(path).filename().string();
    if (error.path.find(asked) == std::string::npos) error.what += " (opening " + path + ")";
    return fail(std::move(error));
}

}  // namespace plimsoll::cli
