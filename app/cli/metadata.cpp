// SPDX-License-Identifier: GPL-3.0-or-later
#include "metadata.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "content_map.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

using Pairs = std::span<const std::pair<Value, Value>>;

class JsonWalk {
public:
    JsonWalk(JsonWriter& json, const ValueTree& tree) : json_(json), tree_(tree), content_(tree) {}

    void root() {
        const Value root = tree_.root();
        if (root.kind == ValueKind::Dict) return dict(tree_.pairs(root));
        if (root.kind == ValueKind::Object && !content_.onlyTensors(root)) return value(root);
        json_.beginObject();
        if (root.kind != ValueKind::None && !content_.onlyTensors(root)) {
            json_.key("");
            value(root);
        }
        json_.endObject();
    }

private:
    void value(Value v) {
        if (isContainer(v.kind)) return container(v);
        switch (v.kind) {
            case ValueKind::None:
                return json_.null();
            case ValueKind::Bool:
                return json_.boolean(tree_.asBool(v));
            case ValueKind::Int:
                return json_.integer(tree_.asInt(v));
            case ValueKind::Float:
                return json_.real(tree_.asFloat(v));
            case ValueKind::String:
            case ValueKind::ByteString:
                return json_.string(tree_.text(v));
            default:
                json_.string(repr(tree_, v));
        }
    }

    void container(Value v) {
        if (!content_.enter(v)) return json_.string(repr(tree_, v));
        if (v.kind == ValueKind::Dict) return dict(tree_.pairs(v));
        if (v.kind == ValueKind::Object) return object(tree_.object(v));
        array(tree_.items(v));
    }

    void dict(Pairs pairs) {
        json_.beginObject();
        entries(pairs);
        json_.endObject();
    }

    void entries(Pairs pairs) {
        for (const auto& [key, item] : pairs) {
            if (content_.onlyTensors(item)) continue;
            json_.key(keyText(tree_, key));
            value(item);
        }
    }

    void array(std::span<const Value> items) {
        json_.beginArray();
        for (const Value item : items) value(item);
        json_.endArray();
    }

    void object(const ObjectParts& parts) {
        const ObjectView object = viewObject(tree_, parts);
        json_.beginObject();
        if (object.isPlainDict) {
            entries(object.items);
            entries(object.pairs);
        } else {
            classParts(object);
            items(object.items);
            items(object.pairs);
        }
        json_.endObject();
    }

    void items(Pairs pairs) {
        const auto isShown = [&](const auto& item) { return !content_.onlyTensors(item.second); };
        if (std::none_of(pairs.begin(), pairs.end(), isShown)) return;
        json_.key("items");
        dict(pairs);
    }

    void classParts(const ObjectView& object) {
        json_.field("$class", object.className);
        if (!object.args.empty()) {
            json_.key("args");
            array(object.args);
        }
        if (object.kwargs.kind == ValueKind::Dict) {
            json_.key("kwargs");
            value(object.kwargs);
        }
        for (const Value state : object.states) {
            if (content_.onlyTensors(state)) continue;
            json_.key("state");
            value(state);
        }
        if (!object.list.empty()) {
            json_.key("list");
            array(object.list);
        }
    }

    JsonWriter& json_;
    const ValueTree& tree_;
    ContentMap content_;
};

class TextWalk {
public:
    TextWalk(Output& out, const ValueTree& tree) : out_(out), tree_(tree), content_(tree) {}

    void root() {
        const Value root = tree_.root();
        if (content_.onlyTensors(root)) return;
        if (isContainer(root.kind)) return children(root, 1);
        line("", root, 1);
    }

private:
    static constexpr std::size_t kInlineChars = 80;

    void line(const std::string& key, Value v, std::size_t depth) {
        if (content_.onlyTensors(v)) return;
        out_.spaces(2 * depth);
        out_ << printable(key) << ": ";
        const std::string whole = repr(tree_, v, kInlineChars + 1);
        const bool fits = whole.size() <= kInlineChars;
        if (!isContainer(v.kind) || fits || !content_.enter(v)) {
            out_ << printable(isContainer(v.kind) && fits ? whole : repr(tree_, v)) << "\n";
            return;
        }
        out_ << heading(v) << "\n";
        children(v, depth + 1);
    }

    std::string heading(Value v) const {
        if (v.kind == ValueKind::Object) return printable(viewObject(tree_, tree_.object(v)).className);
        if (v.kind == ValueKind::Dict) return "dict of " + std::to_string(tree_.pairs(v).size());
        const char* kind = v.kind == ValueKind::Tuple ? "tuple" : v.kind == ValueKind::List ? "list" : "set";
        return std::string(kind) + " of " + std::to_string(tree_.items(v).size());
    }

    void children(Value v, std::size_t depth) {
        if (v.kind == ValueKind::Dict) return dict(tree_.pairs(v), depth);
        if (v.kind != ValueKind::Object) return list(tree_.items(v), depth);
        const ObjectView object = viewObject(tree_, tree_.object(v));
        list(object.args, depth);
        if (object.kwargs.kind == ValueKind::Dict) dict(tree_.pairs(object.kwargs), depth);
        for (const Value state : object.states) {
            if (state.kind == ValueKind::Dict) {
                dict(tree_.pairs(state), depth);
            } else {
                line("state", state, depth);
            }
        }
        list(object.list, depth);
        dict(object.items, depth);
        dict(object.pairs, depth);
    }

    void dict(Pairs pairs, std::size_t depth) {
        for (const auto& [key, item] : pairs) line(keyText(tree_, key), item, depth);
    }

    void list(std::span<const Value> items, std::size_t depth) {
        for (std::size_t i = 0; i < items.size(); ++i) line(std::to_string(i), items[i], depth);
    }

    Output& out_;
    const ValueTree& tree_;
    ContentMap content_;
};

}  // namespace

void writeMetadataJson(JsonWriter& json, const ValueTree& values) {
    JsonWalk(json, values).root();
}

void printMetadata(Output& out, const ValueTree& values) {
    TextWalk(out, values).root();
}

}  // namespace plimsoll::cli
