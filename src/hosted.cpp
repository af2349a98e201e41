#include "engine.hpp"

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__)
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#endif
#elif defined(_WIN32)
#include <stdlib.h>
#if defined(_MSC_VER)
#pragma comment(lib, "advapi32")
#endif
// As <windows.h> declares them, which the host may have included or not.
struct _FILETIME;
extern "C" __declspec(dllimport) unsigned char __stdcall SystemFunction036(void*, unsigned long);
extern "C" __declspec(dllimport) void __stdcall GetSystemTimeAsFileTime(_FILETIME*);
#endif

namespace chatroom {

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__)

static bool system_entropy(void* out, std::size_t bytes, void*) {
    return bytes <= 256 && getentropy(out, bytes) == 0;
}

std::uint64_t hosted_now() noexcept {
    timespec now{};
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return 0;
    return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
           static_cast<std::uint32_t>(now.tv_nsec) / 1000000;
}

#elif defined(_WIN32)

static bool system_entropy(void* out, std::size_t bytes, void*) {
    return SystemFunction036(out, static_cast<unsigned long>(bytes)) != 0;   // RtlGenRandom
}

std::uint64_t hosted_now() noexcept {
    std::uint64_t ticks = 0;   // Of 100 ns, since 1601.
    GetSystemTimeAsFileTime(reinterpret_cast<_FILETIME*>(&ticks));
    return ticks / 10000 - 11644473600000u;
}

#else

std::uint64_t hosted_now() noexcept { return 0; }

#endif

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__) || defined(_WIN32)

static void* system_allocate(std::size_t bytes, void*) { return calloc(1, bytes); }
static void system_release(void* block, std::size_t, void*) { free(block); }

environment hosted() noexcept {
    environment all;
    all.entropy.fn = system_entropy;
    all.memory.allocate = system_allocate;
    all.memory.release = system_release;
    all.memory.zeroed = true;
    return all;
}

#else

environment hosted() noexcept { return {}; }

#endif

}  // namespace chatroom
