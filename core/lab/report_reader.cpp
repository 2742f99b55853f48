// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/report_reader.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "io/input_file.h"

namespace plimsoll {

namespace {

using nlohmann::json;

// Members of one object; the first that is absent or of another kind is remembered, and everything after it is empty.
class Reader {
public:
    Reader(const json& object, std::string& wrong) : object_(object), wrong_(wrong) {
        if (!object.is_object()) blame("an object");
    }

    [[nodiscard]] std::uint64_t number(const char* key) { return take<std::uint64_t>(key, &json::is_number_unsigned); }
    [[nodiscard]] double real(const char* key) { return take<double>(key, &json::is_number); }
    [[nodiscard]] bool flag(const char* key) { return take<bool>(key, &json::is_boolean); }
    [[nodiscard]] std::string text(const char* key) { return take<std::string>(key, &json::is_string); }
    // An empty array where it is none.
    [[nodiscard]] const json& list(const char* key) {
        static const json kNone = json::array();
        const json* value = known(key);
        if (value != nullptr && value->is_array()) return *value;
        blame(key);
        return kNone;
    }

    // Nothing where the member is absent, null or of another kind.
    template <class T>
    [[nodiscard]] std::optional<T> optional(const char* key, bool (json::*is)() const noexcept) const {
        const json* value = known(key);
        if (value == nullptr || !((*value).*is)()) return std::nullopt;
        return value->get<T>();
    }
    [[nodiscard]] std::optional<std::uint64_t> optionalNumber(const char* key) const {
        return optional<std::uint64_t>(key, &json::is_number_unsigned);
    }
    // Null where the member is absent or null.
    [[nodiscard]] const json* known(const char* key) const {
        if (!wrong_.empty()) return nullptr;
        const auto it = object_.find(key);
        return it == object_.end() || it->is_null() ? nullptr : &*it;
    }

private:
    template <class T>
    [[nodiscard]] T take(const char* key, bool (json::*is)() const noexcept) {
        const auto value = optional<T>(key, is);
        if (!value) blame(key);
        return value.value_or(T{});
    }
    void blame(const char* what) {
        if (wrong_.empty()) wrong_ = what;
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
        timeline.phases.push_back({in.text("name"), in.real("start"), in.real("end")});
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
    if (const json* cache = in.known("cache")) {
        Reader conditions(*cache, wrong);
        run.cache = cacheStateFromName(conditions.text("asked")).value_or(CacheState::AsIs);
        run.cachedBefore = conditions.optional<double>("cached_before", &json::is_number);
    }
    if (const json* limits = in.known("limits")) {
        Reader bounds(*limits, wrong);
        run.hostLimit = bounds.optionalNumber("host");
        run.deviceLimit = bounds.optionalNumber("device");
    }
    run.diskReadBytes = in.optionalNumber("disk_read_bytes");
}

void readMeasured(Reader& in, LoadRun& run, std::string& wrong) {
    if (const json* host = in.known("host")) run.host = hostOf(*host, wrong);
    if (const json* peaks = in.known("device")) {
        Reader values(*peaks, wrong);
        run.devicePeaks =
            DevicePeaks{values.number("peak_allocated"), values.number("peak_reserved"), values.number("peak_used")};
    }
    if (const json* predicted = in.known("predicted")) {
        Reader values(*predicted, wrong);
        run.predicted = Prediction{values.number("host_anon"), values.optionalNumber("host_file").value_or(0),
                                   values.number("device"), values.optionalNumber("device_reserved").value_or(0)};
    }
    if (const json* loaded = in.known("loaded")) {
        Reader values(*loaded, wrong);
        run.modelBytes = values.number("bytes");
        run.parameters = values.number("parameters");
        run.buffers = values.number("buffers");
    }
    run.timeline = timelineOf(in, wrong);
}

LoadRun runOf(const json& object, const std::string& device, std::string& wrong) {
    Reader in(object, wrong);
    const auto optionalText = [&](const char* key) { return in.optional<std::string>(key, &json::is_string); };
    LoadRun run;
    run.strategy = in.text("strategy");
    run.device = device;
    run.dtype = dtypeFromTorchName(optionalText("dtype").value_or(""));
    run.round = static_cast<unsigned>(in.optionalNumber("round").value_or(0));
    run.seconds = in.real("seconds");
    run.checksum = in.text("checksum");
    run.verified = in.flag("verified");
    readMeasured(in, run, wrong);
    readConditions(in, run, wrong);
    if (in.known("notes") != nullptr)
        for (const json& note : in.list("notes"))
            if (note.is_string()) run.notes.push_back(note.get<std::string>());
    run.error = optionalText("error");
    const std::string outcome = optionalText("outcome").value_or("");
    run.outOfMemory = outcome == "out of memory";
    run.cancelled = outcome == "cancelled";
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
    report.device = in.text("device");
    report.modelBytes = in.number("model_bytes");
    report.machine = in.optional<std::string>("machine", &json::is_string).value_or("");
    for (const json& run : in.list("runs")) report.runs.push_back(runOf(run, report.device, wrong));
    if (!wrong.empty())
        return fail(Errc::Corrupt, fmt::format("is no report of load tests: '{}' is absent or of another kind", wrong));
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
