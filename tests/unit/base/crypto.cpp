#include "catch.hpp"

#include "base/crypto.hpp"

#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace chatroom::detail;

namespace {

std::string hex(const u8* bytes, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

std::string digest_of(const std::string& bytes) {
    u8 digest[32];
    sha256_of(bytes.data(), bytes.size(), digest);
    return hex(digest, sizeof digest);
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4 and RFC 6234") {
    CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(digest_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                    "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(digest_of(std::string(1000000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    std::string eighty;
    for (int i = 0; i < 80; ++i) eighty += "01234567";
    CHECK(digest_of(eighty) == "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5");
}

TEST_CASE("SHA-256 does not depend on how the bytes are cut") {
    std::mt19937 random(7);
    std::string bytes;
    for (int size = 0; size < 300; ++size) {
        const std::string whole = digest_of(bytes);
        for (int round = 0; round < 4; ++round) {
            sha256 hash;
            for (std::size_t at = 0; at < bytes.size();) {
                std::size_t piece = random() % 100;
                if (piece > bytes.size() - at) piece = bytes.size() - at;
                hash.update(bytes.data() + at, piece);
                at += piece;
            }
            hash.update(nullptr, 0);
            u8 digest[32];
            hash.finish(digest);
            REQUIRE(hex(digest, sizeof digest) == whole);
        }
        bytes += static_cast<char>(random());
    }
}

TEST_CASE("a copy of a SHA-256 goes on from where it was copied") {
    sha256 hash;
    hash.update("ab", 2);
    sha256 copy = hash;
    hash.update("x", 1);
    copy.update("c", 1);
    u8 digest[32];
    copy.finish(digest);
    CHECK(hex(digest, sizeof digest) == digest_of("abc"));
}

TEST_CASE("CRC-32C gives the values of RFC 3720 B.4") {
    const auto both = [](const void* data, std::size_t size, u32 wanted) {
        CHECK(crc32c(0, data, size) == wanted);
        CHECK(crc32c_by_table(0, data, size) == wanted);
    };
    u8 bytes[32]{};
    both(bytes, 32, 0x8a9136aa);
    std::memset(bytes, 0xff, sizeof bytes);
    both(bytes, 32, 0x62a8ab43);
    for (int i = 0; i < 32; ++i) bytes[i] = static_cast<u8>(i);
    both(bytes, 32, 0x46dd794e);
    for (int i = 0; i < 32; ++i) bytes[i] = static_cast<u8>(31 - i);
    both(bytes, 32, 0x113fdb5c);
    both("123456789", 9, 0xe3069283);
    both(nullptr, 0, 0);
    const u8 command[48] = {0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                            0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
                            0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0};
    both(command, sizeof command, 0xd9963a56);
}

TEST_CASE("CRC-32C by instruction and by table agree, and go on from each other") {
    std::mt19937 random(11);
    std::vector<u8> bytes(600);
    for (u8& byte : bytes) byte = static_cast<u8>(random());
    for (int round = 0; round < 5000; ++round) {
        const std::size_t from = random() % 64;
        const std::size_t size = random() % (bytes.size() - from);
        const std::size_t cut = size == 0 ? 0 : random() % size;
        const u8* at = bytes.data() + from;
        const u32 whole = crc32c_by_table(0, at, size);
        REQUIRE(crc32c(0, at, size) == whole);
        REQUIRE(crc32c(crc32c_by_table(0, at, cut), at + cut, size - cut) == whole);
        REQUIRE(crc32c_by_table(crc32c(0, at, cut), at + cut, size - cut) == whole);
    }
}
