// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/canvas.h"

#ifdef PLIMSOLL_HAVE_CAIRO

#include <cmath>

#include <cairo.h>
#include <dlfcn.h>
#include <fmt/format.h>

namespace plimsoll {

namespace {

constexpr double kPixels = 2;  // for each unit

template <class Function>
bool find(void* library, const char* name, Function& function) noexcept {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

// Loaded with the first picture: linked, cairo and its twenty libraries would make every start of the program slower.
struct CairoApi {
    decltype(&::cairo_image_surface_create) imageSurface = nullptr;
    decltype(&::cairo_surface_write_to_png_stream) writePng = nullptr;
    decltype(&::cairo_surface_destroy) destroySurface = nullptr;
    decltype(&::cairo_create) create = nullptr;
    decltype(&::cairo_destroy) destroy = nullptr;
    decltype(&::cairo_status) status = nullptr;
    decltype(&::cairo_status_to_string) statusText = nullptr;
    decltype(&::cairo_scale) scale = nullptr;
    decltype(&::cairo_set_source_rgba) setColour = nullptr;
    decltype(&::cairo_paint) paint = nullptr;
    decltype(&::cairo_rectangle) rectangle = nullptr;
    decltype(&::cairo_fill) fill = nullptr;
    decltype(&::cairo_move_to) moveTo = nullptr;
    decltype(&::cairo_line_to) lineTo = nullptr;
    decltype(&::cairo_stroke) stroke = nullptr;
    decltype(&::cairo_set_line_width) setLineWidth = nullptr;
    decltype(&::cairo_set_line_join) setLineJoin = nullptr;
    decltype(&::cairo_set_dash) setDash = nullptr;
    decltype(&::cairo_select_font_face) selectFont = nullptr;
    decltype(&::cairo_set_font_size) setFontSize = nullptr;
    decltype(&::cairo_text_extents) textExtents = nullptr;
    decltype(&::cairo_show_text) showText = nullptr;
};

Result<CairoApi> loadCairo() {
    void* const library = ::dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return fail(Errc::Unsupported, "PNG needs the cairo library, which is not installed here");
    CairoApi api;
    const bool complete =
        find(library, "cairo_image_surface_create", api.imageSurface) &&
        find(library, "cairo_surface_write_to_png_stream", api.writePng) &&
        find(library, "cairo_surface_destroy", api.destroySurface) && find(library, "cairo_create", api.create) &&
        find(library, "cairo_destroy", api.destroy) && find(library, "cairo_status", api.status) &&
        find(library, "cairo_status_to_string", api.statusText) && find(library, "cairo_scale", api.scale) &&
        find(library, "cairo_set_source_rgba", api.setColour) && find(library, "cairo_paint", api.paint) &&
        find(library, "cairo_rectangle", api.rectangle) && find(library, "cairo_fill", api.fill) &&
        find(library, "cairo_move_to", api.moveTo) && find(library, "cairo_line_to", api.lineTo) &&
        find(library, "cairo_stroke", api.stroke) && find(library, "cairo_set_line_width", api.setLineWidth) &&
        find(library, "cairo_set_line_join", api.setLineJoin) && find(library, "cairo_set_dash", api.setDash) &&
        find(library, "cairo_select_font_face", api.selectFont) &&
        find(library, "cairo_set_font_size", api.setFontSize) && find(library, "cairo_text_extents", api.textExtents) &&
        find(library, "cairo_show_text", api.showText);
    if (!complete) return fail(Errc::Unsupported, "the cairo library that is installed here lacks what PNG needs");
    return api;
}

Result<const CairoApi*> cairoApi() {
    static const Result<CairoApi> api = loadCairo();
    if (!api) return fail(api.error());
    return &*api;
}

cairo_status_t append(void* text, const unsigned char* bytes, unsigned length) {
    static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), length);
    return CAIRO_STATUS_SUCCESS;
}

class PngCanvas final : public Canvas {
public:
    PngCanvas(const CairoApi& api, double width, double height)
        : api_(api),
          surface_(api.imageSurface(CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(width * kPixels)),
                                    static_cast<int>(std::lround(height * kPixels)))),
          cairo_(api.create(surface_)) {
        api_.scale(cairo_, kPixels, kPixels);
        setColour(0xffffff, 1);
        api_.paint(cairo_);
        api_.setLineJoin(cairo_, CAIRO_LINE_JOIN_ROUND);
    }
    PngCanvas(const PngCanvas&) = delete;
    PngCanvas& operator=(const PngCanvas&) = delete;
    ~PngCanvas() override {
        api_.destroy(cairo_);
        api_.destroySurface(surface_);
    }

    void text(double x, double y, std::string_view text, Anchor anchor, bool title) override {
        const std::string line(text);
        api_.selectFont(cairo_, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                        title ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
        api_.setFontSize(cairo_, title ? kTitleSize : kFontSize);
        cairo_text_extents_t extents{};
        api_.textExtents(cairo_, line.c_str(), &extents);
        const double before = anchor == Anchor::Start ? 0 : anchor == Anchor::Middle ? 0.5 : 1;
        setColour(kInk, 1);
        api_.moveTo(cairo_, x - before * extents.x_advance, y);
        api_.showText(cairo_, line.c_str());
    }
    void path(std::span<const std::pair<double, double>> points, const Stroke& stroke) override {
        constexpr double kDashes[] = {6, 4};
        api_.setDash(cairo_, kDashes, stroke.dashed ? 2 : 0, 0);
        api_.setLineWidth(cairo_, stroke.width);
        setColour(stroke.colour, 1);
        for (std::size_t n = 0; n < points.size(); ++n)
            (n == 0 ? api_.moveTo : api_.lineTo)(cairo_, points[n].first, points[n].second);
        api_.stroke(cairo_);
    }
    void box(double x, double y, double width, double height, Colour colour, double opacity) override {
        setColour(colour, opacity);
        api_.rectangle(cairo_, x, y, std::max(width, 0.0), height);
        api_.fill(cairo_);
    }
    Result<std::string> finish() override {
        std::string png;
        cairo_status_t status = api_.status(cairo_);
        if (status == CAIRO_STATUS_SUCCESS) status = api_.writePng(surface_, append, &png);
        if (status != CAIRO_STATUS_SUCCESS)
            return fail(Errc::Unsupported, fmt::format("cairo made no picture: {}", api_.statusText(status)));
        return png;
    }

private:
    void setColour(Colour colour, double opacity) {
        const auto part = [colour](unsigned shift) { return static_cast<double>((colour >> shift) & 0xFFU) / 255; };
        api_.setColour(cairo_, part(16), part(8), part(0), opacity);
    }

    const CairoApi& api_;
    cairo_surface_t* surface_;
    cairo_t* cairo_;
};

}  // namespace

Result<std::unique_ptr<Canvas>> makePngCanvas(double width, double height) {
    TRY(const CairoApi* api, cairoApi());
    return std::make_unique<PngCanvas>(*api, width, height);
}

}  // namespace plimsoll

#else

namespace plimsoll {

Result<std::unique_ptr<Canvas>> makePngCanvas(double, double) {
    return fail(Errc::Unsupported, "this build writes no PNG (it was made without cairo); name an .svg file");
}

}  // namespace plimsoll

#endif
