// Logs from elsewhere: torn, damaged, hostile.
//
// The first byte says how the rest is taken. Bit 0: checksums are made right again after the
// mutation, so that what is behind them is reached. Bit 1: record by record with `commit`, as a
// replica does. Bit 2: in two parts, with a snapshot and a restore between them.

#include "base/crypto.hpp"
#include "edge/record.hpp"
#include "fuzz.hpp"

namespace {

using namespace chatroom;

// Calls with each record: where it begins and its size, as its head tells it.
template <typename F>
void each_record(std::string& log, F f) {
    for (std::size_t at = 0; log.size() - at >= detail::record_head;) {
        std::size_t size = detail::load_le32(log.data() + at + 4);
        if (size < detail::record_head || size > log.size() - at) size = log.size() - at;
        f(at, size);
        at += size;
    }
}

void seal(std::string& log) {
    each_record(log, [&log](std::size_t from, std::size_t size) {
        char* const at = &log[from];
        detail::store_le16(at, detail::record_mark);
        detail::store_le32(at + 4, static_cast<std::uint32_t>(size));
        const std::uint32_t head = detail::crc32c(0, at, 8);
        detail::store_le32(at + 8, detail::crc32c(head, at + 12, size - 12));
    });
}

void recover(engine& chat, std::string_view log) {
    for (int tries = 0; !log.empty() && tries < 64; ++tries) {
        const auto come = chat.recover(log);
        fuzz::must(come.value.bytes <= log.size(), "it does not read beyond the end");
        if (come.why == error::none) {
            fuzz::must(come.value.bytes == log.size(), "all of it is taken");
            return;
        }
        // A host would stop here; what follows must do no harm either.
        log.remove_prefix(static_cast<std::size_t>(come.value.bytes));
        const std::size_t size = detail::record_size(log);
        log.remove_prefix(size != 0 ? size : 1);
    }
}

void commit(engine& chat, std::string& log) {
    each_record(log, [&](std::size_t from, std::size_t size) {
        const std::string before = fuzz::digest_of(chat);
        const std::string record = log.substr(from, size);
        const error why = chat.commit(record);
        if (why == error::record_invalid || why == error::already_applied ||
            why == error::feature_missing || why == error::incarnation_stale) {
            fuzz::must(fuzz::digest_of(chat) == before, "a refused record changes nothing");
        }
        if (why == error::none) {
            fuzz::must(chat.commit(record) != error::none, "no record counts twice");
        }
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 16384) return 0;
    const int mode = data[0];
    std::string log(reinterpret_cast<const char*>(data) + 1, size - 1);
    if ((mode & 1) != 0) seal(log);
    fuzz::quiet_engine one(7), other(7);
    engine* chat = &one.chat;
    if ((mode & 4) != 0) {
        const std::size_t half = log.size() / 2;
        recover(*chat, std::string_view(log).substr(0, half));
        fuzz::must(other.chat.restore(fuzz::snapshot_of(*chat)) == error::none,
                   "the engine takes its own snapshot");
        chat = &other.chat;
        log.erase(0, half);
    }
    if ((mode & 2) != 0) {
        commit(*chat, log);
    } else {
        recover(*chat, log);
    }
    fuzz::must_restore(*chat);
    fuzz::use(*chat);
    return 0;
}
