// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/curl_api.h"

#include <mutex>
#include <string>
#include <vector>

#include <dlfcn.h>

namespace plimsoll {

namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) noexcept {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

Result<CurlApi> load() {
    void* library = nullptr;
    // One interface, built with OpenSSL or with GnuTLS; a system has either or both.
    for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"})
        if (library == nullptr) library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return fail(Errc::Unsupported, "addresses need libcurl, which is not installed here");
    CurlApi api;
    const bool complete =
        find(library, "curl_global_init", api.globalInit) && find(library, "curl_easy_init", api.easyInit) &&
        find(library, "curl_easy_reset", api.easyReset) && find(library, "curl_easy_setopt", api.setOption) &&
        find(library, "curl_easy_perform", api.easyPerform) && find(library, "curl_easy_getinfo", api.getInfo) &&
        find(library, "curl_easy_strerror", api.errorText) && find(library, "curl_easy_cleanup", api.easyCleanup) &&
        find(library, "curl_slist_append", api.listAppend) && find(library, "curl_slist_free_all", api.listFree);
    if (!complete || api.globalInit(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(Errc::Unsupported, "the libcurl that is installed here does not start");
    return api;
}

// Idle handles; each keeps a few connections open.
class Stock {
public:
    Stock() = default;
    Stock(const Stock&) = delete;
    Stock& operator=(const Stock&) = delete;
    ~Stock() {
        for (const auto& [handle, api] : idle_) api->easyCleanup(handle);
    }

    CURL* take() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return nullptr;
        CURL* const handle = idle_.back().handle;
        idle_.pop_back();
        return handle;
    }

    bool keep(CURL* handle, const CurlApi& api) noexcept {
        constexpr std::size_t kMost = 16;
        const std::lock_guard lock(mutex_);
        if (idle_.size() >= kMost) return false;
        try {
            idle_.push_back({handle, &api});
        } catch (...) {
            return false;
        }
        return true;
    }

private:
    struct Idle {
        CURL* handle;
        const CurlApi* api;
    };
    std::mutex mutex_;
    std::vector<Idle> idle_;
};

Stock& stock() {
    static Stock instance;
    return instance;
}

}  // namespace

Result<const CurlApi*> curlApi() {
    static const Result<CurlApi> api = load();
    if (!api) return fail(api.error());
    return &*api;
}

Result<CurlHandle> CurlHandle::take(const CurlApi& api) {
    if (CURL* const idle = stock().take()) return CurlHandle(idle, api);
    CURL* const fresh = api.easyInit();
    if (fresh == nullptr) return fail(Errc::Io, "libcurl cannot start a transfer");
    return CurlHandle(fresh, api);
}

void CurlHandle::GiveBack::operator()(CURL* handle) const noexcept {
    api->easyReset(handle);
    if (!stock().keep(handle, *api)) api->easyCleanup(handle);
}

}  // namespace plimsoll
