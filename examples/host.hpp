#pragma once

// What the example servers share: their limits, their clock, and their log. For POSIX systems.

#include "chatroom.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

inline void say(const std::string& words) { std::fprintf(stderr, "chatroom: %s\n", words.c_str()); }

[[noreturn]] inline void fail(const std::string& why) {
    say(why);
    std::exit(EXIT_FAILURE);
}

inline std::string system_error(const std::string& of) { return of + ": " + std::strerror(errno); }

// ---- The log: a file of records, one behind the other, that a new engine is fed with.
//
// Group commit: a record is `pending` while the others of this turn of the loop are gathered.
// Then one write and one fdatasync store them all, and each is committed. So the disk is waited
// for once a turn, however many people talk, and nobody sees or is told what is not stored.

class record_log {
public:
    void open(const char* path) {
        std::signal(SIGXFSZ, SIG_IGN);   // At the end of what may be written, `write` says so.
        path_ = path;
        fd_ = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd_ < 0) fail(system_error(path_));
        if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) fail(path_ + ": in use by another server");
        size_ = ::lseek(fd_, 0, SEEK_END);
        if (size_ < 0) fail(system_error(path_));
    }

    bool is_open() const { return fd_ >= 0; }
    bool idle() const { return waiting_.empty(); }

    /// Rises with every start, as an incarnation must, since each start appends a record of its
    /// own, longer than 64 bytes. No clock can set it back, and no second file can be lost.
    std::uint32_t incarnation() const { return static_cast<std::uint32_t>(size_ / 64 + 1); }

    /// Feeds the engine. False: a torn end was cut off, so the incarnation is another now.
    bool recover(chatroom::engine& chat) {
        if (size_ == 0) return true;
        const auto size = static_cast<std::size_t>(size_);
        void* const log = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd_, 0);
        if (log == MAP_FAILED) fail(system_error(path_));
        const auto [come, why] = chat.recover({static_cast<const char*>(log), size});
        ::munmap(log, size);
        if (why == chatroom::error::none) return true;
        const std::string at = path_ + ": byte " + std::to_string(come.bytes) + ": ";
        // With nothing whole before the tear it may be any file, and is better not touched.
        if (why != chatroom::error::log_torn || come.records == 0) {
            fail(at + chatroom::error_name(why) + ": " + chatroom::error_text(why));
        }
        say(at + "cut off the " + std::to_string(size - come.bytes) + " bytes of a torn record");
        size_ = static_cast<off_t>(come.bytes);
        cut();
        return false;
    }

    chatroom::stored append(std::string_view record, std::uint64_t number) {
        if (clock::now() < refuse_until_) return chatroom::stored::no;
        waiting_.emplace_back(number, record);
        return chatroom::stored::pending;
    }

    /// Stores what waits, and tells the engine. False: it could not be stored.
    bool flush(chatroom::engine& chat) {
        if (idle()) return true;
        const auto records = std::exchange(waiting_, {});   // What follows is the next turn's.
        std::string all;
        for (const auto& [number, record] : records) all += record;
        const bool stored = store(all);
        for (const auto& [number, record] : records) {
            const chatroom::error why = stored ? chat.commit(record) : chat.abandon(number);
            if (why != chatroom::error::none) fail(path_ + ": " + chatroom::error_text(why));
        }
        return stored;
    }

private:
    using clock = std::chrono::steady_clock;

    bool store(const std::string& bytes) {
        errno = ENOSPC;   // That is what a short write means.
        if (::pwrite(fd_, bytes.data(), bytes.size(), size_) != ssize_t(bytes.size())) {
            say(system_error(path_));
            refuse_until_ = clock::now() + std::chrono::seconds(1);
            cut();   // What was written of it must not stay.
            return false;
        }
        size_ += static_cast<off_t>(bytes.size());
        sync();
        return true;
    }

    void cut() {
        if (::ftruncate(fd_, size_) != 0) fail(system_error(path_));
        sync();
    }

    void sync() {   // When it fails nobody can say what is stored; the next start will read it.
        if (::fdatasync(fd_) != 0) fail(system_error(path_));
    }

    std::string path_;
    int fd_ = -1;
    off_t size_ = 0;   // Of what is stored.
    std::vector<std::pair<std::uint64_t, std::string>> waiting_;   // Numbers and records.
    clock::time_point refuse_until_{};
};

// ---- The engine.

/// Limits for a house of 2,048 connections; about 45 MB of addresses.
inline chatroom::config example_config() {
    chatroom::config how;
    how.limits.sessions_max = 2048;
    how.limits.users_max = 4096;
    how.limits.rooms_max = 512;
    how.limits.members_max = 32768;
    how.limits.history_pages_max = 8192;
    return how;
}

/// Tells the engine the time of this machine.
inline void tell_time(chatroom::engine& chat) {
    const std::uint64_t now = chatroom::hosted_now();
    if (chat.tick(now) != chatroom::error::clock_leap) return;
    say("the clock leapt forward to " + std::to_string(now) + " ms");
    chat.tick(now, true);
}

/// Opens the engine with all that the log holds, and with a lobby; without an open log, with the
/// lobby alone.
inline void open_recorded(chatroom::engine& chat, record_log& log, chatroom::config how,
                          chatroom::environment from_host) {
    // Each session may have a record under way, and one more that ends it.
    how.limits.records_pending_max = 2 * how.limits.sessions_max + 2;
    if (log.is_open()) {
        from_host.log.context = &log;
        from_host.log.fn = [](std::string_view record, std::uint64_t number, void* context) {
            return static_cast<record_log*>(context)->append(record, number);
        };
    }
    do {
        if (log.is_open()) how.incarnation = log.incarnation();
        chat.close();
        const chatroom::error why = chat.open(how, from_host);
        if (why != chatroom::error::none) fail(chatroom::error_text(why));
    } while (log.is_open() && !log.recover(chat));
    tell_time(chat);
    if (chat.room(chatroom::host, "lobby").why != chatroom::error::none) {
        // The host's room stays; those of the users go with their last member.
        chat.submit(chatroom::host, chatroom::create{"lobby"});
    }
    if (!log.flush(chat)) std::exit(EXIT_FAILURE);   // It has said why.
}
