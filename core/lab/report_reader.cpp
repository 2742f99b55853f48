// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/report_reader.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "io/input_file.h"

namespace plimsoll {

namespace {

using nlohmann::json;

// The most that the command line makes in one go is 8 strategies in 1,000 rounds; each run is a curve, and is looked
// for among all others.
constexpr std::uint64_t kMostRounds = 1'000'000;
constexpr std::size_t kMostRuns = 20'000;

// Members of one object; the first that cannot be taken is remembered with the reason, and everything after it is
// empty.
class Reader {
public:
    Reader(const json& object, std::string& wrong) : object_(object), wrong_(wrong) {
        if (!object.is_object() && wrong_.empty()) wrong_ = "what should be an object is none";
    }

    [[nodiscard]] std::uint64_t number(const char* key) { return take(key, optionalNumber(key)); }
    [[nodiscard]] double real(const char* key) { return take(key, optionalReal(key)); }
    [[nodiscard]] bool flag(const char* key) { return take(key, optional<bool>(key, &json::is_boolean)); }
    [[nodiscard]] std::string text(const char* key) { return take(key, optionalText(key)); }
    // Of a strategy, a phase, a device: it stands as it is in tables of every kind.
    [[nodiscard]] std::string name(const char* key) {
        constexpr std::size_t kMostLetters = 64;
        std::string name = text(key);
        const auto isOfNames = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("-_.: ").find(c) != std::string_view::npos;
        };
        if (name.size() > kMostLetters || !std::all_of(name.begin(), name.end(), isOfNames)) blame(key, kNoName);
        return name;
    }
    // An empty array where it is none.
    [[nodiscard]] const json& list(const char* key) {
        const json* value = known(key);
        if (value != nullptr && value->is_array()) return *value;
        blame(key, value == nullptr ? kAbsent : kOtherKind);
        return kNone;
    }

    [[nodiscard]] const json& object(const char* key) {
        const json* value = known(key);
        if (value == nullptr) blame(key, kAbsent);
        return value == nullptr ? kNone : *value;
    }

    // Nothing where the member is absent or null.
    [[nodiscard]] std::optional<std::uint64_t> optionalNumber(const char* key, std::uint64_t most = kMostBytes) {
        const auto value = optional<std::uint64_t>(key, &json::is_number_unsigned);
        if (value && *value > most) blame(key, kTooMuch);
        return value && *value <= most ? value : std::nullopt;
    }
    [[nodiscard]] std::optional<double> optionalReal(const char* key) {
        const auto value = optional<double>(key, &json::is_number);
        const bool inRange = value && *value >= 0 && *value <= kMostSeconds;
        if (value && !inRange) blame(key, kTooMuch);
        return inRange ? value : std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> optionalText(const char* key) {
        return optional<std::string>(key, &json::is_string);
    }
    [[nodiscard]] std::string textOf(const json& item, const char* list) {
        if (item.is_string()) return item.get<std::string>();
        blame(list, kOtherKind);
        return {};
    }
    [[nodiscard]] const json& optionalList(const char* key) { return known(key) == nullptr ? kNone : list(key); }
    // A text that stands for one of several things: nothing where it is absent, null, or `of` does not know it.
    template <class Of>
    [[nodiscard]] auto named(const char* key, Of of) {
        const auto text = optionalText(key);
        const auto value = text ? of(*text) : decltype(of(*text))();
        if (text && !value) blame(key, kUnknown);
        return value;
    }
    // Null where the member is absent or null.
    [[nodiscard]] const json* known(const char* key) const {
        if (!wrong_.empty()) return nullptr;
        const auto it = object_.find(key);
        return it == object_.end() || it->is_null() ? nullptr : &*it;
    }

private:
    // Beyond what is ever measured, and what sums and figures on an axis can hold.
    static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62U;
    static constexpr double kMostSeconds = 1e9;
    static constexpr const char* kAbsent = "is absent";
    static constexpr const char* kOtherKind = "is of another kind";
    static constexpr const char* kNoName = "is no name";
    static constexpr const char* kUnknown = "is none that is known here";
    static constexpr const char* kTooMuch = "is no figure that can be measured";
    inline static const json kNone = json::array();

    template <class T>
    [[nodiscard]] std::optional<T> optional(const char* key, bool (json::*is)() const noexcept) {
        const json* value = known(key);
        if (value == nullptr) return std::nullopt;
        if (((*value).*is)()) return value->get<T>();
        blame(key, kOtherKind);
        return std::nullopt;
    }
    template <class T>
    [[nodiscard]] T take(const char* key, const std::optional<T>& value) {
        if (!value) blame(key, kAbsent);
        return value.value_or(T{});
    }
    void blame(const char* key, const char* why) {
        if (wrong_.empty()) wrong_ = fmt::format("'{}' {}", key, why);
    }

    const json& object_;
    std::string& wrong_;
};

HostPeaks hostOf(const json& object, std::string& wrong) {
    Reader in(object, wrong);
    HostPeaks host;
    host.baseline = in.number("baseline");
    host.baselineAnon = in.number("baseline_anon");
    host.baselineFile = in.number("baseline_file");
    host.peakRss = in.number("peak_rss");
    host.peakAnon = in.number("peak_anon");
    host.peakFile = in.number("peak_file");
    host.vmHwm = in.number("vm_hwm");
    host.peakShmem = in.optionalNumber("peak_shmem").value_or(0);
    host.peakSwap = in.optionalNumber("peak_swap").value_or(0);
    return host;
}

Timeline timelineOf(Reader& run, std::string& wrong) {
    Timeline timeline;
    for (const json& item : run.list("phases")) {
        Reader in(item, wrong);
        timeline.phases.push_back({in.name("name"), in.real("start"), in.real("end")});
    }
    for (const json& item : run.list("samples")) {
        Reader in(item, wrong);
        TimelinePoint point;
        point.seconds = in.real("t");
        point.rss = in.number("rss");
        point.anon = in.number("anon");
        point.file = in.number("file");
        point.deviceAllocated = in.number("device_allocated");
        point.deviceReserved = in.number("device_reserved");
        point.deviceUsed = in.optionalNumber("device_used").value_or(0);
        point.shmem = in.optionalNumber("shmem").value_or(0);
        point.swap = in.optionalNumber("swap").value_or(0);
        point.diskRead = in.optionalNumber("disk_read").value_or(0);
        timeline.points.push_back(point);
    }
    return timeline;
}

void readConditions(Reader& in, LoadRun& run, std::string& wrong) {
    constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();  // as it was typed
    if (const json* cache = in.known("cache")) {
        Reader conditions(*cache, wrong);
        run.cache = conditions.named("asked", cacheStateFromName).value_or(CacheState::AsIs);
        run.cachedBefore = conditions.optionalReal("cached_before");
    }
    if (const json* limits = in.known("limits")) {
        Reader bounds(*limits, wrong);
        run.hostLimit = bounds.optionalNumber("host", kAny);
        run.deviceLimit = bounds.optionalNumber("device", kAny);
    }
    run.diskReadBytes = in.optionalNumber("disk_read_bytes");
}

void readMeasured(Reader& in, LoadRun& run, std::string& wrong) {
    run.host = hostOf(in.object("host"), wrong);
    if (const json* peaks = in.known("device")) {
        Reader values(*peaks, wrong);
        run.devicePeaks =
            DevicePeaks{values.number("peak_allocated"), values.number("peak_reserved"), values.number("peak_used")};
    }
    if (const json* predicted = in.known("predicted")) {
        Reader values(*predicted, wrong);
        run.predicted = Prediction{values.number("host_anon"), values.optionalNumber("host_file").value_or(0),
                                   values.number("device"), values.optionalNumber("device_reserved").value_or(0),
                                   values.optionalNumber("host_buffers").value_or(0)};
    }
    if (const json* loaded = in.known("loaded")) {
        Reader values(*loaded, wrong);
        run.modelBytes = values.number("bytes");
        run.parameters = values.number("parameters");
        run.buffers = values.number("buffers");
    }
    run.timeline = timelineOf(in, wrong);
}

void readOutcome(Reader& in, LoadRun& run) {
    run.error = in.optionalText("error");
    const auto known = [](const std::string& name) {
        const bool is = name == "loaded" || name == "failed" || name == "out of memory" || name == "cancelled";
        return is ? std::optional(name) : std::nullopt;
    };
    const std::string outcome = in.named("outcome", known).value_or("");
    run.outOfMemory = outcome == "out of memory";
    run.cancelled = outcome == "cancelled";
}

LoadRun runOf(const json& object, const std::string& device, std::string& wrong) {
    Reader in(object, wrong);
    LoadRun run;
    run.strategy = in.name("strategy");
    run.device = device;
    run.dtype = in.named("dtype", dtypeFromTorchName);
    run.round = static_cast<unsigned>(in.optionalNumber("round", kMostRounds).value_or(0));
    run.seconds = in.real("seconds");
    run.checksum = in.text("checksum");
    run.verified = in.flag("verified");
    readMeasured(in, run, wrong);
    readConditions(in, run, wrong);
    for (const json& note : in.optionalList("notes")) run.notes.push_back(in.textOf(note, "notes"));
    readOutcome(in, run);
    return run;
}

}  // namespace

Result<LoadReport> readLoadReport(const std::string& path) {
    TRY(const InputFile file, InputFile::open(path));
    if (file.size() > limits::kIndexBytes)
        return fail(Errc::OverLimit, fmt::format("is too large for a report of load tests: {} bytes, at most {}",
                                                 file.size(), limits::kIndexBytes));
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    TRY_VOID(file.readAt(0, std::as_writable_bytes(std::span(text))));
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return fail(Errc::Corrupt, "is no JSON, so no report of load tests");

    std::string wrong;
    Reader in(document, wrong);
    LoadReport report;
    report.path = in.text("path");
    report.device = in.name("device");
    report.modelBytes = in.number("model_bytes");
    report.machine = in.optionalText("machine").value_or("");
    const json& runs = in.list("runs");
    if (runs.size() > kMostRuns)
        return fail(Errc::OverLimit, fmt::format("has {} runs, of which {} at most are shown", runs.size(), kMostRuns));
    for (const json& run : runs) report.runs.push_back(runOf(run, report.device, wrong));
    if (!wrong.empty()) return fail(Errc::Corrupt, "is no report of load tests: " + wrong);
    return report;
}

std::string reportPath(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error) ? (std::filesystem::path(path) / "report.json").string() : path;
}

bool isLoadReport(const std::string& path) {
    constexpr std::uint64_t kBegin = 16U << 10U;  // beyond the longest path
    const auto file = InputFile::open(reportPath(path));
    if (!file) return false;
    std::string text(static_cast<std::size_t>(std::min(kBegin, file->size())), '\0');
    if (!file->readAt(0, std::as_writable_bytes(std::span(text)))) return false;
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string::npos && text[first] == '{' && text.find(R"("model_bytes")") != std::string::npos &&
           text.find(R"("weight_map")") == std::string::npos;
}

}  // namespace plimsoll
