// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "io/read_options.h"
#include "progress_printer.h"

namespace plimsoll::cli {

// What the chosen verb does, after its command line has been read; gives the exit status.
using Action = std::function<int(std::stop_token)>;

// Each adds its verb with its options, and sets `action` when the verb was given.
void addInspect(CLI::App& app, Action& action);
void addScan(CLI::App& app, Action& action);
void addCheck(CLI::App& app, Action& action);
void addShow(CLI::App& app, Action& action);
void addAudit(CLI::App& app, Action& action);
void addDiff(CLI::App& app, Action& action);
void addConvert(CLI::App& app, Action& action);
void addLoad(CLI::App& app, Action& action);
void addSample(CLI::App& app, Action& action);

// --progress, for verbs that take time.
void addProgressOption(CLI::App& verb, ProgressMode& mode);

// --threads, for verbs that work on all processors; `threads` stays as it is where the option is not given.
void addThreadsOption(CLI::App& verb, unsigned& threads);

// An option whose values are a closed set of words.
template <class T>
CLI::Option* addChoice(CLI::App& verb, const std::string& name, T& value,
                       const std::vector<std::pair<std::string, T>>& choices, const std::string& help) {
    std::string words;
    for (const auto& choice : choices) words += (words.empty() ? "" : "|") + choice.first;
    const auto set = [&value, choices, words, name](const std::string& given) {
        for (const auto& [word, meaning] : choices) {
            if (word != given) continue;
            value = meaning;
            return;
        }
        throw CLI::ValidationError(name, "'" + given + "' is none of " + words);
    };
    return verb.add_option_function<std::string>(name, set, help)->option_text(words);
}

// A repeatable option that takes one value each time.
CLI::Option* addRepeatable(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                           const std::string& help);

// How files of this machine are read, which the environment can say (PLIMSOLL_READ) where their file system is not what
// it looks like.
//   errors  Usage for a word that says nothing
[[nodiscard]] Result<ReadOptions> readOptions();

// openCheckpoint; the error names `path` also where it is about another file of the set.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> open(const std::string& path, std::stop_token stop,
                                                             std::vector<GlobalRef>* globalsOnError = nullptr);

}  // namespace plimsoll::cli
