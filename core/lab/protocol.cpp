// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/protocol.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

namespace plimsoll::protocol {

namespace {

using nlohmann::json;

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json toJson(const Ready& event) {
    return {{"event", "ready"}, {"version", event.version}, {"notes", event.notes}};
}

json toJson(const PhaseStart& event) {
    return {{"event", "phase"}, {"ns", event.ns}, {"name", event.name}};
}

json toJson(const DeviceSample& event) {
    return {{"event", "device"},
            {"ns", event.ns},
            {"allocated", event.allocated},
            {"reserved", event.reserved},
            {"used", event.used}};
}

json toJson(const DevicePeaks& peaks) {
    return {
        {"peak_allocated", peaks.peakAllocated}, {"peak_reserved", peaks.peakReserved}, {"peak_used", peaks.peakUsed}};
}

json toJson(const Done& event) {
    json value = {{"event", "done"},
                  {"ns", event.ns},
                  {"seconds", event.seconds},
                  {"checksum", event.checksum},
                  {"parameters", event.parameters},
                  {"buffers", event.buffers},
                  {"bytes", event.bytes},
                  {"peak_rss", event.peakRss},
                  {"notes", event.notes}};
    if (event.device) value["device"] = toJson(*event.device);
    return value;
}

json toJson(const Failed& event) {
    json value = {{"event", "error"}, {"what", event.what}, {"out_of_memory", event.outOfMemory}};
    if (event.device) value["device"] = toJson(*event.device);
    return value;
}

// Reads members of one JSON object; the first that is absent or of another type makes ok() false.
class Members {
public:
    explicit Members(const json& object) : object_(object) { ok_ = object.is_object(); }

    [[nodiscard]] std::uint64_t number(const char* key) {
        const json* value = find(key, &json::is_number_unsigned);
        return value == nullptr ? 0 : value->get<std::uint64_t>();
    }
    [[nodiscard]] double real(const char* key) {
        const json* value = find(key, &json::is_number);
        return value == nullptr ? 0 : value->get<double>();
    }
    [[nodiscard]] bool flag(const char* key) {
        const json* value = find(key, &json::is_boolean);
        return value != nullptr && value->get<bool>();
    }
    // False where it is absent.
    [[nodiscard]] bool optionalFlag(const char* key) const {
        const auto it = object_.is_object() ? object_.find(key) : object_.end();
        return it != object_.end() && it->is_boolean() && it->get<bool>();
    }
    [[nodiscard]] std::string text(const char* key) {
        const json* value = find(key, &json::is_string);
        return value == nullptr ? std::string() : value->get<std::string>();
    }
    [[nodiscard]] std::vector<std::string> texts(const char* key) {
        const json* value = find(key, &json::is_array);
        if (value == nullptr ||
            !std::all_of(value->begin(), value->end(), [](const json& v) { return v.is_string(); })) {
            ok_ = false;
            return {};
        }
        return value->get<std::vector<std::string>>();
    }
    [[nodiscard]] std::vector<std::uint64_t> numbers(const char* key) {
        const json* value = find(key, &json::is_array);
        if (value == nullptr ||
            !std::all_of(value->begin(), value->end(), [](const json& v) { return v.is_number_unsigned(); })) {
            ok_ = false;
            return {};
        }
        return value->get<std::vector<std::uint64_t>>();
    }
    [[nodiscard]] const json* optionalObject(const char* key) const {
        if (!ok_) return nullptr;
        const auto it = object_.find(key);
        return it == object_.end() || !it->is_object() ? nullptr : &*it;
    }
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    [[nodiscard]] const json* find(const char* key, bool (json::*is)() const noexcept) {
        if (!ok_) return nullptr;
        const auto it = object_.find(key);
        ok_ = it != object_.end() && ((*it).*is)();
        return ok_ ? &*it : nullptr;
    }

    const json& object_;
    bool ok_ = false;
};

// Of an event that may have them; false where they are not understood.
bool readDevice(const Members& in, std::optional<DevicePeaks>& device) {
    const json* object = in.optionalObject("device");
    if (object == nullptr) return true;
    Members peaks(*object);
    device = DevicePeaks{peaks.number("peak_allocated"), peaks.number("peak_reserved"), peaks.number("peak_used")};
    return peaks.ok();
}

std::optional<Event> toEvent(const json& object) {
    Members in(object);
    const std::string kind = in.text("event");
    Event event;
    if (kind == "ready") {
        event = Ready{static_cast<int>(in.number("version")), in.texts("notes")};
    } else if (kind == "phase") {
        event = PhaseStart{in.number("ns"), in.text("name")};
    } else if (kind == "device") {
        event = DeviceSample{in.number("ns"), in.number("allocated"), in.number("reserved"), in.number("used")};
    } else if (kind == "error") {
        Failed failed{in.text("what"), in.optionalFlag("out_of_memory")};
        if (!readDevice(in, failed.device)) return std::nullopt;
        event = std::move(failed);
    } else if (kind == "done") {
        Done done;
        done.ns = in.number("ns");
        done.seconds = in.real("seconds");
        done.checksum = in.text("checksum");
        done.parameters = in.number("parameters");
        done.buffers = in.number("buffers");
        done.bytes = in.number("bytes");
        done.peakRss = in.number("peak_rss");
        done.notes = in.texts("notes");
        if (!readDevice(in, done.device)) return std::nullopt;
        event = std::move(done);
    } else {
        return std::nullopt;
    }
    if (!in.ok()) return std::nullopt;
    return event;
}

// The line as an error message may quote it: short and printable.
std::string quoted(std::string_view line) {
    constexpr std::size_t kShown = 80;
    std::string text(line.substr(0, kShown));
    for (char& c : text)
        if (c < ' ' || c > '~') c = '?';
    return "'" + text + (line.size() > kShown ? "..." : "") + "'";
}

}  // namespace

std::uint64_t nowNs() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

std::string formatEvent(const Event& event) {
    return dump(std::visit([](const auto& e) { return toJson(e); }, event)) + '\n';
}

Result<Event> parseEvent(std::string_view line) {
    const json object = json::parse(line, nullptr, false);
    auto event = object.is_discarded() ? std::nullopt : toEvent(object);
    if (!event)
        return fail(Errc::Corrupt, "the load program reported something that is not understood: " + quoted(line));
    return std::move(*event);
}

std::string formatProbe(const Probe& probe) {
    return dump({{"torch", probe.torch},
                 {"cuda", probe.cuda},
                 {"devices", probe.devices},
                 {"device_bytes", probe.deviceBytes},
                 {"strategies", probe.strategies},
                 {"no_cuda", probe.noCuda}}) +
           '\n';
}

Result<Probe> parseProbe(std::string_view text) {
    const json object = json::parse(text, nullptr, false);
    Members in(object);
    Probe probe{in.text("torch"),           in.flag("cuda"),        in.texts("devices"),
                in.numbers("device_bytes"), in.texts("strategies"), in.text("no_cuda")};
    if (!in.ok())
        return fail(Errc::Corrupt, "the load program answered " + quoted(text) + " when asked what it can do");
    return probe;
}

}  // namespace plimsoll::protocol
