// Snapshots from elsewhere, such as a player who hands the chat over: torn, damaged, hostile.
//
// The first byte says how the rest is taken. Bit 0: the size and SHA-256 are made right again
// after the mutation, so that what is behind them is reached.

#include "base/crypto.hpp"
#include "fuzz.hpp"

namespace {

constexpr std::size_t head_bytes = 16;   // Mark, version, size.
constexpr std::size_t hash_bytes = 32;

void seal(std::string& image) {
    if (image.size() < head_bytes + hash_bytes) image.resize(head_bytes + hash_bytes);
    const std::size_t rest = image.size() - hash_bytes;
    chatroom::detail::store_le64(&image[8], image.size());
    chatroom::detail::u8 hash[hash_bytes];
    chatroom::detail::sha256_of(image.data(), rest, hash);
    std::memcpy(&image[rest], hash, sizeof hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 32768) return 0;
    std::string image(reinterpret_cast<const char*>(data) + 1, size - 1);
    if ((data[0] & 1) != 0) seal(image);
    fuzz::quiet_engine chat(7);
    const std::string before = fuzz::digest_of(chat.chat);
    const chatroom::error why = chat.chat.restore(image);
    if (why != chatroom::error::none) {
        fuzz::must(why == chatroom::error::snapshot_invalid ||
                       why == chatroom::error::limit_too_small ||
                       why == chatroom::error::behaviour_unknown,
                   "a refusal that is documented");
        fuzz::must(fuzz::digest_of(chat.chat) == before, "a refused snapshot changes nothing");
        (void)chat.chat.tick(fuzz::begin_ms);
    } else {
        fuzz::must_restore(chat.chat);
    }
    fuzz::use(chat.chat);
    return 0;
}
