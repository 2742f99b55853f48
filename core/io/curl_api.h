// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include <curl/curl.h>

#include "base/result.h"

namespace plimsoll {

// The functions of libcurl that are used, from the library loaded at the first address that is opened: linked, it and
// its thirty libraries would make every start of the program several times slower.
struct CurlApi {
    decltype(&::curl_global_init) globalInit = nullptr;
    decltype(&::curl_easy_init) easyInit = nullptr;
    decltype(&::curl_easy_reset) easyReset = nullptr;
    decltype(&::curl_easy_setopt) setOption = nullptr;
    decltype(&::curl_easy_perform) easyPerform = nullptr;
    decltype(&::curl_easy_getinfo) getInfo = nullptr;
    decltype(&::curl_easy_strerror) errorText = nullptr;
    decltype(&::curl_easy_cleanup) easyCleanup = nullptr;
    decltype(&::curl_slist_append) listAppend = nullptr;
    decltype(&::curl_slist_free_all) listFree = nullptr;
};

// Unsupported where libcurl is not installed.
[[nodiscard]] Result<const CurlApi*> curlApi();

// A handle for one transfer at a time, from the process's stock and back to it: its open connections serve the next
// request to the same server, whichever file that is about.
class CurlHandle {
public:
    [[nodiscard]] static Result<CurlHandle> take(const CurlApi& api);
    [[nodiscard]] CURL* get() const noexcept { return handle_.get(); }

private:
    struct GiveBack {
        const CurlApi* api;
        void operator()(CURL* handle) const noexcept;
    };
    explicit CurlHandle(CURL* handle, const CurlApi& api) noexcept : handle_(handle, GiveBack{&api}) {}
    std::unique_ptr<CURL, GiveBack> handle_;
};

}  // namespace plimsoll
