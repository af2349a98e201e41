#include "catch.hpp"
#include "scenario.hpp"

#include <atomic>
#include <new>

#include "model/request.hpp"

using namespace chatroom;
using tests::scenario;
using tests::small_config;
using tests::start_ms;
using tests::test_host;

// Everything that C++ allocates is counted; the engine itself could only call malloc, whose
// absence among its symbols is a check of its own.

static std::atomic<std::size_t> allocations{0};

static void* counted(std::size_t bytes) noexcept {
    ++allocations;
    return std::malloc(bytes == 0 ? 1 : bytes);
}

static void* counted_or_throw(std::size_t bytes) {
    if (void* const at = counted(bytes)) return at;
#if defined(__cpp_exceptions)
    throw std::bad_alloc();
#else
    std::abort();
#endif
}

void* operator new(std::size_t bytes) { return counted_or_throw(bytes); }
void* operator new[](std::size_t bytes) { return counted_or_throw(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete[](void* at, const std::nothrow_t&) noexcept { std::free(at); }

namespace {

void send_nothing(const recipients&, const event&, std::string_view, void*) {}

bool count_up(void* out, std::size_t bytes, void* context) {
    unsigned char& next = *static_cast<unsigned char*>(context);
    for (std::size_t i = 0; i < bytes; ++i) static_cast<unsigned char*>(out)[i] = next++;
    return true;
}

/// A buffer of exactly the footprint, at any address, with guards around it.
struct guarded {
    std::vector<unsigned char> bytes;
    std::size_t size, offset;

    guarded(const config& how, std::size_t at, unsigned char filling)
        : size(footprint(how)), offset(1024 + at) {
        bytes.assign(size + 2048 + at, 0xd7);
        std::memset(bytes.data() + offset, filling, size);
    }
    memory as_memory(bool zeroed) {
        memory from;
        from.buffer = bytes.data() + offset;
        from.buffer_bytes = size;
        from.zeroed = zeroed;
        return from;
    }
    bool is_intact() const {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const bool inside = i >= offset && i < offset + size;
            if (!inside && bytes[i] != 0xd7) return false;
        }
        return true;
    }
};

}  // namespace

TEST_CASE("after open nothing is allocated, whatever goes on") {
    config how = small_config();
    how.budgets.bad_frames_max = 1000;
    guarded buffer(how, 0, 0xa5);
    unsigned char next = 0;
    environment all;
    all.send = {send_nothing, nullptr};
    all.entropy = {count_up, &next};
    all.memory = buffer.as_memory(false);
    engine chat;
    std::vector<char> snapshot(1 << 16);
    session_id ids[4]{};
    message out[5];
    const std::size_t before = allocations;
    REQUIRE(before != 0);   // It counts.
    bool good = chat.open(how, all) == error::none;
    chat.tick(start_ms);
    for (std::size_t i = 0; i < 4; ++i) {
        ids[i] = chat.connect({}).value;
        const char nick[2] = {static_cast<char>('a' + i), 0};
        good = good && chat.submit(ids[i], guest{nick}).why == error::none;
        good = good && chat.submit(ids[i], join{"lobby"}).why == error::none;
    }
    for (std::uint64_t i = 1; i < 400; ++i) {
        const session_id by = ids[i % 4];
        good = good && chat.receive(by, R"({"op":"post","room":"lobby","text":"hello"})") ==
                           error::none;
        if (i % 7 == 0) chat.pause(by);
        if (i % 11 == 0) chat.submit(by, leave{"lobby"});
        if (i % 13 == 0) chat.submit(by, join{"lobby", 4});
        if (i % 3 == 0) {
            for (session_id each : ids) chat.unpause(each);
        }
        for (session_id each : ids) chat.submit(each, join{"lobby"});
        for (session_id each : ids) chat.unpause(each);
        chat.history(host, {"lobby"}, out, 5);
        chat.receive(by, "garbage");
        chat.tick(start_ms + i * 100);
    }
    chat.digest();
    good = good && chat.snapshot(snapshot.data(), snapshot.size()).why == error::none;
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(good);
    CHECK(chat.stats().messages_posted == 399);
    chat.close();
    CHECK(buffer.is_intact());
}

TEST_CASE("the environment's allocator is asked once, for what footprint tells") {
    for (unsigned seed = 1; seed <= 5; ++seed) {
        test_host app(small_config());
        scenario(app, seed).run(400);
        CHECK(app.allocations == 1);
        CHECK(app.allocated_bytes == footprint(small_config()));
        app.chat.close();
        CHECK(app.releases == 1);
    }
}

namespace {

struct traces {
    std::string digest, sent, log;
    bool operator==(const traces& other) const {
        return digest == other.digest && sent == other.sent && log == other.log;
    }
};

traces traces_of(unsigned seed, unsigned char filling, bool zeroed, std::size_t offset) {
    guarded buffer(small_config(), offset, filling);
    test_host app;
    app.logging = true;
    environment all = app.environment();
    all.memory = buffer.as_memory(zeroed);
    REQUIRE(app.chat.open(small_config(), all) == error::none);
    app.now = start_ms;
    app.chat.tick(app.now);
    const session_id first = app.guest("first", wire::json);
    app.guest("second", wire::lines);
    app.guest("third", wire::binary);
    for (int i = 0; i < 7; ++i) {
        const std::string room = "room" + std::to_string(i);
        app.chat.submit(first, join{room});
    }
    scenario(app, seed).run(400);
    traces all_of;
    all_of.digest = app.digest();
    for (const tests::delivery& d : app.got) {
        all_of.sent += std::to_string(d.session) + d.frame + d.json + "\n";
    }
    all_of.log = app.log_bytes();
    app.chat.close();
    REQUIRE(buffer.is_intact());
    return all_of;
}

}  // namespace

TEST_CASE("what the memory held before, and where it lies, makes no difference") {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        const traces plain = traces_of(seed, 0, true, 0);
        CHECK((traces_of(seed, 0, false, 0) == plain));
        CHECK((traces_of(seed, 0xa5, false, 0) == plain));
        CHECK((traces_of(seed, 0xff, false, 8) == plain));
        CHECK((traces_of(seed, 0x01, false, 16) == plain));
        CHECK((traces_of(seed, 0x5a, false, 33) == plain));
    }
}

TEST_CASE("one byte less than footprint is refused") {
    guarded buffer(small_config(), 0, 0xa5);
    test_host app;
    environment all = app.environment();
    all.memory = buffer.as_memory(false);
    --all.memory.buffer_bytes;
    CHECK(app.chat.open(small_config(), all) == error::memory_short);
    ++all.memory.buffer_bytes;
    CHECK(app.chat.open(small_config(), all) == error::none);
}

TEST_CASE("an allocator that has nothing is told so") {
    test_host app;
    environment all = app.environment();
    all.memory.allocate = [](std::size_t, void*) -> void* { return nullptr; };
    CHECK(app.chat.open(small_config(), all) == error::memory_short);
    all.memory.allocate = nullptr;
    CHECK(app.chat.open(small_config(), all) == error::memory_short);
    CHECK(app.open(small_config()) == error::none);
}

TEST_CASE("every preset opens in its footprint and works") {
    for (const config& how : {config::game(), config::firmware()}) {
        guarded buffer(how, 0, 0xa5);
        test_host app;
        environment all = app.environment();
        all.memory = buffer.as_memory(false);
        REQUIRE(app.chat.open(how, all) == error::none);
        app.now = start_ms;
        app.chat.tick(app.now);
        scenario(app, 3).run(500);
        app.chat.close();
        CHECK(buffer.is_intact());
    }
    CHECK(footprint(config::game()) <= 8u << 20);
}

TEST_CASE("tiny limits are each reached, each with its own error, and nothing spills") {
    config how = small_config();
    how.limits = {3, 3, 1, 2, 3, 2, 1, 4, 512, 4, 16, 16, 16, 0, 0, 100, 8, 640, 2, 256, 2};
    how.policies.room_pages_max = 4;
    how.limits.frame_bytes_max = detail::frame_bytes_min(how.limits);
    REQUIRE(config_fault(how) == nullptr);
    guarded buffer(how, 0, 0xa5);
    test_host app;
    environment all = app.environment();
    all.memory = buffer.as_memory(false);
    REQUIRE(app.chat.open(how, all) == error::none);
    app.now = start_ms;
    app.chat.tick(app.now);
    const auto why = [&](session_id by, auto what) { return app.chat.submit(by, what).why; };
    const session_id a = app.guest("a"), b = app.guest("b"), c = app.guest("c");
    CHECK(app.chat.connect({}).why == error::sessions_full);
    app.chat.disconnect(c);
    const session_id d = app.connect();
    CHECK(why(d, guest{"d"}) == error::users_full);
    CHECK(app.chat.why().retry_ms == how.policies.resume_window_ms);
    CHECK(why(a, join{"one"}) == error::none);
    CHECK(why(a, join{"two"}) == error::none);
    CHECK(why(a, join{"three"}) == error::rooms_full);
    CHECK(why(b, join{"one"}) == error::none);
    CHECK(why(b, join{"two"}) == error::members_full);
    CHECK(why(b, create{"one", "t"}) == error::member_too_long);
    for (int i = 0; i < 30; ++i) {
        CHECK(why(a, post{"one", std::string(100, 'x')}) == error::none);
        CHECK(why(a, post{"two", std::string(100, 'y')}) == error::none);
    }
    CHECK(app.chat.stats().history_pages <= 4);
    CHECK(why(b, leave{"one"}) == error::none);
    CHECK(why(a, leave{"two"}) == error::none);
    CHECK(why(a, join{"three"}) == error::none);
    CHECK(why(a, join{"four"}) == error::rooms_full);
    scenario(app, 5).run(600);
    app.chat.close();
    CHECK(buffer.is_intact());
}
