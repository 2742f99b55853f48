// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "pickle/scanner.h"
#include "pickle/verdict_tables.h"

namespace plimsoll {

namespace {

struct Renamed {
    std::string_view oldModule;
    std::string_view oldName;  // empty: the whole module moved
    std::string_view newModule;
    std::string_view newName;
};

// Python 2 names that Python 3's unpickler maps, as far as either spelling is on one of the lists.
constexpr Renamed kRenamed[] = {
    {"__builtin__", "reduce", "functools", "reduce"},
    {"__builtin__", "intern", "sys", "intern"},
    {"_multiprocessing", "Connection", "multiprocessing.connection", "Connection"},
    {"__builtin__", {}, "builtins", {}},
    {"cPickle", {}, "pickle", {}},
    {"commands", {}, "subprocess", {}},
    {"thread", {}, "_thread", {}},
    {"StringIO", {}, "io", {}},
    {"cStringIO", {}, "io", {}},
    {"httplib", {}, "http.client", {}},
    {"urllib2", {}, "urllib.request", {}},
    {"urlparse", {}, "urllib.parse", {}},
    {"robotparser", {}, "urllib.robotparser", {}},
    {"SocketServer", {}, "socketserver", {}},
    {"BaseHTTPServer", {}, "http.server", {}},
    {"SimpleHTTPServer", {}, "http.server", {}},
    {"CGIHTTPServer", {}, "http.server", {}},
    {"Cookie", {}, "http.cookies", {}},
    {"cookielib", {}, "http.cookiejar", {}},
    {"xmlrpclib", {}, "xmlrpc.client", {}},
    {"SimpleXMLRPCServer", {}, "xmlrpc.server", {}},
    {"DocXMLRPCServer", {}, "xmlrpc.server", {}},
    {"_winreg", {}, "winreg", {}},
    {"anydbm", {}, "dbm", {}},
    {"dbhash", {}, "dbm.bsd", {}},
    {"dumbdbm", {}, "dbm.dumb", {}},
    {"gdbm", {}, "dbm.gnu", {}},
    {"whichdb", {}, "dbm", {}},
    {"test.test_support", {}, "test.support", {}},
    {"UserDict", {}, "collections", {}},
    {"copy_reg", {}, "copyreg", {}},
};

// Attributes through which every object leads to every other.
constexpr std::string_view kReflection[] = {
    "__bases__",   "__base__",     "__builtins__",     "__class__",      "__closure__",   "__code__",
    "__dict__",    "__func__",     "__getattribute__", "__getattr__",    "__globals__",   "__import__",
    "__init__",    "__loader__",   "__mro__",          "__reduce__",     "__reduce_ex__", "__self__",
    "__setattr__", "__setstate__", "__spec__",         "__subclasses__", "__call__",      "__delattr__",
};

std::pair<std::string_view, std::string_view> modernName(std::string_view module, std::string_view name) {
    for (const auto& row : kRenamed) {
        if (row.oldModule != module) continue;
        if (row.oldName.empty()) return {row.newModule, name};
        if (row.oldName == name) return {row.newModule, row.newName};
    }
    return {module, name};
}

std::optional<std::string> reflectionIn(std::string_view name) {
    while (true) {
        const auto dot = name.find('.');
        const auto part = name.substr(0, dot);
        if (std::find(std::begin(kReflection), std::end(kReflection), part) != std::end(kReflection))
            return fmt::format("reaches other objects through {}", part);
        if (dot == std::string_view::npos) return std::nullopt;
        name.remove_prefix(dot + 1);
    }
}

// A dotted name walks attributes: "torch" "os.system" is os.system, whatever module it starts at.
std::optional<std::string> dangerInside(std::string_view name) {
    if (name.find('.') == std::string_view::npos) return std::nullopt;
    while (!name.empty()) {
        const auto bare = name.substr(std::min(name.find_first_not_of('_'), name.size()));
        for (const auto path : {name, bare})
            if (const auto danger = dangerOf(path))
                return fmt::format("leads to {}, which {}", danger->path, danger->reason);
        const auto dot = name.find('.');
        if (dot == std::string_view::npos) break;
        name.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

std::optional<std::string> dangerOfGlobal(std::string_view module, std::string_view name) {
    if (const auto danger = dangerOf(fmt::format("{}.{}", module, name))) return std::string(danger->reason);
    if (auto danger = reflectionIn(name)) return danger;
    return dangerInside(name);
}

}  // namespace

Verdict judgeGlobal(std::string_view module, std::string_view name, std::string* reason) {
    const auto say = [&](std::string_view text) {
        if (reason != nullptr) *reason = text;
    };
    const auto [newModule, newName] = modernName(module, name);
    auto danger = dangerOfGlobal(module, name);
    if (!danger && (newModule != module || newName != name)) danger = dangerOfGlobal(newModule, newName);
    if (danger) {
        say(*danger);
        return Verdict::Dangerous;
    }
    if (isAllowedGlobal(module, name) || isAllowedGlobal(newModule, newName)) {
        say("torch loads it with weights_only=True");
        return Verdict::Safe;
    }
    say("not known to be harmless");
    return Verdict::Suspicious;
}

}  // namespace plimsoll
