// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit_report.h"
#include "convert/recipe.h"
#include "json_writer.h"

namespace plimsoll::cli {

namespace {

class AuditJson {
public:
    AuditJson(Output& out, const AuditReport& report) : json_(out), report_(report) {}

    void write() {
        json_.beginObject();
        json_.field("path", report_.checkpoint->path);
        json_.field("format", formatName(report_.checkpoint->format));
        json_.field("bytes", report_.fileBytes);
        sum("tensors", report_.total);
        roles();
        list("dtypes", report_.dtypes, [this](const DTypeSum& dtype) {
            json_.field("dtype", dtype.name);
            fields(dtype.sum);
        });
        list("layers", report_.layers, [this](const LayerSum& layer) {
            json_.field("name", layer.name);
            json_.field("numbered", layer.numbered);
            fields(layer.sum);
            sum("optimizer_state", layer.optimizerState);
        });
        list("experts", report_.experts, [this](const ExpertSum& expert) {
            json_.field("name", expert.name);
            if (expert.fused > 0) json_.field("experts_per_tensor", expert.fused);
            fields(expert.sum);
        });
        optimizers();
        storages();
        groups("tied", report_.tied);
        if (report_.identicalWasRead) {
            groups("identical", report_.identical);
            json_.field("identical_bytes", report_.identicalBytes);
        }
        slim();
        json_.endObject();
        json_.lineBreak();
        json_.flush();
    }

private:
    template <class Items, class Write>
    void list(std::string_view name, const Items& items, const Write& write) {
        json_.key(name);
        json_.beginArray();
        for (const auto& item : items) {
            json_.beginObject();
            write(item);
            json_.endObject();
        }
        json_.endArray();
    }

    void fields(const ByteSum& sum) {
        json_.field("tensors", sum.tensors);
        json_.field("bytes", sum.bytes);
        json_.field("own_bytes", sum.ownBytes);
    }

    void sum(std::string_view name, const ByteSum& sum) {
        json_.key(name);
        json_.beginObject();
        fields(sum);
        json_.endObject();
    }

    void roles() {
        json_.key("roles");
        json_.beginObject();
        for (std::size_t role = 0; role < kRoleCount; ++role)
            sum(roleKey(static_cast<Role>(role)), report_.roles.at(role));
        json_.endObject();
        list("rules", report_.rules, [this](const RoleRule& rule) {
            json_.field("role", roleKey(rule.role));
            json_.field("because", rule.words);
            fields(rule.sum);
        });
    }

    static std::string_view roleKey(Role role) {
        switch (role) {
            case Role::Weight:
                return "weights";
            case Role::Buffer:
                return "buffers";
            case Role::Ema:
                return "ema";
            case Role::Optimizer:
                return "optimizer";
            case Role::Other:
                break;
        }
        return "other";
    }

    void optimizers() {
        list("optimizers", report_.optimizers, [this](const OptimizerState& optimizer) {
            json_.field("path", optimizer.path);
            json_.field("state", optimizer.kind);
            fields(optimizer.sum);
            json_.field("parameters", optimizer.parameters);
            json_.field("linked", optimizer.linked);
            json_.field("how", optimizer.how);
        });
    }

    void storages() {
        const TensorTable& table = report_.checkpoint->tensors;
        json_.key("storages");
        json_.beginObject();
        json_.fields({{"bytes", report_.storageBytes},
                      {"stored_bytes", report_.storedBytes},
                      {"unused_bytes", report_.unusedStorageBytes},
                      {"exact", report_.unusedIsExact}});
        list("unused", report_.wastes, [&](const StorageWaste& waste) {
            json_.field("storage", table.storage(waste.storage).key);
            json_.field("bytes", table.storage(waste.storage).bytes);
            json_.field("unused_bytes", waste.unusedBytes);
            if (waste.view.valid()) json_.field("tensor", table.name(waste.view));
        });
        json_.endObject();
        list("outside", report_.outside, [this](const OutsideSum& outside) {
            json_.field("what", outside.words);
            json_.field("bytes", outside.bytes);
        });
    }

    void groups(std::string_view name, const std::vector<TensorGroup>& groups) {
        list(name, groups, [this](const TensorGroup& group) {
            json_.field("bytes", group.bytes);
            json_.key("names");
            json_.beginArray();
            for (const TensorId id : group.members) json_.string(report_.checkpoint->tensors.name(id));
            json_.endArray();
        });
    }

    void slim() {
        list("slim", report_.slim, [this](const SlimOption& option) {
            json_.fields({{"what", option.words}, {"price", option.price}, {"command", option.command}});
            json_.field("output", option.recipe.destination);
            json_.fields({{"bytes", option.bytes}, {"saved_bytes", option.savedBytes}});
        });
    }

    JsonWriter json_;
    const AuditReport& report_;
};

}  // namespace

void writeAuditJson(Output& out, const AuditReport& report) {
    AuditJson(out, report).write();
}

}  // namespace plimsoll::cli
