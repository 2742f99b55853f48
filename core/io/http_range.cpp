// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/http_range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "io/address.h"
#include "io/curl_api.h"

namespace plimsoll {

namespace {

constexpr long kRedirects = 5;
constexpr std::size_t kHeaderBytes = 1024;  // of one value that is kept

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool equalNoCase(std::string_view a, std::string_view lowerCase) {
    return std::equal(a.begin(), a.end(), lowerCase.begin(), lowerCase.end(), [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
}

bool number(std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// "bytes 0-99/1234", or "bytes */1234" of a 416.
struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t total = 0;
    bool satisfied = false;

    static std::optional<ContentRange> parse(std::string_view text) {
        ContentRange range;
        const auto slash = text.find('/');
        if (!equalNoCase(text.substr(0, 6), "bytes ") || slash == std::string_view::npos) return std::nullopt;
        if (!number(text.substr(slash + 1), range.total)) return std::nullopt;
        const auto span = trimmed(text.substr(6, slash - 6));
        if (span == "*") return range;
        const auto dash = span.find('-');
        if (dash == std::string_view::npos || !number(span.substr(0, dash), range.first) ||
            !number(span.substr(dash + 1), range.last) || range.first > range.last || range.last >= range.total)
            return std::nullopt;
        range.satisfied = true;
        return range;
    }
};

// The headers of one answer; those of redirects before it are forgotten.
struct Headers {
    long status = 0;
    std::string reason;
    std::string contentRange;
    std::string contentEncoding;
    std::string entityTag;
    std::string lastModified;

    void line(std::string_view text) {
        text = trimmed(text);
        if (text.starts_with("HTTP/")) return start(text);
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) return;
        const auto name = text.substr(0, colon);
        const auto value = trimmed(text.substr(colon + 1)).substr(0, kHeaderBytes);
        if (equalNoCase(name, "content-range")) contentRange = value;
        if (equalNoCase(name, "content-encoding")) contentEncoding = value;
        if (equalNoCase(name, "etag")) entityTag = value;
        if (equalNoCase(name, "last-modified")) lastModified = value;
    }

private:
    void start(std::string_view text) {
        *this = {};
        const auto space = text.find(' ');
        if (space == std::string_view::npos) return;
        const auto rest = trimmed(text.substr(space));
        std::from_chars(rest.data(), rest.data() + std::min<std::size_t>(rest.size(), 3), status);
        reason = trimmed(rest.substr(std::min<std::size_t>(rest.size(), 3))).substr(0, 80);
    }
};

class Transfer {
public:
    Transfer(const RangeRequest& request, const HttpOptions& options, const std::stop_token& stop)
        : request_(request), options_(options), stop_(stop) {}

    RangeAnswer run() {
        if (auto set = perform(); !set) answer_.error = std::move(set.error());
        return std::move(answer_);
    }

private:
    Result<void> perform() {
        TRY(const CurlApi* api, curlApi());
        TRY(const auto handle, CurlHandle::take(*api));
        const std::string ifRange = "If-Range: " + request_.ifRange;
        const auto freeList = [api](curl_slist* list) { api->listFree(list); };
        std::unique_ptr<curl_slist, decltype(freeList)> extra(api->listAppend(nullptr, "Accept-Encoding: identity"),
                                                              freeList);
        if (extra && !request_.ifRange.empty()) api->listAppend(extra.get(), ifRange.c_str());
        if (!configure(*api, handle.get(), extra.get())) return fail(Errc::Unsupported, "this libcurl is too old");
        const CURLcode code = api->easyPerform(handle.get());
        const char* final = nullptr;
        if (api->getInfo(handle.get(), CURLINFO_EFFECTIVE_URL, &final) == CURLE_OK && final != nullptr)
            answer_.finalAddress = final;
        conclude(code, errorText_[0] != '\0' ? errorText_.data() : api->errorText(code));
        return {};
    }

    bool configure(const CurlApi& api, CURL* handle, curl_slist* extra) {
        bool known = true;
        const auto set = [&](CURLoption option, auto value) {
            known = api.setOption(handle, option, value) == CURLE_OK && known;
        };
        const bool secure = request_.address.size() > 4 && (request_.address[4] == 's' || request_.address[4] == 'S');
        range_ = fmt::format("{}-{}", request_.offset, request_.offset + request_.out.size() - 1);
        set(CURLOPT_URL, request_.address.c_str());
        set(CURLOPT_RANGE, range_.c_str());
        set(CURLOPT_HTTPHEADER, extra);
        set(CURLOPT_USERAGENT, "plimsoll");
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, kRedirects);
        set(CURLOPT_NETRC, long{CURL_NETRC_OPTIONAL});
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connectTimeout.count()));
        set(CURLOPT_ERRORBUFFER, errorText_.data());
        set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
        set(CURLOPT_HEADERDATA, this);
        set(CURLOPT_WRITEFUNCTION, &Transfer::onBody);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::onProgress);
        set(CURLOPT_XFERINFODATA, this);
        if (!options_.caFile.empty()) set(CURLOPT_CAINFO, options_.caFile.c_str());
        return known;
    }

    static std::size_t onHeader(const char* text, std::size_t, std::size_t bytes, void* self) {
        try {
            static_cast<Transfer*>(self)->headers_.line({text, bytes});
        } catch (...) {
            return 0;
        }
        return bytes;
    }

    static std::size_t onBody(const char* data, std::size_t, std::size_t bytes, void* self) {
        try {
            return static_cast<Transfer*>(self)->take({data, bytes}) ? bytes : CURL_WRITEFUNC_ERROR;
        } catch (...) {
            return CURL_WRITEFUNC_ERROR;
        }
    }

    // Called once a second at least, also while nothing comes.
    static int onProgress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
        auto& transfer = *static_cast<Transfer*>(self);
        if (transfer.stop_.stop_requested()) return 1;
        const auto now = std::chrono::steady_clock::now();
        if (received != transfer.lastReceived_) transfer.lastMoved_ = now;
        transfer.lastReceived_ = received;
        transfer.stalled_ = now - transfer.lastMoved_ > transfer.options_.stallTimeout;
        return transfer.stalled_ ? 1 : 0;
    }

    // Whether the answer is the range asked for; else why not.
    bool judge() {
        if (judged_) return !answer_.error;
        judged_ = true;
        answer_.status = headers_.status;
        answer_.entityTag = headers_.entityTag;
        answer_.lastModified = headers_.lastModified;
        answer_.error = flaw();
        return !answer_.error;
    }

    std::optional<Error> flaw() {
        const auto range = ContentRange::parse(headers_.contentRange);
        if (range) answer_.totalBytes = range->total;
        if (headers_.status == 416 && range && range->total == 0 && request_.offset == 0) return std::nullopt;
        if (headers_.status != 206) return refusal();
        if (!headers_.contentEncoding.empty() && !equalNoCase(headers_.contentEncoding, "identity"))
            return Error{
                Errc::Unsupported, kNoOffset, "the server sends the file compressed: " + headers_.contentEncoding, {}};
        if (!range || !range->satisfied || range->first != request_.offset) {
            return Error{Errc::Unsupported,
                         kNoOffset,
                         fmt::format("the server's answer to a request for bytes {} says '{}' (expected the range and "
                                     "the file's size)",
                                     range_, headers_.contentRange),
                         {}};
        }
        expected_ =
            static_cast<std::size_t>(std::min<std::uint64_t>(request_.out.size(), range->last - range->first + 1));
        return std::nullopt;
    }

    std::optional<Error> refusal() {
        const long status = headers_.status;
        const std::string said =
            fmt::format("the server says HTTP {}{}{}", status, headers_.reason.empty() ? "" : " ", headers_.reason);
        if ((status == 200 && !request_.ifRange.empty()) || status == 412 || status == 416)
            return Error{Errc::Corrupt, request_.offset, "the file on the server changed since it was opened", {}};
        if (status == 200) {
            return Error{Errc::Unsupported,
                         kNoOffset,
                         "the server sends whole files only (it answered a request for a range with HTTP 200); "
                         "download the file first",
                         {}};
        }
        answer_.mayPass =
            status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
        if (status == 401 || status == 403)
            return Error{
                Errc::Io, kNoOffset, said + " (user and password can stand in the address or in ~/.netrc)", {}};
        return Error{answer_.mayPass ? Errc::Network : Errc::Io, kNoOffset, said, {}};
    }

    bool take(std::string_view data) {
        if (!judge()) return false;
        if (headers_.status == 416) return true;  // an empty file's answer, with a page for people
        if (data.size() > expected_ - answer_.received) {
            answer_.error =
                Error{Errc::Corrupt, request_.offset, "the server sends more bytes than were asked for", {}};
            return false;
        }
        std::memcpy(request_.out.data() + answer_.received, data.data(), data.size());
        answer_.received += data.size();
        return true;
    }

    void conclude(CURLcode code, std::string_view text) {
        if (stop_.stop_requested()) {
            answer_.error = Error{Errc::Cancelled, kNoOffset, "cancelled", {}};
            return;
        }
        if (headers_.status != 0 && (code == CURLE_OK || judged_) && !judge()) return;
        if (code == CURLE_OK && answer_.received == expected_) return;
        if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_TOO_MANY_REDIRECTS) {
            answer_.error = Error{Errc::Unsupported,
                                  kNoOffset,
                                  fmt::format("the server redirects to where is not followed: {}", text),
                                  {}};
            return;
        }
        answer_.reached = code != CURLE_COULDNT_CONNECT;
        answer_.mayPass = code == CURLE_OK || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
                          code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 ||
                          code == CURLE_HTTP2_STREAM || code == CURLE_COULDNT_CONNECT ||
                          (stalled_ && answer_.received > 0);
        std::string what(text);
        if (stalled_) what = fmt::format("the server has sent nothing for {} s", options_.stallTimeout.count());
        if (code == CURLE_OK) what = "the server's answer ended early";
        answer_.error = Error{Errc::Network, kNoOffset, std::move(what), {}};
    }

    const RangeRequest& request_;
    const HttpOptions& options_;
    const std::stop_token& stop_;
    std::string range_;
    std::array<char, CURL_ERROR_SIZE> errorText_{};
    Headers headers_;
    RangeAnswer answer_;
    std::size_t expected_ = 0;  // bytes that the answer announces
    bool judged_ = false;
    bool stalled_ = false;
    curl_off_t lastReceived_ = 0;
    std::chrono::steady_clock::time_point lastMoved_ = std::chrono::steady_clock::now();
};

}  // namespace

RangeAnswer requestRange(const RangeRequest& request, const HttpOptions& options, const std::stop_token& stop) {
    return Transfer(request, options, stop).run();
}

}  // namespace plimsoll
