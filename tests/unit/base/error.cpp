#include "catch.hpp"

#include "base/error.hpp"

#include <set>
#include <string>

using chatroom::error;

TEST_CASE("every error has a name and a text of its own; other numbers have none of them") {
    std::set<std::string> names, texts;
    for (int number = 0; number < 100; ++number) {
        const error why = static_cast<error>(number);
        const std::string name = chatroom::error_name(why);
        if (name == "unknown") continue;
        CAPTURE(number, name);
        CHECK(names.insert(name).second);
        CHECK(texts.insert(chatroom::error_text(why)).second);
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        CHECK(std::string(chatroom::error_text(why)).back() == '.');
    }
    CHECK(names.size() == 64);
    for (int number : {-1, 9, 15, 19, 90, 100, 0x7fffffff}) {
        CHECK(chatroom::error_name(static_cast<error>(number)) == std::string("unknown"));
        CHECK(chatroom::error_text(static_cast<error>(number)) == std::string("An unknown error."));
    }
}

TEST_CASE("a result is a value until it says otherwise") {
    chatroom::result<int> fine{5};
    CHECK(fine.why == error::none);
    chatroom::result<int> nothing{{}, error::paused};
    CHECK(nothing.value == 0);
    CHECK(nothing.why == error::paused);
}
