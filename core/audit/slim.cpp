// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/slim.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "checkpoint/filter.h"
#include "convert/command_line.h"
#include "convert/plan.h"
#include "convert/selection.h"
#include "io/address.h"

namespace plimsoll {

namespace {

constexpr std::size_t kMostPatterns = 16;
constexpr std::uint64_t kShardBytes = 5'000'000'000;

bool isIn(Role role, const std::vector<Role>& roles) {
    return std::ranges::find(roles, role) != roles.end();
}

// A name as a pattern that matches it: what a pattern reads otherwise becomes "?".
std::string asPattern(std::string_view name) {
    std::string pattern(name);
    for (char& c : pattern)
        if (c == ' ' || c == '*' || c == '[' || c == ']' || c == ':' || c == '<' || c == '>') c = '?';
    return pattern;
}

// "a.b.c.d", 2: "a.b."; empty where the name has no more components than that.
std::string_view prefixOf(std::string_view name, std::size_t components) {
    std::size_t at = 0;
    for (; components > 0; --components) {
        const auto dot = name.find('.', at);
        if (dot == std::string_view::npos) return {};
        at = dot + 1;
    }
    return name.substr(0, at);
}

// Patterns know no case, and no way to write some characters.
bool takeExactly(const AuditReport& report, const std::vector<std::string>& patterns, const std::vector<Role>& roles) {
    const TensorTable& table = report.checkpoint->tensors;
    std::vector<Filter> filters;
    for (const std::string& pattern : patterns) {
        auto filter = Filter::parse(pattern);
        if (!filter) return false;
        filters.push_back(std::move(*filter));
    }
    for (std::uint32_t row = 0; row < table.size(); ++row) {
        const TensorId id(row);
        const bool taken =
            std::ranges::any_of(filters, [&](const Filter& filter) { return filter.matches(table, id); });
        if (taken != isIn(report.role(id), roles)) return false;
    }
    return true;
}

struct Candidate {
    std::string words;
    std::string price;
    Recipe recipe;
};

class Slimming {
public:
    explicit Slimming(const AuditReport& report) : report_(report), source_(*report.checkpoint) {}

    Result<std::vector<SlimOption>> run(const std::stop_token& stop) {
        std::vector<SlimOption> options;
        for (auto& candidate : candidates()) {
            if (stop.stop_requested()) return cancelled();
            const auto bytes = plannedBytes(report_.checkpoint, candidate.recipe, stop);
            if (!bytes || *bytes >= report_.fileBytes) continue;
            const auto command = convertCommandLine(source_.path, candidate.recipe);
            options.push_back({std::move(candidate.words), std::move(candidate.price), std::move(candidate.recipe),
                               command, *bytes, report_.fileBytes - *bytes});
        }
        std::ranges::stable_sort(options, std::greater(), &SlimOption::savedBytes);
        return options;
    }

private:
    [[nodiscard]] std::uint64_t bytesOf(Role role) const {
        return report_.roles.at(static_cast<std::size_t>(role)).bytes;
    }

    [[nodiscard]] bool hasWideWeights() const {
        return std::ranges::any_of(report_.dtypes,
                                   [](const DTypeSum& d) { return d.dtype == DType::F32 || d.dtype == DType::F64; });
    }

    [[nodiscard]] Target target() const {
        return hasValueGraph(source_.format) || source_.format == Format::PytorchIndex ? Target::Pth
                                                                                       : Target::Safetensors;
    }

    // A name beside the source that is not taken by it; in the working directory for one on a server.
    [[nodiscard]] Recipe recipe() const {
        Recipe recipe;
        recipe.target = target();
        std::string path = isAddress(source_.path) ? fileNameOfAddress(source_.path) : source_.path;
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        const auto slash = path.rfind('/');
        const auto dot = path.rfind('.');
        const bool hasSuffix = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
        std::string stem = hasSuffix ? path.substr(0, dot) : path;
        if (source_.files.size() > 1 || !source_.indexPath.empty()) {
            if (stem.ends_with(".index")) stem.resize(stem.size() - std::string_view(".index").size());
            if (source_.indexPath != source_.path) stem = path;
            recipe.destination = stem + "-slim";
            recipe.maxShardBytes = kShardBytes;
            return recipe;
        }
        const std::string suffix = hasSuffix && targetFromSuffix(path) == recipe.target
                                       ? path.substr(dot)
                                       : (recipe.target == Target::Pth ? ".pth" : ".safetensors");
        recipe.destination = stem + "-slim" + suffix;
        return recipe;
    }

    [[nodiscard]] std::vector<Candidate> candidates() const {
        std::vector<Candidate> all;
        // A scripted module is its code, which no output keeps.
        if (source_.format == Format::TorchScript || source_.format == Format::Pickle) return all;
        const bool wide = hasWideWeights();
        if (const auto weights = weightsOnly()) {
            all.push_back(*weights);
            if (wide) all.push_back(castOf(*weights));
            if (bytesOf(Role::Ema) > 0 && bytesOf(Role::Optimizer) > 0) addWithoutEma(all);
        } else if (wide) {
            all.push_back(castOf({"everything", "", recipe()}));
        }
        if (report_.unusedStorageBytes > 0)
            all.push_back({"everything, storages shrunk to what tensors use", "", recipe()});
        return all;
    }

    [[nodiscard]] std::optional<Candidate> weightsOnly() const {
        if (bytesOf(Role::Weight) == 0) return std::nullopt;
        std::string gone;
        for (const Role role : {Role::Optimizer, Role::Ema, Role::Other})
            if (bytesOf(role) > 0) gone += (gone.empty() ? "" : ", ") + std::string(roleName(role));
        if (gone.empty()) return std::nullopt;
        Candidate candidate{"the model's weights and buffers only", "without " + gone + ": training cannot be resumed",
                            recipe()};
        if (hasValueGraph(source_.format)) {
            candidate.recipe.weightsOnly = true;
            return candidate;
        }
        candidate.recipe.drop = dropPatterns(report_, {Role::Optimizer, Role::Ema, Role::Other});
        if (candidate.recipe.drop.empty()) return std::nullopt;
        return candidate;
    }

    static Candidate castOf(Candidate candidate) {
        candidate.recipe.dtype = DType::BF16;
        candidate.words += ", cast to bf16";
        candidate.price += candidate.price.empty() ? "" : "; ";
        candidate.price += "8 bits of precision are left";
        return candidate;
    }

    void addWithoutEma(std::vector<Candidate>& all) const {
        Candidate candidate{"everything but the EMA copies", "the average starts anew", recipe()};
        candidate.recipe.drop = dropPatterns(report_, {Role::Ema});
        if (!candidate.recipe.drop.empty()) all.push_back(std::move(candidate));
    }

    const AuditReport& report_;
    const Checkpoint& source_;
};

}  // namespace

std::vector<std::string> dropPatterns(const AuditReport& report, const std::vector<Role>& roles) {
    const TensorTable& table = report.checkpoint->tensors;
    std::vector<TensorId> open;
    for (std::uint32_t row = 0; row < table.size(); ++row) open.emplace_back(row);
    std::vector<std::string> patterns;
    // The shortest prefixes below which every tensor is to go; whole names for what is left.
    for (std::size_t components = 1; components <= 3; ++components) {
        std::unordered_map<std::string_view, std::pair<bool, bool>> prefixes;  // (some go, some stay)
        for (const TensorId id : open) {
            auto& [go, stay] = prefixes[prefixOf(table.name(id), components)];
            (isIn(report.role(id), roles) ? go : stay) = true;
        }
        for (const auto& [prefix, uses] : prefixes)
            if (!prefix.empty() && uses.first && !uses.second) patterns.push_back(asPattern(prefix) + "*");
        if (patterns.size() > kMostPatterns) return {};
        std::erase_if(open, [&](TensorId id) {
            const auto prefix = prefixOf(table.name(id), components);
            const auto& [go, stay] = prefixes[prefix];
            return !prefix.empty() && go != stay;
        });
    }
    for (const TensorId id : open) {
        if (!isIn(report.role(id), roles)) continue;
        const std::string name = asPattern(table.name(id));
        if (name.empty() || patterns.size() >= kMostPatterns) return {};
        // A word without a wildcard would match anywhere in a name.
        patterns.push_back(name.front() == '?' ? name : "[" + name.substr(0, 1) + "]" + name.substr(1));
    }
    std::ranges::sort(patterns);
    return takeExactly(report, patterns, roles) ? patterns : std::vector<std::string>();
}

Result<std::vector<SlimOption>> slimOptions(const AuditReport& report, const std::stop_token& stop) {
    return Slimming(report).run(stop);
}

}  // namespace plimsoll
