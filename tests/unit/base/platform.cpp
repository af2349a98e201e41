#include "catch.hpp"

#include "base/platform.hpp"

#include <string>
#include <vector>

using namespace chatroom::detail;

TEST_CASE("numbers stand in memory with their lowest byte first, at any address") {
    const u64 value = 0x8877665544332211u;
    for (std::size_t shift = 0; shift < 8; ++shift) {
        unsigned char bytes[24] = {};
        store_le64(bytes + shift, value);
        for (u32 i = 0; i < 8; ++i) CHECK(bytes[shift + i] == 0x11 * (i + 1));
        CHECK(bytes[shift + 8] == 0);
        CHECK(load_le64(bytes + shift) == value);
        CHECK(load_le32(bytes + shift) == 0x44332211u);
        CHECK(load_le16(bytes + shift) == 0x2211u);
        CHECK(load_be32(bytes + shift) == 0x11223344u);
        CHECK((load_lanes(bytes + shift) & 0xff) == 0x11);
        store_le32(bytes + shift, 0xddccbbaau);
        store_le16(bytes + shift + 4, 0xffeeu);
        CHECK(load_le64(bytes + shift) == 0x8877ffeeddccbbaau);
    }
}

TEST_CASE("fewer bytes than lanes are loaded as if zeros stood behind them") {
    const std::string text = "abcdefgh";
    for (std::size_t size = 0; size < sizeof(byte_lanes); ++size) {
        const std::vector<char> exact(text.begin(), text.begin() + static_cast<int>(size));
        char padded[sizeof(byte_lanes)] = {};
        for (std::size_t i = 0; i < size; ++i) padded[i] = text[i];
        CHECK(load_few(exact.data(), size) == load_lanes(padded));
    }
}

TEST_CASE("the lowest lane that passes is found") {
    for (std::size_t place = 0; place < sizeof(byte_lanes); ++place) {
        std::string text(sizeof(byte_lanes), 'x');
        text[place] = '=';
        if (place + 1 < text.size()) text[place + 1] = '=';
        CHECK(lanes_first(lanes_equal(load_lanes(text.data()), '=')) == place);
        CHECK(lanes_first(lanes_below(load_lanes(text.data()), '>')) == place);
        CHECK(lanes_equal(load_lanes(text.data()), 'y') == 0);
    }
}
