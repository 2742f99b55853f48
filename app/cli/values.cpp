// SPDX-License-Identifier: GPL-3.0-or-later
#include "values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text.h"

namespace plimsoll::cli {

namespace {

constexpr std::uint64_t kPrintAll = 1000;
constexpr std::size_t kLineColumns = 100;

// How many indices of one dimension are shown from its start and from its end.
struct Edges {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
};

std::vector<Edges> edgesFor(std::span<const std::uint64_t> shape, std::uint64_t elements) {
    std::vector<Edges> edges;
    if (elements <= kPrintAll) {
        for (const std::uint64_t size : shape) edges.push_back({size, 0});
        return edges;
    }
    const auto shown = [&] {
        std::uint64_t product = 1;
        for (const Edges& e : edges) product = std::min(product * (e.head + e.tail), kPrintAll + 1);
        return product;
    };
    for (const std::uint64_t width : {3U, 2U, 1U}) {
        edges.clear();
        for (const std::uint64_t size : shape)
            edges.push_back(size <= 2 * width ? Edges{size, 0} : Edges{width, width});
        if (shown() <= kPrintAll) return edges;
    }
    // Many dimensions: the outer ones show their first index only.
    for (std::size_t d = 0; d < edges.size() && shown() > kPrintAll; ++d) edges[d] = {1, 0};
    return edges;
}

class ArrayPrinter {
public:
    ArrayPrinter(Output& out, const TensorPart& part)
        : out_(out), part_(part), shape_(part.slice.shape()), edges_(edgesFor(shape_, part.slice.elements())) {}

    Result<void> print() {
        TRY_VOID(collect(0, std::vector<std::uint64_t>()));
        for (const std::string& text : texts_) width_ = std::max(width_, text.size());
        write(0);
        out_ << "\n";
        return {};
    }

private:
    // The shown indices of a dimension, in order.
    template <class F>
    void eachIndex(std::size_t dim, const F& visit) const {
        const Edges e = edges_[dim];
        for (std::uint64_t i = 0; i < e.head; ++i) visit(i);
        for (std::uint64_t i = shape_[dim] - e.tail; i < shape_[dim]; ++i) visit(i);
    }

    bool cut(std::size_t dim) const { return edges_[dim].head + edges_[dim].tail < shape_[dim]; }

    Result<void> collect(std::size_t dim, std::vector<std::uint64_t> index) {
        if (dim == shape_.size()) return readOne(index);
        Result<void> result;
        index.push_back(0);
        eachIndex(dim, [&](std::uint64_t i) {
            index.back() = i;
            if (result) result = collect(dim + 1, index);
        });
        return result;
    }

    Result<void> readOne(std::span<const std::uint64_t> index) {
        std::vector<std::uint64_t> position;
        std::size_t next = 0;
        for (const DimSlice& dim : part_.slice.dims()) position.push_back(dim.keep ? index[next++] : 0);
        std::vector<std::byte> element(part_.elementBytes);
        TRY_VOID(part_.reader.readValues(part_.tensor, part_.slice.elementIndex(position), element));
        texts_.push_back(formatElement(part_.dtype, element));
        return {};
    }

    void write(std::size_t dim) {
        if (dim == shape_.size()) {
            out_ << texts_[next_++];
        } else if (dim + 1 == shape_.size()) {
            writeRow(dim);
        } else {
            writeRows(dim);
        }
    }

    void writeRow(std::size_t dim) {
        out_ << "[";
        std::size_t column = dim + 1;
        std::uint64_t count = 0;
        eachIndex(dim, [&](std::uint64_t) {
            const std::string& text = texts_[next_++];
            const bool gap = cut(dim) && count == edges_[dim].head;
            if (count > 0 && column + width_ + (gap ? 5 : 1) > kLineColumns) {
                out_ << "\n";
                out_.spaces(dim);
                column = dim;
            }
            if (gap) {
                out_ << " ...";
                column += 4;
            }
            if (count > 0) out_ << " ";
            out_.spaces(width_ - text.size());
            out_ << text;
            column += width_ + 1;
            ++count;
        });
        if (cut(dim) && edges_[dim].tail == 0) out_ << " ...";
        out_ << "]";
    }

    void writeRows(std::size_t dim) {
        out_ << "[";
        const auto newLine = [&] {
            out_ << "\n";
            out_.spaces(dim + 1);
        };
        std::uint64_t count = 0;
        eachIndex(dim, [&](std::uint64_t) {
            if (count > 0) newLine();
            if (cut(dim) && count == edges_[dim].head) {
                out_ << "...";
                newLine();
            }
            write(dim + 1);
            ++count;
        });
        if (cut(dim) && edges_[dim].tail == 0) {
            newLine();
            out_ << "...";
        }
        out_ << "]";
    }

    Output& out_;
    const TensorPart& part_;
    std::vector<std::uint64_t> shape_;
    std::vector<Edges> edges_;
    std::vector<std::string> texts_;
    std::size_t width_ = 0;
    std::size_t next_ = 0;
};

void writeElement(JsonWriter& json, DType dtype, std::span<const std::byte> element) {
    const std::string text = formatElement(dtype, element);
    if (dtype == DType::Bool) return json.boolean(text == "True");
    if (std::isfinite(elementAsDouble(dtype, element))) return json.raw(text);
    json.string(text);
}

}  // namespace

Result<void> printValues(Output& out, const TensorPart& part) {
    if (part.slice.elements() == 0) {
        out << "[]\n";
        return {};
    }
    return ArrayPrinter(out, part).print();
}

Result<void> writeValuesJson(JsonWriter& json, const TensorPart& part, ProgressSink& progress) {
    const auto shape = part.slice.shape();
    if (part.slice.elements() == 0) {
        json.beginArray();
        json.endArray();
        return {};
    }
    // An array of dimension d opens at each multiple of what lies below d, and closes before the next one.
    std::vector<std::uint64_t> below(shape.size());
    std::uint64_t product = 1;
    for (std::size_t d = shape.size(); d-- > 0;) below[d] = product *= shape[d];
    std::uint64_t index = 0;
    return part.read(progress, [&](std::span<const std::byte> elements) -> Result<void> {
        for (; !elements.empty(); elements = elements.subspan(part.elementBytes)) {
            for (const std::uint64_t n : below)
                if (index % n == 0) json.beginArray();
            writeElement(json, part.dtype, elements.first(part.elementBytes));
            ++index;
            for (const std::uint64_t n : below)
                if (index % n == 0) json.endArray();
        }
        return {};
    });
}

}  // namespace plimsoll::cli
